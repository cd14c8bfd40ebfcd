"""What training rows say of columns: what fills holes, and which categories are told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dltool.config.needs import TaskName
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


@pytest.mark.parametrize(
    ("missing", "expected"), [("mean", (4 * 2 * 8) ** (1 / 3)), ("median", 4.0), ("most_frequent", 2.0), (0.5, 0.5)]
)
def test_holes_in_logarithms_are_filled_by_the_numbers_asked_for(
    load_data: Loader, write: Any, missing: Any, expected: Any
) -> None:
    path = write("a,y\n4,0\n2,1\n,0\n8,1\n")
    columns = {"a": {"type": "number", "transform": "log", "missing": missing, "indicator": True}}
    data = load_table(load_data, path, columns=columns)
    logarithms, holes = data.train.features["numbers"].T
    np.testing.assert_allclose(np.exp(logarithms), [4, 2, expected, 8], rtol=1e-6)
    assert holes.tolist() == [0, 0, 1, 0]


def test_an_indicator_is_neither_shifted_nor_scaled(load_data: Loader, write: Any) -> None:
    days = [19_000 + 37 * i for i in range(10)]
    cells = ["" if i in (2, 5) else str(np.datetime64(day, "D")) for i, day in enumerate(days)]
    path = write(
        "when,a,t,y\n" + "".join(f"{cell},{'' if i == 3 else 0.01 * i},u,{i % 2}\n" for i, cell in enumerate(cells))
    )
    columns = {"when": {"type": "date", "indicator": True}, "a": {"type": "number", "indicator": True}, "t": "category"}
    data = load_table(load_data, path, columns=columns, scaling="normalization", missing="mean")
    assert [column.width for column in data.signature.columns] == [6, 2, 2]
    numbers = data.train.features["numbers"]
    assert numbers[:, 5].tolist() == [i in (2, 5) for i in range(10)]
    assert numbers[:, 7].tolist() == [i == 3 for i in range(10)]
    known = np.array([0.01 * i for i in range(10) if i != 3])
    expected = np.insert((known - known.mean()) / known.std(), 3, 0)
    np.testing.assert_allclose(numbers[:, 6], expected, atol=1e-6)


def test_an_indicator_of_no_holes_is_left_out(load_data: Loader, write: Any) -> None:
    path = write("a,y\n4,0\n2,1\n8,1\n")
    with pytest.warns(DataWarning, match="column 'a': no value of the training rows is missing"):
        data = load_table(load_data, path, columns={"a": {"type": "number", "missing": "mean", "indicator": True}})
    assert data.signature.columns[0].width == 1
    assert data.train.features["numbers"].shape == (3, 1)


def test_rows_without_a_target_are_dropped_apart_from_other_holes(load_data: Loader, write: Any) -> None:
    path = write("a,y\n1,0\n2,\n,1\n4,1\n")
    data = load_table(load_data, path, missing="mean", missing_targets="drop")
    assert seen(data.train.features, data.signature).ravel().tolist() == pytest.approx([1, 2.5, 4])


def test_the_most_frequent_categories_are_told_apart(load_data: Loader, write: Any) -> None:
    texts = ["a"] * 4 + ["b"] * 2 + ["c"] * 3 + ["d"]
    path = write("t,y\n" + "".join(f"{text},{i % 2}\n" for i, text in enumerate(texts)))
    with pytest.warns(DataWarning, match="4 categories; the 2 most frequent.*3 training rows"):
        data = load_table(load_data, path, columns={"t": {"type": "category", "max_categories": 2}})
    assert (data.signature.columns[0].vocabulary, data.signature.columns[0].rare) == (("a", "c"), 3)
    assert seen(data.train.features, data.signature)[:, 0].tolist() == [float(text in "bd") for text in texts]


@pytest.mark.parametrize(("categories", "length"), [(49, 0), (50, 0), (51, 15), (300, 39)])
def test_many_categories_get_vectors_and_few_do_not(load_data, tmp_path, categories, length):
    lines = [f"c{i % categories},{i % 7}.5,{'ab'[i % 2]}" for i in range(1200)]
    (tmp_path / "t.csv").write_text("\n".join(["c,x,y", *lines]) + "\n")
    data = load_table(load_data, str(tmp_path / "t.csv"))
    (city, _) = data.signature.columns
    # 1.6 n^0.56, rounded, for n categories and "unknown".
    assert (city.embedding, city.width) == (length, length or categories + 1)
    assert data.train.features["categories"].dtype == np.int32


def test_what_is_reconstructed_has_no_vectors(load_data, tmp_path):
    (tmp_path / "t.csv").write_text("\n".join(["c,x", *(f"c{i % 60},{i % 7}.5" for i in range(1200))]) + "\n")
    values = {"source": "csv", "path": str(tmp_path / "t.csv"), "scaling": "none"}
    assert load_data(TaskName.RECONSTRUCTION, **values).signature.columns[0].embedding == 0
