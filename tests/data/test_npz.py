from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dltool import data
from dltool.config.needs import Needs, TaskName
from dltool.contracts.signature import Rows
from dltool.data import npz
from dltool.errors import DataError, DltoolError, InputMissingError, RefusedError
from tests.support.inputs import seen

Loader = Callable[..., Any]

LABELS = np.array([0, 1, 2, 0, 1, 2])
IMAGES = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(6, 4, 3)


def save(folder: Path, **members: Any) -> str:
    path = folder / "set.npz"
    np.savez(path, **members)
    return str(path)


@settings(max_examples=50)
@given(
    array=arrays.arrays(
        st.sampled_from(["u1", "<i2", ">i4", "<f4", ">f8", "?"]),
        arrays.array_shapes(min_dims=1, max_dims=4, max_side=5),
        elements={"allow_nan": False, "allow_infinity": False},
    ),
    column_order=st.booleans(),
    compressed=st.booleans(),
    rows=st.integers(1, 4),
)
def test_arrays_come_back_as_saved(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, column_order: bool, compressed: bool, rows: int
) -> None:
    path = str(tmp_path_factory.mktemp("npz") / "a.npz")
    saved = np.asfortranarray(array) if column_order else array
    (np.savez_compressed if compressed else np.savez)(path, a=saved)
    found = npz.member(path, "a")
    assert (found.shape, found.dtype) == (array.shape, array.dtype)
    np.testing.assert_array_equal(found.read(), array)
    chunks = list(npz.read_in_chunks(path, "a", rows))
    assert all(len(chunk) <= rows for chunk in chunks)
    np.testing.assert_array_equal(np.concatenate(chunks), array)


def test_grey_images_get_a_channel_and_stay_bytes(load_data: Loader, tmp_path: Path) -> None:
    path = save(tmp_path, x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:2], y_test=LABELS[:2])
    data = load_data(TaskName.CATEGORICAL, source="npz", path=path)
    assert data.signature.input_shape == (4, 3, 1)
    assert data.signature.image == {"color_mode": "grayscale", "interpolation": "bilinear"}
    assert seen(data.train.features, data.signature).dtype == np.uint8
    np.testing.assert_array_equal(seen(data.train.features, data.signature)[..., 0], IMAGES)
    assert data.rows == Rows(6, 0, 2)


@pytest.mark.parametrize(
    ("features", "shape", "dtype"),
    [
        (np.zeros((6, 5, 4, 3), np.uint8), (5, 4, 3), "uint8"),
        (np.zeros((6, 5), np.uint8), (5,), "float32"),
        (np.zeros((6, 5, 4), np.float64), (5, 4), "float32"),
        (np.zeros((6, 5), ">f4"), (5,), "float32"),
        (np.zeros(6), (1,), "float32"),
    ],
)
def test_shapes_and_types(
    load_data: Loader, tmp_path: Path, features: np.ndarray, shape: tuple[int, ...], dtype: str
) -> None:
    data = load_data(TaskName.CATEGORICAL, source="npz", path=save(tmp_path, x_train=features, y_train=LABELS))
    assert (data.signature.input_shape, data.signature.input_dtype) == (shape, dtype)
    assert seen(data.train.features, data.signature).shape == (6, *shape)
    assert seen(data.train.features, data.signature).dtype == dtype


def test_a_fraction_replaces_the_files_own_test_part(load_data: Loader, tmp_path: Path) -> None:
    path = save(tmp_path, x_train=IMAGES, y_train=LABELS, x_test=IMAGES, y_test=LABELS)
    assert load_data(TaskName.CATEGORICAL, source="npz", path=path, test=0.5).rows == Rows(3, 0, 3)


def test_naming_the_default_arrays_is_no_more_than_leaving_them_unsaid(load_data: Loader, tmp_path: Path) -> None:
    path = save(tmp_path, x_train=IMAGES, y_train=LABELS)
    filled_in = {"test_features": "x_test", "test_targets": "y_test"}
    assert load_data(TaskName.CATEGORICAL, source="npz", path=path, **filled_in).rows == Rows(6, 0, 0)
    with pytest.raises(DataError, match="holds no array 'mine'"):
        load_data(TaskName.CATEGORICAL, source="npz", path=path, test_features="mine")


def test_parts_from_other_files_and_class_names(load_data: Loader, tmp_path: Path) -> None:
    path = save(tmp_path, x_train=IMAGES, y_train=LABELS)
    other = str(tmp_path / "other.npz")
    np.savez(other, x_train=IMAGES[:1], y_train=LABELS[:1])
    data = load_data(
        TaskName.CATEGORICAL, source="npz", path=path, validation=other, test=other, classes=["a", "b", "c", "d"]
    )
    assert data.rows == Rows(6, 1, 1)
    assert data.signature.classes == ("a", "b", "c", "d")


def header(shape: tuple[int, ...], dtype: str = "<f4") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue()


def crafted(folder: Path, **members: bytes) -> str:
    path = folder / "set.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return str(path)


def flipped_byte(folder: Path) -> str:
    path = Path(save(folder, x_train=np.zeros((6, 100)), y_train=LABELS))
    content = bytearray(path.read_bytes())
    content[400] ^= 1
    path.write_bytes(content)
    return str(path)


