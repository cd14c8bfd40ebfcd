"""Tables in memory, data frames and mappings of columns, and the file that a run keeps of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pyarrow as pa
import pyarrow.parquet

from dltool.config.table_format import TableFormat
from dltool.data.arrow_table import ArrowTable, arrow_table
from dltool.data.cell_texts import cell_texts
from dltool.data.columns import column_of
from dltool.errors import DataError


class ArrowStream(Protocol):
    """A data frame, whoever made it."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


@dataclass(frozen=True, eq=False)
class HeldTable:
    """A table in memory, to be read like one in a file."""

    file_name: ClassVar[str] = "data.parquet"
    """What the file is called that a run keeps."""
    name: str
    """What to call it in messages."""
    columns: pa.Table

    def __str__(self) -> str:
        return self.name

    def open(self, format_: TableFormat) -> ArrowTable:
        """Return the open table; ``format_`` says what marks a hole.

        Raises DataError where two columns have one name.
        """

        def blocks(wanted: Sequence[int]) -> Iterator[pa.RecordBatch]:
            yield from self.columns.select(list(wanted)).to_batches()

        return arrow_table(self.name, self.columns.schema, format_, blocks)

    def write(self, path: Path) -> None:
        """Write a Parquet file whose cells are the same. Raises DataError where it can hold some of them in no way."""
        columns, names = self.columns, self.columns.schema.names
        if len(set(names)) < len(names):
            raise DataError(f"{self.name}: columns without a name, which no run can keep; name them")
        for position, column in enumerate(columns.schema):
            if pa.types.is_dictionary(column.type) and pa.types.is_string_view(column.type.value_type):
                # Categories of Polars; of those Arrow's writer knows nothing.
                chunks = [cell_texts(chunk, column.name) for chunk in columns[position].chunks]
                columns = columns.set_column(position, column.name, pa.chunked_array(chunks, pa.string()))
        try:
            pa.parquet.write_table(columns, path)
        except (pa.ArrowException, ValueError) as error:
            said = str(error).splitlines()[0]
            raise DataError(f"{self.name}: no Parquet file can keep it: {said}; leave that column out") from None


def held_table(source: Any) -> HeldTable:
    """Return a table in memory: a mapping of column name to array or list, or what has Arrow's PyCapsule interface.

    None and NaN are missing values. Raises DataError where it is no table.
    """
    if isinstance(source, Mapping):
        return HeldTable("the mapping", _of_columns([*source.items()], "the mapping"))
    if not hasattr(source, "__arrow_c_stream__"):
        raise DataError(
            "expected a data frame (of pandas 2.2 or newer, Polars or PyArrow), or a mapping of column name to values, "
            f"got a {type(source).__name__}"
        )
    name = "the data frame"
    try:
        return HeldTable(name, pa.RecordBatchReader.from_stream(source).read_all())
    except (pa.ArrowException, TypeError, ValueError, OverflowError, OSError) as error:
        if hasattr(source, "reset_index") and hasattr(source, "columns"):
            # pandas: cells of several types make no column of Arrow's; they are texts, as in a CSV.
            is_named = any(each is not None for each in source.index.names)
            return HeldTable(name, _of_columns([*(source.reset_index() if is_named else source).items()], name))
        raise DataError(f"{name}: {str(error).splitlines()[0]}; expected columns of one type each") from None


def _of_columns(columns: Sequence[tuple[Any, Any]], where: str) -> pa.Table:
    if not columns:
        raise DataError(f"{where}: it is empty; expected a list or an array a column")
    names = [str(name) for name, _ in columns]
    arrays = [column_of(values, f"{where}, column {name!r}") for name, (_, values) in zip(names, columns, strict=True)]
    for name, cells in zip(names, arrays, strict=True):
        if len(cells) != len(arrays[0]):
            raise DataError(
                f"{where}: {len(cells)} values of {name!r}, {len(arrays[0])} of {names[0]!r}; expected as many"
            )
    return pa.table(arrays, names=names)
