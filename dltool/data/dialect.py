"""How a table is written that nobody has described yet."""

from __future__ import annotations

import codecs
import contextlib
import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute

from dltool.config.table_format import MISSING_VALUES, Encoding, TableFormat, Thousands
from dltool.data.formats import no_table
from dltool.data.number_cells import NUMBER, is_number, plain_numbers
from dltool.data.paths import find_file
from dltool.data.text_stream import open_text
from dltool.errors import DataError

_DELIMITERS = ",;\t|"
_SNIFFED_BYTES, _SNIFFED_ROWS = 1 << 20, 100
_MOST = 0.9
_MOST_NUMBERS, _FEW_WORDS = 0.8, 3
FEW_CATEGORIES = 50
"""Numbers and words together that may be categories."""
_CERTAIN = ("?", "#N/A", "#N/A N/A", "<NA>", "NaT", "-NaN", "-nan", "n/a")
"""What stands for no value wherever it stands, beside what is taken for a hole anyway."""
_MARKERS = (
    *_CERTAIN, "-", "--", "---", ".", "..", "*", "none", "None", "missing", "Missing", "unknown", "Unknown", "inf",
    "-inf",
)  # fmt: skip
"""What does so among numbers."""


def first_format(path: str) -> TableFormat:
    """Return encoding, delimiter and what stands before the header, as far as the beginning of a file tells them.

    Raises:
        InputMissingError: the file does not exist or cannot be read.
        DataError: it is damaged, or runs of spaces divide its cells.
    """
    encoding = _encoding(path)
    with open_text(find_file(path), encoding) as stream:
        text = stream.read(_SNIFFED_BYTES).decode("utf-8-sig", "replace")
    lines = text.splitlines(keepends=True)[:_SNIFFED_ROWS]
    found = max((_layout(lines, delimiter) for delimiter in _DELIMITERS), key=lambda layout: layout.width)
    if found.width < 2:
        found = _layout(lines, " ")
    words = Counter(len(line.split()) for line in lines if line.strip())
    if found.width < 2 and words and max(words) > 1 and words.most_common(1)[0][1] >= _MOST * words.total():
        raise DataError(
            f"{path}: runs of spaces divide its cells, and a delimiter is one character; write one between two cells "
            "(sed 's/^ *//; s/  */,/g' makes commas of them)"
        )
    return TableFormat(
        found.delimiter if found.width > 1 else ",",
        encoding=encoding,
        comment="#" if found.is_commented else None,
        skip_rows=0 if found.is_commented else found.before,
    )


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
    words = [word for name, column in texts.items() if name != target for word in _words_among_numbers(column, format_)]
    markers = tuple(
        marker
        for marker in dict.fromkeys((*_MARKERS, *words))
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


@dataclass(frozen=True)
class _Layout:
    delimiter: str
    width: int = 0
    """Cells a row; 0 where the rows have no width in common."""
    before: int = 0
    """Lines before the header."""
    is_commented: bool = False
    """Whether lines that begin with # are no rows."""


def _layout(lines: list[str], delimiter: str) -> _Layout:
    """Return how the first lines of a file are laid out, if a character divides most of them into as many cells."""
    rows, reader, begin = [], csv.reader(lines, delimiter=delimiter), 0
    with contextlib.suppress(csv.Error):
        for row in reader:
            if row:
                rows.append((begin, row))
            begin = reader.line_num
    if not rows:
        return _Layout(delimiter)
    width, _ = Counter(len(row) for _, row in rows).most_common(1)[0]
    first = next(i for i, (_, row) in enumerate(rows) if len(row) == width)
    marked = [row for _, row in rows if row[0].startswith("#")]
    is_commented = bool(marked) and all(
        len(row) != width if row[0].startswith("#") else i >= first for i, (_, row) in enumerate(rows)
    )
    if is_commented:
        rows = [(line, row) for line, row in rows if not row[0].startswith("#")]
    elif first:
        # Plain is what cannot be a header that lacks a name: a title or a note before names of columns.
        header = rows[first][1]
        if width < 3 or any(map(is_number, header)) or any(2 * len(row) > width for _, row in rows[:first]):
            return _Layout(delimiter)
        rows = rows[first:]
    often = sum(len(row) == width for _, row in rows)
    if often < _MOST * len(rows):
        return _Layout(delimiter)
    return _Layout(delimiter, width, rows[0][0], is_commented)


def _matches(texts: Any, pattern: str) -> int:
    return int(pa.compute.sum(pa.compute.match_substring_regex(texts, pattern)).as_py() or 0)


def _most_match(texts: Any, pattern: str) -> bool:
    return bool(2 * _matches(texts, pattern) > len(texts) - texts.null_count)


def _has_decimal_commas(texts: Any) -> bool:
    """Tell whether most cells are numbers with a comma before their decimals, not all of which are three digits."""
    commas, groups = r"^\s*-?[0-9.]*,[0-9]+\s*$", r"^\s*-?[1-9][0-9]{0,2}(,[0-9]{3})+\s*$"
    return _most_match(texts, commas) and _matches(texts, commas) > _matches(texts, groups)


def _words_among_numbers(texts: Any, format_: TableFormat) -> list[str]:
    """Return the few words without digits that stand among numbers, and so for none: "k.A.", "tbd"."""
    fits = pa.compute.match_substring_regex(plain_numbers(texts, format_), NUMBER).fill_null(True)
    others = texts.filter(pa.compute.invert(fits))
    if not 0 < len(others) < (1 - _MOST_NUMBERS) * (len(texts) - texts.null_count):
        return []
    if pa.compute.count_distinct(texts).as_py() <= FEW_CATEGORIES:  # of which a word may be one
        return []
    words: list[str] = pa.compute.unique(others).to_pylist()
    return words if len(words) <= _FEW_WORDS and not any(map(_has_digit, words)) else []


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _marks_a_hole(marker: str, texts: Any, format_: TableFormat) -> bool:
    """Tell whether a column holds a marker of holes: beside numbers, or one that means nothing else."""
    if texts.index(marker).as_py() < 0:
        return False
    if marker in _CERTAIN:
        return True
    marks = [*_MARKERS, *_words_among_numbers(texts, format_)]
    rest = texts.filter(pa.compute.invert(pa.compute.is_in(texts, value_set=pa.array(marks, pa.string()))))
    try:
        pa.compute.cast(plain_numbers(rest, format_), pa.float64())
    except pa.ArrowInvalid:
        return False
    return bool(len(rest.drop_null()))
