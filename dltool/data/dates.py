"""Cells that are dates or times, as days since 1970."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.data.tables import CellPlace, to_numpy
from dltool.errors import DataError

_MICROSECONDS_A_DAY = 86_400e6
_FEW = 100
_DATE = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*$"
_TIME = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?\s*$"
_MIDNIGHT = r"[T ]00:00(:00([.]0+)?)?\s*$"
_ZONE = r"(Z|[+-][0-9]{2}:?[0-9]{2})\s*$"


def date_type(texts: Any) -> str:
    """Return ``date`` or ``time`` if every cell is one as ISO 8601 writes them, such as 2026-03-01; else nothing.

    Times that are midnight all are dates: so they are written where dates have no type of their own.
    """
    for type_, pattern in (("date", _DATE), ("time", _TIME)):
        # Of most other columns a few cells tell.
        if _all_match(texts.slice(0, _FEW), pattern) and texts.null_count < len(texts) and _all_match(texts, pattern):
            return "date" if _all_match(texts, _MIDNIGHT) else type_
    return ""


def _all_match(texts: Any, pattern: str) -> bool:
    return bool(pa.compute.all(pa.compute.match_substring_regex(texts, pattern)).as_py() is not False)


_CODES = {
    "%d": "[0-9]{1,2}", "%m": "[0-9]{1,2}", "%Y": "[0-9]{4}", "%y": "[0-9]{2}", "%b": "[A-Za-z]{3}", "%H": "[0-9]{1,2}",
    "%I": "[0-9]{1,2}", "%M": "[0-9]{2}", "%S": "[0-9]{2}", "%p": "[AaPp][Mm]",
}  # fmt: skip
_DAYS = ("%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y",
         "%d-%b-%Y", "%d-%b-%y", "%d %b %Y")  # fmt: skip
_FORMATS = [f"{day}{clock}" for day in _DAYS for clock in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")]


def date_formats(texts: Any) -> list[str]:
    """Return the formats but for ISO 8601 that every cell fits: two where days and months may be swapped."""
    present = pa.compute.utf8_trim_whitespace(texts.drop_null())

    def fits(format_: str, cells: Any) -> bool:
        pattern = "^" + re.sub("%.", lambda code: _CODES[code[0]], re.escape(format_).replace("\\ ", " ")) + "$"
        if not _all_match(cells, pattern):
            return False
        return bool(pa.compute.strptime(cells, format=format_, unit="s", error_is_null=True).null_count == 0)

    if not len(present):
        return []
    return [each for each in _FORMATS if fits(each, present.slice(0, _FEW)) and fits(each, present)]


def type_of_format(format_: str) -> str:
    """Return ``time`` for a format with a time of day, ``date`` for another."""
    return "time" if "%M" in format_ else "date"


def is_zoned(texts: Any) -> bool:
    """Tell whether some cells name a zone."""
    return bool(pa.compute.any(pa.compute.match_substring_regex(texts, _ZONE)).as_py())


def check_zones(texts: Any, name: str, place: CellPlace, *, zoned: bool) -> None:
    """Raise DataError, naming the first cell, where one names a zone and training's did not, or the other way round."""
    odd = pa.compute.not_equal(pa.compute.match_substring_regex(texts, _ZONE), zoned).fill_null(False)
    if pa.compute.any(odd).as_py():
        row = odd.index(True).as_py()
        said = "names no zone, as the cells did in training" if zoned else "names a zone, as no cell did in training"
        raise DataError(f"{place(row, name)}: {texts[row].as_py()!r} {said}; expected what was trained with")


