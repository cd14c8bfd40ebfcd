"""Cells that are numbers, in the way in which their table writes them."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute

from dltool.config.table_format import TableFormat

NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
"""What ``plain_numbers`` makes of a number."""


def plain_numbers(texts: Any, format_: TableFormat) -> Any:
    """Return a column of texts, numbers written as Arrow reads them, without spaces around them."""
    bare = pa.compute.utf8_trim_whitespace(texts)
    if mark := format_.thousands:
        # Elsewhere than between groups of three digits the mark stays, and the cell is no number.
        digits = rf"^[-+]?[0-9]{{1,3}}({re.escape(mark)}[0-9]{{3}})+({re.escape(format_.decimal)}[0-9]*)?$"
        grouped = pa.compute.match_substring_regex(bare, digits)
        bare = pa.compute.if_else(grouped, pa.compute.replace_substring(bare, mark, ""), bare)
    if format_.decimal == ",":
        # A point that is left has no place in a number.
        bare = pa.compute.replace_substring(pa.compute.replace_substring(bare, ".", "point"), ",", ".")
    return bare


def is_number(text: str) -> bool:
    """Tell whether a text is a number, spaces around it aside."""
    return _are_numbers(pa.array([text.strip()], pa.string()))


def _are_numbers(texts: Any) -> bool:
    try:
        pa.compute.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def first_without_number(texts: Any) -> int:
    """Return the first row of trimmed texts, not all of which are numbers, that is none."""
    first, beyond = 0, len(texts)
    while beyond - first > 1:
        middle = (first + beyond) // 2
        if _are_numbers(texts.slice(first, middle - first)):
            first = middle
        else:
            beyond = middle
    return first


def is_word(name: str) -> bool:
    """Whether the name of a column is no number, as cells are."""
    return not is_number(name)
