"""IDX files, the format of MNIST: a type, the dimensions, the values; compressed by gzip or not."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from dltool.config.data import Idx
from dltool.config.needs import Needs
from dltool.contracts.dataset import Dataset
from dltool.contracts.signature import Rows, Signature
from dltool.data import arrays
from dltool.data.arrays import Array, ArraySource, Labelled
from dltool.data.paths import find_file
from dltool.errors import DataError

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"
_BEST_DEFLATE_RATIO = 1032
_MOST_DIMENSIONS = 8


def describe(spec: Idx, needs: Needs, seed: int) -> tuple[Signature, Rows]:
    """Return what is known of the arrays; 8-bit images are not read for it. Raises as ``load`` does."""
    return arrays.describe(_source(spec), needs, seed)


def load(spec: Idx, needs: Needs, seed: int) -> Dataset:
    """Return the arrays, split by the seed.

    Raises:
        InputMissingError: A file does not exist or cannot be read.
        DataError: A file is no IDX file, or its values cannot be used.
    """
    return arrays.load(_source(spec), needs, seed)


def open_array(path: str) -> Array:
    """Return the array of a file, its header read and checked, its values not.

    Raises:
        InputMissingError: The file does not exist or cannot be read.
        DataError: It is no IDX file, or its size is not what the header says.
    """
    size = find_file(path).stat().st_size
    with _open(path) as stream:
        shape, dtype = _read_header(stream, path)
    expected = math.prod(shape) * dtype.itemsize
    if _is_compressed(path):
        if expected > _BEST_DEFLATE_RATIO * size:
            raise DataError(
                f"{path}: the header says {shape}, {expected} bytes; {size} compressed bytes cannot hold that"
            )
    elif (present := size - 4 - 4 * len(shape)) != expected:
        raise DataError(f"{path}: the header says {shape}, {expected} bytes; the file holds {present}")
    return Array(path, shape, dtype, lambda: _read(path, shape, dtype))


def _source(spec: Idx) -> ArraySource:
    test: Labelled | float | None = spec.test
    if spec.test_features is not None and spec.test_targets is not None:
        test = Labelled(open_array(spec.test_features), open_array(spec.test_targets))
    train = Labelled(open_array(spec.features), open_array(spec.targets))
    return ArraySource(
        train, spec.validation, test, spec.classes, scaling=spec.scaling, target_transform=spec.target_transform
    )


def _is_compressed(path: str) -> bool:
    with Path(path).open("rb") as stream:
        return stream.read(2) == _GZIP


def _open(path: str) -> gzip.GzipFile | IO[bytes]:
    return gzip.open(path) if _is_compressed(path) else Path(path).open("rb")


def _read_header(stream: gzip.GzipFile | IO[bytes], path: str) -> tuple[tuple[int, ...], np.dtype]:
    magic = _read_exactly(stream, 4, path)
    if magic[:2] != b"\0\0" or magic[2] not in _TYPES or not 1 <= magic[3] <= _MOST_DIMENSIONS:
        raise DataError(f"{path}: begins with {magic.hex(' ')}, no IDX header; expected 00 00, type, dimensions")
    shape = struct.unpack(f">{magic[3]}I", _read_exactly(stream, 4 * magic[3], path))
    return shape, np.dtype(_TYPES[magic[2]])


def _read(path: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    size = math.prod(shape) * dtype.itemsize
    with _open(path) as stream:
        _read_header(stream, path)
        values = np.frombuffer(_read_exactly(stream, size, path), dtype).reshape(shape)
        if _read_exactly(stream, 1, path, at_most=True):
            raise DataError(f"{path}: the header says {shape}, {size} bytes; more follow")
    return values


def _read_exactly(stream: gzip.GzipFile | IO[bytes], size: int, path: str, *, at_most: bool = False) -> bytes:
    try:
        data = stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: truncated or damaged: {error}") from error
    if len(data) < size and not at_most:
        raise DataError(f"{path}: ends after {len(data)} of {size} bytes; the file is truncated")
    return data
