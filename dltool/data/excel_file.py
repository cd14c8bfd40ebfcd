"""Reading a sheet of an Excel workbook, whole: cells as a CSV would hold them."""

from __future__ import annotations

import contextlib
import datetime
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from dltool.config.suggestions import did_you_mean_name
from dltool.config.table_format import TableFormat
from dltool.data.arrow_table import ArrowTable, arrow_table
from dltool.data.formats import BROKEN_ARCHIVE, is_workbook, no_table
from dltool.data.paths import find_file
from dltool.data.tables import Table, refuse_numbers
from dltool.errors import DataError, SystemLimitError

_MOST_CELLS = 50_000_000
"""Between the first and the last cell of a sheet: the reader makes room for all of them, 32 bytes each."""
_MOST_BYTES = 4 << 30
"""Of a workbook when it is unpacked."""
_CHUNK, _MOST_BEFORE = 1 << 20, 20
_TAG = re.compile(rb"""<(?:\w+:)?(row|c)(?=[\s/>])(?:[^>]*?\sr=["']([A-Z]{0,3})([0-9]{1,7})["'])?""")
_AS_CSV = "save the sheet as CSV in UTF-8"


@contextlib.contextmanager
def open_excel(path: str, format_: TableFormat) -> Iterator[Table]:
    """Open a sheet, whose first row that is not empty names the columns. Empty rows are left out.

    Args:
        path: of the workbook, .xlsx or .xlsm.
        format_: says which sheet, how many rows of it to leave out first, and which texts mark a hole.

    Raises:
        InputMissingError: there is no such file, or it cannot be read.
        DataError: it is no whole workbook, has no such sheet, or the sheet is empty or too large.
        SystemLimitError: the package that reads workbooks is not installed.
    """
    (_, header), *rows = _rows(find_file(path), format_)
    texts = [_text(cell) or "" for cell in header]
    refuse_numbers(path, texts, ",", format_, "name the columns in a first row")
    columns = list(zip(*(row for _, row in rows), strict=True)) or [()] * len(texts)
    # What is empty from top to bottom, its name included, is no column: a margin, or cells that were cleared.
    used = [i for i, name in enumerate(texts) if name.strip() or any(cell != "" for cell in columns[i])]
    held = [columns[i] for i in used]
    schema = pa.schema([(texts[i], pa.timestamp("us") if _are_dates(columns[i]) else pa.string()) for i in used])

    def blocks(wanted: Sequence[int]) -> Iterator[pa.RecordBatch]:
        cells = [_column(held[position], schema.types[position]) for position in wanted]
        yield pa.RecordBatch.from_arrays(cells, names=[str(position) for position in wanted])

    yield _Sheet(**vars(arrow_table(path, schema, format_, blocks)), rows=[number for number, _ in rows])


@dataclass
class _Sheet(ArrowTable):
    rows: Sequence[int]
    """The number of each row in the sheet, counted from 1."""

    def place(self, row: int, column: str | None = None) -> str:
        """Say where a cell stands, in the table and in the sheet."""
        where = f"{self.name}, row {row + 1} ({self.rows[row]} in the sheet)"
        return where + (f", column {column!r}" if column is not None else "")


def format_of_sheet(path: str, column: str) -> TableFormat:
    """Return which sheet of a workbook has a column of a name, and how many rows stand before the names.

    The first sheet, from its first row on, where none has one. Raises as ``open_excel`` does.
    """
    with _workbook(find_file(path)) as workbook:
        for number, name in enumerate(workbook.sheet_names, 1):
            for before, row in enumerate(islice(workbook.get_sheet_by_name(name).iter_rows(), _MOST_BEFORE)):
                if column in [str(cell).strip() for cell in row]:
                    return TableFormat(sheet=1 if number == 1 else name, skip_rows=before)
    return TableFormat()


