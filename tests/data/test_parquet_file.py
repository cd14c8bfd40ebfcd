"""Parquet as a source, against the CSV of the same cells."""

import csv
import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dltool.config.needs import TaskName
from dltool.config.table_format import TableFormat
from dltool.contracts.signature import Rows
from dltool.data.column_types import is_plainly_number
from dltool.data.inputs import open_inputs
from dltool.data.parquet_file import open_parquet
from dltool.data.table_source import read_labelled
from dltool.errors import DataError, DltoolError, InputMissingError
from tests.support.inputs import seen
from tests.support.tables import load_table


def load_parquet(load_data, path, task=TaskName.BINARY, **values):
    return load_table(load_data, path, task, source="parquet", **values)


def spelt(cell):
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell


def write_both(folder, columns):
    """Write columns as Parquet and, by Python's own module, as CSV; returns the paths."""
    pq.write_table(pa.table(columns), folder / "t.parquet", row_group_size=7)
    with (folder / "t.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([[*columns], *(map(spelt, row) for row in zip(*columns.values(), strict=True))])
    return str(folder / "t.parquet"), str(folder / "t.csv")


CELLS = st.one_of(
    st.lists(st.integers(-9, 9), min_size=30, max_size=30),
    st.lists(st.floats(-1e6, 1e6), min_size=30, max_size=30),
    st.lists(st.sampled_from(["red", "green", "Größe", "a,b", 'quo"te']), min_size=30, max_size=30),
    st.lists(st.booleans(), min_size=30, max_size=30),
    st.lists(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)), min_size=30, max_size=30),
    st.lists(st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)), min_size=30, max_size=30),
    st.lists(st.decimals(-99, 99, places=2), min_size=30, max_size=30),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=4), st.booleans())
def test_a_table_is_the_same_in_parquet(load_data, tmp_path_factory, cells, holes):
    folder = tmp_path_factory.mktemp("same")
    if holes:
        cells = [[None if i % 7 == 3 else cell for i, cell in enumerate(column)] for column in cells]
    columns = {f"c{i}": column for i, column in enumerate(cells)} | {"y": [i % 2 for i in range(30)]}
    parquet, text = write_both(folder, columns)
    wanted = {"features": [*columns][:-1], "missing": "mean", "validation": 0.2}
    ours, theirs = load_parquet(load_data, parquet, **wanted), load_table(load_data, text, **wanted)
    assert ours.signature == theirs.signature
    assert ours.fingerprint == theirs.fingerprint
    again = [np.concatenate([seen(batch.features, ours.signature) for batch in open_inputs(path, ours.signature)])
             for path in (parquet, text)]  # fmt: skip
    np.testing.assert_array_equal(*again)


