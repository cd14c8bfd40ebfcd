"""A column that weighs the rows of a table."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dltool.data.table_source import read_features, read_labelled
from dltool.errors import DataError, DataWarning
from tests.support.tables import load_table

Loader = Callable[..., Any]
TABLE = "a,w,y\n1,0.5,0\n2,0,1\n3,2,0\n4, 1.5 ,1\n"


def test_weights_go_with_their_rows_and_are_no_feature(load_data: Loader, make_spec: Any, write: Any) -> None:
    path = write(TABLE)
    data = load_table(load_data, path, weights="w")
    assert [column.name for column in data.signature.columns] == ["a"]
    assert [(each.name, each.type, each.values) for each in data.signature.table][1] == ("w", "weights", "0 to 2")
    assert data.train.weights.dtype == np.float32
    assert data.train.weights.tolist() == [0.5, 0, 2, 1.5]
    spec = make_spec(source="csv", path=path, targets="y", weights="w")
    assert read_labelled(path, data.signature, spec).weights.tolist() == [0.5, 0, 2, 1.5]
    new = write("a\n1\n4\n", "new.csv")
    (batch,) = read_features(new, data.signature, spec.table_format)
    assert batch.features["numbers"].tolist() == [[1], [4]]
    with pytest.raises(DataError, match="no column 'w'"):
        read_labelled(write("a,y\n1,0\n", "new.csv"), data.signature, spec)


def test_parts_and_dropped_rows_keep_their_own(load_data: Loader, write: Any) -> None:
    rows = [f"{i},{'' if i == 5 else i},{'' if i == 7 else i % 2}\n" for i in range(1, 41)]
    values = {"weights": "w", "columns": {"a": "number"}, "missing": "drop", "validation": 0.25}
    data = load_table(load_data, write("a,w,y\n" + "".join(rows)), **values)
    assert len(data.train) + len(data.validation) == 38
    for part in (data.train, data.validation):
        np.testing.assert_array_equal(part.weights, part.features["numbers"][:, 0])


def test_other_weights_are_other_data(load_data: Loader, write: Any) -> None:
    fingerprints = [
        load_table(load_data, write(text), weights="w").fingerprint for text in (TABLE, TABLE.replace("1.5", "1.6"))
    ]
    assert fingerprints[0] != fingerprints[1]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("-1", ["row 4 (line 5), column 'w'", "weight -1", "0 or more"]),
        ("", ["row 4 (line 5), column 'w'", "the value is missing", "data.missing to drop"]),
        ("heavy", ["row 4 (line 5), column 'w'", "'heavy' is not a number"]),
        ("1e39", ["row 4 (line 5), column 'w'", "too large"]),
    ],
)
def test_what_is_no_weight(load_data: Loader, write: Any, cell: str, words: list[str]) -> None:
    with pytest.raises(DataError) as error:
        load_table(load_data, write(TABLE.replace(" 1.5 ", cell)), weights="w", missing="mean")
    assert all(word in str(error.value) for word in words), error.value


def test_words_are_no_weights(load_data: Loader, write: Any) -> None:
    with pytest.raises(DataError, match=r"row 1 .*column 'w': 'x' is not a number, and data.weights wants such"):
        load_table(load_data, write("a,w,y\n1,x,0\n2,z,1\n"), weights="w")


def test_no_weight_at_all_is_refused_and_a_mean_far_from_1_warned_of(load_data: Loader, write: Any) -> None:
    with pytest.raises(DataError, match="column 'w': every row has weight 0"):
        load_table(load_data, write("a,w,y\n1,0,0\n2,0,1\n"), weights="w")
    with pytest.warns(DataWarning, match="column 'w': the weights have a mean of 150"):
        load_table(load_data, write("a,w,y\n1,100,0\n2,200,1\n"), weights="w")
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        load_table(load_data, write(TABLE), weights="w")
