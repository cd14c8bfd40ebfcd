"""Tables in memory, against the files that hold the same."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.config.needs import Needs, TaskName
from dltool.data import held_for, load
from dltool.data.held_table import held_table
from dltool.errors import DataError, UsageError
from tests.support.frames import COLUMNS, FRAMES, as_csv

NEEDS = Needs(TaskName.BINARY, None)
PARQUET = {"source": "parquet", "path": "t.parquet", "targets": "y", "validation": 0.2, "test": 0.2}


@pytest.mark.parametrize("kind", FRAMES)
def test_a_table_in_memory_trains_as_the_csv_of_its_cells(make_spec: Any, tmp_path: Path, kind: str) -> None:
    spec = make_spec(**PARQUET)
    held = load(spec, NEEDS, 1, held_for(spec, FRAMES[kind](COLUMNS)))
    csv = make_spec(**PARQUET | {"source": "csv", "path": as_csv(tmp_path, COLUMNS)})
    file = load(csv, NEEDS, 1)
    assert held.fingerprint == file.fingerprint
    assert held.rows == file.rows


ZONE = datetime.timezone(datetime.timedelta(hours=2))
CELLS = {
    pa.float64(): st.floats(allow_infinity=False, width=64).map(lambda x: x / 1e300),
    pa.float32(): st.floats(-(2.0**99), 2.0**99, width=32),
    pa.float16(): st.integers(-100, 100).map(np.float16),
    pa.int8(): st.integers(-128, 127),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.bool_(): st.booleans(),
    pa.string(): st.text(st.characters(codec="utf-8"), max_size=4),
    pa.large_string(): st.sampled_from(["a", "b", "NA", " 1 "]),
    pa.string_view(): st.sampled_from(["1", "2", "x"]),
    pa.dictionary(pa.int32(), pa.string()): st.sampled_from(["red", "green"]),
    pa.dictionary(pa.int32(), pa.string_view()): st.sampled_from(["red", "green"]),
    pa.dictionary(pa.int32(), pa.int64()): st.sampled_from([1, 2, 30]),
    pa.date32(): st.dates(),
    pa.timestamp("s"): st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)),
    pa.timestamp("ns"): st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)),
    pa.timestamp("us", "+02:00"): st.datetimes(datetime.datetime(1700, 1, 1), timezones=st.just(ZONE)),
    pa.time32("s"): st.times().map(lambda time: time.replace(microsecond=0)),
    pa.time64("ns"): st.times(),
    pa.decimal128(20, 3): st.integers(-(10**9), 10**9).map(lambda x: Decimal(x) / 1000),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(8, 30))
    columns = {"y": pa.array([i % 2 for i in range(rows)]), "a": pa.array(np.arange(rows) % 7 + 0.5)}
    for i, kind in enumerate(draw(st.lists(st.sampled_from([*CELLS]), min_size=1, max_size=4))):
        cells = draw(st.lists(st.none() | CELLS[kind], min_size=rows, max_size=rows))
        value_type = kind.value_type if pa.types.is_dictionary(kind) else kind
        array = pa.array(cells, value_type)
        columns[f"c{i}"] = array.dictionary_encode() if pa.types.is_dictionary(kind) else array
    return pa.table(columns)


@given(tables())
def test_what_a_run_keeps_of_a_table_is_the_same_data(make_spec: Any, tmp_path_factory: Any, table: pa.Table) -> None:
    path = tmp_path_factory.mktemp("kept") / "data.parquet"
    spec = make_spec(**PARQUET | {"path": str(path), "missing": "most_frequent"})
    held = held_for(spec, table)
    held.write(path)
    assert pa.parquet.read_table(path).num_rows == table.num_rows

    def loaded(held: Any) -> Any:
        try:
            found = load(spec, NEEDS, 1, held)
        except DataError as error:
            return str(error).replace(str(path), "the data frame")
        return found.fingerprint, found.signature.columns

    assert loaded(None) == loaded(held)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (pa.chunked_array([[1, 2]]), "the data frame: "),
        ([1, 2], "expected a data frame (of pandas 2.2 or newer, Polars or PyArrow), or a mapping of column name"),
        ({1: [1], "1": [2], "y": [0]}, "the mapping: two columns are named '1'"),
        ({"a": [1, 2]}, "the mapping: no column 'y'; there is: a"),
        ({"a": [[1, 2], [3, 4]], "y": [0, 1]}, "the mapping, column 'a': lists; expected one value a row"),
    ],
)
def test_what_is_no_such_table(make_spec: Any, source: Any, words: str) -> None:
    spec = make_spec(**PARQUET)
    with pytest.raises(DataError) as error:
        load(spec, NEEDS, 1, held_for(spec, source))
    assert words in str(error.value)


def test_other_sources_name_no_file_that_data_in_memory_could_stand_for(make_spec: Any) -> None:
    spec = make_spec(source="csv", path="t.csv", targets="y")
    with pytest.raises(UsageError, match="the config has source: csv"):
        held_for(spec, {"y": [0, 1]})


def test_a_type_that_no_parquet_file_holds_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    frame = pa.table({"a": pa.array([(1, 2, 3)], pa.month_day_nano_interval())})
    with pytest.raises(DataError, match=r"the data frame: no Parquet file can keep it: .*leave that column out"):
        held_table(frame).write(tmp_path / "t.parquet")
    with pytest.raises(DataError, match="the data frame: columns without a name, which no run can keep; name them"):
        held_table(pa.table([[1], [2]], ["", ""])).write(tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


NAN, TWICE = float("nan"), [datetime.datetime(2020, 1, 1), datetime.datetime(2021, 1, 1)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([1.5, NAN], ">f8"), [1.5, None]),
        (np.array([1.5, 2], np.longdouble), [1.5, 2]),
        (np.array(["2020", "2021"], "M8[Y]"), TWICE),
        (np.array(["2020-01-01T00", "2021-01-01T00"], "M8[h]"), TWICE),
        (np.array(["a", "bb"], np.dtypes.StringDType()), ["a", "bb"]),
        (["red", NAN], ["red", None]),
        (["red", None, 1], ["red", None, "1"]),
        ([np.datetime64("NaT"), datetime.date(2020, 1, 1)], [None, "2020-01-01"]),
        ([Decimal("NaN"), Decimal("1.50")], [None, "1.50"]),
        (pa.array([2**60 + 1, None]), [2**60 + 1, None]),
        (pa.chunked_array([["u"], [None]]), ["u", None]),
        ([2**70, 1], [str(2**70), "1"]),
        (range(2), [0, 1]),
    ],
)
def test_a_column_of_a_mapping_keeps_its_values_and_its_holes(values: Any, expected: list[Any]) -> None:
    assert held_table({"a": values}).columns["a"].to_pylist() == expected


def test_holes_of_pandas_are_holes() -> None:
    pandas = pytest.importorskip("pandas")
    mixed = [pandas.NA, pandas.NaT, "x"]
    for values in (mixed, pandas.Series(mixed), pandas.Series([None, NAN, "x"])):
        assert held_table({"a": values}).columns["a"].to_pylist() == [None, None, "x"]


def test_cells_of_several_types_in_a_column_of_pandas_are_those_of_a_csv(make_spec: Any, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.5, "?", "", 2, None] * 8, "b": ["u", 1] * 20, "y": [0, 1] * 20})
    more = {"missing": "mean", "missing_values": ["?"]}
    spec = make_spec(**PARQUET | more)
    frame.to_csv(tmp_path / "t.csv", index=False)
    file = load(make_spec(**PARQUET | more | {"source": "csv", "path": str(tmp_path / "t.csv")}), NEEDS, 1)
    assert load(spec, NEEDS, 1, held_for(spec, frame)).fingerprint == file.fingerprint
    frame.loc[3, "a"] = "twelve"
    with pytest.raises(DataError, match="the data frame, row 4, column 'a': 'twelve' is not a number"):
        load(spec, NEEDS, 1, held_for(spec, frame))
    twice = pandas.concat([frame, frame[["a"]]], axis=1)
    with pytest.raises(DataError, match="the data frame: two columns are named 'a'"):
        load(spec, NEEDS, 1, held_for(spec, twice))
    frame.index = pandas.Index(range(40), name="id")
    assert held_table(frame).columns.schema.names == ["id", "a", "b", "y"]


def test_further_columns_hold_what_they_will(make_spec: Any) -> None:
    spec = make_spec(**PARQUET | {"columns": {"z": "ignore"}})
    for z in (np.arange(60).astype("m8[D]"), [b"1"] * 60, np.zeros((60, 3)), np.array([b"1"] * 60)):
        found = load(spec, NEEDS, 1, held_for(spec, COLUMNS | {"z": z}))
        assert "z" not in [column.name for column in found.signature.columns]
