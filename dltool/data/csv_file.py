"""Reading CSV in blocks, with every problem named by row and column."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from dltool.config.counts import are, counted
from dltool.config.table_format import TableFormat
from dltool.data.formats import no_table
from dltool.data.number_cells import is_number
from dltool.data.paths import find_file
from dltool.data.tables import STANDARD_INPUT, Table, column_names, positions, refuse_numbers, to_numpy
from dltool.data.text_stream import CountedLines, UnbrokenLineEnds, as_utf8, open_text, rows_alone
from dltool.errors import DataError, warn

_BLOCK_BYTES = 8 << 20
_BYTES_A_CELL = 64
"""A block holds a whole row whose cells take no more than that, however many they are."""
_LARGE = 16 << 20
"""Bytes of a file for which it pays to look at its first rows before it is read."""
_FIRST_BYTES = 2 << 20
"""Of a large file, which tell what its columns are: more where a hundred rows may take more."""
_FIRST_ROWS = 100
_MOST_SHOWN = 3
_LONGEST_HEADER = 64 << 20
_AS_UTF8 = "save the file as UTF-8, or set data.encoding: windows-1252, latin-1 or utf-16"
_NO_HEADER = "say that there is none: data.header: false (for predict and evaluate, --no-header)"
# Not by an invalid_row_handler: of a row that is not UTF-8, Arrow prints a traceback and does not call it.
_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)", re.DOTALL)
_NO_UTF8 = re.compile(r"column #(\d+): Row #(\d+): CSV conversion error to \w+: invalid UTF8")


@dataclass
class CsvTable(Table):
    """An open CSV, its header read."""

    path: str
    stream: IO[bytes]
    skips: bool = False
    """Whether rows of another number of cells are skipped."""

    def place(self, row: int, column: str | None = None) -> str:
        """Say where a cell stands; ``row`` counts data rows from 0."""
        number, line = (row + 1, None) if self.path == STANDARD_INPUT else self._lines.of(row)
        where = f"{self.name}, row {number}" + (f" (line {line})" if line else "")
        return where + (f", column {column!r}" if column is not None else "")

    def missing(self, row: int, column: str) -> str:
        """Say where a value is missing, and what stands there: "…, column 'b': 'NA' counts as missing"."""
        found, position = self._find(row), self.header.index(column)
        cell = found.cells[position].strip() if found and position < len(found.cells) else None
        if not cell:
            return super().missing(row, column)
        return f"{self.place(row, column)}: {cell!r} counts as missing, unless it stands in quotes"

    @cached_property
    def _lines(self) -> _Lines:
        return _Lines(self._kept_rows())

    def _kept_rows(self) -> Iterator[_Row]:
        """Yield the data rows that are read."""
        rows = _data_rows(self.path, self.format, len(self.header) == 1)
        return (row for row in rows if len(row.cells) == len(self.header)) if self.skips else rows

    def _find(self, row: int) -> _Row | None:
        return None if self.path == STANDARD_INPUT else next(islice(self._kept_rows(), row, None), None)

    def hint(self, name: str) -> str:
        """Return what may be meant by the name of a column that is not there."""
        hint = super().hint(name)
        if len(self.header) == 1:
            other = next((mark for mark in ";\t|, " if mark in self.header[0]), "")
            hint = f"; the only one is {self.header[0]!r}: is {self.format.delimiter!r} the delimiter"
            hint += f", or is it {other!r} (data.delimiter)?" if other else "?"
            hint += " Lines before the header are left out by data.skip_rows or data.comment"
        if self.format.header and any(map(is_number, self.header)):
            hint += f"; if the first line is a row and no header, {_NO_HEADER}"
        return hint

    def texts(self, types: dict[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
        """Yield blocks of columns as texts: an empty cell may be quoted, a marker of holes is none if it is.

        Raises:
            DataError: a row is ragged, or text is not UTF-8; the message names the row.
        """
        try:
            yield from self._blocks(dict.fromkeys(types, pa.string()))
        except pa.ArrowInvalid as error:
            if "Empty CSV file" not in str(error):
                raise DataError(self._explain(str(error))) from error

    def first_cells(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the first rows of a large file, of which Arrow is to read numbers as such."""
        if len(self.header) > 1 and self.path != STANDARD_INPUT and Path(self.path).stat().st_size >= _LARGE:
            texts = dict.fromkeys(names, pa.string())
            few = max(_FIRST_BYTES, _FIRST_ROWS * _BYTES_A_CELL * len(self.header))
            # What cannot be read, such as a longer row, is met again where all is read.
            with self._again() as table, contextlib.suppress(DataError):
                table._block_bytes = min(few, self._block_bytes)
                # Two blocks, the last row of which need not be whole: Arrow would read the file to its end.
                table.stream = io.BytesIO(table.stream.read(2 * table._block_bytes))
                for block in table.texts(texts):
                    first = table.typed(block, texts, 0)
                    return {name: first[name] for name in names}
        return {}

    def cells(self, names: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """As ``Table``'s; of a file that can be read again."""
        types = dict.fromkeys(names, pa.string()) | dict.fromkeys(numbers, pa.float64())
        with self._again() as table:
            yield from table._blocks(types) if self.skips else table._blocks_side_by_side(types)

    def _again(self) -> AbstractContextManager[CsvTable]:
        return open_csv(self.path, self.format, self.header, skips=self.skips)

    def _blocks(self, types: dict[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
        """Yield blocks of columns as Arrow reads them. Raises pa.ArrowInvalid where it cannot."""
        alone = len(self.header) == 1
        skipped: list[int] = []

        def skip(row: Any) -> str:
            skipped.append(row.number)
            return "skip"

        # One thread is as quick as several where cells may hold line ends, and the only way to learn row numbers.
        stream = UnbrokenLineEnds(self.stream)
        reader = pa.csv.open_csv(stream, **self._options(types, skip if self.skips else None))
        yield from _without_blanks_at_the_end(reader) if alone else reader
        if skipped:
            self._warn_of(skipped)

    def _blocks_side_by_side(self, types: dict[str, pa.DataType]) -> Sequence[pa.RecordBatch]:
        """Return blocks of columns as Arrow reads them in all threads. Raises pa.ArrowInvalid where it cannot.

        It then takes every line end for the end of a row, and may lose rows silently where one stands in quotes: there
        are fewer rows than lines.
        """
        lines = CountedLines(self.stream)
        table = pa.csv.read_csv(lines, **self._options(types, one_line=True))
        if table.num_rows != lines.count:
            raise pa.ArrowInvalid("a line is not a row")
        blocks: Sequence[pa.RecordBatch] = table.to_batches()
        return blocks

    def _options(
        self,
        types: dict[str, pa.DataType],
        skip: Callable[[Any], str] | None = None,
        *,
        one_line: bool = False,
    ) -> dict[str, Any]:
        """Return how Arrow is to read.

        Args:
            types: of the columns that are wanted.
            skip: what to do about rows of another number of cells, if they are not refused.
            one_line: whether no row goes on to another line, so that several threads may read.
        """
        return {
            "read_options": pa.csv.ReadOptions(
                column_names=self.header, block_size=self._block_bytes, use_threads=one_line
            ),
            "parse_options": pa.csv.ParseOptions(
                delimiter=self.format.delimiter,
                quote_char=self.format.quote,
                newlines_in_values=not one_line,
                # A blank line is a row only where it may be a missing value.
                ignore_empty_lines=len(self.header) > 1,
                invalid_row_handler=skip,
            ),
            "convert_options": pa.csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                # An empty text is made null later on; an empty number is none.
                null_values=[*self.format.missing_values, *[""] * (pa.float64() in types.values())],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        }

    def _warn_of(self, skipped: Sequence[int]) -> None:
        some = skipped[:_MOST_SHOWN]
        rows = islice(_data_rows(self.path, self.format, len(self.header) == 1), some[-1])
        first = [row for row in rows if row.number in some]
        shown = ", ".join(f"row {row.number} (line {row.first}) of {len(row.cells)}" for row in first)
        warn(
            f"{self.name}: {counted(len(skipped), 'row')} {are(len(skipped))} skipped, as data.errors says: "
            f"expected {len(self.header)} cells, got {shown}{', …' if len(skipped) > len(first) else ''}"
        )

    @property
    def _endless_row(self) -> int | None:
        """The line on which a row begins that has a cell too long to be meant, if there is one."""
        line = 1
        if self.path != STANDARD_INPUT:
            try:
                for row in _rows(self.path, self.format):
                    line = row.last + 1
            except csv.Error:
                return line
        return None

    @cached_property
    def _block_bytes(self) -> int:
        return max(_BLOCK_BYTES, _BYTES_A_CELL * len(self.header))

    def _explain(self, message: str) -> str:
        if ragged := _RAGGED.search(message):
            row, expected, found = map(int, ragged.groups())
            cells = self._find(row - 1)
            quote = ""
            if cells and cells.last > cells.first:
                quote = f"; the row goes on to line {cells.last}: is a quote left open?"
            elif not cells and (line := self._endless_row):
                quote = f"; the row that begins on line {line} has no end: is a quote left open?"
            where = "in the header" if self.format.header else "in the first row"
            return f"{self.place(row - 1)}: {found} cells; expected {expected} as {where}{quote}"
        if "straddling" in message:
            line, size = self._endless_row, f"{self._block_bytes / 2**20:.0f} MiB"
            which = f"the row that begins on line {line}" if line else "a row"
            return f"{self.name}: {which} is longer than {size}; is a quote left open?"
        if no_utf8 := _NO_UTF8.search(message):
            return f"{self.place(int(no_utf8[2]) - 1, self.header[int(no_utf8[1])])}: not UTF-8; {_AS_UTF8}"
        return f"{self.name}: {message}"


@contextlib.contextmanager
def open_csv(path: str, format_: TableFormat, known: Sequence[str] = (), *, skips: bool = False) -> Iterator[CsvTable]:
    """Open a CSV file, or standard input for ``-``, and read its header.

    Args:
        path: of the file.
        format_: how it is written.
        known: columns that only a header would name.
        skips: whether rows of more or fewer cells than the header are skipped, with a warning, rather than refused.

    Raises:
        InputMissingError: there is no such file, or it cannot be read.
        DataError: it is empty, not UTF-8, has two columns of one name, or a row of numbers where its header should be.
    """
    if path == STANDARD_INPUT:
        stream, _ = rows_alone(as_utf8(sys.stdin.buffer, "standard input", format_.encoding), format_)
        yield _read_header("standard input", path, format_, known, stream)
    else:
        # Of a row to be skipped Arrow makes a text, and prints a traceback where it is none.
        with open_text(find_file(path), format_.encoding, strict=skips) as text:
            table = _read_header(path, path, format_, known, rows_alone(text, format_)[0])
            yield replace(table, skips=skips)


def _without_blanks_at_the_end(batches: Iterable[Any]) -> Iterator[Any]:
    """Yield batches of one column of texts, less the empty rows after the last other one."""
    blanks = 0
    for batch in batches:
        filled = np.flatnonzero(to_numpy(pa.compute.not_equal(batch.column(0), "").fill_null(True)))
        if len(filled):
            if blanks:
                yield pa.RecordBatch.from_arrays([pa.array([""] * blanks)], schema=batch.schema)
            yield batch.slice(0, int(filled[-1]) + 1)
            blanks = -int(filled[-1]) - 1
        blanks += batch.num_rows


def _read_header(name: str, path: str, format_: TableFormat, known: Sequence[str], stream: IO[bytes]) -> CsvTable:
    read: list[bytes] = []

    def lines() -> Iterator[str]:
        encoding, blank, left = "utf-8-sig", True, _LONGEST_HEADER
        while line := stream.readline(left + 1):
            if blank and (what := no_table(line, None if path == STANDARD_INPUT else path)):
                raise DataError(f"{name}: {what}")
            if b"\0" in line:
                raise DataError(f"{name}: not UTF-8 text (or no text at all); save it as CSV in UTF-8")
            if b"\r" in line.rstrip(b"\r\n"):
                raise DataError(f"{name}: lines end in carriage returns alone; save it with ordinary line ends")
            left -= len(line)
            if left < 0:
                raise DataError(
                    f"{name}: the {first} is longer than {_LONGEST_HEADER >> 20} MiB; is it a table, with a line a row?"
                )
            read.append(line)
            try:
                yield line.decode(encoding)
            except UnicodeDecodeError as error:
                raise DataError(f"{name}: the {first} is not UTF-8; {_AS_UTF8}") from error
            encoding, blank = "utf-8", blank and not line.strip()

    first = "header" if format_.header else "first row"
    try:
        rows = csv.reader(lines(), delimiter=format_.delimiter, quotechar=format_.quote, strict=True)
        header = next(filter(None, rows), None)
    except csv.Error as error:
        raise DataError(f"{name}: the {first} cannot be read: {error}; is a quote left open?") from error
    if header is None:
        raise DataError(f"{name}: the file is empty; expected {'a header and rows' if format_.header else 'rows'}")
    if not format_.header:
        rejoined = io.BufferedReader(_Rejoined(b"".join(read), stream))
        return CsvTable(name, format_, positions(len(header)), frozenset(), path, rejoined)
    header = [column.strip() for column in header]
    if not (known and set(known) <= set(header)):
        refuse_numbers(name, header, format_.delimiter, format_, f"name the columns in a first line, or {_NO_HEADER}")
    names, nameless = column_names(header, name)
    return CsvTable(name, format_, names, nameless, path, stream)


class _Rejoined(io.RawIOBase):
    """A stream from its beginning, some of which was read."""

    def __init__(self, begin: bytes, rest: IO[bytes]):
        self._begin, self._rest = io.BytesIO(begin), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._begin.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


@dataclass(frozen=True)
class _Row:
    number: int
    """Of a data row, counted from 1."""
    first: int
    """The line on which it begins, counted from 1."""
    last: int
    cells: list[str]


def _rows(path: str, format_: TableFormat) -> Iterator[_Row]:
    """Yield every row, the header and blank lines included. Raises csv.Error at one that cannot be read."""
    with open_text(Path(path), format_.encoding) as text:
        kept, left_out = rows_alone(text, format_)
        skipped = 0

        def line_of(number: int) -> int:
            """Return the line of the file that a line of those that are kept is."""
            nonlocal skipped
            while skipped < len(left_out) and left_out[skipped] <= number + skipped:
                skipped += 1
            return number + skipped

        with io.TextIOWrapper(kept, "utf-8-sig", errors="replace", newline="") as stream:
            reader = csv.reader(stream, delimiter=format_.delimiter, quotechar=format_.quote)
            begin = 1
            for cells in reader:
                yield _Row(0, line_of(begin), line_of(reader.line_num), cells)
                begin = reader.line_num + 1


def _data_rows(path: str, format_: TableFormat, blanks_count: bool) -> Iterator[_Row]:
    """Yield the data rows, as far as they can be read."""
    seen = 0 if format_.header else 1
    with contextlib.suppress(csv.Error):
        for row in _rows(path, format_):
            if row.cells or (blanks_count and seen):
                if seen:
                    yield replace(row, number=seen)
                seen += 1


class _Lines:
    """Where data rows stand: a file is read once, however many rows are asked for."""

    def __init__(self, rows: Iterator[_Row]) -> None:
        self._rows, self._numbers, self._first = rows, array("Q"), array("Q")

    def of(self, row: int) -> tuple[int, int | None]:
        """Return the number of a row, counted from 1, and its line, if there is one; ``row`` counts from 0."""
        for each in islice(self._rows, max(0, row + 1 - len(self._first))):
            self._numbers.append(each.number)
            self._first.append(each.first)
        return (self._numbers[row], self._first[row]) if row < len(self._first) else (row + 1, None)
