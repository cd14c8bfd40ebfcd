"""A config for a folder of images that nobody has described yet: what its files say of size, colours and classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dltool.data.image_folder import class_files
from dltool.data.images import ImageReader, sizes_of
from dltool.errors import DataError

_LEAST_SIDE, _LARGEST_SIDE = 8, 96
_MANY_IMAGES, _LARGEST_OF_MANY = 5_000, 64
"""From so many images on, the longest side that is still quickly trained on."""
_STEP = 8
"""Of sides: a network halves them several times."""
_SAME_PROPORTIONS = 1.1
_SAMPLE = 50
"""Images whose pixels are looked at."""
_GREY = 8
"""By how much the channels of a grey image may differ: JPEG rounds them."""
_PARTS = ("train", "training", "val", "valid", "validation", "test", "testing")


@dataclass(frozen=True)
class ImageDraft:
    """What a folder of images holds."""

    path: str
    classes: dict[str, int]
    """How many images each class has."""
    image_size: tuple[int, int]
    """Height and width that suit a network."""
    sizes: str
    """What sizes the files have, in words."""
    color_mode: str
    """``rgb``, or ``grayscale`` where no image has colours."""

    @property
    def images(self) -> int:
        """How many there are."""
        return sum(self.classes.values())

    @property
    def imbalance(self) -> float:
        """How many times as many images the largest class has as the smallest."""
        return max(self.classes.values()) / min(self.classes.values())


def draft_folder(path: str) -> ImageDraft:
    """Look at a folder that holds a folder of images for each class.

    Raises:
        InputMissingError: there is no such folder.
        DataError: it cannot be used as it is; the message names what cannot be read.
    """
    files = class_files(path)
    if {name.lower() for name in files} <= {*_PARTS}:
        raise DataError(
            f"{path}: its folders ({', '.join(files)}) are parts rather than classes; draft a config for "
            f"{Path(path) / next(iter(files))}, and name the others in it, as validation or test"
        )
    if len(files) < 2:
        raise DataError(f"{path}: one folder of images, {next(iter(files))!r}; expected at least two, one a class")
    paths = [path for some in files.values() for path in some]
    sizes = sizes_of(paths, path)
    return ImageDraft(
        path,
        {name: len(some) for name, some in files.items()},
        _suitable_size(sizes),
        _in_words(sizes),
        "rgb" if _have_colours(paths) else "grayscale",
    )


def _suitable_size(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the size that all have if a network takes it as it is, or a smaller one: a square unless all are alike."""
    largest = _LARGEST_OF_MANY if len(sizes) >= _MANY_IMAGES else _LARGEST_SIDE
    height, width = sizes[0]
    if len(set(sizes)) == 1 and min(sizes[0]) >= _LEAST_SIDE and max(sizes[0]) <= largest:
        return height, width
    heights, widths = np.array(sizes, float).T
    proportions = heights / widths
    if proportions.max() > _SAME_PROPORTIONS * proportions.min():
        side = float(np.median(np.minimum(heights, widths)))
        return _rounded(min(side, largest)), _rounded(min(side, largest))
    scale = min(1.0, largest / max(np.median(heights), np.median(widths)))
    return _rounded(scale * float(np.median(heights))), _rounded(scale * float(np.median(widths)))


def _rounded(side: float) -> int:
    return max(_LEAST_SIDE, _STEP * round(side / _STEP))


def _in_words(sizes: Sequence[tuple[int, int]]) -> str:
    ordered = sorted(set(sizes), key=lambda size: (size[0] * size[1], size))
    (height, width), (most_height, most_width) = ordered[0], ordered[-1]
    if len(ordered) == 1:
        return f"every image is {height} x {width}"
    return f"they are {height} x {width} to {most_height} x {most_width}, and resized"


def _have_colours(paths: Sequence[Path]) -> bool:
    """Tell whether any of a sample of images has colours."""
    reader = ImageReader("rgb", "nearest", (64, 64))
    some = [paths[int(i)] for i in np.linspace(0, len(paths) - 1, min(_SAMPLE, len(paths)))]
    return any(int(np.ptp(pixels.astype(int), axis=2).max()) > _GREY for pixels in map(reader.read, some))
