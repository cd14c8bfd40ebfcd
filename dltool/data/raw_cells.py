"""The cells of rows as their table has them, to be shown or to be told apart by."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa

from dltool.config.table_format import TableFormat
from dltool.config.tables import Csv, TableSource
from dltool.contracts.signature import Signature
from dltool.data.held_table import HeldTable
from dltool.data.open_table import open_source, open_table
from dltool.data.table_source import name_by_position
from dltool.data.tables import Table
from dltool.errors import DataWarning


def own_cells(
    spec: TableSource, rows: np.ndarray, names: Sequence[str], *, cells_alone: bool = False
) -> dict[str, list[str | None]]:
    """Return cells of a config's table, a list a column, None where a value is missing.

    Args:
        spec: of the table.
        rows: where they stand, counted from 0.
        names: of the columns.
        cells_alone: whether to leave out columns that hold what no cell could, such as lists, rather than refuse them.

    Raises:
        InputMissingError, DataError: the table cannot be read, or has no such column.
    """
    skips = isinstance(spec, Csv) and spec.errors == "skip"
    with _read_before(), open_source(spec.source, spec.path, spec.table_format, skips=skips) as table:
        return _taken(table, rows, names, cells_alone=cells_alone)


def cells_of(
    path: str | HeldTable,
    signature: Signature,
    format_: TableFormat,
    rows: np.ndarray,
    names: Sequence[str],
    *,
    skips: bool = False,
    cells_alone: bool = False,
) -> dict[str, list[str | None]]:
    """Return cells of another table, whose columns are called as in training. See ``own_cells``.

    Args:
        path: of the table, or the table itself.
        signature: of the model.
        format_: how it is written.
        rows: as for ``own_cells``.
        names: as for ``own_cells``.
        skips: whether its rows were counted without those that have more or fewer cells than the header.
        cells_alone: as for ``own_cells``.
    """
    with _read_before(), open_table(path, format_, skips=skips) as table:
        name_by_position(table, signature, labelled=bool(signature.targets))
        return _taken(table, rows, names, cells_alone=cells_alone)


@contextmanager
def _read_before() -> Iterator[None]:
    """Say nothing of what is odd about a table: that was said when it was first read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        yield


def _taken(table: Table, rows: np.ndarray, names: Sequence[str], *, cells_alone: bool) -> dict[str, list[str | None]]:
    taken = [name for name in names if not (cells_alone and table.no_cells(name))]
    columns = table.read(dict.fromkeys(taken, pa.string()))
    return {name: cells.take(pa.array(rows)).to_pylist() for name, cells in columns.items()}
