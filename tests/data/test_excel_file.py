"""Excel workbooks as a source, written by openpyxl, against the CSV of the same cells."""

import csv
import datetime
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from dltool.config.needs import TaskName
from dltool.data.draft import draft_table
from dltool.data.inputs import open_inputs
from dltool.errors import DataError, SystemLimitError
from tests.support.files import TABLE, excel, zipped
from tests.support.inputs import seen
from tests.support.tables import load_table

DAY = datetime.date(2024, 1, 1)
COLUMNS = {
    "a": [i / 3 for i in range(40)],
    "count": [i % 7 - 2 for i in range(40)],
    "colour": [["red", "Größe", "a,b"][i % 3] for i in range(40)],
    "ok": [i % 3 == 0 for i in range(40)],
    "day": [DAY + datetime.timedelta(i) for i in range(40)],
    "at": [datetime.datetime(2024, 1, 1 + i % 28, i % 24, 30) for i in range(40)],
    "y": [i % 2 for i in range(40)],
}


def load_excel(load_data, path, task=TaskName.BINARY, **values):
    return load_table(load_data, path, task, source="excel", **values)


def rows_of(columns):
    return [[*columns], *map(list, zip(*columns.values(), strict=True))]


def test_a_table_is_the_same_in_excel(load_data, write):
    cells = rows_of(COLUMNS)
    cells[4][0] = cells[9][2] = None
    path = write(excel(*cells), "t.xlsx")
    text = write("", "t.csv")
    with Path(text).open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["" if cell is None else cell for cell in row] for row in cells])
    wanted = {"features": [*COLUMNS][:-1], "missing": "mean", "validation": 0.25}
    ours, theirs = load_excel(load_data, path, **wanted), load_table(load_data, text, **wanted)
    assert [column.type for column in ours.signature.table[:-1]] == [
        "number", "number", "category", "boolean", "date", "time",
    ]  # fmt: skip
    assert ours.rows == theirs.rows
    np.testing.assert_array_equal(
        seen(ours.train.features, ours.signature), seen(theirs.train.features, theirs.signature)
    )
    (batch,), (expected,) = (open_inputs(each, theirs.signature) for each in (path, text))
    np.testing.assert_array_equal(seen(batch.features, theirs.signature), seen(expected.features, theirs.signature))


def test_a_table_may_stand_anywhere_in_a_sheet(load_data, write):
    rows = [[], [None, None, None], [None, "a", None, "b", "y"], [None, 1, None, "u", 0], [], [None, 2, None, "v", 1]]
    data = load_excel(load_data, write(excel(*rows, [None, "x", None, "u", 0]), "t.xlsx"), columns={"a": "category"})
    assert [column.name for column in data.signature.table] == ["a", "b", "y"]
    assert data.signature.columns[0].vocabulary == ("1", "2", "x")
    bad = write(excel(*rows, [None, float(1), None, None, 0]), "t.xlsx")
    with pytest.raises(DataError, match=r"t\.xlsx, row 3 \(7 in the sheet\), column 'b': the value is missing"):
        load_excel(load_data, bad)
    with pytest.raises(DataError, match=r"row 2 \(6 in the sheet\), column 'b': 'v' counts as missing"):
        load_excel(load_data, bad, missing_values=["v"])


def test_a_cell_without_a_name_keeps_its_column(load_data, write):
    path = write(excel(["a", None, "y"], [1.5, 2, 0], [2.5, 7, 1]), "t.xlsx")
    data = load_excel(load_data, path, features=["a", "column_2"])
    assert seen(data.train.features).tolist() == [[1.5, 2], [2.5, 7]]


def test_numbers_are_spelt_as_in_a_csv(load_data, write):
    cells = [1.0, -0.5, 1e20, 0.1, 123456789012]
    path = write(excel(["a", "y"], *([cell, i % 2] for i, cell in enumerate(cells))), "t.xlsx")
    data = load_excel(load_data, path, columns={"a": "category"})
    assert data.signature.columns[0].vocabulary == ("-0.5", "0.1", "1", "123456789012", "1e+20")


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        ({}, "no column 'y'"),
        ({"sheet": 2}, ""),
        ({"sheet": "Data"}, ""),
        ({"sheet": "data"}, "no sheet 'data'; did you mean 'Data'?"),
        ({"sheet": 4}, "no sheet 4; there is: Notes, Data, Empty"),
        ({"sheet": 3}, "the sheet 'Empty' is empty; expected a header and rows (data.sheet names another)"),
    ],
)
def test_sheets_by_name_and_number(load_data, tmp_path, sheet, words):
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["hello", "x"])
    for row in (["a", "y"], [1, 0], [2, 1]):
        (book["Data"] if "Data" in book else book.create_sheet("Data")).append(row)
    book.create_sheet("Empty")
    book.save(tmp_path / "t.xlsx")
    if not words:
        assert load_excel(load_data, str(tmp_path / "t.xlsx"), **sheet).rows.train == 2
        return
    with pytest.raises(DataError) as error:
        load_excel(load_data, str(tmp_path / "t.xlsx"), **sheet)
    assert words in str(error.value)


