"""Columns of a table, from cells to numbers and features, with every odd cell named by row and column."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.table_format import TableFormat
from dltool.contracts.signature import Column
from dltool.data import number_spellings
from dltool.data.arrays import array_of
from dltool.data.blocks import RawBlock
from dltool.data.novelties import Novelties
from dltool.data.number_cells import BEYOND_EXACT, NUMBER, numbers_in, plain_numbers
from dltool.data.tables import CellPlace, Table, to_numpy
from dltool.errors import DataError, warn
from dltool.preprocessing import booleans
from dltool.preprocessing.cycles import cyclic_features
from dltool.preprocessing.finite_numbers import MOST_FLOAT32


def unify_booleans(texts: Any, known: Sequence[str] | None = None) -> Any:
    """Return a column of texts, boolean ones in one spelling (``booleans.spellings``, which says what known is)."""
    some = texts.slice(0, 100).drop_null().to_pylist()
    if known is None and any(booleans.boolean_of(text) is None for text in some):
        return texts
    distinct = pa.compute.unique(texts).drop_null().to_pylist()
    spelling = booleans.spellings(distinct, known)
    if all(spelling.get(text, text) == text for text in distinct):
        return texts
    index = pa.compute.index_in(texts, value_set=pa.array(distinct, pa.string()))
    return pa.array([spelling.get(text, text) for text in distinct], pa.string()).take(index)


def column_of(values: Any, name: str) -> Any:
    """Return a column in memory as an Arrow column of its own type, or of texts; null for None, NaN and the like.

    Raises:
        DataError: it is no column, or holds something of which Arrow knows nothing; ``name`` says which it is.
    """
    if isinstance(values, pa.Array) or hasattr(values, "__arrow_c_stream__"):
        with contextlib.suppress(pa.ArrowException, TypeError, ValueError, OverflowError):
            return values if isinstance(values, pa.Array) else pa.chunked_array(values)
    array = array_of(values, name)
    if array.dtype.kind == "T" or (array.dtype.kind == "U" and not isinstance(values, np.ndarray)):
        array = np.array(values, object)  # of holes among texts NumPy makes texts
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 0:
        raise DataError(f"{name}: one value alone; expected one a row")
    try:
        if array.ndim > 1:  # lists, which are refused where they are used
            return pa.array([row.ravel() for row in array])
        if array.dtype.kind in "biufMmS":
            return _typed(array)
        if array.dtype.kind in "OU":
            return pa.array([None if _is_hole(value) else str(value) for value in array], pa.string())
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name}: {error}; expected numbers, texts, and None where a value is missing") from None
    raise DataError(f"{name}: values of type {array.dtype}; expected numbers or texts")


def _typed(array: np.ndarray) -> Any:
    """Return an array of numbers, times or bytes as Arrow has it, in a unit that Arrow has where it lacks that one."""
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    try:
        return pa.array(native, from_pandas=True)
    except pa.ArrowNotImplementedError:
        others = {"f": "f8", "M": "M8[us]", "m": "m8[us]"}
        return pa.array(native.astype(others[native.dtype.kind]), from_pandas=True)


def _is_hole(value: Any) -> bool:
    """Tell whether a value is None, NaN, NaT, or the NA of pandas."""
    try:
        return value is None or bool(value != value)  # noqa: PLR0124
    except TypeError:  # of NA nothing is true, and nothing false
        return True
    except ValueError:  # an array
        return False


def check_present(
    columns: Sequence[Column], cells: Sequence[Any], table: Table, rows: Sequence[int] | np.ndarray
) -> None:
    """Raise DataError if a value is missing, as it must not where none is filled."""
    for column, values in zip(columns, cells, strict=True):
        if values.null_count and not column.fill:
            row = int(rows[values.is_null().to_pylist().index(True)])
            raise DataError(
                f"{table.missing(row, column.name)}; expected a value as in training (with data.missing: mean a model "
                "is trained that fills holes)"
            )


def numbers_of(texts: Any, name: str, place: CellPlace, format_: TableFormat) -> Any | None:
    """Return a column of texts as float64, or None if it is one of words; ``format_`` says how numbers are written.

    Raises DataError, naming the first, if some of the cells are no numbers where most are.
    """
    numbers = numbers_in(texts, format_)
    if numbers is not None:
        _warn_of_digits(texts, numbers, name, place)
        return numbers
    # Each text once, in the order of their first rows: words are few.
    counted = pa.compute.value_counts(texts.drop_null())
    distinct, counts = counted.field("values"), counted.field("counts")
    fits = pa.compute.match_substring_regex(plain_numbers(distinct, format_), NUMBER)
    count, present = _total(counts, fits), len(texts) - texts.null_count
    _refuse_other_spellings(texts, distinct, counts, fits, name, place, format_)
    if 2 * count <= present:
        return None
    text = distinct[fits.index(False).as_py()]
    raise DataError(
        f"{place(pa.compute.index(texts, text).as_py(), name)}: {text.as_py()!r} is not a number, though {count} of "
        f"{present} cells of the column are; expected a number{number_spellings.advice(text.as_py())} (if it marks a "
        "hole, list it under data.missing_values)"
    )


def _total(counts: Any, which: Any) -> int:
    return int(pa.compute.sum(counts.filter(which)).as_py() or 0)


def logarithms_of(numbers: Any, name: str, place: CellPlace) -> Any:
    """Return the logarithms of a column of float64, null where it is.

    Raises DataError, naming the first, if some of the numbers have none.
    """
    positive = pa.compute.greater(numbers, 0.0)
    row = pa.compute.index(positive, False).as_py()
    if row >= 0:
        raise DataError(
            f"{place(row, name)}: {numbers[row].as_py():g} has no logarithm, as transform: log of data.columns wants; "
            "expected a number above 0, an empty cell for a hole, or a config without the transform"
        )
    return pa.compute.ln(numbers)


def raw_block(
    columns: Sequence[Column], cells: Sequence[Any], place: CellPlace, novelties: Novelties | None = None
) -> RawBlock:
    """Return the cells of columns as numbers and categories, each in the order of their columns.

    Args:
        columns: what each is.
        cells: Arrow columns, text (or dictionaries of it) or float64: days of dates, logarithms where those are taken.
        place: says where a cell stands.
        novelties: counts what the training rows did not hold.

    Raises:
        DataError: a value is infinite, or too large.
    """
    numbers, categories = [], []
    for column, values in zip(columns, cells, strict=True):
        if values.null_count and novelties:
            novelties.add_holes(column.name, values.null_count)
        if column.vocabulary is None:
            found = to_numpy(values.fill_null(0.0) if values.null_count else values)
            check_finite(found, column.name, place)
            found = np.where(to_numpy(values.is_null()), math.nan, found) if values.null_count else found
            numbers += [*cyclic_features(found, column.moment).T] if column.moment else [found]
            if column.indicator:
                numbers.append(to_numpy(values.is_null()).astype(np.float64))
        else:
            known = _index_in(column.vocabulary, values)
            if novelties and known.null_count > values.null_count:
                unseen = pa.compute.and_(known.is_null(), values.is_valid())
                novelties.add_texts(column.name, values.filter(unseen).to_pylist())
            categories.append(1 + to_numpy(known.fill_null(-1)))
    rows = len(cells[0])
    block = RawBlock(_side_by_side(numbers, rows, np.float64), _side_by_side(categories, rows, np.int32))
    if novelties:
        novelties.add_rows(rows)
        novelties.add_numbers(block.numbers, lambda row: place(row, None))
    return block


def _index_in(vocabulary: Sequence[str], texts: Any) -> Any:
    known = pa.array(vocabulary, pa.string())
    if pa.types.is_dictionary(texts.type):
        return pa.compute.index_in(texts.dictionary, value_set=known).take(texts.indices)
    return pa.compute.index_in(texts, value_set=known)


def _side_by_side(columns: Sequence[np.ndarray], rows: int, dtype: Any) -> np.ndarray:
    matrix = np.empty((rows, len(columns)), dtype)
    for position, column in enumerate(columns):
        matrix[:, position] = column
    return matrix


def check_finite(values: np.ndarray, name: str, place: CellPlace) -> None:
    """Raise DataError, naming the first row, if a number is none, infinite or too large."""
    beyond = ~(np.abs(values) <= MOST_FLOAT32)
    if beyond.any():
        row = int(beyond.argmax())
        what = "not a number" if np.isnan(values[row]) else "infinite, or too large for float32"
        raise DataError(f"{place(row, name)}: {what}; expected a finite number, or an empty cell for a hole")


def _warn_of_digits(texts: Any, numbers: Any, name: str, place: CellPlace) -> None:
    """Say where whole numbers have more digits than float64 holds, so that different ones become the same."""
    if not (pa.compute.max(pa.compute.abs(numbers)).as_py() or 0) >= BEYOND_EXACT:
        return
    written, held = (pa.compute.count_distinct(values).as_py() for values in (texts, numbers))
    if held < written:
        warn(
            f"{place(0, name)} and on: {written:,} different numbers become {held:,}, since they have more digits than "
            "float64 holds (about 16); take what is common to them out of the file, or leave the column out"
        )


def _refuse_other_spellings(
    texts: Any, distinct: Any, counts: Any, fits: Any, name: str, place: CellPlace, format_: TableFormat
) -> None:
    """Raise DataError if a column holds numbers, some in another spelling; warn if they bear a unit.

    Args:
        texts: the column.
        distinct: each text of it once, in the order of their first rows.
        counts: how many cells hold it.
        fits: which of them are numbers.
        name: of the column.
        place: says where a cell stands.
        format_: how numbers are written.
    """
    bare = pa.compute.if_else(fits, None, pa.compute.utf8_trim_whitespace(distinct))

    def first_if_most(pattern: str) -> tuple[str, str] | None:
        odd = pa.compute.match_substring_regex(bare, pattern).fill_null(False)
        count = _total(counts, odd)
        if not count or 2 * (_total(counts, fits) + count) <= len(texts) - texts.null_count:
            return None
        text = distinct[odd.index(True).as_py()]
        return text.as_py(), place(pa.compute.index(texts, text).as_py(), name)

    other = number_spellings.OTHER_SPELLING if format_.decimal == "." else NUMBER
    if found := first_if_most(other):
        text, where = found
        said = f"a point before the decimals and no other mark{number_spellings.advice(text)}"
        if format_.decimal == ",":
            said = "a comma before the decimals, as data.decimal says"
        raise DataError(f"{where}: {text!r} is not written as numbers are here, with {said}")
    if found := first_if_most(number_spellings.NUMBER_WITH_UNIT):
        text, where = found
        warn(
            f"{where}: the column is one of texts, as {text!r} is; if numbers are meant"
            f"{number_spellings.advice(text).replace(';', ',', 1)}"
        )
