"""Folders of image files, one folder a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dltool.config.data import ImageFolder
from dltool.config.document import is_utf8
from dltool.config.needs import Needs, TaskName
from dltool.contracts.dataset import Dataset
from dltool.contracts.signature import Rows, Signature
from dltool.data import arrays
from dltool.data.arrays import Array, ArraySource, Labelled
from dltool.data.image_files import files_below, is_image, warn_of_skipped
from dltool.data.images import ImageReader
from dltool.data.paths import find_folder
from dltool.errors import DataError


def describe(spec: ImageFolder, needs: Needs, seed: int) -> tuple[Signature, Rows]:
    """Return what the folders and the images' headers tell, by which damaged pixels pass. Raises as ``load`` does."""
    return arrays.describe(_source(spec, needs), needs, seed)


def load(spec: ImageFolder, needs: Needs, seed: int) -> Dataset:
    """Read all images and split them by the seed.

    Raises:
        InputMissingError: There is no such folder.
        DataError: Its images, or the folders' names, cannot be used.
    """
    return arrays.load(_source(spec, needs), needs, seed)


def class_files(path: str, reader: ImageReader | None = None) -> dict[str, list[Path]]:
    """Return the image files of a folder that holds a folder a class, by the classes' names.

    Args:
        path: of the folder.
        reader: where one is given, images that it cannot read are left out, with a warning.

    Raises:
        InputMissingError: There is no such folder.
        DataError: There is no class folder in it, or one holds no image or has a name that is not UTF-8.
    """
    folder = find_folder(path)
    classes = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not classes:
        raise DataError(f"{path}: no folder in it; expected a folder of images for each class")
    images: dict[str, list[Path]] = {_class_name(entry): [] for entry in classes}
    others: list[Path] = []
    for file in files_below(folder):
        of_class = images.get(file.relative_to(folder).parts[0])
        (others if of_class is None or not is_image(file) else of_class).append(file)
    if reader:
        whole = set(reader.without_faults([file for files in images.values() for file in files], path))
        images = {name: [file for file in files if file in whole] for name, files in images.items()}
    for name, files in images.items():
        if not files:
            raise DataError(f"{folder / name}: no image in it; expected JPEG, PNG, BMP, GIF or WebP files")
    warn_of_skipped(folder, others, ", or in no class folder")
    return images


def labelled(path: str, reader: ImageReader, *, skips: bool = False) -> Labelled:
    """Return the images of a folder that holds a folder a class, unread, and their class names.

    The images' headers are read.

    Args:
        path: of the folder.
        reader: reads the images.
        skips: whether images that cannot be read are skipped, with a warning, rather than refused.

    Raises:
        InputMissingError: There is no such folder.
        DataError: As ``class_files`` does, or images cannot be read or differ in size.
    """
    images = class_files(path, reader if skips else None)
    paths = [file for files in images.values() for file in files]
    names = np.repeat(np.array(list(images)), [len(files) for files in images.values()])
    size = reader.size_of_all(paths, path)
    features = Array(
        path, (len(paths), *size, reader.channels), np.dtype(np.uint8), lambda: reader.read_all(paths, size), paths
    )
    return Labelled(features, Array.held(f"{path}, folder names", names))


def _class_name(folder: Path) -> str:
    if not is_utf8(folder.name):
        raise DataError(
            f"{folder}: the folder's name, which names a class, is not UTF-8; rename the folder (convmv does it)"
        )
    return folder.name


def _source(spec: ImageFolder, needs: Needs) -> ArraySource:
    if needs.task is TaskName.REGRESSION:
        raise DataError(
            f"{spec.path}: an image folder gives classes, not numbers to predict; choose a crossentropy loss"
        )
    size = (spec.image_size[0], spec.image_size[1]) if spec.image_size else None
    reader = ImageReader(spec.color_mode, spec.interpolation, size)

    skips = spec.errors == "skip"

    def own(part: float | str | None) -> Labelled | float | None:
        return labelled(part, reader, skips=skips) if isinstance(part, str) else part

    return ArraySource(
        labelled(spec.path, reader, skips=skips),
        own(spec.validation),
        own(spec.test),
        image={"color_mode": spec.color_mode, "interpolation": spec.interpolation},
    )