def test_rows_before_the_header_are_left_out(load_data, write):
    path = write(excel(["A report", 2024], [], ["a", "y"], [1, 0], [3, 0], ["x", 1]), "t.xlsx")
    with pytest.raises(DataError, match=r"row 3 \(6 in the sheet\), column 'a': 'x' is not a number"):
        load_excel(load_data, path, skip_rows=1, columns={"a": "number"})


def test_the_sheet_travels_with_the_model(load_data, write, make_spec):
    path = write(excel(["a", "y"], [1, 0], [2, 1], title="July"), "t.xlsx")
    spec = make_spec(source="excel", path=path, targets="y", sheet="July")
    signature = load_excel(load_data, path, sheet="July").signature
    (batch,) = open_inputs(path, signature, spec.table_format)
    assert seen(batch.features).tolist() == [[1], [2]]
    other = write(excel(["a"], [1], title="August"), "other.xlsx")
    with pytest.raises(DataError, match=r"no sheet 'July'; there is: August"):
        list(open_inputs(other, signature, spec.table_format))


FAR = [["a", "y"], [1, 0], [2, 1]]


def far_cell():
    """A workbook of a few kilobytes whose last cell makes it one of 17 billion cells."""
    book = openpyxl.Workbook()
    for row in FAR:
        book.active.append(row)
    book.active["XFD1048576"] = 1
    return book


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (TABLE.encode(), "no whole Excel workbook (.xlsx)"),
        (b"PAR1\x15", "a Parquet file, no Excel workbook (.xlsx): data.source: parquet reads it"),
        (excel(["a", "y"], [1, 0])[:-30], "no whole Excel workbook (.xlsx)"),
        (zipped([("xl/workbook.xml", b"<workbook")]), "no whole Excel workbook, or one that cannot be read"),
        (zipped([("xl/workbook.bin", b"")]), "no whole Excel workbook (.xlsx)"),
        (excel([1.5, 2.5], [1, 0]), "the first line, 1.5,2.5, is made of numbers, and would be lost as a header"),
        (excel(["a", "y"]), "column names but no rows"),
        (excel(["a", "a", "y"], [1, 2, 0]), "two columns are named 'a'"),
    ],
    ids=range(8),
)
def test_workbooks_that_cannot_be_used(load_data, write, content, words):
    with pytest.raises(DataError) as error:
        load_excel(load_data, write(content, "t.xlsx"))
    assert words in str(error.value)


def test_a_sheet_that_would_fill_the_memory_is_refused_before_it_is_read(load_data, tmp_path):
    far_cell().save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match=r"1,048,576 rows and 16,384 columns.*clear what stands far off"):
        load_excel(load_data, str(tmp_path / "t.xlsx"))


def test_cells_without_names_are_counted_too(load_data, tmp_path):
    far = b'<row r="1000000">' + b"<c><v>1</v></c>" * 60 + b"</row></sheetData>"
    with zipfile.ZipFile(io.BytesIO(excel(["a", "y"], [1, 0], [2, 1]))) as book:
        members = [(name, book.read(name)) for name in book.namelist()]
    odd = [(name, text.replace(b"</sheetData>", far)) for name, text in members]
    (tmp_path / "t.xlsx").write_bytes(zipped(odd))
    with pytest.raises(DataError, match="a sheet of 1,000,000 rows and 60 columns"):
        load_excel(load_data, str(tmp_path / "t.xlsx"))


def test_a_draft(write):
    path = write(excel(*rows_of(COLUMNS)), "t.xlsx")
    found = draft_table(path, "y", "excel")
    assert (found.source, found.rows, found.task) == ("excel", 40, "binary")
    assert [column.type for column in found.used] == ["number", "number", "category", "boolean", "date", "time"]


def test_without_the_package_it_is_said_what_to_install(load_data, write, monkeypatch):
    path = write(excel(["a", "y"], [1, 0]), "t.xlsx")
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(SystemLimitError, match=r"pip install 'dltool\[excel\]'; or save the sheet as CSV"):
        load_excel(load_data, path)


def test_a_draft_finds_the_sheet_and_the_row_of_the_names(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["made by", "somebody"])
    sheet = book.create_sheet("Data 2")
    for row in ([None], ["A title"], ["x", "price"], *([i * 0.5, i % 7 + 0.25] for i in range(40))):
        sheet.append(row)
    book.save(tmp_path / "t.xlsx")
    found = draft_table(str(tmp_path / "t.xlsx"), "price", "excel")
    assert (found.format.sheet, found.format.skip_rows, found.rows) == ("Data 2", 2, 40)