@contextlib.contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    """Open a workbook; what is wrong with it while it is read is said too."""
    try:
        import python_calamine
    except ImportError:
        raise SystemLimitError(
            f"{path}: Excel workbooks need python-calamine: pip install 'dltool[excel]'; or {_AS_CSV}"
        ) from None
    if not is_workbook(path):
        with path.open("rb") as stream:
            begin = stream.read(1 << 10)
        other = "" if begin.startswith(b"PK") else no_table(begin, str(path), "Excel workbook (.xlsx)")
        raise DataError(f"{path}: {other or 'no whole Excel workbook (.xlsx)'}")
    try:
        _check_size(path)
        with python_calamine.CalamineWorkbook.from_path(path) as workbook:
            yield workbook
    except (python_calamine.CalamineError, *BROKEN_ARCHIVE) as error:
        raise DataError(f"{path}: no whole Excel workbook, or one that cannot be read: {error}; {_AS_CSV}") from None


def _rows(path: Path, format_: TableFormat) -> list[tuple[int, list[Any]]]:
    """Return the rows of a sheet that are not empty, each with its number in the sheet, counted from 1."""
    sheet = format_.sheet
    with _workbook(path) as workbook:
        names = workbook.sheet_names
        if isinstance(sheet, int) and sheet > len(names):
            raise DataError(f"{path}: no sheet {sheet}{did_you_mean_name('', names)}")
        name = names[sheet - 1] if isinstance(sheet, int) else sheet
        if name not in names:
            raise DataError(f"{path}: no sheet {name!r}{did_you_mean_name(name, names)}")
        cells = enumerate(workbook.get_sheet_by_name(name).iter_rows(), 1)
        rows = [
            (number, row) for number, row in cells if number > format_.skip_rows and any(cell != "" for cell in row)
        ]
    if not rows:
        raise DataError(f"{path}: the sheet {name!r} is empty; expected a header and rows (data.sheet names another)")
    return rows


def _check_size(path: Path) -> None:
    """Raise DataError where a workbook would take too much memory: its cells, or what it unpacks to."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > _MOST_BYTES:
            raise DataError(f"{path}: more than {_MOST_BYTES >> 30} GiB when unpacked; {_AS_CSV}")
        for member in members:
            if member.filename.endswith(".xml"):  # whichever of them the workbook calls its sheets
                with archive.open(member) as stream:
                    _check_cells(path, stream)


def _check_cells(path: Path, stream: Any) -> None:
    width, rows, column, row, left = 1, 1, 0, 0, b""
    while chunk := stream.read(_CHUNK):
        text = left + chunk
        # A tag that the chunk ends within is found with the next.
        end = text.rfind(b"<")
        text, left = text[:end], text[end:][-_CHUNK:]
        for tag, letters, number in _TAG.findall(text):
            # What has no name of its own follows on what stands before it.
            row = int(number) if number else row + (tag == b"row")
            column = 0 if tag == b"row" else _column_number(letters) or column + 1
            width, rows = max(width, column), max(rows, row)
    if width * rows > _MOST_CELLS:
        raise DataError(
            f"{path}: a sheet of {rows:,} rows and {width:,} columns, down to its last cell, is more than is read "
            f"({_MOST_CELLS:,} cells); clear what stands far off, or {_AS_CSV}"
        )


def _column_number(letters: bytes) -> int:
    """Return the number of a column, counted from 1, by its letters: 28 for AB; 0 for none."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _are_dates(cells: Sequence[Any]) -> bool:
    present = [cell for cell in cells if cell != ""]
    return bool(present) and all(isinstance(cell, datetime.date) for cell in present)


def _column(cells: Sequence[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(map(_text if pa.types.is_string(kind) else _moment, cells), kind)


def _moment(cell: Any) -> datetime.datetime | None:
    """Return a date or time as a time: of a day alone, its midnight."""
    if cell == "":
        return None
    return cell if isinstance(cell, datetime.datetime) else datetime.datetime.combine(cell, datetime.time())


def _text(cell: Any) -> str | None:
    """Return what a CSV would hold; None where the cell is empty."""
    if cell == "":
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)
