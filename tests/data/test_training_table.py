"""Which columns of a training table are features."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dltool.data.csv_table import read_labelled
from tests.support.tables import load_table

Loader = Callable[..., Any]


@pytest.mark.parametrize(
    ("column", "values", "kept", "why"),
    [
        (["" for _ in range(30)], {}, False, "every cell is empty"),
        ([7 for _ in range(30)], {}, False, "same value, '7'"),
        (range(1, 31), {}, False, "numbers the rows"),
        (range(1, 31), {"columns": {"a": "number"}}, True, "declared"),
        (range(1, 31), {"columns": {"a": "ignore"}}, False, "declared"),
        (range(1, 31), {"features": ["a", "b"]}, True, "all numbers"),
        (range(1, 31), {"features": ["b"]}, False, "not among data.features"),
    ],
)
def test_what_is_hardly_a_feature_is_left_out_and_named(
    load_data: Loader, write: Any, column: Any, values: Any, kept: bool, why: str
) -> None:
    lines = [f"{cell},{(i * 7) % 11},{i % 2}" for i, cell in enumerate(column)]
    path = write("a,b,y\n" + "\n".join(lines) + "\n")
    unasked = not kept and not values
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        data = load_table(load_data, path, **values)
    assert [each.name for each in data.signature.columns] == (["a", "b"] if kept else ["b"])
    table = {each.name: each for each in data.signature.table}
    assert list(table) == ["a", "b", "y"]
    assert why in table["a"].why
    assert [each.type for each in table.values()] == ["number" if kept else "ignore", "number", "target"]
    said = [str(each.message) for each in told if "left out" in str(each.message)]
    assert (len(said) > 0) == unasked
    assert all("data.columns: {a: ignore}" in each for each in said)


@pytest.mark.parametrize(
    ("spec", "becomes"),
    [
        ({"type": "number"}, "1 number"),
        ({"type": "number", "transform": "log"}, "1 number: its logarithm"),
        ({"type": "number", "indicator": True}, "2 numbers: itself and whether it is missing"),
        (
            {"type": "number", "transform": "log", "indicator": True},
            "2 numbers: its logarithm and whether it is missing",
        ),
        ({"type": "date", "format": "%d%m%Y", "indicator": True}, "6 numbers, the last whether it is missing"),
        ({"type": "category"}, "4 categories"),
    ],
)
def test_what_the_network_sees_of_a_column(load_data: Loader, write: Any, spec: Any, becomes: str) -> None:
    path = write("a,b,y\n" + "".join(f"{['', 10032021, 11032021, 12032021][i % 4]},1,{i % 2}\n" for i in range(12)))
    data = load_table(load_data, path, columns={"a": spec}, missing="mean")
    assert data.signature.table[0].becomes == becomes


def test_a_column_without_a_name_is_called_by_its_place(load_data: Loader, make_spec: Any, write: Any) -> None:
    path = write(",a,,y\n" + "".join(f"{3 * i},{i % 4},{(i * 5) % 7},{i % 2}\n" for i in range(30)))
    data = load_table(load_data, path)
    assert [each.name for each in data.signature.columns] == ["a", "column_3"]
    part = read_labelled(path, data.signature, make_spec(source="csv", path=path, targets="y"))
    np.testing.assert_array_equal(part.features["numbers"], data.train.features["numbers"])