def cut(folder: Path) -> str:
    path = Path(save(folder, x_train=np.zeros((6, 100)), y_train=LABELS))
    path.write_bytes(path.read_bytes()[:-300])
    return str(path)


def written(folder: Path, content: bytes) -> str:
    (folder / "set.npz").write_bytes(content)
    return str(folder / "set.npz")


Y = LABELS


@pytest.mark.parametrize(
    ("build", "error_class", "words"),
    [
        (lambda f: save(f, x_train=np.zeros((5, 2)), y_train=Y), DataError, ["x_train has 5", "y_train has 6"]),
        (lambda f: save(f, x_trains=np.zeros((6, 2)), y_train=Y), DataError, ["'x_train'", "mean 'x_trains'"]),
        (lambda f: save(f, x_train=np.array([{}] * 6), y_train=Y), RefusedError, ["x_train", "objects"]),
        (lambda f: save(f, x_train=np.array(["a"] * 6), y_train=Y), DataError, ["x_train", "<U1", "numbers"]),
        (lambda f: save(f, x_train=np.zeros((6, 2), complex), y_train=Y), DataError, ["complex128"]),
        (lambda f: save(f, x_train=np.zeros((0, 2)), y_train=Y[:0]), DataError, ["(0, 2)", "no examples"]),
        (lambda f: save(f, x_train=np.float64(3), y_train=Y), DataError, ["x_train", "no examples"]),
        (lambda f: save(f, x_train=np.zeros((6, 2)), y_train=np.int32(3)), DataError, ["y_train", "no targets"]),
        (lambda f: save(f, x_train=[[0, 1], [2, np.nan]] * 3, y_train=Y), DataError, ["x_train[1, 1]", "nan"]),
        (
            lambda f: save(f, x_train=np.zeros((6, 2)), y_train=Y, x_test=np.zeros((1, 3)), y_test=Y[:1]),
            DataError,
            ["x_test", "(3,)", "(2,)"],
        ),
        (
            lambda f: save(f, x_train=IMAGES, y_train=Y, x_test=IMAGES / 1.0, y_test=Y),
            DataError,
            ["x_test", "(4, 3)"],
        ),
        (
            lambda f: save(f, x_train=np.zeros((6, 2)), y_train=Y, x_test=np.zeros((2, 2)), y_test=[0, 3]),
            DataError,
            ["y_test[1]", "label 3"],
        ),
        (lambda f: crafted(f, x_train=header((6, 10**12)) + bytes(99), y_train=b""), DataError, ["x_train", "99"]),
        (lambda f: crafted(f, x_train=header((2, 2)) + bytes(12), y_train=b""), DataError, ["16 bytes", "holds 12"]),
        (lambda f: crafted(f, x_train=b"\x93NUMPY\x07\x00", y_train=b""), DataError, ["x_train", "header"]),
        (lambda f: crafted(f, x_train=b"nothing", y_train=b""), DataError, ["x_train", "header"]),
        (flipped_byte, DataError, ["x_train", "CRC"]),
        (cut, DataError, ["set.npz", "not a whole NPZ"]),
        (lambda f: written(f, b""), DataError, ["set.npz", "not a whole NPZ"]),
        (lambda f: written(f, b"a,b\n1,2\n"), DataError, ["set.npz", "not a whole NPZ"]),
        (lambda f: str(f / "absent.npz"), InputMissingError, ["absent.npz", "no such file"]),
        (lambda f: save(f, a=1).replace("set", "sett"), InputMissingError, ["sett.npz", "did you mean", "set.npz'"]),
        (str, InputMissingError, ["expected a file", "folder"]),
    ],
)
def test_bad_files(
    load_data: Loader, tmp_path: Path, build: Any, error_class: type[DltoolError], words: list[str]
) -> None:
    with pytest.raises(error_class) as error:
        load_data(TaskName.CATEGORICAL, source="npz", path=build(tmp_path))
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize("read", [data.describe, data.load])
def test_labels_that_no_file_can_be_written_of_are_refused(make_spec: Any, tmp_path: Path, read: Loader) -> None:
    spec = make_spec(source="npz", path=save(tmp_path, x_train=IMAGES, y_train=np.array(["a", "caf\udce9"] * 3)))
    with pytest.raises(DataError, match="is not Unicode text"):
        read(spec, Needs(TaskName.CATEGORICAL), 0)


def test_a_size_beyond_what_compression_can_reach_is_refused_before_allocating(tmp_path: Path) -> None:
    size = 1 << 40
    start = header((size,), "|u1")
    path = Path(crafted(tmp_path, x=start))
    # A forger's edit: the central directory claims a terabyte.
    content = path.read_bytes()
    directory = content.index(b"PK\x01\x02")
    small = (0xFFFFFFFE).to_bytes(4, "little")
    path.write_bytes(content[: directory + 24] + small + content[directory + 28 :])
    with pytest.raises(DataError, match="bytes"):
        npz.member(str(path), "x")
    shape = (0xFFFFFFFE - len(header((0xFFFFFFFE - 128,), "|u1")),)
    path = Path(crafted(tmp_path, x=header(shape, "|u1")))
    content = path.read_bytes()
    directory = content.index(b"PK\x01\x02")
    path.write_bytes(content[: directory + 24] + small + content[directory + 28 :])
    with pytest.raises(DataError, match="cannot hold"):
        npz.member(str(path), "x")