def days_of(texts: Any, format_: str | None, name: str, place: CellPlace) -> Any:
    """Return a column of dates or times as days since 1970-01-01 00:00, in UTC where they name a zone.

    Args:
        texts: Arrow column of texts, null where one is missing.
        format_: how they are written, as ``strftime`` has it; None for ISO 8601.
        name: of the column.
        place: says where a cell stands.

    Returns:
        Arrow column, float64.

    Raises:
        DataError: a cell is none; it is named.
    """
    trimmed = pa.compute.utf8_trim_whitespace(texts)
    try:
        moments = _iso(trimmed) if format_ is None else _formatted(trimmed, format_)
    except pa.ArrowInvalid:
        moments = None
    if moments is None or moments.null_count > texts.null_count:
        odd = next(_odd_texts(texts, format_), None)
        if odd is None:
            row = pa.compute.match_substring_regex(trimmed, _ZONE).to_pylist().index(False)
            text = texts[row].as_py()
            raise DataError(f"{place(row, name)}: {text!r} names no zone, as other cells of the column do")
        row = pa.compute.index(texts, odd).as_py()
        written = "YYYY-MM-DD, perhaps with HH:MM:SS" if format_ is None else format_
        raise DataError(
            f"{place(row, name)}: {odd!r} is no date; expected one written as {written} "
            "(data.columns may say another format)"
        )
    microseconds = pa.compute.cast(pa.compute.cast(moments, pa.int64()), pa.float64(), safe=False)
    return pa.compute.divide(microseconds, _MICROSECONDS_A_DAY)


def looks_like_dates(texts: Any) -> bool:
    """Tell whether most cells are dates, or most of them times, as ISO 8601 writes them."""

    def most(pattern: str, some: Any) -> bool:
        count = pa.compute.sum(pa.compute.match_substring_regex(some, pattern)).as_py() or 0
        return bool(2 * count > len(some) - some.null_count)

    # Of most other columns a few cells tell.
    return any(most(pattern, texts.slice(0, _FEW)) and most(pattern, texts) for pattern in (_DATE, _TIME))


def are_dates(texts: Any, format_: str | None) -> Any:
    """Tell which cells are dates or times by themselves, as ``days_of`` reads them: an Arrow column, null at a hole."""
    odd = pa.array(list(_odd_texts(texts, format_)), pa.string())
    return pa.compute.if_else(texts.is_null(), None, pa.compute.invert(pa.compute.is_in(texts, odd)))


def _odd_texts(texts: Any, format_: str | None) -> Iterator[str]:
    """Yield the texts that are no dates by themselves, each once, in the order of their first rows."""
    distinct = pa.compute.unique(texts).drop_null()
    trimmed = pa.compute.utf8_trim_whitespace(distinct)
    odd = _not_iso(trimmed) if format_ is None else np.flatnonzero(to_numpy(_formatted(trimmed, format_).is_null()))
    for row in odd:
        yield distinct[int(row)].as_py()


def _not_iso(texts: Any, first: int = 0) -> Iterator[int]:
    # Arrow does not tell which of many texts is none, so that halves are tried.
    try:
        _iso(texts)
    except pa.ArrowInvalid:
        if len(texts) == 1:
            yield first
            return
        half = len(texts) // 2
        yield from _not_iso(texts.slice(0, half), first)
        yield from _not_iso(texts.slice(half), first + half)


def _iso(texts: Any) -> Any:
    return pa.compute.cast(texts, pa.timestamp("us", tz="UTC" if is_zoned(texts) else None))


def _formatted(texts: Any, format_: str) -> Any:
    seconds = pa.compute.strptime(texts, format=format_, unit="s", error_is_null=True)
    # Arrow takes the 30th of February for the 1st or 2nd of March.
    begins = pa.compute.less_equal(pa.compute.day(seconds), 3)
    other = pa.compute.and_(begins, pa.compute.not_equal(pa.compute.strftime(seconds, format=format_), texts))
    if pa.compute.any(other).as_py():
        suspects = pa.compute.unique(pa.compute.filter(texts, other)).to_pylist()
        never = pa.array([text for text in suspects if not _exists(text, format_)], pa.string())
        seconds = pa.compute.if_else(pa.compute.is_in(texts, never), None, seconds)
    return pa.compute.cast(seconds, pa.timestamp("us"))


def _exists(text: str, format_: str) -> bool:
    try:
        datetime.strptime(text, format_)
    except ValueError:
        return False
    return True
