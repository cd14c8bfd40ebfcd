"""A file, or a table in memory, becomes an open table, whatever it is written as."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from dltool.config.table_format import TableFormat
from dltool.data.csv_file import open_csv
from dltool.data.excel_file import open_excel
from dltool.data.formats import is_workbook
from dltool.data.held_table import HeldTable
from dltool.data.parquet_file import is_parquet, open_parquet
from dltool.data.paths import find_file
from dltool.data.tables import STANDARD_INPUT, Table


def open_source(
    source: str,
    path: str | Sequence[str] | HeldTable,
    format_: TableFormat,
    known: Sequence[str] = (),
    *,
    skips: bool = False,
) -> AbstractContextManager[Table]:
    """Open a table as what a config says that it is.

    Args:
        source: ``csv``, ``parquet`` or ``excel``.
        path: of the file, or as ``data.path`` names several; or the table itself.
        format_: how it is written, as far as it is that kind of file.
        known: columns that only a header would name.
        skips: whether rows of a CSV that have more or fewer cells than the header are skipped rather than refused.

    Raises:
        InputMissingError: there is no such file, or it cannot be read.
        DataError: it is no such table, or a damaged one.
        SystemLimitError: a package that reads it is not installed.
    """
    if isinstance(path, HeldTable):
        return nullcontext(path.open(format_))
    if source == "parquet":
        return open_parquet(path, format_)
    if source == "excel":
        return open_excel(str(path), format_)
    return open_csv(str(path), format_, known, skips=skips)


def open_table(
    path: str | HeldTable, format_: TableFormat, known: Sequence[str] = (), *, skips: bool = False
) -> AbstractContextManager[Table]:
    """Open a table as what its first bytes say that it is; ``-`` is a CSV on standard input. As ``open_source``."""
    if isinstance(path, HeldTable):
        return nullcontext(path.open(format_))
    if is_parquet(path):
        return open_parquet(path, format_)
    if path != STANDARD_INPUT and is_workbook(find_file(path)):
        return open_excel(path, format_)
    return open_csv(path, format_, known, skips=skips)