def test_types_without_a_counterpart_in_python(load_data, tmp_path):
    moments = [datetime.datetime(2024, 1, 1 + i, i, tzinfo=datetime.UTC) for i in range(20)]
    table = pa.table(
        {
            "small": pa.array(range(20), pa.int8()), "half": pa.array(np.arange(20, dtype="f2") / 4),
            "colour": pa.array(["red", "blue"] * 10).dictionary_encode(), "price": [Decimal(i) / 4 for i in range(20)],
            "at": pa.array(moments, pa.timestamp("ns", "Europe/Berlin")), "y": [i % 2 for i in range(20)],
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    signature = load_parquet(load_data, str(tmp_path / "t.parquet"), features=table.column_names[:-1]).signature
    assert [column.type for column in signature.table[:-1]] == ["number", "number", "category", "number", "time"]
    assert signature.columns[-1].zoned
    (batch,) = open_inputs(str(tmp_path / "t.parquet"), signature)
    found = seen(batch.features, signature)
    np.testing.assert_array_equal(found[:, :2], np.stack([np.arange(20), np.arange(20) / 4], 1))
    days = (moments[5] - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) / datetime.timedelta(days=1)
    assert batch.features["numbers"][5, 3] == np.float32(days)


def parts(folder):
    """Write a table of 30 rows as three files, the second of which has no rows."""
    table = pa.table({"a": np.arange(30.0), "b": ["u", "v", "w"] * 10, "y": [0, 1] * 15})
    for name, some in (("1", table.slice(0, 12)), ("2", table.slice(0, 0)), ("3", table.slice(12))):
        pq.write_table(some, folder / f"part-{name}.parquet")
    return table


def test_several_files_are_one_table(load_data, tmp_path):
    table = parts(tmp_path)
    pq.write_table(table, tmp_path / "whole.parquet")
    whole = load_parquet(load_data, str(tmp_path / "whole.parquet"))
    listed = [str(tmp_path / f"part-{i}.parquet") for i in (1, 2, 3)]
    for path in (str(tmp_path / "part-*.parquet"), listed):
        data = load_parquet(load_data, path)
        assert (data.fingerprint, data.rows) == (whole.fingerprint, Rows(30))
    other = load_parquet(load_data, listed[::-1])
    assert other.fingerprint != whole.fingerprint


def test_a_cell_of_several_files_has_its_place(load_data, tmp_path):
    table = parts(tmp_path)
    cells = table["a"].to_pylist()
    cells[12 + 4] = float("inf")
    pq.write_table(table.set_column(0, "a", pa.array(cells)).slice(12), tmp_path / "part-3.parquet")
    with pytest.raises(DataError, match=r"part-3\.parquet, row 5, column 'a': infinite"):
        load_parquet(load_data, str(tmp_path / "part-*.parquet"))


def test_the_columns_of_several_files_must_be_the_same(load_data, tmp_path):
    table = parts(tmp_path)
    pq.write_table(table.select(["y", "b", "a"]), tmp_path / "part-2.parquet")  # in any order
    assert load_parquet(load_data, str(tmp_path / "part-*.parquet")).rows == Rows(60)
    pq.write_table(table.select(["a", "y"]), tmp_path / "part-2.parquet")
    with pytest.raises(DataError, match=r"part-2\.parquet: no column 'b', which .*part-1\.parquet has"):
        load_parquet(load_data, str(tmp_path / "part-*.parquet"))


def test_names_that_look_like_paths_to_fields(load_data, tmp_path):
    pq.write_table(pa.table({"a": [1.0, 2, 3], "a.b": [7.0, 8, 10], "y": [0, 1, 0]}), tmp_path / "t.parquet")
    data = load_parquet(load_data, str(tmp_path / "t.parquet"), features=["a.b", "a"])
    assert seen(data.train.features).tolist() == [[7, 1], [8, 2], [10, 3]]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_validation_may_be_another_kind_of_file(load_data, tmp_path, make_spec, kind):
    parquet, text = write_both(tmp_path, {"a": [1.5, 2, 3], "b": ["u", "v", "u"], "y": [0, 1, 0]})
    other = parquet if kind == "csv" else text
    source = {"csv": text, "parquet": parquet}[kind]
    data = load_table(load_data, source, source=kind, validation=other)
    np.testing.assert_array_equal(
        seen(data.validation.features, data.signature), seen(data.train.features, data.signature)
    )
    spec = make_spec(source=kind, path=source, targets="y")
    assert read_labelled(other, data.signature, spec).targets.tolist() == [0, 1, 0]


def test_texts_that_mark_holes(load_data, tmp_path):
    columns = {"a": ["1", "?", None, "4"], "b": ["x", "NA", "z", "x"], "c": [1.5, 2, None, 4], "y": [0, 1, 0, 1]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    data = load_parquet(load_data, str(tmp_path / "t.parquet"), missing="mean", missing_values=["?"])
    assert [(column.name, column.holes) for column in data.signature.columns] == [("a", 2), ("b", 0), ("c", 1)]
    with pytest.raises(DataError, match=r"row 1, column 'a': '1' counts as missing .*3 in 'a'\)"):
        load_parquet(load_data, str(tmp_path / "t.parquet"), missing_values=["?", "1"], features=["a"])
    with pytest.raises(DataError, match=r"row 3, column 'c': the value is missing"):
        load_parquet(load_data, str(tmp_path / "t.parquet"), features=["c"])


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"a": [[1], [2]]}, "column 'a': lists; expected one value a row"),
        ({"a": [b"\xff", b"\xfe"]}, "column 'a': bytes, no text"),
        ({"a": [{"x": 1}, None]}, "(data.columns: {a: ignore})"),
        ({"a": []}, "column names but no rows"),
        ({"b": [1, 2]}, "no column 'a'"),
    ],
)
def test_tables_that_cannot_be_used(load_data, tmp_path, columns, words):
    targets = {"y": [0, 1][: len(next(iter(columns.values())))]}
    pq.write_table(pa.table(columns | targets), tmp_path / "t.parquet")
    with pytest.raises(DataError) as error:
        load_parquet(load_data, str(tmp_path / "t.parquet"), features=["a"])
    assert words in str(error.value)


def test_columns_that_are_left_out_may_hold_anything(load_data, tmp_path):
    table = pa.table({"a": [1.0, 2.0], "tags": [[1], [2]], "raw": [b"\xff", b""], "y": [0, 1]})
    pq.write_table(table, tmp_path / "t.parquet")
    data = load_parquet(load_data, str(tmp_path / "t.parquet"), columns={"tags": "ignore", "raw": "ignore"})
    assert [column.name for column in data.signature.columns] == ["a"]


