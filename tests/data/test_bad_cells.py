"""Rows with a cell that is not what its column holds are skipped where that is asked for, and named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.config.needs import TaskName
from dltool.data.inputs import open_inputs
from dltool.errors import DataError, DataWarning
from tests.support.tables import load_table

REGRESSION = TaskName.REGRESSION
HEADER = "a,b,when,open,y,w"
ROWS = [
    f"{i / 8},{i % 7 * 3},2024-{1 + i % 12:02}-{1 + i % 28:02},{'yes' if i % 3 else 'no'},{i}.5,{1 + i % 2}"
    for i in range(60)
]
OPTIONS = {"columns": {"open": {"type": "boolean"}}, "weights": "w", "missing": "drop"}
# What no column may hold, by the column's place.
BAD = [["n/a?", "inf", "1e99"], ["seven", "1;2"], ["2024-02-30", "soon", "31.12.2024"], ["maybe"], ["high"], ["much"]]


def spoilt(places, rows=ROWS):
    """Return lines with bad cells: at each row, the column's place and which of its bad cells."""
    lines = [row.split(",") for row in rows]
    for row, (column, which) in places.items():
        lines[row][column] = BAD[column][which % len(BAD[column])]
    return [",".join(line) for line in lines]


def as_file(path, lines):
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return str(path)


def arrays_of(part):
    return [*(part.features[name] for name in sorted(part.features)), part.targets, part.weights]


places = st.dictionaries(st.integers(0, 59), st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=20)


@given(places)
def test_what_is_left_is_the_table_without_those_rows(tmp_path_factory, load_data, bad):
    folder = tmp_path_factory.mktemp("bad")
    dirty = as_file(folder / "dirty.csv", spoilt(bad))
    clean = as_file(folder / "clean.csv", [row for i, row in enumerate(ROWS) if i not in bad])
    with pytest.warns(DataWarning, match=rf": {len(bad)} of 60 rows (is|are) skipped, as data.errors says: ") as said:
        found = load_table(load_data, dirty, REGRESSION, errors="skip", validation=dirty, **OPTIONS)
    expected = load_table(load_data, clean, REGRESSION, validation=clean, **OPTIONS)
    # Of another file than the training table's, a boolean that was never seen is unknown.
    unknown = [row for row, (column, _) in bad.items() if column == 3]
    assert found.train.rows.tolist() == [i for i in range(60) if i not in bad]
    assert found.validation.rows.tolist() == [i for i in range(60) if i not in bad or i in unknown]
    for mine, theirs in ((found.train, expected.train), (found.validation, expected.validation))[: 2 - bool(unknown)]:
        for one, other in zip(arrays_of(mine), arrays_of(theirs), strict=True):
            np.testing.assert_array_equal(one, other)
    first = min(bad)
    column, which = bad[first]
    cell = f"row {first + 1} (line {first + 2}), column {HEADER.split(',')[column]!r}: "
    assert cell + repr(BAD[column][which % len(BAD[column])]) + " is n" in str(said[0].message)


@pytest.mark.parametrize("task", [TaskName.BINARY, TaskName.CATEGORICAL])
def test_any_text_may_be_a_class_or_a_category(tmp_path, load_data, task, recwarn):
    lines = [f"{'low' if i % 4 else i},{i},{'x' if i % 3 else 7}" for i in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["c,n,y", *lines]) + "\n")
    data = load_table(load_data, str(tmp_path / "t.csv"), task, errors="skip", features=["c", "n"])
    assert len(data.train) == 30
    assert not [each for each in recwarn if "skipped" in str(each.message)]


def test_no_row_is_skipped_for_a_column_that_is_left_out(tmp_path, load_data):
    """It still is where the column is wanted, or the rows are divided by it."""
    ids = [f"N{i}" if i % 10 == 0 else str(1000 + 3 * i) for i in range(60)]
    lines = [f"{name},{i / 8},{i}.5" for i, name in enumerate(ids)]
    lines[7] = lines[7].replace(",0.875,", ",seven,")
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["id,a,y", *lines]) + "\n")
    used = {"features": ["id", "a"]}, {"validation": {"by": "time", "column": "id", "fraction": 0.2}}
    for count, options in zip((1, 7, 7), ({}, *used), strict=True):
        with pytest.warns(DataWarning) as said:
            data = load_table(load_data, str(path), REGRESSION, errors="skip", **options)
        assert f"{count} of 60 rows" in next(str(each.message) for each in said if "skipped" in str(each.message))
        assert sum(len(part) for part in (data.train, data.validation) if part) == 60 - count
        assert [column.name for column in data.signature.columns] == (["id", "a"] if "features" in options else ["a"])


