"""Reading CSV in blocks, with every problem named by row and column, and columns made into features."""

from __future__ import annotations

import contextlib
import csv
import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from dltool.config.signature import Column
from dltool.data.files import find_file, nearest
from dltool.data.novelties import Novelties
from dltool.data.targets import MOST_FLOAT32
from dltool.errors import DataError

CellPlace = Callable[[int, str | None], str]
"""Says where a cell stands, from its row, counted from 0, and its column's name, or where the row does."""

MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL"]
"""The cells that count as missing."""
STANDARD_INPUT = "-"

_BLOCK_BYTES = 8 << 20
_LONGEST_LINE = 1 << 20
_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
_DECIMAL_COMMA = r"^\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*$"
_RAGGED = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)", re.DOTALL)
_NO_NUMBER = re.compile(r"column #(\d+): Row #(\d+): CSV conversion error to \w+: invalid value '(.*)'", re.DOTALL)
_NO_UTF8 = re.compile(r"column #(\d+): Row #(\d+): CSV conversion error to \w+: invalid UTF8")


@dataclass
class Table:
    """An open CSV, its header read."""

    name: str
    """The path, or ``standard input``."""
    path: str
    delimiter: str
    header: list[str]
    stream: IO[bytes]

    def place(self, row: int, column: str | None = None) -> str:
        """Say where a cell stands; ``row`` counts data rows from 0."""
        lines = self._lines(row)
        where = f"{self.name}, row {row + 1}" + (f" (line {lines[0]})" if lines else "")
        return where + (f", column {column!r}" if column is not None else "")

    def _lines(self, row: int) -> tuple[int, int] | None:
        return None if self.path == STANDARD_INPUT else _lines_of(self.path, self.delimiter, row)

    def check_columns(self, wanted: Sequence[str]) -> None:
        """Raise DataError if a wanted column is missing."""
        for name in wanted:
            if name not in self.header:
                hint = nearest(name, self.header)
                if len(self.header) == 1:
                    other = next((mark for mark in ";\t|," if mark in self.header[0]), "")
                    hint = f"; the only one is {self.header[0]!r}: is {self.delimiter!r} the delimiter"
                    hint += f", or is it {other!r} (data.delimiter)?" if other else "?"
                raise DataError(f"{self.name}: no column {name!r}{hint}")

    def check_rows(self, rows: int) -> None:
        """Raise DataError if there are none."""
        if not rows:
            raise DataError(f"{self.name}: a header but no rows; expected at least one row")

    def batches(self, types: dict[str, pa.DataType]) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield blocks of the wanted columns, each with the number of its first row, in constant memory.

        Raises DataError, naming the row, if a row is ragged, a cell does not parse, or text is not UTF-8.
        """
        first = 0
        try:
            # One thread is the quickest here, and the only way to learn row numbers.
            reader = pa.csv.open_csv(
                self.stream,
                read_options=pa.csv.ReadOptions(column_names=self.header, block_size=_BLOCK_BYTES, use_threads=False),
                parse_options=pa.csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
                convert_options=pa.csv.ConvertOptions(
                    column_types=types,
                    include_columns=list(types),
                    null_values=MISSING,
                    strings_can_be_null=True,
                ),
            )
            for batch in reader:
                yield first, batch
                first += batch.num_rows
        except pa.ArrowInvalid as error:
            if "Empty CSV file" not in str(error):
                raise DataError(self._explain(str(error))) from error

    def _explain(self, message: str) -> str:
        if ragged := _RAGGED.search(message):
            row, expected, found = map(int, ragged.groups())
            first, last = self._lines(row - 1) or (0, 0)
            quote = f"; the row goes on to line {last}: is a quote left open?" if last > first else ""
            return f"{self.place(row - 1)}: {found} cells; expected {expected} as in the header{quote}"
        if no_number := _NO_NUMBER.search(message):
            column, row, value = int(no_number[1]), int(no_number[2]), no_number[3]
            return f"{self.place(row - 1, self.header[column])}: {value!r} is not a number; expected a number"
        if no_utf8 := _NO_UTF8.search(message):
            return f"{self.place(int(no_utf8[2]) - 1, self.header[int(no_utf8[1])])}: not UTF-8; save the file as UTF-8"
        return f"{self.name}: {message}"


@contextlib.contextmanager
def open_table(path: str, delimiter: str) -> Iterator[Table]:
    """Open a CSV file, or standard input for ``-``, and read its header.

    Raises InputMissingError, and DataError if it is empty, not UTF-8, or has two columns of one name.
    """
    if path == STANDARD_INPUT:
        yield _read_header("standard input", path, delimiter, sys.stdin.buffer)
    else:
        with find_file(path).open("rb") as stream:
            yield _read_header(path, path, delimiter, stream)


def numbers_of(texts: Any, name: str, place: CellPlace) -> Any | None:
    """Return a column of texts as float64, or None if it is one of words.

    Raises DataError, naming the first, if some of the cells are no numbers where most are.
    """
    try:
        return pa.compute.cast(pa.compute.utf8_trim_whitespace(texts), pa.float64())
    except pa.ArrowInvalid:
        fits = pa.compute.match_substring_regex(texts, _NUMBER)
        count = pa.compute.sum(fits).as_py() or 0
        present = len(texts) - texts.null_count
        _refuse_decimal_commas(texts, name, place, count)
        if 2 * count <= present:
            return None
        row = fits.to_pylist().index(False)
        raise DataError(
            f"{place(row, name)}: {texts[row].as_py()!r} is not a number, though {count} of {present} cells of "
            "the column are; expected a number"
        ) from None


def _refuse_decimal_commas(texts: Any, name: str, place: CellPlace, numbers: int) -> None:
    commas = pa.compute.match_substring_regex(texts, _DECIMAL_COMMA)
    count = pa.compute.sum(commas).as_py() or 0
    if count and 2 * (numbers + count) > len(texts) - texts.null_count:
        row = commas.to_pylist().index(True)
        text = texts[row].as_py()
        raise DataError(
            f"{place(row, name)}: {text!r} has a comma where a number has a point; write {text.replace(',', '.')}"
        )


def raw_features(
    columns: Sequence[Column], cells: Sequence[Any], filled: bool, place: CellPlace, novelties: Novelties | None = None
) -> np.ndarray:
    """Return the cells of columns as a float64 matrix, shape (rows, sum of widths), NaN where a number is missing.

    Args:
        columns: what each is; a text becomes 0/1 features.
        cells: Arrow columns, float64 or text.
        filled: whether missing numbers are filled later; a missing text is an unknown one then.
        place: says where a cell stands.
        novelties: counts what the training rows did not hold.

    Raises:
        DataError: a value is infinite or, where none is filled, missing.
    """
    rows = len(cells[0])
    features = np.zeros((rows, sum(column.width for column in columns)))
    position = 0
    for column, values in zip(columns, cells, strict=True):
        if values.null_count:
            if not filled:
                row = values.is_null().to_pylist().index(True)
                raise DataError(f"{place(row, column.name)}: the value is missing; expected one as in training")
            if novelties:
                novelties.add_holes(column.name, values.null_count)
        if column.vocabulary is None:
            numbers = to_numpy(values.fill_null(math.nan) if values.null_count else values)
            check_finite(numbers, column.name, place, values.null_count)
            features[:, position] = numbers
        else:
            known = pa.compute.index_in(values, value_set=pa.array(column.vocabulary, pa.string()))
            if novelties and known.null_count > values.null_count:
                unseen = pa.compute.and_(known.is_null(), values.is_valid())
                novelties.add_texts(column.name, values.filter(unseen).to_pylist())
            features[np.arange(rows), position + 1 + to_numpy(known.fill_null(-1))] = 1
        position += column.width
    if novelties:
        novelties.add_numbers(features, lambda row: place(row, None))
    return features


def check_finite(values: np.ndarray, name: str, place: CellPlace, holes: int = 0) -> None:
    """Raise DataError, naming the row, if a number is infinite or too large; as many as ``holes`` may be NaN."""
    beyond = ~(np.abs(values) <= MOST_FLOAT32)
    if np.count_nonzero(beyond) > holes:
        row = int((beyond & ~np.isnan(values) if holes else beyond).argmax())
        raise DataError(f"{place(row, name)}: infinite, or too large for float32; expected a finite number")


def to_numpy(values: Any) -> np.ndarray:
    """Return an Arrow column without missing values, chunked or not, as a NumPy array."""
    array: np.ndarray = values.to_numpy() if isinstance(values, pa.ChunkedArray) else values.to_numpy(False)
    return array


def _read_header(name: str, path: str, delimiter: str, stream: IO[bytes]) -> Table:
    def lines() -> Iterator[str]:
        encoding = "utf-8-sig"
        while line := stream.readline(_LONGEST_LINE):
            if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in line:
                raise DataError(f"{name}: not UTF-8 text (UTF-16, or no text at all); save it as CSV in UTF-8")
            if b"\r" in line.rstrip(b"\r\n"):
                raise DataError(f"{name}: lines end in carriage returns alone; save it with ordinary line ends")
            try:
                yield line.decode(encoding)
            except UnicodeDecodeError as error:
                raise DataError(f"{name}: the header is not UTF-8; save the file as UTF-8") from error
            encoding = "utf-8"

    try:
        header = next((row for row in csv.reader(lines(), delimiter=delimiter, strict=True) if row), None)
    except csv.Error as error:
        raise DataError(f"{name}: the header cannot be read: {error}; is a quote left open?") from error
    if header is None:
        raise DataError(f"{name}: the file is empty; expected a header and rows")
    for column in header:
        if header.count(column) > 1 and column:
            raise DataError(f"{name}: two columns are named {column!r}; expected every name once")
    return Table(name, path, delimiter, header, stream)


def _lines_of(path: str, delimiter: str, row: int) -> tuple[int, int] | None:
    """Return the lines on which a data row begins and ends, counted from 1."""
    with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        begin, seen = 1, -2
        with contextlib.suppress(csv.Error):
            for cells in reader:
                seen += bool(cells)
                if seen == row:
                    return begin, reader.line_num
                begin = reader.line_num + 1
    return None
