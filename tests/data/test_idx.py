from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dltool.config.needs import TaskName
from dltool.contracts.signature import Rows
from dltool.data import idx
from dltool.errors import DataError
from tests.support.inputs import seen

Loader = Callable[..., Any]

CODES = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}
LABELS = np.array([0, 1, 0, 1], np.uint8)


def encode(array: np.ndarray, code: int) -> bytes:
    return bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


IMAGES = np.arange(4 * 3 * 2, dtype=np.uint8).reshape(4, 3, 2)
GOOD = encode(IMAGES, 8)


@settings(max_examples=50)
@given(st.data(), st.sampled_from(sorted(CODES)), st.booleans())
def test_arrays_come_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, dtype: str, compressed: bool
) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=4, max_side=5))
    array = data.draw(arrays.arrays(np.dtype(dtype), shape))
    content = encode(array, CODES[dtype])
    path = tmp_path_factory.mktemp("idx") / "any-name"
    path.write_bytes(gzip.compress(content, mtime=0) if compressed else content)
    found = idx.open_array(str(path))
    assert (found.shape, found.dtype) == (array.shape, array.dtype)
    np.testing.assert_array_equal(found.read(), array)


def test_a_source_with_test_files(load_data: Loader, tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(gzip.compress(GOOD, mtime=0))
    (tmp_path / "labels").write_bytes(encode(LABELS, 8))
    files = {"features": str(tmp_path / "images.gz"), "targets": str(tmp_path / "labels")}
    test_files = {f"test_{name}": path for name, path in files.items()}
    data = load_data(TaskName.BINARY, source="idx", **files, **test_files, validation=0.5, classes=["off", "on"])
    assert data.rows == Rows(2, 2, 4)
    assert data.signature.input_shape == (3, 2, 1)
    assert data.signature.classes == ("off", "on")
    assert data.test is not None
    np.testing.assert_array_equal(seen(data.test.features, data.signature)[..., 0], IMAGES)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (GOOD[:-1], ["(4, 3, 2)", "24 bytes", "holds 23"]),
        (GOOD + b"x", ["24 bytes", "holds 25"]),
        (gzip.compress(GOOD[:-1], mtime=0), ["ends after 23 of 24", "truncated"]),
        (gzip.compress(GOOD + b"x", mtime=0), ["24 bytes", "more follow"]),
        (gzip.compress(GOOD, mtime=0)[:-12], ["truncated or damaged"]),
        (gzip.compress(GOOD, mtime=0)[:20], ["truncated or damaged"]),
        (b"", ["0 of 4 bytes"]),
        (b"\0\0\x08", ["3 of 4 bytes"]),
        (b"\0\0\x08\x03\0\0", ["2 of 12 bytes"]),
        (b"\0\0\x07\x01\0\0\0\0", ["00 00 07 01", "no IDX header"]),
        (b"hello world", ["68 65 6c 6c"]),
        (b"\0\0\x08\x03" + b"\xff" * 12, ["4294967295", "holds 0"]),
        (gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12, mtime=0), ["4294967295", "compressed bytes cannot hold"]),
        (encode(IMAGES[:3], 8), ["features has 3", "targets has 4"]),
    ],
)
def test_bad_files(load_data: Loader, tmp_path: Path, content: bytes, words: list[str]) -> None:
    (tmp_path / "features").write_bytes(content)
    (tmp_path / "targets").write_bytes(encode(LABELS, 8))
    with pytest.raises(DataError) as error:
        load_data(TaskName.BINARY, source="idx", features=str(tmp_path / "features"), targets=str(tmp_path / "targets"))
    message = str(error.value).replace(f"{tmp_path}/", "")
    assert "features" in message
    assert all(word in message for word in words), message


def test_labels_outside(load_data: Loader, tmp_path: Path) -> None:
    files: dict[str, Any] = {}
    for name, array in {"features": IMAGES, "targets": LABELS, "test_targets": np.full(4, 9, np.uint8)}.items():
        (tmp_path / name).write_bytes(encode(array, 8))
        files[name] = str(tmp_path / name)
    with pytest.raises(DataError, match=r"test_targets\[0\]: label 9"):
        load_data(TaskName.BINARY, source="idx", test_features=files["features"], **files)
