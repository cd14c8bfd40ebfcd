"""What each column of a table is taken for: as the config says, otherwise as its cells do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.columns import BooleanColumn, CategoryColumn, ColumnSpec, DateColumn, NumberColumn, TimeColumn
from dltool.config.table_format import TableFormat
from dltool.config.value_text import value_text
from dltool.data.columns import numbers_of, unify_booleans
from dltool.data.dates import date_type, days_of, is_zoned
from dltool.data.number_cells import BEYOND_EXACT, are_exact, first_without_number, numbers_in, plain_numbers
from dltool.data.tables import CellPlace, to_numpy
from dltool.errors import DataError
from dltool.preprocessing import booleans

_FEW = 20
"""Rows, or distinct texts, that tell too little of a column to leave it out."""
_SAMPLE = 100
"""Cells that are looked at before all of them are."""
_NEARLY_ALL = 0.9
_DIGITS, _ZERO_BEFORE = r"^[0-9]{2,}$", r"^\s*0"
_LIST = r"^\s*(\[.*\]|\{.*\}|\(.*\))\s*$"
_ID = re.compile(
    r"(?i:^|[\W_])(?i:id|uuid|guid|key|index|rownames?|row[\W_]?(?:id|no|nr|number))$|[a-z](?:ID|Id)$|^Unnamed: 0$"
)
_YEARS = 1500, 2200


@dataclass(frozen=True)
class ColumnType:
    """What a column is taken for."""

    name: str
    type: str
    """``number``, ``category``, ``boolean``, ``date``, ``time`` or ``ignore``."""
    why: str
    """In words, for a person."""
    cells: Any
    """Arrow column: float64 for numbers, dates and times (days since 1970), texts otherwise."""
    zoned: bool = False
    """Whether times name a zone."""


def column_type(
    name: str,
    texts: Any,
    place: CellPlace,
    format_: TableFormat,
    spec: ColumnSpec | None,
    *,
    named: bool = True,
    wanted: bool = False,
) -> ColumnType:
    """Decide what a column is.

    Args:
        name: of the column.
        texts: Arrow column of texts, null where a value is missing; float64 where ``is_plainly_number`` said so.
        place: says where a cell stands.
        format_: how numbers are written.
        spec: what the config says of it, if anything.
        named: whether the name stands in the table.
        wanted: whether the config lists it as a feature: then it is not left out, whatever it holds.

    Raises:
        DataError: the cells are not what the config says, or nothing that can be used; the message names the first.
    """

    def found(type_: str, why: str, cells: Any = texts) -> ColumnType:
        return ColumnType(name, type_, why, cells, zoned=type_ == "time" and is_zoned(texts))

    if isinstance(spec, NumberColumn):
        return found("number", "declared", _declared_numbers(name, texts, place, format_))
    if isinstance(spec, BooleanColumn):
        return found("boolean", "declared", _declared_booleans(name, texts, place))
    if isinstance(spec, CategoryColumn):
        return found("category", "declared")
    if isinstance(spec, DateColumn | TimeColumn):
        return found(spec.type, "declared", days_of(texts, spec.format, name, place))
    present = len(texts) - texts.null_count
    if pa.types.is_floating(texts.type):
        why = "" if wanted else _reason_to_leave_out(name, texts, present, named=named)
        return found("ignore", why) if why else found("number", "all numbers")
    if not present:
        if wanted:
            raise DataError(f"{place(0, name)} and on: every value is missing; leave the column out")
        return found("ignore", "every cell is empty")
    if not wanted and present == len(texts) > _FEW and _are_alike(texts.slice(0, _SAMPLE)) and _are_alike(texts):
        return found("ignore", f"every row has the same value, {texts[0].as_py()!r}")
    if not wanted and _hold_lists(texts):
        example = texts.drop_null()[0].as_py()
        raise DataError(
            f"{place(0, name)} and on: most cells hold lists, such as {example!r}; a cell is one value: spread them "
            f"over columns, or leave the column out (data.columns: {value_text({name: 'ignore'})})"
        )
    if type_ := date_type(texts):
        return found(type_, f"all {type_}s", days_of(texts, None, name, place))
    unified = unify_booleans(texts)
    is_code = _are_codes(texts)
    numbers = None if is_code else numbers_of(unified, name, place, format_)
    cells = unified if numbers is None else numbers
    if not wanted and (why := _reason_to_leave_out(name, cells, present, named=named)):
        return found("ignore", why, cells)
    if numbers is not None:
        return found("number", "all numbers", cells)
    if is_code:
        return found("category", "digits after a zero")
    if _begin_with_booleans(cells) and booleans.spellings_of(pa.compute.unique(cells).drop_null().to_pylist()):
        return found("boolean", "true and false", cells)
    return found("category", "texts", cells)


def is_plainly_number(texts: Any, format_: TableFormat, spec: ColumnSpec | None) -> bool:
    """Tell from the first cells of a column whether ``column_type`` takes it for numbers if all others are numbers."""
    if spec is not None and not isinstance(spec, NumberColumn):
        return False
    first = texts.slice(0, _SAMPLE)
    if len(first) < _SAMPLE or format_.decimal != "." or format_.thousands:
        return False
    numbers = numbers_in(texts, format_)
    if numbers is None or not are_exact(numbers):
        return False
    is_varied = pa.compute.count_distinct(numbers).as_py() > 1  # else the column may be one of a single text
    return is_varied and not _are_digits(first) and not _begin_with_booleans(first)


def _begin_with_booleans(texts: Any) -> bool:
    return all(booleans.boolean_of(text) is not None for text in texts.slice(0, _SAMPLE).drop_null().to_pylist())


def _are_alike(texts: Any) -> bool:
    return bool(pa.compute.all(pa.compute.equal(texts, texts[0])).as_py())


def _declared_numbers(name: str, texts: Any, place: CellPlace, format_: TableFormat) -> Any:
    if pa.types.is_floating(texts.type):
        return texts
    numbers = numbers_of(texts, name, place, format_)
    if numbers is None:
        row = first_without_number(plain_numbers(texts, format_))
        text = texts[row].as_py()
        raise DataError(
            f"{place(row, name)}: {text!r} is not a number, as data.columns says of the column; if it marks a hole, "
            "list it under data.missing_values"
        )
    return numbers


def _declared_booleans(name: str, texts: Any, place: CellPlace) -> Any:
    distinct = pa.compute.unique(texts).drop_null().to_pylist()
    odd = next((text for text in distinct if booleans.boolean_of(text) is None), None)
    if odd is not None:
        row = pa.compute.index(texts, odd).as_py()
        raise DataError(f"{place(row, name)}: {odd!r} is neither true nor false, as data.columns says of the column")
    names = booleans.names_of(distinct)
    if names is None:
        raise DataError(
            f"{place(0, name)} and on: {', '.join(map(repr, distinct[:4]))} are words of several pairs; expected one, "
            "such as yes and no, and perhaps 1 and 0"
        )
    words = pa.array([names[bool(booleans.boolean_of(text))] for text in distinct], pa.string())
    return words.take(pa.compute.index_in(texts, value_set=pa.array(distinct, pa.string())))


def _reason_to_leave_out(name: str, cells: Any, present: int, *, named: bool) -> str:
    """Say why a column is hardly a feature; nothing where it may be one."""
    if pa.types.is_string(cells.type):
        distinct = pa.compute.count_distinct(cells).as_py()
        if distinct <= _NEARLY_ALL * present or (distinct <= _FEW and named):
            return ""
        if not named:
            return "the column has no name and a text of its own in every row: names of the rows"
        what = "of one form: an id" if _one_form(cells) else "that are no categories: free text"
        return f"{distinct:,} different texts in {present:,} rows, {what}"
    first = to_numpy(cells.slice(0, _SAMPLE).drop_null())
    if (first != first[:1]).any() and (first != np.floor(first)).any():
        return ""  # as nearly all columns of other than whole numbers
    values = to_numpy(cells.drop_null())
    if present == len(cells) > _FEW and values.min() == values.max() < BEYOND_EXACT:
        return f"every row has the same value, {values[0]:.6g}"
    if (values != np.floor(values)).any():
        return ""
    steps = np.diff(values)
    if not named and (steps > 0).all():
        return "the column has no name and numbers the rows"
    if len(values) <= _FEW:
        return ""
    if (steps == 1).all() and not (_YEARS[0] <= values[0] and values[-1] <= _YEARS[1]):
        return "it numbers the rows, from one to the next"
    if _ID.search(name) and (distinct := len(np.unique(values))) > _NEARLY_ALL * present:
        return f"{distinct:,} different whole numbers in {present:,} rows, and the name of an id"
    return ""


def _are_codes(texts: Any) -> bool:
    """Tell whether cells are zip codes: as many digits each, some after a zero, which a number would lose."""
    # Of most columns a few cells tell.
    return (
        _are_digits(texts.slice(0, _SAMPLE))
        and bool(pa.compute.any(pa.compute.match_substring_regex(texts, _ZERO_BEFORE)).as_py())
        and _are_digits(texts)
    )


def _are_digits(texts: Any) -> bool:
    """Tell whether cells are as many digits each."""
    bare = pa.compute.utf8_trim_whitespace(texts.drop_null())
    lengths = pa.compute.min_max(pa.compute.utf8_length(bare)).as_py()
    return lengths["min"] == lengths["max"] and bool(
        pa.compute.all(pa.compute.match_substring_regex(bare, _DIGITS)).as_py()
    )


def names_groups(texts: Any) -> bool:
    """Tell whether texts may name what several rows are of, such as patients: many of one form, several rows each."""
    distinct = pa.compute.count_distinct(texts).as_py()
    return distinct > _FEW and 2 * distinct <= len(texts) and _one_form(texts)


def _one_form(texts: Any) -> bool:
    """Tell whether texts are alike but for their letters and digits, and have no spaces."""
    letters = pa.compute.replace_substring_regex(texts.drop_null(), r"\p{L}+", "a")
    forms = pa.compute.unique(pa.compute.replace_substring_regex(letters, r"[0-9]+", "9"))
    return len(forms) <= 3 and not any(" " in form for form in forms.to_pylist())


def _hold_lists(texts: Any) -> bool:
    """Tell whether most cells hold a list of their own, such as ``[1, 2]``."""
    cells = texts.drop_null().slice(0, _SAMPLE)
    lists = pa.compute.sum(pa.compute.match_substring_regex(cells, _LIST)).as_py() or 0
    return bool(2 * lists > len(cells))
