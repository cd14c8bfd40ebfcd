from __future__ import annotations

import lzma
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dltool.config.needs import TaskName
from dltool.config.table_format import TableFormat
from dltool.config.tables import Csv
from dltool.contracts.signature import Column, InputNumbers, Signature
from dltool.data.inputs import held_inputs, load_labelled, open_inputs
from dltool.errors import DataError, DataWarning, DltoolError, InputMissingError, RefusedError
from tests.support.examples import as_they_are
from tests.support.files import workbook
from tests.support.inputs import seen

NUMBERS = as_they_are(2)
ROWS = Signature(
    TaskName.BINARY, (2,), "float32", 2, ("no", "yes"), ("y",), (Column("a"), Column("b")), input_numbers=NUMBERS
)
ARRAYS = Signature(TaskName.BINARY, (2,), "float32", 2, ("0", "1"), input_numbers=NUMBERS)
IMAGES = Signature(
    TaskName.BINARY,
    (4, 6, 1),
    "uint8",
    2,
    ("cat", "dog"),
    image={"color_mode": "grayscale", "interpolation": "nearest"},
)


def save_images(folder: Path, *names: str) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    saved = []
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        saved.append(random.integers(0, 256, (4, 6), dtype=np.uint8))
        Image.fromarray(saved[-1]).save(folder / name)
    return saved


def save(path: Path, **members: Any) -> str:
    np.savez(path, **members)
    return str(path)


