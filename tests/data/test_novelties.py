"""What training has not seen is counted and said, with its column, its value and what it resembles."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.config.needs import TaskName
from dltool.data.inputs import open_inputs
from dltool.data.novelties import Novelties
from dltool.data.table_source import read_features, read_labelled
from dltool.errors import DataWarning
from tests.support.inputs import seen

TABLE = "age,town,y\n" + "".join(f"{20 + i},{'Rome' if i % 2 else 'Oslo'},{i}\n" for i in range(11))


@pytest.fixture
def trained(load_data: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    def train(table: str = TABLE, **values: Any) -> Any:
        path = tmp_path / "train.csv"
        path.write_text(table, "utf-8")
        return load_data(TaskName.REGRESSION, **{"source": "csv", "path": str(path), "targets": "y"} | values)

    return train


def said(read: Callable[[], Any]) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        read()
    return [str(warning.message) for warning in caught if issubclass(warning.category, DataWarning)]


def predicted(signature: Any, folder: Path, rows: str, form: Any) -> list[str]:
    path = folder / "new.csv"
    path.write_text(rows, "utf-8")
    return said(lambda: list(read_features(str(path), signature, form)))


def test_categories_that_training_never_saw(trained: Any, make_spec: Any, tmp_path: Path) -> None:
    signature = trained().signature
    form = make_spec(source="csv", path="x", targets="y").table_format
    rows = "age,town\n" + "".join(f"25,{town}\n" for town in ("Rome", " Rome", "oslo", "Bonn", "Bonn", "Bonn", "Köln"))
    (told,) = predicted(signature, tmp_path, rows, form)
    assert "column 'town': 6 cells with a category that training never saw" in told
    assert "('Bonn' 3, ' Rome' 1, 'oslo' 1, and 1 other)" in told
    assert "' Rome' and 'Rome' differ in spaces alone" in told
    assert "'oslo' and 'Oslo' differ in upper and lower case alone" in told
    assert predicted(signature, tmp_path, "age,town\n25,Oslo\n", form) == []


def test_cells_of_the_same_table_are_not_spelt_in_another_way(trained: Any) -> None:
    novelties = Novelties("t.csv, validation rows", trained(missing="mean").signature, same_table=True)
    novelties.add_rows(2)
    novelties.add_texts("town", ["Bonn", "Köln"])
    (told,) = said(novelties.warn)
    assert "column 'town': 2 cells with a category that training never saw" in told


def test_a_column_of_which_training_saw_no_cell(trained: Any, make_spec: Any, tmp_path: Path) -> None:
    signature = trained(missing="mean").signature
    form = make_spec(source="csv", path="x", targets="y").table_format
    rows = "age,town\n" + "".join(f"25,{town}\n" for town in ("rome", "Bonn", "", "Bonn"))
    told, of_holes = predicted(signature, tmp_path, rows, form)
    assert "column 'town': none of the 3 cells is a category that training saw ('Bonn' 2, 'rome' 1; " in told
    assert "training saw 'Oslo', 'Rome'), and all are taken as unknown" in told
    assert "'rome' and 'Rome' differ in upper and lower case alone" in told
    assert "1 cell missing" in of_holes
    (told,) = predicted(signature, tmp_path, "age,town\n25,Bonn\n", form)  # of one row all or none is no news
    assert "1 cell with a category that training never saw ('Bonn' 1)" in told


def test_logarithms_are_named_by_the_numbers_that_they_are_of(trained: Any, make_spec: Any, tmp_path: Path) -> None:
    columns = {"age": {"type": "number", "transform": "log"}}
    signature = trained(columns=columns).signature  # ages 20 to 30: far is below 20 * 20 / 30 or above 30 * 30 / 20
    form = make_spec(source="csv", path="x", targets="y").table_format
    assert predicted(signature, tmp_path, "age,town\n14,Oslo\n44,Oslo\n", form) == []
    (told,) = predicted(signature, tmp_path, "age,town\n25,Oslo\n46,Oslo\n", form)
    assert "1 row with a number far outside the training rows' (20 to 30)" in told
    assert "row 2 (line 3): 46;" in told


def test_numbers_far_outside_the_training_range(trained: Any, make_spec: Any, tmp_path: Path) -> None:
    signature = trained().signature  # ages 20 to 30: far is below 10 or above 40
    form = make_spec(source="csv", path="x", targets="y").table_format
    (told,) = predicted(signature, tmp_path, "age,town\n39,Oslo\n460,Oslo\n11,Rome\n-5,Rome\n", form)
    assert "column 'age': 2 rows with a number far outside the training rows' (20 to 30)" in told
    assert "row 2 (line 3)" in told
    assert ": 460;" in told


def test_any_other_number_is_far_from_a_constant(trained: Any, make_spec: Any, tmp_path: Path) -> None:
    signature = trained(TABLE.replace(",Oslo", ",7").replace(",Rome", ",7")).signature
    form = make_spec(source="csv", path="x", targets="y").table_format
    (told,) = predicted(signature, tmp_path, "age,town\n25,7\n25,8\n", form)
    assert "column 'town': 1 row with a number" in told
    assert "(always 7)" in told


def test_holes_where_training_had_none_are_filled_with_a_warning(trained: Any, make_spec: Any, tmp_path: Path) -> None:
    signature = trained(TABLE.replace("25,", ",", 1), missing="mean").signature  # a hole in age, none in town
    form = make_spec(source="csv", path="x", targets="y").table_format
    (told,) = predicted(signature, tmp_path, "age,town\n,\n25,\n", form)
    assert "column 'town': 2 cells missing, which training had none of; taken as unknown" in told


def test_other_parts_and_labelled_files_are_told_of_too(trained: Any, make_spec: Any, tmp_path: Path) -> None:
    table = TABLE + "".join(f"{500 + i},Oslo,{i}\n" for i in range(2))
    (tmp_path / "other.csv").write_text("age,town,y\n999,Paris,1\n", "utf-8")
    messages = said(lambda: trained(TABLE, validation=str(tmp_path / "other.csv")))
    assert any("other.csv, column 'town'" in message and "'Paris'" in message for message in messages)
    signature = trained().signature
    spec = make_spec(source="csv", path="x", targets="y")
    assert len(said(lambda: read_labelled(str(tmp_path / "other.csv"), signature, spec))) == 2
    drawn = [message for seed in range(6) for message in said(partial(trained, table, test=0.3, seed=seed))]
    assert any("test rows" in message and "far outside" in message for message in drawn)


def test_arrays_are_told_of_too(load_data: Any, tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(size=(30, 4, 2))
    np.savez(tmp_path / "a.npz", x_train=features, y_train=np.arange(30.0))
    signature = load_data(TaskName.REGRESSION, source="npz", path=str(tmp_path / "a.npz")).signature
    features[7, 2, 1] = 1e6
    np.savez(tmp_path / "new.npz", x=features)
    (told,) = said(lambda: list(open_inputs(str(tmp_path / "new.npz"), signature)))
    assert "index 1 of the last axis: 1 row" in told
    assert "x[7]: 1e+06" in told


def test_near_duplicates_in_training_are_warned_of(trained: Any, load_data: Any, tmp_path: Path) -> None:
    messages = said(lambda: trained(TABLE.replace("Rome", "oslo", 1)))
    assert any("'Oslo' and 'oslo' differ in upper and lower case alone, and are two categories" in m for m in messages)
    (tmp_path / "classes.csv").write_text("x,y\n1,cat\n2,Cat\n3,dog\n")
    spec = {"source": "csv", "path": str(tmp_path / "classes.csv"), "targets": "y"}
    assert any("and are two classes" in message for message in said(lambda: load_data(TaskName.CATEGORICAL, **spec)))


def column_of(load_data: Any, folder: Path, cells: list[str], **values: Any) -> tuple[Any, list[str]]:
    path = folder / "t.csv"
    path.write_text("t,y\n" + "".join(f"{cell},{i % 2}\n" for i, cell in enumerate(cells)))
    spec = {"source": "csv", "path": str(path), "targets": "y"} | values
    data = []
    messages = said(lambda: data.append(load_data(TaskName.BINARY, **spec)))
    return data[0], messages


def test_times_of_a_year_are_told_apart_in_float64(load_data: Any, tmp_path: Path) -> None:
    times = 1_700_000_000 + np.random.default_rng(1).integers(0, 31_000_000, 400)
    data, messages = column_of(load_data, tmp_path, [str(time) for time in sorted({*times, times[0] + 1})])
    assert messages == []
    assert len(np.unique(seen(data.train.features, data.signature))) == len(data.train)


def test_without_centring_float32_cannot_and_the_way_out_is_named(load_data: Any, tmp_path: Path) -> None:
    cells = [str(1_700_000_000 + i) for i in range(6)]
    _, messages = column_of(load_data, tmp_path, cells, scaling="none")
    assert any("(6 values become 1); set data.scaling: normalization" in message for message in messages)
    assert not any("the same value" in message for message in messages)


def test_digits_beyond_float64_are_told_of(load_data: Any, tmp_path: Path) -> None:
    cells = [str(1_700_000_000_000_000_000 + i) for i in range(40)]
    _, messages = column_of(load_data, tmp_path, cells)
    assert any("40 different numbers become 1, since they have more digits" in message for message in messages)
