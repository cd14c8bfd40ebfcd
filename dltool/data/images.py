"""Image files become arrays."""

from __future__ import annotations

import math
import os
import struct
import warnings
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from dltool.data.paths import refuse_special
from dltool.data.sizes import refuse_beyond_memory
from dltool.data.warn import warn
from dltool.errors import DataError

Found = TypeVar("Found")

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"}
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

# An image of too many pixels is an error here, never a notice on the screen.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
# Damaged EXIF counts as none: a notice would not even name the file.
warnings.filterwarnings("ignore", module=r"PIL\.TiffImagePlugin")


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

        ``where`` names them. Raises DataError, which names all that cannot be used or are of another size.
        """

        def size_of(path: Path) -> tuple[int, int]:
            with _opened(path) as image:
                return (image.width, image.height) if _orientation(image) >= 5 else (image.height, image.width)

        sizes, faults = _each(size_of, paths)
        if not self.size and sizes:
            first, size = next(iter(sizes.items()))
            others = [f"{path} is {_words(found)}" for path, found in sizes.items() if found != size]
            if others:
                shown = ", ".join(others[:_FEW])
                more = f" (and {len(others) - _FEW:,} more of other sizes)" if len(others) > _FEW else ""
                faults.append(f"{shown}{more}, {first} is {_words(size)}; expected one size: set data.image_size")
        _refuse(faults, where)
        return self.size or size

    def read(self, path: Path) -> np.ndarray:
        """Return uint8 of shape (height, width, channels). Raises DataError."""
        pixels, more_follow = self._read(path)
        _warn_of_several_pictures([path] if more_follow else [])
        return pixels

    def read_all(self, paths: Sequence[Path], size: tuple[int, int]) -> np.ndarray:
        """Return uint8 of shape (images, height, width, channels). Raises DataError if a size differs."""
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


def _each(look: Callable[[Path], Found], paths: Sequence[Path]) -> tuple[dict[Path, Found], list[str]]:
    """Return what a function finds at each path, and what was wrong with the others."""

    def look_at(path: Path) -> Found | DataError:
        try:
            return look(path)
        except DataError as error:
            return error

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(paths, pool.map(look_at, paths), strict=True))
    faults = [str(result) for result in found.values() if isinstance(result, DataError)]
    return {path: result for path, result in found.items() if not isinstance(result, DataError)}, faults


def _refuse(faults: Sequence[str], where: str) -> None:
    """Raise DataError if there are faults; it lists the first of them."""
    if len(faults) == 1:
        raise DataError(faults[0])
    if faults:
        more = [f"and {len(faults) - _LISTED:,} more"] if len(faults) > _LISTED else []
        raise DataError("\n  ".join([f"{where}: {len(faults):,} faults in its images:", *faults[:_LISTED], *more]))


def _warn_of_several_pictures(paths: Sequence[Path]) -> None:
    if paths:
        others = f" (and {len(paths) - 1} such files more)" if len(paths) > 1 else ""
        warn(f"{paths[0]}{others}: the file holds several pictures; only the first is used")


def is_image(path: Path) -> bool:
    """Tell by its suffix whether a file is an image."""
    return path.suffix.lower() in SUFFIXES


def image_files(folder: Path) -> list[Path]:
    """Return the images in a folder and all below it, as ``files_below``. Others are skipped, with a warning."""
    files = files_below(folder)
    warn_of_skipped(folder, [path for path in files if not is_image(path)])
    return [path for path in files if is_image(path)]


def files_below(folder: Path) -> list[Path]:
    """Return the files in a folder and all below it, sorted, but for hidden ones.

    Links to folders are followed. A folder that is reached again, or that a link inside it leads back to, is skipped
    with a warning. Raises DataError for a link to nothing, and for a folder that may not be read.
    """
    found: list[Path] = []
    again: list[Path] = []
    seen: set[Path] = set()
    # Links wait until the end: a folder is found under its own name, if it has one here.
    folders, links = deque([folder]), deque[Path]()
    while folders or links:
        path = (folders or links).popleft()
        real = path.resolve()
        if real in seen or (path != folder and path.parent.resolve().is_relative_to(real)):
            again.append(path)
            continue
        seen.add(real)
        try:
            with os.scandir(path) as entries:
                listed = sorted(
                    (Path(entry), entry.is_dir(), entry.is_symlink())
                    for entry in entries
                    if not entry.name.startswith(".")
                )
        except OSError as error:
            raise DataError(f"{error.filename}: cannot be read: {error.strerror}") from error
        for entry, is_folder, is_link in listed:
            if is_folder:
                (links if is_link else folders).append(entry)
            else:
                if is_link:
                    _refuse_broken_link(entry)
                found.append(entry)
    if again:
        count = "1 folder is" if len(again) == 1 else f"{len(again)} folders are"
        warn(f"{folder}: {count} skipped ({_first(folder, again)}): reached before, or a link that leads back up")
    return sorted(found)


def warn_of_skipped(folder: Path, files: Sequence[Path], reason: str = "") -> None:
    """Say how many files are left out, if any are."""
    if files:
        count = "1 file is" if len(files) == 1 else f"{len(files)} files are"
        warn(f"{folder}: {count} skipped ({_first(folder, files)}): no JPEG, PNG, BMP, GIF or WebP{reason}")


def _first(folder: Path, paths: Sequence[Path]) -> str:
    return f"{paths[0].relative_to(folder)}{', …' if len(paths) > 1 else ''}"


def _refuse_broken_link(path: Path) -> None:
    if not path.exists():
        raise DataError(f"{path}: a broken link; mend or remove it")


def _orientation(image: Image.Image) -> int:
    """Return an image's EXIF orientation, from 1 (as it is) to 8. EXIF that cannot be read counts as none."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except _UNREADABLE:
        return 1
    return orientation if orientation in _TURNS else 1


def _opened(path: Path) -> Image.Image:
    _refuse_broken_link(path)
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
