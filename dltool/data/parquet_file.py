"""Reading Parquet in blocks: one file or several, which are one table."""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from dltool.config.table_format import TableFormat
from dltool.data.arrow_table import ArrowTable, arrow_table
from dltool.data.formats import no_table
from dltool.data.paths import find_file, paths_of
from dltool.data.tables import STANDARD_INPUT, Table
from dltool.errors import DataError, InputMissingError

_MAGIC = b"PAR1"
_BLOCK_ROWS = 1 << 16


def is_parquet(path: str) -> bool:
    """Tell whether a path is that of a Parquet file, by its first bytes, or of several, by those of the first.

    Raises InputMissingError where there is no such file.
    """
    if path == STANDARD_INPUT:
        return False
    with _files(path)[0].open("rb") as stream:
        return stream.read(len(_MAGIC)) == _MAGIC


@contextlib.contextmanager
def open_parquet(path: str | Sequence[str], format_: TableFormat) -> Iterator[Table]:
    """Open Parquet files, whose columns must be the same.

    Args:
        path: a file, several, or a pattern of several.
        format_: says which texts mark a hole.

    Raises:
        InputMissingError: there is no such file, or one cannot be read.
        DataError: one is no whole Parquet file, or has other columns than the first.
    """
    paths = _files(path)
    with contextlib.ExitStack() as stack:
        files = [(str(each), _opened(each, stack)) for each in paths]
        (first, file), *others = files
        schema = file.schema_arrow
        for name, other in others:
            if odd := set(other.schema_arrow.names) ^ set(schema.names):
                where, lacking = (name, first) if min(odd) in other.schema_arrow.names else (first, name)
                raise DataError(
                    f"{lacking}: no column {min(odd)!r}, which {where} has; expected the same in every file"
                )
        name = path if isinstance(path, str) else first + f" and {len(others)} more" * bool(others)

        def blocks(wanted: Sequence[int]) -> Iterator[pa.RecordBatch]:
            names = [schema.names[position] for position in wanted]
            for each, opened in files:
                yield from _blocks(each, opened, names)

        table = arrow_table(name, schema, format_, blocks)
        yield _ParquetTable(
            **vars(table), files=[each for each, _ in files], rows=[f.metadata.num_rows for _, f in files]
        )


@dataclass
class _ParquetTable(ArrowTable):
    files: Sequence[str]
    rows: Sequence[int]
    """Of each file."""

    def place(self, row: int, column: str | None = None) -> str:
        """Say where a cell stands: the file, and the row in it."""
        ends = list(accumulate(self.rows))
        file = min(bisect_right(ends, row), len(ends) - 1)
        where = f"{self.files[file]}, row {row - [0, *ends][file] + 1}"
        return where + (f", column {column!r}" if column is not None else "")


def _files(path: str | Sequence[str]) -> list[Path]:
    found = paths_of(path)
    if isinstance(path, str) and Path(path).is_dir():
        raise InputMissingError(f"{path}: expected files, found a folder; for all in it, write {path}/*.parquet")
    if not found:
        raise InputMissingError(f"{path}: no file fits this pattern")
    return [find_file(str(each)) for each in found]


def _opened(path: Path, stack: contextlib.ExitStack) -> Any:
    stream = stack.enter_context(path.open("rb"))
    begin = stream.read(1 << 10)
    if not begin.startswith(_MAGIC):
        other = no_table(begin, str(path), "Parquet file") or "no Parquet file; data.source: csv reads tables of text"
        raise DataError(f"{path}: {other}")
    try:
        file = stack.enter_context(pa.parquet.ParquetFile(stream, page_checksum_verification=True))
        file.schema_arrow  # noqa: B018 - it may be what is damaged
        return file
    except (pa.ArrowException, OSError) as error:
        raise _damaged(str(path), error) from None


def _blocks(name: str, file: Any, names: list[str]) -> Iterator[pa.RecordBatch]:
    try:
        for batch in file.iter_batches(_BLOCK_ROWS, columns=names, use_threads=False):
            yield batch.select(names)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(name, error) from None


def _damaged(name: str, error: Exception) -> DataError:
    return DataError(f"{name}: no whole Parquet file, or one that cannot be read: {str(error).splitlines()[0]}")
