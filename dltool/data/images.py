"""Image files read into arrays."""

from __future__ import annotations

import math
import os
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from dltool.config.counts import are, counted
from dltool.data.paths import refuse_broken_link, refuse_special
from dltool.data.sizes import refuse_beyond_memory
from dltool.errors import DataError, warn

Found = TypeVar("Found")

_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP")
_MODES = {"rgb": "RGB", "grayscale": "L"}
_DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_LISTED, _FEW = 10, 3
_LONGEST_SIDE = 65_535  # of JPEG and GIF; Pillow's time grows with the square of the width
_UNREADABLE = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip

# How a picture is turned to stand as it was taken, by its EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class ImageReader:
    """Reads every image in the same way: as it is shown, turned as its EXIF orientation says."""

    color_mode: str
    """``rgb`` or ``grayscale``."""
    interpolation: str
    """The name of a Pillow filter in lower case, as Keras spells them."""
    size: tuple[int, int] | None = None
    """Height and width to resize to; None keeps them."""

    @property
    def channels(self) -> int:
        """The number of channels of every image."""
        return 3 if self.color_mode == "rgb" else 1

    def size_of_all(self, paths: Sequence[Path], where: str) -> tuple[int, int]:
        """Return the height and width that every image will have, from the headers and EXIF of all.

        Args:
            paths: The image files, at least one.
            where: Names all of them in a message.

        Raises:
            DataError: Some cannot be used or are of another size; the message names them.
        """
        sizes, faults = _each(_size_of, paths)
        if not self.size and sizes:
            first, size = next(iter(sizes.items()))
            others = [f"{path} is {_words(found)}" for path, found in sizes.items() if found != size]
            if others:
                shown = ", ".join(others[:_FEW])
                more = f" (and {len(others) - _FEW:,} more of other sizes)" if len(others) > _FEW else ""
                faults.append(f"{shown}{more}, {first} is {_words(size)}; expected one size: set data.image_size")
        _refuse(faults, where)
        return self.size or size

    def without_faults(self, paths: Sequence[Path], where: str) -> list[Path]:
        """Return those images that can be read; warn of the others, ``where`` they are."""
        found, faults = _each(lambda path: self._read(path)[1], paths)
        if faults:
            count = f"{counted(len(faults), 'image')} {are(len(faults))}"
            more = "; …" if len(faults) > _FEW else ""
            warn(f"{where}: {count} skipped, as data.errors says: {'; '.join(faults[:_FEW])}{more}")
        return list(found)

    def read(self, path: Path) -> np.ndarray:
        """Return the pixels of an image.

        Returns:
            uint8 of shape (height, width, channels).

        Raises:
            DataError: The image cannot be read.
        """
        with _no_notices():
            pixels, more_follow = self._read(path)
        _warn_of_several_pictures([path] if more_follow else [])
        return pixels

    def read_all(self, paths: Sequence[Path], size: tuple[int, int]) -> np.ndarray:
        """Return the pixels of many images.

        Args:
            paths: The image files.
            size: Height and width, as ``size_of_all`` found them.

        Returns:
            uint8 of shape (images, height, width, channels).

        Raises:
            DataError: Images cannot be read, or one is of another size by now.
            SystemLimitError: They take more memory than the machine has.
        """
        shape = (len(paths), *size, self.channels)
        refuse_beyond_memory(math.prod(shape), f"{paths[0].parent}, resized to {_words(size)}")
        images = np.empty(shape, np.uint8)

        def fill(path: Path) -> bool:
            image, more_follow = self._read(path)
            if image.shape[:2] != size:
                raise DataError(f"{path} is {_words(image.shape[:2])}; expected {_words(size)}, as it was a moment ago")
            images[numbers[path]] = image
            return more_follow

        numbers = {path: number for number, path in enumerate(paths)}
        flags, faults = _each(fill, paths)
        _refuse(faults, os.path.commonpath([path.parent for path in paths]))
        _warn_of_several_pictures([path for path, more_follow in flags.items() if more_follow])
        return images

    def _read(self, path: Path) -> tuple[np.ndarray, bool]:
        """Return the pixels, and whether the file holds further pictures."""
        with _opened(path) as image:
            try:
                picture = image
                if picture.mode == "P" and "transparency" in picture.info:
                    picture = picture.convert("RGBA")
                picture = picture.convert(_MODES[self.color_mode])
                orientation = _orientation(image)
                if orientation != 1:
                    picture = picture.transpose(_TURNS[orientation])
                more_follow = getattr(image, "is_animated", False)
            except _UNREADABLE as error:
                raise DataError(f"{path}: the image cannot be read: {error}") from error
            if self.size and (picture.height, picture.width) != self.size:
                filter_ = Image.Resampling[self.interpolation.upper()]
                picture = picture.resize(self.size[::-1], filter_)
            return np.asarray(picture).reshape(picture.height, picture.width, self.channels), more_follow