def test_csv(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("b;a\n1;2\n3;4\n")
    (batch,) = open_inputs(str(tmp_path / "new.csv"), ROWS, TableFormat(";"))
    assert list(batch.ids) == [1, 2]
    assert seen(batch.features).tolist() == [[2, 1], [4, 3]]


FOREIGN = [
    ("new.csv.xz", lzma.compress(b"a,b,y\n1,2,no\n"), "compressed by xz"),
    ("new.xlsb", workbook("xl/workbook.bin"), "a binary Excel workbook"),
    ("new.csv", "a,b,y\n1,2,no\n".encode("utf-16"), "text in UTF-16"),
    ("new.csv", b"sep=,\na,b,y\n1,2,no\n", "Excel's note of the delimiter"),
]


@pytest.mark.parametrize(("name", "content", "said"), FOREIGN, ids=[said for _, _, said in FOREIGN])
def test_what_is_no_csv_is_named_for_what_it_is(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{name}: .*{said}"):
        list(open_inputs(str(path), ROWS))
    with pytest.raises(DataError, match=f"{name}: .*{said}"):
        load_labelled(str(path), ROWS, Csv(source="csv", path="x", targets="y"))


@pytest.mark.parametrize("members", [("x", "x_test"), ("x_test", "y"), ("anything",)])
def test_npz(tmp_path: Path, members: tuple[str, ...]) -> None:
    values = np.arange(40_000.0).reshape(-1, 2)
    others = dict.fromkeys(members[1:], np.zeros((1, 2)))
    path = save(tmp_path / "new.npz", **{members[0]: values}, **others)
    batches = list(open_inputs(path, ARRAYS))
    assert max(len(batch.ids) for batch in batches) <= 8192
    np.testing.assert_array_equal(np.concatenate([seen(batch.features) for batch in batches]), values)
    np.testing.assert_array_equal(np.concatenate([batch.ids for batch in batches]), np.arange(20_000))
    assert seen(batches[0].features).dtype == np.float32


def test_images_without_a_channel_axis(tmp_path: Path) -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(2, 4, 6)
    (batch,) = open_inputs(save(tmp_path / "new.npz", x=pixels), IMAGES)
    assert seen(batch.features).dtype == np.uint8
    np.testing.assert_array_equal(seen(batch.features), pixels[..., np.newaxis])


def test_a_folder_of_images(tmp_path: Path) -> None:
    saved = save_images(tmp_path, "a.png", "deep/b.png")
    (batch,) = open_inputs(str(tmp_path), IMAGES)
    assert batch.ids == ["a.png", "deep/b.png"]
    np.testing.assert_array_equal(seen(batch.features)[..., 0], saved)


def test_names_that_are_not_utf_8_are_written_with_escapes(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    save_images(tmp_path, name)
    (batch,) = open_inputs(str(tmp_path), IMAGES)
    assert batch.ids == ["caf\\xe9.png"]
    (batch,) = open_inputs(str(tmp_path / name), IMAGES)
    assert batch.ids == [f"{tmp_path}/caf\\xe9.png"]


def test_one_image_of_another_size(tmp_path: Path) -> None:
    (saved,) = save_images(tmp_path, "a.png")
    Image.fromarray(saved.repeat(2, axis=0).repeat(2, axis=1)).convert("RGB").save(tmp_path / "b.png")
    (batch,) = open_inputs(str(tmp_path / "b.png"), IMAGES)
    assert batch.ids == [str(tmp_path / "b.png")]
    np.testing.assert_array_equal(seen(batch.features), saved[np.newaxis, ..., np.newaxis])


@pytest.mark.parametrize(
    ("signature", "build", "error_class", "words"),
    [
        (ARRAYS, lambda f: save(f / "n.npz", a=[[1, 2]], b=[[1, 2]]), DataError, ["which array", "x", "a, b"]),
        (ARRAYS, lambda f: save(f / "n.npz", x=[[1, 2, 3]]), DataError, ["n.npz, x", "(3,)", "(2,)"]),
        (ARRAYS, lambda f: save(f / "n.npz", x=[[1, 2]] * 9000 + [[np.nan, 1]]), DataError, ["x[9000, 0]", "nan"]),
        (ARRAYS, lambda f: save(f / "n.npz", x=np.array([[{}, 1]])), RefusedError, ["n.npz, x", "objects"]),
        (ARRAYS, str, DataError, ["(2,)", "no images"]),
        (IMAGES, str, DataError, ["no image in it"]),
        (IMAGES, lambda f: save(f / "n.npz", x=np.zeros((1, 4, 6, 1))), DataError, ["float64", "uint8"]),
        (ARRAYS, lambda f: str(f / "absent.csv"), InputMissingError, ["absent.csv", "no such file"]),
    ],
)
def test_bad_inputs(
    tmp_path: Path, signature: Signature, build: Any, error_class: type[DltoolError], words: list[str]
) -> None:
    with pytest.raises(error_class) as error:
        list(open_inputs(build(tmp_path), signature))
    assert all(word in str(error.value) for word in words), error.value


def test_an_array_is_read_as_a_file_of_it(tmp_path: Path) -> None:
    values = np.arange(40_000.0).reshape(-1, 2)
    from_file = list(open_inputs(save(tmp_path / "x.npz", x=values), ARRAYS))
    for held in (values, values.tolist(), values.astype(np.float32)):
        batches = list(held_inputs(held, ARRAYS))
        assert len(batches) == len(from_file) > 1
        for batch, expected in zip(batches, from_file, strict=True):
            np.testing.assert_array_equal(seen(batch.features), seen(expected.features))
            np.testing.assert_array_equal(batch.ids, expected.ids)
    pixels = np.arange(48, dtype=np.uint8).reshape(2, 4, 6)
    (batch,) = held_inputs(pixels, IMAGES)
    np.testing.assert_array_equal(seen(batch.features), pixels[..., np.newaxis])


def test_columns_are_matched_by_name_and_others_left_alone() -> None:
    for columns in (
        {"b": [1, 3], "extra": [object(), {}], "a": np.array([2.0, 4.0])},
        {"b": ["1", " 3 "], "a": np.array([[2], [4]], np.uint8)},
        {"b": (1, "3"), "a": [2.0, np.float32(4)]},
    ):
        (batch,) = held_inputs(columns, ROWS)
        assert list(batch.ids) == [1, 2]
        assert seen(batch.features).tolist() == [[2, 1], [4, 3]]


def test_columns_keep_every_bit_of_a_number() -> None:
    values = np.random.default_rng(0).normal(0, 1e6, 1000)
    for kind in (np.float64, np.float32):
        (batch,) = held_inputs({"a": values.astype(kind), "b": np.arange(1000)}, ROWS)
        np.testing.assert_array_equal(seen(batch.features)[:, 0], values.astype(np.float32))


def test_holes_texts_and_booleans_of_columns() -> None:
    columns = (
        Column("size", fill="the mean"),
        Column("colour", ("black", "red"), fill="unknown"),
        Column("ripe", ("False", "True"), fill="unknown", boolean=True),
    )
    numbers = InputNumbers(
        dtype="float32",
        offset=(2.0, *[0.0] * 6),
        scale=(1.0,) * 7,
        low=(0.0,) * 7,
        high=(4.0, *[1.0] * 6),
        fill=(2.0, *[0.0] * 6),
    )
    signature = Signature(TaskName.BINARY, (7,), "float32", 2, ("0", "1"), ("y",), columns, input_numbers=numbers)
    rows = {"size": [3, None, float("nan"), ""], "colour": ["red", None, "blue", "black"], "ripe": [True, False] * 2}
    with pytest.warns(DataWarning) as told:
        (batch,) = held_inputs(rows, signature)
    assert seen(batch.features, signature).tolist() == [
        [1, 0, 0, 1, 0, 0, 1],
        [0, 1, 0, 0, 0, 1, 0],
        [0, 1, 0, 0, 0, 0, 1],
        [0, 0, 1, 0, 0, 1, 0],
    ]
    assert any("'blue'" in str(warning.message) for warning in told)


@pytest.mark.parametrize(
    ("signature", "source", "words"),
    [
        (ARRAYS, np.zeros((2, 3)), "the array: examples of shape (3,); expected (2,) as in training"),
        (ARRAYS, np.zeros((0, 2)), "the array: shape (0, 2) holds no examples"),
        (ARRAYS, [[1, 2], [np.nan, 1]], "the array[1, 0]"),
        (ARRAYS, [[1, 2], [3]], "the array: no array"),
        (ARRAYS, [["a", "b"]], "expected numbers"),
        (ARRAYS, np.ma.masked_equal([[1, 2]], 2), "the array: some values are masked"),
        (ARRAYS, {"a": [1], "b": [2]}, "the model takes arrays of shape (n, 2)"),
        (IMAGES, np.zeros((1, 4, 6, 1)), "values of type float64; expected uint8"),
        (
            ROWS,
            np.zeros((2, 2)),
            "expected a data frame (of pandas 2.2 or newer, Polars or PyArrow), or a mapping of column name to",
        ),
        (ROWS, {"a": [1]}, "the mapping: no column 'b'; there is: a"),
        (ROWS, {"a": [1, 2], "b": [1]}, "the mapping: 1 values of 'b', 2 of 'a'; expected as many"),
        (ROWS, {"a": [], "b": []}, "the mapping: column names but no rows; expected at least one row"),
        (ROWS, {"a": [1, "one"], "b": [1, 2]}, "the mapping, row 2, column 'a': 'one' is not a number"),
        (ROWS, {"a": [1, None], "b": [1, 2]}, "the mapping, row 2, column 'a': the value is missing"),
        (ROWS, {"a": [1, np.inf], "b": [1, 2]}, "the mapping, row 2, column 'a': infinite"),
        (ROWS, {"a": [[1, 2]], "b": [1]}, "the mapping, column 'a': lists; expected one value a row"),
        (ROWS, {"a": 1, "b": [1]}, "the mapping, column 'a': one value alone; expected one a row"),
        (ROWS, {}, "the mapping: it is empty; expected a list or an array a column"),
        (ROWS, {"a": [1j], "b": [1]}, "the mapping, column 'a': values of type complex128"),
        (ROWS, {"a": ["\ud800"], "b": [1]}, "the mapping, column 'a'"),
    ],
)
def test_bad_inputs_in_memory(signature: Signature, source: Any, words: str) -> None:
    with pytest.raises(DataError) as error:
        list(held_inputs(source, signature))
    assert words in str(error.value), error.value


def test_a_labelled_table(tmp_path: Path, make_spec: Any) -> None:
    path = tmp_path / "t.csv"
    path.write_text("y,a,b\nyes,1,2\nno,3,4\n")
    part = load_labelled(str(path), ROWS, make_spec(source="csv", path="unused", targets="y"))
    assert seen(part.features).tolist() == [[1, 2], [3, 4]]
    assert part.targets.tolist() == [1, 0]


@pytest.mark.parametrize("names", [("x_test", "y_test"), ("x", "y"), ("x_train", "y_train"), ("in", "out")])
def test_labelled_arrays(tmp_path: Path, make_spec: Any, names: tuple[str, str]) -> None:
    path = save(tmp_path / "t.npz", **{names[0]: [[1, 2]], names[1]: [1]})
    spec = make_spec(source="npz", path="unused", features="in", targets="out")
    part = load_labelled(path, ARRAYS, spec)
    assert (seen(part.features).tolist(), part.targets.tolist()) == ([[1, 2]], [1])


def test_labelled_images(tmp_path: Path, make_spec: Any) -> None:
    saved = save_images(tmp_path, "dog/a.png")
    part = load_labelled(str(tmp_path), IMAGES, make_spec(source="image_folder", path="unused"))
    np.testing.assert_array_equal(seen(part.features)[0, ..., 0], saved[0])
    assert part.targets.tolist() == [1]


def test_labelled_files_that_do_not_fit(tmp_path: Path, make_spec: Any) -> None:
    path = save(tmp_path / "t.npz", a=[[1, 2]])
    with pytest.raises(DataError, match="x_test and y_test or x and y"):
        load_labelled(path, ARRAYS, make_spec(source="mnist"))
    (tmp_path / "t.csv").write_text("a,b,y\n1,2,no\n")
    with pytest.raises(DataError, match="trained on mnist, not on a table"):
        load_labelled(str(tmp_path / "t.csv"), ARRAYS, make_spec(source="mnist"))
