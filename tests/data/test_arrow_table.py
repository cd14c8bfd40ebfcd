"""Data frames, against the same cells in a CSV file."""

import datetime

import numpy as np
import pyarrow as pa
import pytest

from dltool.config.table_format import TableFormat
from dltool.data.inputs import held_inputs, open_inputs
from dltool.errors import DataError, DataWarning
from tests.support.frames import COLUMNS, DAYS, FRAMES, as_csv
from tests.support.inputs import seen
from tests.support.tables import load_table


def features_of(batches, signature):
    return np.concatenate([seen(batch.features, signature) for batch in batches])


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