def sizes_of(paths: Sequence[Path], where: str) -> list[tuple[int, int]]:
    """Return the height and width of each image, as it is shown, from headers and EXIF.

    Args:
        paths: the image files.
        where: names all of them in a message.

    Raises:
        DataError: some cannot be used; the message names them.
    """
    sizes, faults = _each(_size_of, paths)
    _refuse(faults, where)
    return list(sizes.values())


def _size_of(path: Path) -> tuple[int, int]:
    with _opened(path) as image:
        return (image.width, image.height) if _orientation(image) >= 5 else (image.height, image.width)


def _each(look: Callable[[Path], Found], paths: Sequence[Path]) -> tuple[dict[Path, Found], list[str]]:
    """Return what a function finds at each path, and what was wrong with the others."""

    def look_at(path: Path) -> Found | DataError:
        try:
            return look(path)
        except DataError as error:
            return error

    with _no_notices(), ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(paths, pool.map(look_at, paths), strict=True))
    faults = [str(result) for result in found.values() if isinstance(result, DataError)]
    return {path: result for path, result in found.items() if not isinstance(result, DataError)}, faults


@contextmanager
def _no_notices() -> Iterator[None]:
    """Have Pillow put no notice on the screen; of its filters none is left behind."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=Image.DecompressionBombWarning)  # of too many pixels
        # Damaged EXIF counts as none: a notice would not even name the file.
        warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")
        yield


def _refuse(faults: Sequence[str], where: str) -> None:
    """Refuse images with faults, the first of which are listed.

    Raises:
        DataError: There are any.
    """
    if len(faults) == 1:
        raise DataError(faults[0])
    if faults:
        more = [f"and {len(faults) - _LISTED:,} more"] if len(faults) > _LISTED else []
        raise DataError("\n  ".join([f"{where}: {len(faults):,} faults in its images:", *faults[:_LISTED], *more]))


def _warn_of_several_pictures(paths: Sequence[Path]) -> None:
    if paths:
        others = f" (and {len(paths) - 1} such files more)" if len(paths) > 1 else ""
        warn(f"{paths[0]}{others}: the file holds several pictures; only the first is used")


def _orientation(image: Image.Image) -> int:
    """Return an image's EXIF orientation, from 1 (as it is) to 8. EXIF that cannot be read counts as none."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except _UNREADABLE:
        return 1
    return orientation if orientation in _TURNS else 1


def _opened(path: Path) -> Image.Image:
    refuse_broken_link(path)
    refuse_special(path)
    try:
        image = Image.open(path, formats=_FORMATS)
    except UnidentifiedImageError as error:
        raise DataError(f"{path}: cannot be read as JPEG, PNG, BMP, GIF or WebP") from error
    except _UNREADABLE as error:
        raise DataError(f"{path}: the image cannot be read: {error}") from error
    if max(image.size) > _LONGEST_SIDE:
        image.close()
        raise DataError(f"{path}: {_words(image.size[::-1])}; expected sides of at most {_LONGEST_SIDE}")
    # Pillow itself would keep the upper half of 16-bit colours without a word.
    if image.mode in _DEEP_MODES or any(";16B" in str(tile.args) for tile in image.tile):
        image.close()
        raise DataError(f"{path}: more than 8 bits a channel; convert it to 8 bits")
    return image


def _words(size: tuple[int, ...]) -> str:
    return f"{size[0]} x {size[1]} (height x width)"