def test_any_text_may_be_a_code_among_digits_after_a_zero(tmp_path, load_data, recwarn):
    codes = ["00123", "00456", "00789", "0A12"] * 20
    (tmp_path / "t.csv").write_text("\n".join(["c,y", *(f"{code},{i}.5" for i, code in enumerate(codes))]) + "\n")
    data = load_table(load_data, str(tmp_path / "t.csv"), REGRESSION, errors="skip")
    assert len(data.train) == 80
    assert set(data.signature.columns[0].vocabulary) == set(codes)
    assert not [each for each in recwarn if "skipped" in str(each.message)]


def test_labels_are_numbers_or_true_and_false(tmp_path, load_data):
    lines = [f"{i / 4},{i % 2},{'true' if i % 3 else 'false'}" for i in range(30)] + ["3,perhaps,true"]
    (tmp_path / "t.csv").write_text("\n".join(["a,y,z", *lines]) + "\n")
    with pytest.warns(DataWarning, match=r"1 of 31 rows is skipped.*row 31 .line 32., column 'y': 'perhaps'"):
        data = load_table(load_data, str(tmp_path / "t.csv"), errors="skip", targets=["y", "z"])
    assert len(data.train) == 30


def test_a_column_of_other_things_is_no_matter_of_single_rows(tmp_path, load_data):
    """It is refused with the cell that is at fault, counted with all rows, skipped ones included."""
    train = as_file(tmp_path / "train.csv", ROWS)
    mostly = [row if i % 5 == 4 else row.replace(f"{i / 8},", "word,", 1) for i, row in enumerate(ROWS)]
    mostly[0] = ROWS[0].replace(",0,", ",seven,", 1)
    other = as_file(tmp_path / "other.csv", mostly)
    for options in ({"validation": other}, {}):
        path = train if options else other
        columns = {"open": {"type": "boolean"}, "a": {"type": "number"}}
        with (
            pytest.raises(DataError, match=r"row 2 \(line 3\), column 'a': 'word' is not a number"),
            pytest.warns(DataWarning),
        ):
            load_table(load_data, path, REGRESSION, errors="skip", **OPTIONS | {"columns": columns} | options)


@pytest.mark.parametrize("columns", [{}, {"when": {"type": "ignore"}}])
def test_rows_are_divided_by_a_time_that_can_be_read(tmp_path, load_data, columns):
    path = as_file(tmp_path / "t.csv", spoilt({7: (2, 1)}))
    part = {"by": "time", "column": "when", "fraction": 0.2}
    with pytest.warns(DataWarning, match=r"1 of 60 rows is skipped.*row 8 .line 9., column 'when': 'soon' is no date"):
        data = load_table(load_data, path, REGRESSION, errors="skip", validation=part, columns=columns)
    when = np.array([ROWS[row].split(",")[2] for row in range(60)], "datetime64[D]")
    assert when[data.train.rows].max() <= when[data.validation.rows].min()


def test_where_every_row_has_one_the_table_is_refused(tmp_path, load_data):
    bad = {i: (i % 3, 0) for i in range(60)}
    path = as_file(tmp_path / "t.csv", spoilt(bad))
    with pytest.raises(DataError, match=r"every row would be skipped, as data\.errors says: row 1 "):
        load_table(load_data, path, REGRESSION, errors="skip", **OPTIONS)


def test_rows_to_predict_are_refused_so_that_answers_stand_beside_their_rows(tmp_path, load_data, make_spec):
    train, bad = as_file(tmp_path / "train.csv", ROWS), as_file(tmp_path / "bad.csv", spoilt({7: (0, 0)}))
    signature = load_table(load_data, train, REGRESSION, errors="skip", **OPTIONS).signature
    spec = make_spec(source="csv", path=train, targets="y", errors="skip")
    with pytest.raises(DataError, match=r"row 8 \(line 9\), column 'a': 'n/a\?' is not a number"):
        list(open_inputs(bad, signature, spec.table_format))
