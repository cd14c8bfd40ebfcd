"""Open tables, whatever they are written as: cells as texts or numbers, with every problem named by its place."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.suggestions import did_you_mean_name
from dltool.config.table_format import TableFormat
from dltool.data import number_spellings
from dltool.data.number_cells import are_exact, first_without_number, is_number, plain_numbers
from dltool.errors import DataError
from dltool.preprocessing.finite_numbers import Place

CellPlace = Callable[[int, str | None], str]
"""Says where a cell stands, from its row, counted from 0, and its column's name, or where the row does."""

STANDARD_INPUT = "-"

_EMPTY = pa.scalar("")  # made once: Arrow looks for pandas whenever it makes a scalar


@dataclass
class Table:
    """An open table, the names of its columns known. Each kind of table has its own ``texts``."""

    name: str
    """What to call it in messages: the path, or ``standard input``."""
    format: TableFormat
    header: list[str]
    """The columns' names, as the table or their position gives them."""
    nameless: frozenset[str]
    """Those of the names that are none of the table's own."""

    def texts(self, types: dict[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
        """Yield blocks of columns as texts, in constant memory; markers of holes are null, empty cells may be.

        What is wanted as float64 may be it already, where texts would say the same.

        Raises:
            DataError: A row or a cell cannot be read; the message names it.
        """
        raise NotImplementedError

    def place(self, row: int, column: str | None = None) -> str:
        """Say where a cell stands; ``row`` counts data rows from 0."""
        return f"{self.name}, row {row + 1}" + (f", column {column!r}" if column is not None else "")

    def missing(self, row: int, column: str) -> str:
        """Say where a value is missing."""
        return f"{self.place(row, column)}: the value is missing"

    def holds_dates(self, name: str) -> bool:
        """Tell whether a column is one of dates or times by its type: its texts are ISO 8601, whatever is declared."""
        return False

    def no_cells(self, name: str) -> str:
        """Say what a column holds that no cell could, such as lists; empty for others."""
        return ""

    def hint(self, name: str) -> str:
        """Return what may be meant by the name of a column that is not there."""
        return did_you_mean_name(name, self.header)

    def check_columns(self, wanted: Sequence[str]) -> None:
        """Raise DataError if a wanted column is missing."""
        known = set(self.header)
        for name in wanted:
            if name not in known:
                raise DataError(f"{self.name}: no column {name!r}{self.hint(name)}")

    def check_rows(self, rows: int) -> None:
        """Raise DataError if there are none."""
        if not rows:
            raise DataError(f"{self.name}: column names but no rows; expected at least one row")

    def read(self, types: dict[str, pa.DataType]) -> dict[str, Any]:
        """Return the wanted columns whole, null where a value is missing. Raises DataError as ``batches`` does."""
        self.check_columns(list(types))
        batches = [batch for _, batch in self.batches(types)]
        self.check_rows(sum(batch.num_rows for batch in batches))
        table = pa.Table.from_batches(batches)
        return {name: table[name] for name in types}

    def read_typed(self, names: Sequence[str], is_number: Callable[[str, Any], bool]) -> dict[str, Any]:
        """Return the wanted columns whole, as ``read`` does of texts; some may be float64 already.

        Where a cell of those is no number, or has more digits than float64 holds, everything is read as texts: errors
        and warnings say which.

        Args:
            names: of the columns.
            is_number: tells from the name of a column and its first cells whether it may be float64, if all the others
                are numbers.
        """
        self.check_columns(names)
        texts = dict.fromkeys(names, pa.string())
        if numbers := [name for name, cells in self.first_cells(names).items() if is_number(name, cells)]:
            with contextlib.suppress(DataError, pa.ArrowInvalid):
                whole = pa.Table.from_batches(list(self.cells(names, numbers)))
                if all(are_exact(whole[name]) for name in numbers):
                    return dict(zip(names, self._typed(whole.columns, texts, 0), strict=True))
        return self.read(texts)

    def first_cells(self, names: Sequence[str]) -> dict[str, Any]:
        """Return texts of the first rows, of those of some columns that ``cells`` may yield as numbers."""
        return {}

    def cells(self, names: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield blocks of columns as texts, but those of ``numbers`` as float64 where they are numbers.

        Raises:
            DataError, pa.ArrowInvalid: a cell cannot be read so.
        """
        raise NotImplementedError

    def batches(self, types: dict[str, pa.DataType]) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield blocks of the wanted columns, each with the number of its first row, in constant memory.

        Every cell is read as text, so that training and predicting read it by one rule: an empty cell, or one of
        spaces, is missing; a marker is; spaces around a number do not count. Raises DataError as ``texts`` does, and
        where a cell is not of its type.
        """
        first = 0
        for batch in self.texts(types):
            yield first, self.typed(batch, types, first)
            first += batch.num_rows

    def typed(self, batch: pa.RecordBatch, types: dict[str, pa.DataType], first: int) -> pa.RecordBatch:
        """Return a batch of texts with its holes as such and numbers where they are wanted."""
        return pa.RecordBatch.from_arrays(self._typed(batch.columns, types, first), names=list(types))

    def _typed(self, texts_of: Sequence[Any], types: dict[str, pa.DataType], first: int) -> list[Any]:
        columns = []
        for cells, (name, kind) in zip(texts_of, types.items(), strict=True):
            if pa.types.is_floating(cells.type):
                columns.append(cells)
                continue
            texts = cells if pa.types.is_string(kind) else pa.compute.utf8_trim_whitespace(cells)
            empty = pa.compute.or_(pa.compute.equal(cells, _EMPTY), pa.compute.utf8_is_space(cells))
            present = pa.compute.if_else(empty, None, texts) if pa.compute.any(empty).as_py() else texts
            columns.append(present if pa.types.is_string(kind) else self._numbers(present, name, kind, first))
        return columns

    def _numbers(self, texts: Any, name: str, kind: pa.DataType, first: int) -> Any:
        try:
            return pa.compute.cast(plain_numbers(texts, self.format), kind)
        except pa.ArrowInvalid:
            row = first_without_number(plain_numbers(texts, self.format))
            text = texts[row].as_py()
            raise DataError(
                f"{self.place(first + row, name)}: {text!r} is not a number; expected a number as in training"
                f"{number_spellings.advice(text)}"
            ) from None


@dataclass(frozen=True)
class Cells:
    """The rows of a table that are used, in memory."""

    columns: dict[str, Any]
    """Arrow columns by name, float64 or text."""
    rows: np.ndarray
    """Where each row stands in the file, counted from 0."""
    table: Table
    _encoded: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def whole(cls, columns: dict[str, Any], table: Table) -> Self:
        """Return all rows of a table."""
        return cls(columns, np.arange(len(next(iter(columns.values())))), table)

    def place(self, row: int, name: str | None = None) -> str:
        """Say where a cell stands, or a row."""
        return self.table.place(int(self.rows[row]), name)

    def encoded(self, name: str) -> Any:
        """Return a column of texts as an Arrow dictionary array: each text once, in the order of their first rows."""
        if name not in self._encoded:
            whole = pa.compute.dictionary_encode(self.columns[name])
            self._encoded[name] = whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
        return self._encoded[name]

    def texts(self, name: str) -> Any:
        """Return the texts that a column holds: each once if it has been encoded, or else all cells."""
        return self._encoded[name].dictionary if name in self._encoded else self.columns[name]

    def target_place(self, names: list[str]) -> Place:
        """Return a function that says where a target stands."""

        def place(row: int | None = None, column: int = 0) -> str:
            if row is None:
                return f"{self.table.name}, column {names[column]!r}"
            return self.place(row, names[column])

        return place


def column_names(header: Sequence[str], name: str) -> tuple[list[str], frozenset[str]]:
    """Return what to call the columns of a table, and which of those are called by their position.

    Args:
        header: the names as they stand.
        name: of the table.

    Raises:
        DataError: two columns have one name.
    """
    bare = [column.strip() for column in header]
    names = [column or by_position for column, by_position in zip(bare, positions(len(bare)), strict=True)]
    twice = next((column for column, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise DataError(f"{name}: two columns are named {twice!r}; expected every name once")
    return names, frozenset(set(names) - set(bare))


def refuse_numbers(name: str, header: Sequence[str], mark: str, format_: TableFormat, way_out: str) -> None:
    """Refuse a header of numbers alone, or for half of such as no name is: years are names.

    Args:
        name: of the table.
        header: the names of its columns.
        mark: what to show between them.
        format_: says what marks a hole.
        way_out: what to do about it.

    Raises:
        DataError: it is a row.
    """
    numbers = [cell for cell in header if is_number(cell)]
    holes = [cell for cell in header if cell in ("", *format_.missing_values)]
    fractions = [cell for cell in numbers if not cell.isdecimal()]
    if numbers and (len(numbers) + len(holes) == len(header) or 2 * len(fractions) >= len(header)):
        shown = mark.join(header[:6]) + ("…" if len(header) > 6 else "")
        raise DataError(
            f"{name}: the first line, {shown}, is made of numbers, and would be lost as a header; {way_out}"
        )


def positions(count: int) -> list[str]:
    """Return the names of columns that have none."""
    return [f"column_{position + 1}" for position in range(count)]


def to_numpy(values: Any) -> np.ndarray:
    """Return an Arrow column without missing values, chunked or not, as a NumPy array."""
    array: np.ndarray = values.to_numpy() if isinstance(values, pa.ChunkedArray) else values.to_numpy(False)
    return array
