"""Data frames, against the same cells in a CSV file."""

import csv
import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from dltool.config.table_format import TableFormat
from dltool.data.inputs import held_inputs, open_inputs
from dltool.errors import DataError, DataWarning
from tests.support.inputs import seen
from tests.support.tables import load_table

DAYS = [datetime.date(2020, 1, 1) + datetime.timedelta(37 * i) for i in range(60)]
COLUMNS = {
    "size": [i % 7 + 0.1 for i in range(60)],
    "count": [i % 5 - 2 for i in range(60)],
    "price": [Decimal(i % 9) / 4 for i in range(60)],
    "colour": [["red", "green", "blue"][i % 3] for i in range(60)],
    "member": [i % 4 == 0 for i in range(60)],
    "day": DAYS,
    "at": [datetime.datetime(2021, 5, 1 + i % 28, i % 24, i) for i in range(60)],
    "y": [i % 2 for i in range(60)],
}


def as_csv(folder, columns, write=str):
    """Write columns by Python's own module."""
    path = folder / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = zip(*columns.values(), strict=True)
        csv.writer(stream).writerows([[*columns], *([write(cell) for cell in row] for row in rows)])
    return str(path)


def features_of(batches, signature):
    return np.concatenate([seen(batch.features, signature) for batch in batches])


FRAMES = {
    "pyarrow": pa.table,
    "chunked": lambda columns: pa.concat_tables([pa.table(columns).slice(0, 17), pa.table(columns).slice(17)]),
    "categories": lambda columns: pa.table(columns | {"colour": pa.array(columns["colour"]).dictionary_encode()}),
    "nanoseconds": lambda columns: pa.table(columns | {"day": pa.array(columns["day"]).cast(pa.timestamp("ns"))}),
    "mapping": lambda columns: columns | {"day": np.array(columns["day"], "M8[ns]")},
    "pandas": lambda columns: pytest.importorskip("pandas").DataFrame(columns),
    "polars": lambda columns: pytest.importorskip("polars").DataFrame(columns),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_is_the_csv_of_its_cells(tmp_path, load_data, kind):
    path = as_csv(tmp_path, COLUMNS)
    signature = load_table(load_data, path).signature
    types = {column.name: column.type for column in signature.table}
    assert types == {
        "size": "number", "count": "number", "price": "number", "colour": "category", "member": "boolean",
        "day": "date", "at": "time", "y": "target",
    }  # fmt: skip
    frame = FRAMES[kind](COLUMNS)
    found = features_of(held_inputs(frame, signature), signature)
    np.testing.assert_array_equal(found, features_of(open_inputs(path, signature), signature))


def test_dates_are_known_by_their_type(tmp_path, load_data):
    path = as_csv(tmp_path, COLUMNS, lambda cell: f"{cell:%d.%m.%Y}" if isinstance(cell, datetime.date) else cell)
    declared = {"day": {"type": "date", "format": "%d.%m.%Y"}}
    signature = load_table(load_data, path, features=["day", "size"], columns=declared).signature
    expected = features_of(open_inputs(path, signature), signature)
    times = np.array(COLUMNS["day"], "M8[s]")
    for frame in (pa.table(COLUMNS), {"day": times, "size": COLUMNS["size"]}):
        np.testing.assert_array_equal(features_of(held_inputs(frame, signature), signature), expected)
    texts = {"day": [f"{day:%d.%m.%Y}" for day in DAYS], "size": COLUMNS["size"]}
    np.testing.assert_array_equal(features_of(held_inputs(pa.table(texts), signature), signature), expected)


def test_holes_and_markers_are_those_of_training(tmp_path, load_data):
    columns = {"a": [1.5, 2.5, 3.5, 8.5], "b": ["u", "v", "u", "v"], "y": [0, 1, 0, 1]}
    path = as_csv(tmp_path, columns)
    signature = load_table(load_data, path, missing="mean").signature
    frame = pa.table({"a": ["1.5", "?", "", " "], "b": ["u", None, "?", "v"]})
    with pytest.warns(DataWarning, match="which training had none of"):
        found = features_of(held_inputs(frame, signature, TableFormat(missing_values=("?",))), signature)
    assert found.tolist() == [[1.5, 0, 1, 0], [4, 1, 0, 0], [4, 1, 0, 0], [4, 0, 0, 1]]


def test_numbers_of_a_frame_have_a_point(tmp_path, load_data):
    path = as_csv(tmp_path, {"a": ["1.000,5", "2,5", "3,5"], "y": [0, 1, 0]})
    german = {"decimal": ",", "thousands": "."}
    signature = load_table(load_data, path, **german).signature
    found = features_of(held_inputs(pa.table({"a": [1000.5, 2.5]}), signature, TableFormat(**german)), signature)
    assert found.tolist() == [[1000.5], [2.5]]


def test_columns_of_a_frame_are_kept(tmp_path, load_data):
    path = as_csv(tmp_path, {"a": [1, 2, 3], "y": [0, 1, 0]})
    signature = load_table(load_data, path).signature
    (batch,) = held_inputs(pa.table({"id": [7, None], "a": [1, 2]}), signature, keep=["id"])
    assert batch.kept["id"].to_pylist() == ["7", ""]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pa.table({"a": [1]}), "the data frame: no column 'b'; there is: a"),
        (pa.table({"a": [1.0], "b": [[1]]}), "the data frame, column 'b': lists; expected one value a row"),
        (pa.table({"a": [1.0, 2.0], "b": [1, None]}), "the data frame, row 2, column 'b': the value is missing"),
        (pa.table({"a": [True], "b": [1]}), "the data frame, row 1, column 'a': 'true' is not a number"),
        (pa.table({"a": [], "b": []}), "the data frame: column names but no rows"),
        (pa.table([[1], [2], [3]], ["a", "b", "a"]), "the data frame: two columns are named 'a'"),
        (pa.chunked_array([[1, 2]]), "the data frame: "),
    ],
)
def test_frames_that_do_not_fit(tmp_path, load_data, frame, words):
    path = as_csv(tmp_path, {"a": [1, 2, 3], "b": [3, 5, 1], "y": [0, 1, 0]})
    signature = load_table(load_data, path).signature
    with pytest.raises(DataError) as error:
        list(held_inputs(frame, signature))
    assert words in str(error.value)


def test_an_index_without_a_name_is_none(tmp_path, load_data):
    path = as_csv(tmp_path, {"": [3, 2, 1], "a": [1, 2, 3], "y": [0, 1, 0]})
    signature = load_table(load_data, path, columns={"column_1": "number"}).signature
    (batch,) = held_inputs(pa.table({"__index_level_0__": [9], "a": [1]}), signature)
    assert seen(batch.features, signature).tolist() == [[9, 1]]
