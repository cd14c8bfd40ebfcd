"""How a table is written that nobody has described yet."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute

from dltool.config.table_format import MISSING_VALUES, Encoding, TableFormat, Thousands
from dltool.data.formats import no_table
from dltool.data.number_cells import plain_numbers
from dltool.data.paths import find_file
from dltool.data.text_stream import open_text

_DELIMITERS = ",;\t|"
_SNIFFED_BYTES, _SNIFFED_ROWS = 1 << 20, 100
_CERTAIN = ("?", "#N/A", "#N/A N/A", "<NA>", "NaT", "-NaN", "-nan", "n/a")
"""What stands for no value wherever it stands, beside what is taken for a hole anyway."""
_MARKERS = (
    *_CERTAIN, "-", "--", "---", ".", "..", "*", "none", "None", "missing", "Missing", "unknown", "Unknown", "inf",
    "-inf",
)  # fmt: skip
"""What does so among numbers."""


def first_format(path: str) -> TableFormat:
    """Return encoding and delimiter, as far as the beginning of a file tells them.

    Raises:
        InputMissingError: the file does not exist or cannot be read.
        DataError: it is damaged.
    """
    encoding = _encoding(path)
    return TableFormat(_delimiter(path, encoding), encoding=encoding)


def format_of(first: TableFormat, texts: Mapping[str, Any], target: str) -> TableFormat:
    """Return how a table is written.

    Args:
        first: how it was read.
        texts: its columns, as texts.
        target: the column to predict, whose words are classes rather than marks of holes.
    """
    format_ = first
    if any(map(_has_decimal_commas, texts.values())):
        format_ = replace(format_, decimal=",")
    mark: Thousands = "." if format_.decimal == "," else ","
    point = "," if mark == "." else "[.]"
    grouped = rf"^\s*-?[0-9]{{1,3}}({'[.]' if mark == '.' else mark}[0-9]{{3}})+({point}[0-9]+)?\s*$"
    if any(_most_match(column, grouped) for column in texts.values()):
        format_ = replace(format_, thousands=mark)
    return with_markers(format_, texts, target)


def with_markers(format_: TableFormat, texts: Mapping[str, Any], target: str) -> TableFormat:
    """Return a format with what marks a hole in some columns, as ``format_of`` does."""
    markers = tuple(
        marker
        for marker in _MARKERS
        if any(_marks_a_hole(marker, column, format_) for column in texts.values())
        and (_marks_a_hole(marker, texts[target], format_) or texts[target].index(marker).as_py() < 0)
    )
    return replace(format_, missing_values=(*MISSING_VALUES, *markers))


def _encoding(path: str) -> Encoding:
    """Return UTF-16 where its mark says so, Windows' own where the first bytes are no UTF-8."""
    with open_text(find_file(path), "utf-8") as stream:
        begin = stream.read(_SNIFFED_BYTES)
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(begin)
    except UnicodeDecodeError:
        # What is no text at all is named for what it is when it is read.
        return "utf-8" if no_table(begin.partition(b"\n")[0], path) else "windows-1252"
    return "utf-8"


def _delimiter(path: str, encoding: Encoding) -> str:
    """Return the character that divides the first rows into the same number of cells, most of them."""
    with open_text(find_file(path), encoding) as stream:
        lines = stream.read(_SNIFFED_BYTES).decode("utf-8-sig", "replace").splitlines(keepends=True)

    def cells(delimiter: str) -> int:
        try:
            rows = [row for row in csv.reader(lines[:_SNIFFED_ROWS], delimiter=delimiter) if row]
        except csv.Error:
            return 0
        if not rows:
            return 0
        count, often = Counter(map(len, rows)).most_common(1)[0]
        return count if often >= 0.9 * len(rows) and len(rows[0]) == count else 0

    return max(_DELIMITERS, key=cells)


def _matches(texts: Any, pattern: str) -> int:
    return int(pa.compute.sum(pa.compute.match_substring_regex(texts, pattern)).as_py() or 0)


def _most_match(texts: Any, pattern: str) -> bool:
    return bool(2 * _matches(texts, pattern) > len(texts) - texts.null_count)


def _has_decimal_commas(texts: Any) -> bool:
    """Tell whether most cells are numbers with a comma before their decimals, not all of which are three digits."""
    commas, groups = r"^\s*-?[0-9.]*,[0-9]+\s*$", r"^\s*-?[1-9][0-9]{0,2}(,[0-9]{3})+\s*$"
    return _most_match(texts, commas) and _matches(texts, commas) > _matches(texts, groups)


def _marks_a_hole(marker: str, texts: Any, format_: TableFormat) -> bool:
    """Tell whether a column holds a marker of holes: beside numbers, or one that means nothing else."""
    if texts.index(marker).as_py() < 0:
        return False
    if marker in _CERTAIN:
        return True
    rest = texts.filter(pa.compute.invert(pa.compute.is_in(texts, value_set=pa.array(_MARKERS, pa.string()))))
    try:
        pa.compute.cast(plain_numbers(rest, format_), pa.float64())
    except pa.ArrowInvalid:
        return False
    return bool(len(rest.drop_null()))
