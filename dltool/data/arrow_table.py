"""Tables whose columns have types of their own, such as data frames: read as the CSV that they could be saved as."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from dltool.config.table_format import TableFormat
from dltool.data.cell_texts import cell_texts, no_cells
from dltool.data.tables import Table, column_names
from dltool.errors import DataError

_BLOCK_ROWS = 1 << 16
_FIRST = 1000
"""Rows that tell what columns of numbers are."""
_INDEX = re.compile(r"__index_level_\d+__")
"""How pandas names an index that has no name."""


@dataclass
class ArrowTable(Table):
    """An open table of Arrow columns."""

    blocks: Callable[[Sequence[int]], Iterator[pa.RecordBatch]]
    """Yields some of the columns, by their positions, a block of rows at a time, as often as it is called."""
    types: Sequence[pa.DataType]
    """Of the columns."""

    def holds_dates(self, name: str) -> bool:
        """Tell whether a column is one of dates or times by its type."""
        kind = self.types[self.header.index(name)]
        return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))

    def no_cells(self, name: str) -> str:
        """Say what a column holds that no cell could."""
        return no_cells(self.types[self.header.index(name)])

    def texts(self, types: dict[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
        """As ``Table``'s. Raises DataError where values are none that a cell could hold."""
        return self.cells([*types], [name for name, kind in types.items() if kind == pa.float64()])

    def cells(self, names: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """As ``Table``'s; numbers of which float64 would make others stay texts."""
        markers = self.format.missing_values
        for block in self.blocks([self.header.index(name) for name in names]):
            try:
                block.validate(full=True)
            except pa.ArrowInvalid as error:
                raise DataError(f"{self.name}: damaged, or with a text that is not UTF-8: {error}") from None
            for start in range(0, block.num_rows, _BLOCK_ROWS):
                some = block.slice(start, _BLOCK_ROWS).columns
                cells = [
                    _float64(values)
                    if name in numbers and _is_held(values.type)
                    else cell_texts(values, f"{self.name}, column {name!r}", markers)
                    for name, values in zip(names, some, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(cells, names=list(names))

    def first_cells(self, names: Sequence[str]) -> dict[str, Any]:
        """Return texts of the first rows of those columns whose type is one of numbers that float64 holds."""
        held = [name for name in names if _is_held(self.types[self.header.index(name)])]
        first = next(self.blocks([self.header.index(name) for name in held]), None) if held else None
        if first is None:
            return {}
        return {name: cell_texts(values.slice(0, _FIRST), name) for name, values in zip(held, first, strict=True)}

    def missing(self, row: int, column: str) -> str:
        """Say where a value is missing, and what stands there, if anything does."""
        first = 0
        for block in self.blocks([self.header.index(column)]):
            if row < first + block.num_rows:
                cell = block.column(0)[row - first].as_py()
                if isinstance(cell, str) and cell in self.format.missing_values:
                    return f"{self.place(row, column)}: {cell!r} counts as missing"
                break
            first += block.num_rows
        return super().missing(row, column)


def _is_held(kind: pa.DataType) -> bool:
    """Tell whether numbers of a type are as float64 what their texts are."""
    return bool(pa.types.is_float64(kind) or pa.types.is_integer(kind))


def _float64(numbers: Any) -> Any:
    """Return numbers as float64, null for NaN."""
    numbers = pa.compute.cast(numbers, pa.float64(), safe=False)
    return pa.compute.if_else(pa.compute.is_nan(numbers), None, numbers)


def arrow_table(
    name: str,
    schema: pa.Schema,
    format_: TableFormat,
    blocks: Callable[[Sequence[int]], Iterator[pa.RecordBatch]],
) -> ArrowTable:
    """Return an open table.

    Args:
        name: what to call it in messages.
        schema: the names and types of its columns.
        format_: says what marks a hole; numbers are numbers, however texts would write them.
        blocks: as ``ArrowTable.blocks``.

    Raises:
        DataError: two columns have one name.
    """
    header, nameless = column_names(["" if _INDEX.fullmatch(column) else column for column in schema.names], name)
    return ArrowTable(name, TableFormat(missing_values=format_.missing_values), header, nameless, blocks, schema.types)
