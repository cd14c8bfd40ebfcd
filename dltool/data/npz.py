"""NumPy ``.npz`` files. Nothing in them is ever unpickled, and nothing is allocated on a header's word alone."""

from __future__ import annotations

import math
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from dltool.config.data import Npz
from dltool.config.needs import Needs
from dltool.config.suggestions import did_you_mean_name
from dltool.contracts.dataset import Dataset
from dltool.contracts.signature import Rows, Signature
from dltool.data import arrays
from dltool.data.arrays import Array, ArraySource, Labelled
from dltool.data.formats import BROKEN_ARCHIVE, sheet_of
from dltool.data.held_arrays import HeldArrays
from dltool.data.paths import find_file
from dltool.data.sizes import refuse_beyond_memory
from dltool.errors import DataError, RefusedError

_BEST_DEFLATE_RATIO = 1032


def describe(spec: Npz, needs: Needs, seed: int, held: HeldArrays | None = None) -> tuple[Signature, Rows]:
    """Return what is known of the arrays; 8-bit images are not read for it. As ``load``."""
    return arrays.describe(_source(spec, needs, held), needs, seed)


def load(spec: Npz, needs: Needs, seed: int, held: HeldArrays | None = None) -> Dataset:
    """Return the arrays, split by the seed; ``held`` are those that stand in place of the file.

    Raises:
        InputMissingError: The file does not exist or cannot be read.
        RefusedError: It holds pickled objects.
        DataError: It is broken, or its values cannot be used.
    """
    return arrays.load(_source(spec, needs, held), needs, seed)


def labelled(path: str | HeldArrays, features: str, targets: str | None = None) -> Labelled:
    """Return the arrays of a file, or of memory, that hold the examples and, unless None, their targets; unread."""
    examples = member(path, features)
    return Labelled.without_targets(examples) if targets is None else Labelled(examples, member(path, targets))


def members(path: str | HeldArrays) -> list[str]:
    """Return the names of the arrays in a file, or in memory.

    Raises:
        InputMissingError: The file does not exist or cannot be read.
        DataError: It is no whole NPZ file, or holds two arrays of one name.
    """
    if isinstance(path, HeldArrays):
        return [*path.arrays]
    found = find_file(path)
    try:
        with zipfile.ZipFile(found) as archive:
            everything = archive.namelist()
    except BROKEN_ARCHIVE as error:
        with found.open("rb") as stream:
            if stream.read(6) == b"\x93NUMPY":
                raise DataError(f"{path}: one NumPy array (NPY); numpy.savez keeps several in an NPZ file") from error
        raise DataError(f"{path}: not a whole NPZ file: {error}") from error
    if sheet := sheet_of(everything):
        raise DataError(f"{path}: {sheet}, no NPZ; data.source: excel reads .xlsx")
    names = [name.removesuffix(".npy") for name in everything if name.endswith(".npy")]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{path}: two arrays are named {name!r}; expected every name once")
    return names


def member(path: str | HeldArrays, name: str) -> Array:
    """Return an array of a file, its header read and checked, its values not; or one in memory.

    Raises:
        InputMissingError: The file does not exist or cannot be read.
        RefusedError: The array holds Python objects.
        DataError: There is no such array, or the file is damaged.
    """
    names = members(path)
    if name not in names:
        raise DataError(f"{path}: holds no array {name!r}{did_you_mean_name(name, names)}")
    if isinstance(path, HeldArrays):
        return path.array(name)
    with zipfile.ZipFile(path) as archive:
        information = archive.getinfo(f"{name}.npy")
        try:
            with archive.open(information) as stream:
                shape, fortran, dtype = _read_header(stream)
                start = stream.tell()
        except Exception as error:  # NumPy evaluates it as Python, which raises errors of many types
            raise DataError(f"{path}, {name}: the header cannot be read: {error}") from error
    where = f"{path}, {name}"
    if dtype.hasobject:
        raise RefusedError(
            f"{where}: holds Python objects, which could run code when read; save numbers instead of objects"
        )
    if any(size < 0 for size in shape):
        raise DataError(f"{where}: the header says shape {shape}; expected sizes of 0 and more")
    expected, present = math.prod(shape) * dtype.itemsize, information.file_size - start
    if expected != present:
        raise DataError(
            f"{where}: shape {shape} of {dtype} takes {expected} bytes, the file holds {present}; "
            "it is truncated or its header is wrong"
        )
    if information.compress_size > Path(path).stat().st_size:
        raise DataError(f"{where}: {information.compress_size} bytes in a file that is smaller; the file is damaged")
    if information.file_size > _BEST_DEFLATE_RATIO * (information.compress_size + 1024):
        raise DataError(
            f"{where}: {information.compress_size} compressed bytes cannot hold {information.file_size}; "
            "the file is damaged"
        )
    return Array(where, shape, dtype, lambda: _read(Path(path), name, shape, fortran, dtype))


def read_in_chunks(path: str, name: str, rows: int) -> Iterator[np.ndarray]:
    """Yield an array's rows in chunks of at most ``rows``, one in memory at a time. Raises as ``member`` does."""
    array = member(path, name)
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
        if _read_header(stream)[1]:
            # Column order: the rows lie apart, so that the whole array has to be read.
            whole = array.read()
            yield from (whole[start : start + rows] for start in range(0, len(whole), rows))
            return
        for start in range(0, array.shape[0], rows):
            chunk = np.empty((min(rows, array.shape[0] - start), *array.shape[1:]), array.dtype)
            _fill(stream, chunk, array.name)
            yield chunk


def _source(spec: Npz, needs: Needs, held: HeldArrays | None) -> ArraySource:
    whole = held or spec.path
    names, test_names = [spec.features], [spec.test_features]
    if needs.task.has_targets:
        names, test_names = [*names, spec.targets], [*test_names, spec.test_targets]

    def own(part: float | str | None) -> Labelled | float | None:
        return labelled(part, *names) if isinstance(part, str) else part

    test = own(spec.test)
    # A stored config names the defaults too: those must count as not set, or it would mean something else.
    named = any(
        getattr(spec, name) != type(spec).model_fields[name].default for name in ("test_features", "test_targets")
    )
    if test is None and (named or {*test_names} & {*members(whole)}):
        test = labelled(whole, *test_names)
    return ArraySource(
        labelled(whole, *names),
        own(spec.validation),
        test,
        spec.classes,
        scaling=spec.scaling,
        target_transform=spec.target_transform,
    )


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"version {version} of the NPY format; expected 1.0 or 2.0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        shape, fortran, dtype = readers[version](stream)
    return shape, fortran, dtype


def _read(path: Path, name: str, shape: tuple[int, ...], fortran: bool, dtype: np.dtype) -> np.ndarray:
    refuse_beyond_memory(math.prod(shape) * dtype.itemsize, f"{path}, {name}")
    values = np.empty(shape[::-1] if fortran else shape, dtype)
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
        _read_header(stream)
        _fill(stream, values, f"{path}, {name}")
        if stream.read(1):  # also makes zipfile compare the checksum
            raise DataError(f"{path}, {name}: holds more values than its header says")
    return np.ascontiguousarray(values.T) if fortran else values


def _fill(stream: IO[bytes], values: np.ndarray, where: str) -> None:
    target = values.reshape(-1).view(np.uint8).data
    filled = 0
    try:
        while filled < len(target):
            chunk = stream.read(min(1 << 24, len(target) - filled))
            if not chunk:
                raise DataError(f"{where}: ends after {filled} of {len(target)} bytes; the file is truncated")
            target[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
    except BROKEN_ARCHIVE as error:
        raise DataError(f"{where}: cannot be read: {error}") from error
