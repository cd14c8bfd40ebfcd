"""What training rows say of columns: what fills holes, and which categories are told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dltool.errors import DataError, DataWarning
from tests.support.inputs import seen
from tests.support.tables import load_table

Loader = Callable[..., Any]


@pytest.mark.parametrize(
    ("missing", "expected"), [("mean", 4.0), ("median", 2.0), ("most_frequent", 1.0), (-1, -1.0), ("refuse", None)]
)
def test_holes_are_filled_as_each_column_says(load_data: Loader, write: Any, missing: Any, expected: Any) -> None:
    path = write("a,b,y\n1,1,0\n1,2,1\n,,0\n3,3,1\n11,4,0\n")
    columns = {"a": {"type": "number", "missing": missing}}
    if expected is None:
        with pytest.raises(DataError, match=r"row 3.*column 'a'.*1 in 'a'"):
            load_table(load_data, path, columns=columns, missing="mean")
        return
    data = load_table(load_data, path, columns=columns, missing="mean")
    assert seen(data.train.features, data.signature)[2].tolist() == [expected, 2.5]


def test_rows_without_a_target_are_dropped_apart_from_other_holes(load_data: Loader, write: Any) -> None:
    path = write("a,y\n1,0\n2,\n,1\n4,1\n")
    data = load_table(load_data, path, missing="mean", missing_targets="drop")
    assert seen(data.train.features, data.signature).ravel().tolist() == pytest.approx([1, 2.5, 4])


def test_the_most_frequent_categories_are_told_apart(load_data: Loader, write: Any) -> None:
    texts = ["a"] * 4 + ["b"] * 2 + ["c"] * 3 + ["d"]
    path = write("t,y\n" + "".join(f"{text},{i % 2}\n" for i, text in enumerate(texts)))
    with pytest.warns(DataWarning, match="4 categories; the 2 most frequent.*3 training rows"):
        data = load_table(load_data, path, columns={"t": {"type": "category", "max_categories": 2}})
    assert data.signature.columns[0].vocabulary == ("a", "c")
    assert seen(data.train.features, data.signature)[:, 0].tolist() == [float(text in "bd") for text in texts]
