"""Rows with a cell that is not what its column holds, such as a word among numbers: left out where that is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.columns import BooleanColumn, ColumnSpec, DateColumn, NumberColumn, TimeColumn
from dltool.config.counts import are, counted
from dltool.config.table_format import TableFormat
from dltool.config.value_text import value_text
from dltool.contracts.signature import Column
from dltool.data.columns import unify_booleans
from dltool.data.dates import are_dates, looks_like_dates
from dltool.data.number_cells import NUMBER, as_numbers, plain_numbers
from dltool.data.tables import Cells, to_numpy
from dltool.errors import DataError, warn
from dltool.preprocessing import booleans
from dltool.preprocessing.finite_numbers import MOST_FLOAT32

_MOST_SHOWN = 3

Fits = Callable[[Any, TableFormat], tuple[Any, str]]
"""Returns which cells of an Arrow column are what it holds, null or true for a hole, and what the others are not."""


@dataclass(frozen=True)
class BadCells:
    """Cells of a column that are not what it holds."""

    rows: np.ndarray
    """Where they stand: shape (rows,), of booleans."""
    what: str
    """What they are not, in words."""


def bad_cells(cells: Cells, fits: Mapping[str, Fits]) -> dict[str, BadCells]:
    """Return the bad cells of those columns that have some.

    A column most of whose cells are something else has none: no row of it is at fault.

    Args:
        cells: the table.
        fits: what columns hold.
    """
    found = {}
    for name, fit in fits.items():
        column = cells.columns[name]
        fitting, what = fit(column, cells.table.format)
        odd = ~to_numpy(fitting.fill_null(True))
        if odd.any() and 2 * odd.sum() < len(column) - column.null_count:
            found[name] = BadCells(odd, what)
    return found


def without_bad_cells(cells: Cells, found: Mapping[str, BadCells]) -> Cells:
    """Return the rows that have none of the bad cells that were found, and warn of the others.

    Raises:
        DataError: no row is left.
    """
    bad, faults = np.zeros(len(cells.rows), bool), []
    for name, of in found.items():
        first = np.flatnonzero(of.rows & ~bad)[:_MOST_SHOWN]
        faults += [(int(row), name, f"{cells.columns[name][int(row)].as_py()!r} is {of.what}") for row in first]
        bad |= of.rows
    if not faults:
        return cells
    name, count = cells.table.name, int(bad.sum())
    shown = [f"{cells.place(row, column)}: {said}" for row, column, said in sorted(faults)[:_MOST_SHOWN]]
    places = "; ".join(place.removeprefix(f"{name}, ") for place in shown)
    if bad.all():
        raise DataError(f"{name}: every row would be skipped, as data.errors says: {places}; …")
    warn(
        f"{name}: {count:,} of {counted(len(bad), 'row')} {are(count)} skipped, as data.errors says: {places}"
        + ("; …" if count > len(shown) else "")
        + " (a text that marks a hole is listed under data.missing_values)"
    )
    kept = np.flatnonzero(~bad)
    columns = {column: values.take(pa.array(kept)) for column, values in cells.columns.items()}
    return Cells(columns, cells.rows[kept], cells.table)


def warn_of_words_among_booleans(cells: Cells, names: Sequence[str]) -> None:
    """Say which of some columns are categories by a few cells alone, the others being true and false."""
    for name in names:
        texts = cells.columns[name]
        if not pa.types.is_string(texts.type):
            continue
        fitting, _ = _booleans(texts, cells.table.format)
        odd = ~to_numpy(fitting.fill_null(True))
        count = int(odd.sum())
        if not 0 < 2 * count < len(texts) - texts.null_count:
            continue
        row, others = int(odd.argmax()), texts.filter(pa.array(~odd))
        if booleans.spellings_of(pa.compute.unique(others).drop_null().to_pylist()):
            warn(
                f"{cells.place(row, name)}: {texts[row].as_py()!r} among booleans makes the column one of categories "
                f"({counted(count, 'such cell')}); if it is one of booleans, data.columns: "
                f"{value_text({name: 'boolean'})} skips such rows"
            )


def fits_of_spec(spec: ColumnSpec | None) -> Fits | None:
    """Return what a column of a training table holds, as the config says or else as most of its cells do."""
    if spec is None:
        return _as_most
    if isinstance(spec, NumberColumn):
        return are_numbers
    if isinstance(spec, BooleanColumn):
        return _booleans
    if isinstance(spec, DateColumn | TimeColumn):
        return _dates(spec.format)
    return None


def fits_of_column(column: Column) -> Fits | None:
    """Return what a column holds that a model was trained on; None for categories, of which any text may be one."""
    if column.moment:
        return _dates(column.format)
    return are_numbers if column.vocabulary is None else None


def are_numbers(values: Any, format_: TableFormat) -> tuple[Any, str]:
    """Tell which cells are finite numbers."""
    if not pa.types.is_floating(values.type):
        plain = plain_numbers(values, format_)
        found = as_numbers(plain)
        if found is None:
            is_one = pa.compute.match_substring_regex(plain, NUMBER)
            found = pa.compute.cast(pa.compute.if_else(is_one, plain, None), pa.float64())
            found = pa.compute.if_else(pa.compute.or_(is_one, values.is_null()), found, np.inf)
        values = found
    return pa.compute.less_equal(pa.compute.abs(values), MOST_FLOAT32), "no finite number"


def are_labels(values: Any, format_: TableFormat) -> tuple[Any, str]:
    """Tell which cells say whether a label holds: numbers, or words for true and false."""
    return are_numbers(_unified(values, ("0", "1")), format_)


def _as_most(values: Any, format_: TableFormat) -> tuple[Any, str]:
    if pa.types.is_floating(values.type):
        return are_numbers(values, format_)
    if looks_like_dates(values):
        return are_dates(values, None), "no date"
    return are_numbers(_unified(values), format_)


def _unified(values: Any, known: tuple[str, ...] | None = None) -> Any:
    return values if pa.types.is_floating(values.type) else unify_booleans(values, known)


def _booleans(values: Any, format_: TableFormat) -> tuple[Any, str]:
    del format_
    distinct = pa.compute.unique(values).drop_null().to_pylist()
    known = pa.array([text for text in distinct if booleans.boolean_of(text) is not None], pa.string())
    return pa.compute.if_else(values.is_null(), None, pa.compute.is_in(values, known)), "neither true nor false"


def _dates(written: str | None) -> Fits:
    return lambda values, format_: (are_dates(values, written), "no date")
