"""What a finished model is given: files to predict, streamed, files to evaluate on, and such data in memory."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dltool.config.data import Data, Npz
from dltool.config.suggestions import did_you_mean_name
from dltool.config.table_format import TableFormat
from dltool.config.tables import Csv, TableSource
from dltool.contracts.dataset import Batch, Part
from dltool.contracts.signature import Signature
from dltool.data import arrays
from dltool.data.formats import is_workbook
from dltool.data.novelties import Novelties
from dltool.data.paths import find_file, paths_of
from dltool.errors import DataError

if TYPE_CHECKING:
    from dltool.data import Held
    from dltool.data.held_arrays import HeldArrays
    from dltool.data.images import ImageReader

_BATCH_ROWS = 8192
_BATCH_BYTES = 64 << 20
_LABELLED_ARRAYS = (("x_test", "y_test"), ("x", "y"), ("x_train", "y_train"))
_UNLABELLED_ARRAYS = ("x", "x_test")
_USUAL = TableFormat()
_NOTHING_TO_KEEP = "only a table has columns to keep; leave keep out"


def open_inputs(
    path: str, signature: Signature, table_format: TableFormat = _USUAL, keep: Sequence[str] = ()
) -> Iterator[Batch]:
    """Yield the examples of a table, an NPZ file, an image, a folder of images, or ``-`` (CSV on standard input).

    At most about 64 MB are in memory at a time. Of an NPZ file they are the array ``x``, ``x_test``, or the
    only one. Raises InputMissingError, RefusedError, and DataError naming the place.
    """
    is_folder = path != "-" and Path(path).is_dir()
    is_npz = path != "-" and not is_folder and _is_npz(path)
    if keep and (is_folder or is_npz or not signature.columns):
        raise DataError(f"{path}: {_NOTHING_TO_KEEP}")
    if is_folder:
        return _images(Path(path), signature)
    if is_npz:
        return _npz(path, signature)
    from dltool.data.image_files import is_image

    if is_image(Path(path)):
        return _image(Path(path), signature)
    from dltool.data import table_source

    return table_source.read_features(path, signature, table_format, keep)


def is_read_as_table(path: str, signature: Signature) -> bool:
    """Tell whether ``open_inputs`` reads a table there, whose columns can be kept."""
    return bool(signature.columns) and (path == "-" or not (Path(path).is_dir() or _is_npz(path)))


def held_inputs(
    source: Any, signature: Signature, table_format: TableFormat = _USUAL, keep: Sequence[str] = ()
) -> Iterator[Batch]:
    """Yield examples that are in memory: an array of them or, for a model of a table, a data frame or a mapping.

    Raises DataError as ``open_inputs`` does.
    """
    if isinstance(source, Mapping) and not signature.columns:
        raise DataError(f"a mapping of columns, but the model takes arrays of shape (n, {_sizes(signature)})")
    if signature.columns:
        from dltool.data import table_source
        from dltool.data.held_table import held_table

        yield from table_source.read_features(held_table(source), signature, table_format, keep)
        return
    if keep:
        raise DataError(f"an array: {_NOTHING_TO_KEEP}")
    found = arrays.Array.held("the array", arrays.array_of(source, "the array"))
    arrays.check_input(found, signature)
    values, most = found.read(), _rows_of(signature)
    yield from _array(found, (values[i : i + most] for i in range(0, len(values), most)), signature)


def _sizes(signature: Signature) -> str:
    return ", ".join(map(str, signature.input_shape))


def spec_for(signature: Signature) -> Data:
    """Return what to do about labelled data of a model, where the config that it was trained by is not at hand."""
    if signature.columns:
        return Csv(
            source="csv",
            path=".",
            targets=list(signature.targets) or None,
            weights=signature.weights,
            missing="mean" if signature.fills_holes else "refuse",
        )
    return Npz(source="npz", path=".")


def load_labelled(path: str | Held, signature: Signature, spec: Data, table_format: TableFormat | None = None) -> Part:
    """Return the examples and targets of a table, an NPZ file, or a folder of class folders.

    Args:
        path: of the file or folder; or what would stand in it, as ``held_labelled`` returns it.
        signature: of the model.
        spec: the source that it was trained on: it says what to do about holes, and which arrays of an NPZ file to
            take first.
        table_format: how a CSV is written; by default as the training table.

    Raises:
        InputMissingError, RefusedError, DataError: it cannot be used.
    """
    from dltool.data.held_arrays import HeldArrays
    from dltool.data.image_files import is_image

    if isinstance(path, HeldArrays):
        return _labelled_arrays(path, signature, spec)
    if isinstance(path, str):
        if is_image(Path(path)):
            raise DataError(
                f"{path}: an image has no label; expected a table, an NPZ file, or a folder of class folders"
            )
        if Path(path).is_dir():
            from dltool.data import image_folder

            return arrays.read_part(image_folder.labelled(path, _image_reader(path, signature)), signature)
        if _is_npz(path):
            return _labelled_arrays(path, signature, spec)
    if not isinstance(spec, TableSource):
        raise DataError(
            f"{path}: the model was trained on {spec.source}, not on a table; expected an NPZ file or a folder"
        )
    from dltool.data import table_source

    return table_source.read_labelled(path, signature, spec, table_format)


def held_labelled(source: Any, signature: Signature) -> Held:
    """Return labelled data that are in memory: a data frame or a mapping of columns, or a mapping of arrays.

    Raises DataError where a model takes no such data.
    """
    if signature.columns:
        from dltool.data.held_table import held_table

        return held_table(source)
    from dltool.data.held_arrays import held_arrays

    return held_arrays(source)


def _labelled_arrays(path: str | HeldArrays, signature: Signature, spec: Data) -> Part:
    from dltool.data import npz

    choices = list(_LABELLED_ARRAYS)
    if isinstance(spec, Npz):
        choices = [(spec.test_features, spec.test_targets), *choices, (spec.features, spec.targets)]
    names, wanted = npz.members(path), 2 if signature.task.has_targets else 1
    for choice in choices:
        if {*choice[:wanted]} <= {*names}:
            return arrays.read_part(npz.labelled(path, *choice[:wanted]), signature)
    listed = " or ".join(dict.fromkeys(" and ".join(choice[:wanted]) for choice in choices))
    raise DataError(f"{path}: expected arrays {listed}{did_you_mean_name('', names)}")


def _npz(path: str, signature: Signature) -> Iterator[Batch]:
    from dltool.data import npz

    names = npz.members(path)
    only = names[0] if len(names) == 1 else None
    name = next((name for name in _UNLABELLED_ARRAYS if name in names), only)
    if name is None:
        raise DataError(f"{path}: which array? Expected one named x{did_you_mean_name('', names)}")
    found = npz.member(path, name)
    arrays.check_input(found, signature)
    yield from _array(found, npz.read_in_chunks(path, name, _rows_of(signature)), signature)


def _array(array: arrays.Array, chunks: Iterable[np.ndarray], signature: Signature) -> Iterator[Batch]:
    first, novelties = 0, Novelties(array.name, signature)
    for chunk in chunks:
        rows = np.arange(len(chunk))
        yield Batch(first + rows, arrays.features_of(chunk, rows, array, signature, novelties, first=first))
        first += len(chunk)
    novelties.warn()


def _images(folder: Path, signature: Signature) -> Iterator[Batch]:
    from dltool.data.image_files import image_files

    reader = _image_reader(str(folder), signature)
    files = image_files(folder)
    if not files:
        raise DataError(f"{folder}: no image in it; expected JPEG, PNG, BMP, GIF or WebP files")
    most = _rows_of(signature)
    for start in range(0, len(files), most):
        some = files[start : start + most]
        names = [_identifier(file.relative_to(folder)) for file in some]
        yield Batch(names, {"images": reader.read_all(some, _image_size(signature))})


def _image(path: Path, signature: Signature) -> Iterator[Batch]:
    yield Batch([_identifier(path)], {"images": _image_reader(str(path), signature).read(path)[np.newaxis]})


def _identifier(path: Path) -> str:
    """Return a path as text that can be written: what of it is not UTF-8 gets escapes, such as a backslash and xe9."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_npz(path: str) -> bool:
    found = find_file(str(next(iter(paths_of(path)), path)))
    with found.open("rb") as stream:
        is_archive = stream.read(2) == b"PK"
    return path.lower().endswith(".npz") or (is_archive and not is_workbook(found))


def _image_reader(path: str, signature: Signature) -> ImageReader:
    from dltool.data.images import ImageReader

    if not signature.image:
        raise DataError(f"{path}: the model takes examples of shape {signature.input_shape}, no images")
    return ImageReader(**signature.image, size=_image_size(signature))


def _image_size(signature: Signature) -> tuple[int, int]:
    height, width, _ = signature.input_shape
    return height, width


def _rows_of(signature: Signature) -> int:
    bytes_a_row = math.prod(signature.input_shape) * np.dtype(signature.input_dtype).itemsize
    return min(_BATCH_ROWS, max(1, _BATCH_BYTES // bytes_a_row))
