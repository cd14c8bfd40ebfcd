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
from pydantic import TypeAdapter

from dltool.config.data import Data
from dltool.config.needs import Needs, TaskName
from dltool.data import held_for, load
from dltool.data.held_table import held_table
from dltool.errors import DataError, UsageError
from tests.support.frames import COLUMNS, FRAMES, as_csv

NEEDS = Needs(TaskName.BINARY, None)
PARQUET = {"source": "parquet", "path": "t.parquet", "targets": "y", "validation": 0.2, "test": 0.2}


def spec_of(**values: Any) -> Any:
    return TypeAdapter(Data).validate_python(values)


@pytest.mark.parametrize("kind", FRAMES)
def test_a_table_in_memory_trains_as_the_csv_of_its_cells(tmp_path: Path, kind: str) -> None:
    spec = spec_of(**PARQUET)
    held = load(spec, NEEDS, 1, held_for(spec, FRAMES[kind](COLUMNS)))
    csv = spec_of(**PARQUET | {"source": "csv", "path": as_csv(tmp_path, COLUMNS)})
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
def test_what_a_run_keeps_of_a_table_is_the_same_data(tmp_path_factory: Any, table: pa.Table) -> None:
    path = tmp_path_factory.mktemp("kept") / "data.parquet"
    spec = spec_of(**PARQUET | {"path": str(path), "missing": "most_frequent"})
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
        ([1, 2], "the data frame: "),
        ({"a": [1, 2]}, "the mapping: no column 'y'; there is: a"),
        ({"a": [[1, 2], [3, 4]], "y": [0, 1]}, "the mapping, column 'a': lists; expected one value a row"),
    ],
)
def test_what_is_no_such_table(source: Any, words: str) -> None:
    spec = spec_of(**PARQUET)
    with pytest.raises(DataError) as error:
        load(spec, NEEDS, 1, held_for(spec, source))
    assert words in str(error.value)


def test_other_sources_name_no_file_that_data_in_memory_could_stand_for() -> None:
    spec = spec_of(source="csv", path="t.csv", targets="y")
    with pytest.raises(UsageError, match="the config has source: csv"):
        held_for(spec, {"y": [0, 1]})


def test_a_type_that_no_parquet_file_holds_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    frame = pa.table({"a": pa.array([(1, 2, 3)], pa.month_day_nano_interval())})
    with pytest.raises(DataError, match=r"the data frame: no Parquet file can keep it: .*leave that column out"):
        held_table(frame).write(tmp_path / "t.parquet")
