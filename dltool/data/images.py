"""Image files become arrays."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from dltool.errors import DataError

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"}
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP")
_MODES = {"rgb": "RGB", "grayscale": "L"}
_DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_UNREADABLE = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip

# An image of too many pixels is an error here, never a notice on the screen.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class ImageReader:
    """Reads every image in the same way."""

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

    def size_of(self, path: Path) -> tuple[int, int]:
        """Return the height and width that the image will have, from its header. Raises DataError."""
        if self.size:
            return self.size
        with _opened(path) as image:
            return image.height, image.width

    def read(self, path: Path) -> np.ndarray:
        """Return uint8 of shape (height, width, channels). Raises DataError."""
        with _opened(path) as image:
            try:
                picture = image
                if picture.mode == "P" and "transparency" in picture.info:
                    picture = picture.convert("RGBA")
                picture = picture.convert(_MODES[self.color_mode])
            except _UNREADABLE as error:
                raise DataError(f"{path}: the image cannot be read: {error}") from error
            if self.size and (picture.height, picture.width) != self.size:
                filter_ = Image.Resampling[self.interpolation.upper()]
                picture = picture.resize(self.size[::-1], filter_)
            return np.asarray(picture).reshape(picture.height, picture.width, self.channels)

    def read_all(self, paths: Sequence[Path], size: tuple[int, int]) -> np.ndarray:
        """Return uint8 of shape (images, height, width, channels). Raises DataError if a size differs."""
        images = np.empty((len(paths), *size, self.channels), np.uint8)

        def fill(number: int) -> None:
            image = self.read(paths[number])
            if image.shape[:2] != size:
                raise DataError(
                    f"{paths[number]} is {_words(image.shape[:2])}, {paths[0]} is {_words(size)}; "
                    "expected one size: set data.image_size"
                )
            images[number] = image

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(fill, range(len(paths))):
                pass
        return images


def image_files(folder: Path) -> list[Path]:
    """Return the images in a folder and all below it, sorted; hidden files and other suffixes are skipped."""
    return sorted(_image_files(folder))


def _image_files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield Path(parent) / name


def _opened(path: Path) -> Image.Image:
    try:
        image = Image.open(path, formats=_FORMATS)
    except _UNREADABLE as error:
        raise DataError(f"{path}: the image cannot be read: {error}") from error
    if image.mode in _DEEP_MODES:
        image.close()
        raise DataError(f"{path}: more than 8 bits a channel (mode {image.mode}); convert it to 8 bits")
    return image


def _words(size: tuple[int, ...]) -> str:
    return f"{size[0]} x {size[1]} (height x width)"
