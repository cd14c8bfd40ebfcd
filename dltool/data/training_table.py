"""A training table: which of its columns are features, what each is taken for, and what becomes of holes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.needs import TaskName
from dltool.config.tables import TableSource
from dltool.config.value_text import value_text
from dltool.contracts.signature import Column, TableColumn
from dltool.data.bad_cells import BadCells
from dltool.data.column_types import ColumnType, column_type
from dltool.data.number_cells import extremes
from dltool.data.table_warnings import counts_of_holes, warn_of_dropped
from dltool.data.tables import Cells, Table, to_numpy
from dltool.data.written_dates import date_text
from dltool.errors import DataError, DataWarning, warn

_MOST_REASONS = 3


def feature_names(spec: TableSource, table: Table) -> list[str]:
    """Return the columns that may be features: those that the config lists, or all that it does not name otherwise."""
    weighed = [spec.weights] if spec.weights else []
    table.check_columns([*spec.target_names, *(spec.features or []), *spec.columns, *weighed, *spec.dividing])
    others = {*spec.target_names, *spec.ignored, *spec.group_columns, *weighed}
    names = spec.features or [name for name in table.header if name not in others]
    if not names:
        raise DataError(f"{table.name}: no column is left to predict from; expected one besides the targets")
    for name in names:
        if what := table.no_cells(name):
            raise DataError(
                f"{table.name}, column {name!r}: {what}; expected one value a row: spread them over columns, or leave "
                f"the column out (data.columns: {value_text({name: 'ignore'})})"
            )
    return names


def types_despite(
    cells: Cells, found: Mapping[str, BadCells], names: Sequence[str], spec: TableSource
) -> dict[str, ColumnType]:
    """Return which columns with bad cells lose no row: what they are, as their other cells tell.

    They are left out, or hold categories, of which any text may be one.

    Args:
        cells: the table.
        found: its bad cells.
        names: the columns that may be features, and are nothing else.
        spec: says what the config does of columns.
    """
    types = {}
    for name in set(found).intersection(names) - set(spec.columns):
        kept = ~found[name].rows
        fitting = cells.columns[name].filter(pa.array(kept))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", DataWarning)
            decided = _type_in(Cells({name: fitting}, cells.rows[kept], cells.table), name, spec)
        loses_no_row = decided.type in ("ignore", "category")
        if loses_no_row:
            types[name] = decided
        for each in said:
            if not issubclass(each.category, DataWarning):
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
            elif loses_no_row:  # of other types, the rows that are left will say it
                warn(str(each.message))
    return types


def _type_in(cells: Cells, name: str, spec: TableSource) -> ColumnType:
    named, wanted = name not in cells.table.nameless, name in (spec.features or ())
    column, declared = cells.columns[name], spec.columns.get(name)
    return column_type(name, column, cells.place, cells.table.format, declared, named=named, wanted=wanted)


def column_types(
    cells: Cells, names: list[str], spec: TableSource, decided: Mapping[str, ColumnType]
) -> dict[str, ColumnType]:
    """Decide what each of some columns is; of those that are left out unasked, say which and why.

    Args:
        cells: the rows that are used.
        names: of the columns.
        spec: says what the config does of them.
        decided: what some are, whatever their cells.
    """
    types, table = {}, cells.table
    for name in names:
        known = decided.get(name)
        found = replace(known, cells=cells.columns[name]) if known else _type_in(cells, name, spec)
        types[name] = found
        if found.type == "ignore":
            warn(
                f"{table.name}, column {name!r} is left out: {found.why}; with data.columns: "
                f"{value_text({name: 'ignore'})} nothing is said of it, with number or category in place of ignore it "
                "is a feature"
            )
    if all(found.type == "ignore" for found in types.values()):
        reasons = "; ".join(f"column {found.name!r}: {found.why}" for found in [*types.values()][:_MOST_REASONS])
        raise DataError(
            f"{table.name}: no column is left to predict from ({reasons}); to use one all the same, list it under "
            "data.features"
        )
    return types


def without_holes(cells: Cells, spec: TableSource, answered: list[str], task: TaskName) -> Cells:
    """Drop the rows, or refuse the table, where a value is missing that must not be."""
    columns, table = cells.columns, cells.table
    holed = [name for name, cells in columns.items() if cells.null_count]
    refused = [name for name in holed if spec.missing_in(name) == "refuse"]
    if refused:
        row = int(cells.rows[columns[refused[0]].is_null().to_pylist().index(True)])
        ways = "data.missing to drop, mean, median or most_frequent"
        if refused[0] in answered:
            ways = "data.missing_targets to drop"
        elif refused[0] == spec.weights:
            ways = "data.missing to drop"
        raise DataError(
            f"{table.missing(row, refused[0])} (missing values: {counts_of_holes(columns, refused)}); mend the file, "
            f"or set {ways}; a text that is no hole stands in quotes, or is left out of data.missing_values"
        )
    dropping = [name for name in holed if spec.missing_in(name) == "drop"]
    if not dropping:
        return cells
    missing = np.any([to_numpy(columns[name].is_null()) for name in dropping], axis=0)
    rows = np.flatnonzero(~missing)
    if not len(rows):
        raise DataError(f"{table.name}: every row lacks a value, so that dropping them leaves none")
    warn_of_dropped(table, columns, dropping, rows, [] if task is TaskName.REGRESSION else answered)
    return Cells({name: column.take(pa.array(rows)) for name, column in columns.items()}, cells.rows[rows], table)


def table_columns(
    cells: Cells, spec: TableSource, read: dict[str, Any], types: dict[str, ColumnType], columns: Sequence[Column]
) -> tuple[TableColumn, ...]:
    """Return what every column of a training table was taken for.

    Args:
        cells: the rows that are used of it.
        spec: says which columns are targets, and which are left out.
        read: the columns that were read.
        types: what those that may be features were taken for.
        columns: the features, as they were fitted.
    """
    fitted, found = {column.name: column for column in columns}, []

    def values(name: str, column: Any, type_: str = "") -> str:
        return _values(cells.texts(name) if cells.columns.get(name) is column else column, type_)

    for name in cells.table.header:
        if name in spec.target_names:
            target = read.get(name)
            found.append(TableColumn(name, "target", "data.targets", "" if target is None else values(name, target)))
        elif name == spec.weights:
            found.append(TableColumn(name, "weights", "data.weights", values(name, read[name])))
        elif name not in types:
            why = "declared" if name in spec.ignored else "not among data.features"
            why = "rows are divided by it" if name in spec.group_columns else why
            found.append(TableColumn(name, "ignore", why, ""))
        else:
            of, column = types[name], fitted.get(name)
            becomes = _becomes(column) if column else ""
            known = values(name, of.cells, of.type)
            found.append(TableColumn(name, of.type, of.why, known, of.cells.null_count, becomes))
    return tuple(found)


def _becomes(column: Column) -> str:
    """Say what the network sees of a column."""
    if column.vocabulary is not None:
        categories, _ = column.embedding_shape
        return f"{categories} categories" + (f", each {column.embedding} numbers" if column.embedding else "")
    numbers = f"{column.width} number{'s' * (column.width > 1)}"
    if column.moment:
        return f"{numbers}, the last whether it is missing" if column.indicator else numbers
    parts = ["its logarithm" if column.transform == "log" else "itself"]
    parts += ["whether it is missing"] * column.indicator
    return numbers if parts == ["itself"] else f"{numbers}: {' and '.join(parts)}"


def _values(cells: Any, type_: str = "") -> str:
    if pa.types.is_string(cells.type):
        return f"{pa.compute.count_distinct(cells).as_py():,} different"
    found = extremes(cells)
    if found is None:
        return ""
    if type_ in ("date", "time"):
        return " to ".join(map(date_text, found))
    return f"{found[0]:.6g} to {found[1]:.6g}"


def division_keys(cells: Cells, spec: TableSource) -> dict[str, np.ndarray]:
    """Return what rows are divided by, of each column that the config names for it: shape (rows,).

    Raises:
        DataError: A row lacks it, or the column of a division in time holds neither dates nor numbers.
    """
    keys = {}
    for name, in_time in spec.dividing.items():
        values = cells.columns[name]
        if values.null_count:
            row = values.is_null().to_pylist().index(True)
            raise DataError(
                f"{cells.place(row, name)}: the value is missing, and rows are divided by it; mend the file, or "
                "set data.missing: drop"
            )
        if in_time and pa.types.is_string(values.type):
            declared = None if name in spec.ignored else spec.columns.get(name)
            found = column_type(name, values, cells.place, cells.table.format, declared, wanted=True)
            if found.type not in ("number", "date", "time"):
                raise DataError(
                    f"{cells.table.name}, column {name!r}: texts such as {values[0].as_py()!r} are in no order; rows "
                    "are divided in time by dates, times or numbers (data.columns may say how dates are written)"
                )
            values = found.cells
        if not in_time:
            groups = pa.compute.utf8_trim_whitespace(values) if pa.types.is_string(values.type) else values
            values = pa.compute.index_in(groups, pa.compute.unique(groups))
        keys[name] = to_numpy(values)
    return keys