def test_files_that_are_no_parquet(load_data, tmp_path):
    parquet, text = write_both(tmp_path, {"a": [1.5, 2, 3], "y": [0, 1, 0]})
    with pytest.raises(DataError, match=r"t\.csv: no Parquet file; data\.source: csv"):
        load_parquet(load_data, text)
    with pytest.raises(DataError, match=r"t\.parquet: a Parquet file, no CSV: data\.source: parquet"):
        load_table(load_data, parquet)
    (tmp_path / "half.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:-20])
    with pytest.raises(DataError, match=r"half\.parquet: no whole Parquet file"):
        load_parquet(load_data, str(tmp_path / "half.parquet"))
    with pytest.raises(InputMissingError, match=r"no-\*\.parquet: no file fits this pattern"):
        load_parquet(load_data, str(tmp_path / "no-*.parquet"))
    with pytest.raises(InputMissingError, match=r"write .*/\*\.parquet"):
        load_parquet(load_data, str(tmp_path))


def test_a_damaged_page_is_noticed_where_it_has_a_checksum(load_data, tmp_path):
    table = pa.table({"a": np.arange(5000.0), "y": [0, 1] * 2500})
    pq.write_table(table, tmp_path / "t.parquet", use_dictionary=False, compression="none", write_page_checksum=True)
    content = bytearray((tmp_path / "t.parquet").read_bytes())
    place = content.index(np.float64(1234).tobytes())
    content[place : place + 8] = np.float64(9876).tobytes()
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(DltoolError, match=r"t\.parquet: no whole Parquet file"):
        load_parquet(load_data, str(tmp_path / "t.parquet"))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (pa.array([i + 0.5 for i in range(200)]), "double"),
        (pa.array([None, float("nan")] + [i + 0.5 for i in range(198)]), "double"),
        (pa.array(range(200)), "double"),
        (pa.array([i + 0.5 for i in range(200)], pa.float32()), "string"),  # 0.1 of 32 bits is another number
        (pa.array([*range(199), 2**53 + 1]), "string"),
        (pa.array([0, 1] * 100), "string"),  # perhaps booleans
        (pa.array([1.5] * 200), "string"),  # perhaps of one value
    ],
)
def test_what_columns_of_numbers_are_read_as(tmp_path, cells, kind):
    path = str(tmp_path / "t.parquet")
    pq.write_table(pa.table({"a": cells, "b": ["word"] * 200}), path, row_group_size=70)
    with open_parquet(path, TableFormat()) as table:
        read = table.read_typed(["b", "a"], lambda name, first: is_plainly_number(first, table.format, None))
    assert [str(column.type) for column in read.values()] == ["string", kind]
    assert read["b"].to_pylist() == ["word"] * 200
    expected = [None if cell is None or np.isnan(cell) else cell for cell in cells.to_pylist()]
    assert [cell and float(cell) for cell in read["a"].to_pylist()] == pytest.approx(expected)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(-300, 30), st.booleans())
def test_numbers_are_those_of_the_csv(load_data, tmp_path_factory, seed, exponent, whole):
    random = np.random.default_rng(seed)
    numbers = random.integers(-(2**50), 2**50, 120) if whole else random.normal(size=120) * 10.0**exponent
    columns = {"a": [None, *numbers.tolist()[1:]], "b": random.normal(size=120).tolist(), "y": [0, 1] * 60}
    parquet, table = write_both(tmp_path_factory.mktemp("both"), columns)
    stored, written = load_parquet(load_data, parquet, missing="mean"), load_table(load_data, table, missing="mean")
    assert stored.fingerprint == written.fingerprint
    np.testing.assert_array_equal(stored.train.features["numbers"], written.train.features["numbers"])


@pytest.mark.parametrize("turn", [1, -1], ids=["numbers first", "others first"])
@pytest.mark.parametrize(
    "others",
    [
        pa.array([0.5 + i for i in range(200)], pa.float32()),
        pa.array([f"{i}.5" for i in range(200)]),
        pa.nulls(200),
        pa.array([2**60 + i for i in range(200)]),
    ],
    ids=["float32", "texts", "nothing", "more digits"],
)
def test_a_column_may_be_stored_in_one_way_here_and_in_another_there(tmp_path, others, turn):
    files = [str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")]
    pq.write_table(pa.table({"a": np.arange(200.0), "b": ["word"] * 200}), files[0])
    pq.write_table(pa.table({"a": others, "b": ["word"] * 200}), files[1])
    with open_parquet(files[::turn], TableFormat()) as table:
        read = table.read_typed(["a", "b"], lambda name, first: is_plainly_number(first, table.format, None))
    expected = [[float(i) for i in range(200)], [cell if cell is None else float(cell) for cell in others.to_pylist()]]
    first, second = expected[::turn]
    assert [cell and float(cell) for cell in read["a"].to_pylist()] == first + second
