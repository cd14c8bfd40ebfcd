"""Which columns of a training table are features."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dltool.config.needs import TaskName
from dltool.data.bad_cells import BadCells
from dltool.data.csv_file import open_csv
from dltool.data.table_source import read_labelled
from dltool.data.tables import Cells
from dltool.data.training_table import types_despite
from dltool.errors import DataError
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


class TestDivision:
    """The columns by which rows are divided."""

    TABLE = "patient,visit,x,y\n" + "".join(
        f"p{i % 10},2024-{i % 9 + 1:02}-{i % 27 + 1:02},{i * i % 17},{i % 7}\n" for i in range(90)
    )

    def load(self, load_data, tmp_path, **values):
        (tmp_path / "t.csv").write_text(self.TABLE)
        return load_table(load_data, str(tmp_path / "t.csv"), TaskName.REGRESSION, **values)

    def test_a_group_is_no_feature_unless_it_is_named_as_one(self, load_data, tmp_path):
        part = {"by": "group", "fraction": 0.3, "column": "patient"}
        data = self.load(load_data, tmp_path, validation=part)
        assert [column.name for column in data.signature.columns] == ["visit", "x"]
        (patient,) = (column for column in data.signature.table if column.name == "patient")
        assert (patient.type, patient.why) == ("ignore", "rows are divided by it")
        data = self.load(load_data, tmp_path, validation=part, columns={"patient": "category"})
        assert [column.name for column in data.signature.columns] == ["patient", "visit", "x"]

    def test_groups_stay_together(self, load_data, tmp_path):
        data = self.load(load_data, tmp_path, validation={"by": "group", "fraction": 0.3, "column": "patient"})
        train, validation = (set((part.rows % 10).tolist()) for part in (data.train, data.validation))
        assert len(validation) == 3
        assert not train & validation

    def test_spaces_around_a_group_do_not_divide_it(self, load_data, tmp_path):
        (tmp_path / "t.csv").write_text(self.TABLE.replace("p3,2024-04", '"p3 ",2024-04'))
        part = {"by": "group", "fraction": 0.3, "column": "patient"}
        data = load_table(load_data, str(tmp_path / "t.csv"), TaskName.REGRESSION, validation=part)
        assert not set((data.train.rows % 10).tolist()) & set((data.validation.rows % 10).tolist())

    def test_a_column_that_divides_may_be_declared_without_being_a_feature(self, load_data, tmp_path):
        text = re.sub(r"2024-(\d\d)-(\d\d)", r"\2.\1.2024", self.TABLE)
        (tmp_path / "t.csv").write_text(text)
        part = {"by": "time", "fraction": 0.2, "column": "visit"}
        columns = {"visit": {"type": "date", "format": "%d.%m.%Y"}}
        data = load_table(
            load_data, str(tmp_path / "t.csv"), TaskName.REGRESSION, test=part, columns=columns, features=["x"]
        )
        assert [column.name for column in data.signature.columns] == ["x"]
        months = np.arange(90) % 9
        assert months[data.train.rows].max() <= months[data.test.rows].min()

    def test_the_latest_rows_are_told_by_dates_and_by_numbers(self, load_data, tmp_path):
        dates = np.array([np.datetime64(f"2024-{i % 9 + 1:02}-{i % 27 + 1:02}") for i in range(90)])
        data = self.load(load_data, tmp_path, test={"by": "time", "fraction": 0.2, "column": "visit"})
        assert dates[data.train.rows].max() < dates[data.test.rows].min()
        numbers = np.arange(90) ** 2 % 17
        data = self.load(load_data, tmp_path, test={"by": "time", "fraction": 0.2, "column": "x"})
        assert numbers[data.train.rows].max() < numbers[data.test.rows].min()
        # A column that is left out still puts rows in order.
        part = {"by": "time", "fraction": 0.2, "column": "visit"}
        data = self.load(load_data, tmp_path, test=part, columns={"visit": "ignore"})
        assert dates[data.train.rows].max() < dates[data.test.rows].min()

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"test": {"by": "time", "fraction": 0.2, "column": "patient"}}, ["column 'patient'", "'p0'", "no order"]),
            ({"test": {"by": "time", "fraction": 0.2, "column": "day"}}, ["no column 'day'"]),
            ({"validation": {"by": "fold", "fold": 1, "folds": 11, "column": "patient"}}, ["10 groups", "11 folds"]),
        ],
    )
    def test_what_cannot_divide_is_refused(self, load_data, tmp_path, values, words):
        with pytest.raises(DataError) as error:
            self.load(load_data, tmp_path, **values)
        assert all(word in str(error.value) for word in words), error.value

    def test_a_row_without_a_group_is_named(self, load_data, tmp_path):
        (tmp_path / "t.csv").write_text(self.TABLE.replace("p3,2024-04-04", ",2024-04-04"))
        part = {"by": "group", "fraction": 0.3, "column": "patient"}
        with pytest.raises(DataError, match=r"row 4 \(line 5\), column 'patient': the value is missing, and rows are"):
            load_table(load_data, str(tmp_path / "t.csv"), TaskName.REGRESSION, validation=part, missing="mean")

    def test_a_class_that_no_row_is_left_of_is_named(self, load_data, tmp_path):
        (tmp_path / "t.csv").write_text("t,x,y\n" + "".join(f"{i},{i % 5}.5,{'ab'[i > 25]}\n" for i in range(30)))
        part = {"by": "time", "fraction": 0.3, "column": "t"}
        with pytest.raises(DataError, match="no row of class 'b' is left to train on"):
            load_table(load_data, str(tmp_path / "t.csv"), validation=part)

    def test_groups_that_another_part_tears_apart_are_told_of(self, load_data, tmp_path):
        part = {"by": "group", "fraction": 0.3, "column": "patient"}
        with pytest.warns(match=r"2 of the 9 groups of column 'patient' in the test part have rows in training"):
            self.load(load_data, tmp_path, validation=part, test=0.5)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*groups of column.*")
            self.load(load_data, tmp_path, validation=part, test={"by": "group", "fraction": 0.2, "column": "patient"})

    def test_classes_stand_in_the_order_that_is_asked_for(self, load_data, tmp_path):
        lines = [f"{i % 5}.5,{'nein' if i % 3 else 'ja'}" for i in range(30)]
        (tmp_path / "t.csv").write_text("\n".join(["x,y", *lines]) + "\n")
        path = str(tmp_path / "t.csv")
        data = load_table(load_data, path, classes=["nein", "ja"])
        assert data.signature.classes == ("nein", "ja")
        np.testing.assert_array_equal(data.train.targets, np.arange(30) % 3 == 0)
        with pytest.raises(DataError, match=r"'nein' is not one of the classes: doch, ja"):
            load_table(load_data, path, classes=["doch", "ja"])


def test_what_a_library_warns_of_is_neither_lost_nor_taken_for_the_data_s(make_spec: Any, write: Any) -> None:
    class Columns(dict[str, Any]):
        def get(self, *args: Any) -> Any:
            warnings.warn("overflow", RuntimeWarning, stacklevel=1)
            return super().get(*args)

    path = write("a,y\n" + "".join(f"{i}.5,no\n" for i in range(30)) + "x,yes\n")
    spec = make_spec(source="csv", path=path, targets="y").model_copy(update={"columns": Columns()})
    with open_csv(path, spec.table_format) as table:
        cells = Cells.whole(table.read({"a": pa.string()}), table)
        found = {"a": BadCells(np.arange(31) == 30, "no number")}
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            assert types_despite(cells, found, ["a"], spec) == {}
    assert [(each.category, str(each.message)) for each in told] == [(RuntimeWarning, "overflow")]
