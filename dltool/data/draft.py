"""A config for a table that nobody has described yet: what its cells say of dialect, columns, task and size."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.table_format import MISSING_VALUES, Encoding, TableFormat
from dltool.contracts.signature import Column
from dltool.data.column_types import ColumnType, column_type
from dltool.data.columns import numbers_of, unify_booleans
from dltool.data.paths import find_file
from dltool.data.tables import Table, open_table, plain_numbers, to_numpy
from dltool.data.text_stream import open_text
from dltool.errors import DataError

_DELIMITERS = ",;\t|"
_SNIFFED_BYTES, _SNIFFED_ROWS = 1 << 20, 100
_CERTAIN = ("?", "#N/A", "#N/A N/A", "<NA>", "NaT", "-NaN", "-nan", "n/a")
"""What stands for no value wherever it stands, beside what is taken for a hole anyway."""
_MARKERS = (*_CERTAIN, "-", "--", "---", ".", "..", "*", "none", "None", "missing", "Missing", "unknown", "Unknown")
"""What does so among numbers."""
_MOST_CLASSES = 20
_LEAST_SHARE = 0.2
"""Of the rows that a class would have if all had as many: with fewer, whole numbers are counts rather than classes."""


@dataclass
class Draft:
    """What a table's cells say."""

    path: str
    format: TableFormat
    rows: int
    target: str
    task: str
    """``binary``, ``classes`` or ``numbers``."""
    answer: str
    """What the target holds, in words."""
    types: list[ColumnType] = field(default_factory=list)
    """What each column but the target is taken for, in the order of the table."""
    declared: dict[str, str] = field(default_factory=dict)
    """Columns that are to be declared, with what they are and why, as YAML."""
    targets_missing: int = 0
    """Rows without a target."""

    @property
    def used(self) -> list[ColumnType]:
        """The columns that are features."""
        return [column for column in self.types if column.type != "ignore"]

    @property
    def holed(self) -> int:
        """How many of them have missing values."""
        return sum(column.cells.null_count > 0 for column in self.used)

    @property
    def features(self) -> int:
        """How many numbers the network sees."""
        return sum(map(_features_of, self.used))


def draft_table(path: str, target: str) -> Draft:
    """Read a table and say what it holds.

    Args:
        path: of a CSV file.
        target: the column to predict.

    Raises:
        InputMissingError: the file does not exist or cannot be read.
        DataError: it cannot be used as it is, or has no such column.
    """
    encoding = _encoding(path)
    format_ = TableFormat(_delimiter(path, encoding), encoding=encoding)
    with open_table(path, format_, [target]) as table:
        table.check_columns([target])
        texts = table.read(dict.fromkeys(table.header, pa.string()))
    if format_.delimiter != "," and any(map(_has_decimal_commas, texts.values())):
        format_ = replace(format_, decimal=",")
    features = [column for name, column in texts.items() if name != target]
    markers = tuple(
        marker
        for marker in _MARKERS
        if any(_marks_a_hole(marker, column, format_) for column in features)
        # A class of that name is no hole.
        and (_marks_a_hole(marker, texts[target], format_) or texts[target].index(marker).as_py() < 0)
    )
    if markers:
        format_ = replace(format_, missing_values=(*MISSING_VALUES, *markers))
    if format_ != table.format:
        with open_table(path, format_, [target]) as table:
            texts = table.read(dict.fromkeys(table.header, pa.string()))
    answers = texts.pop(target)
    task, answer = _task(answers, target, table)
    present = answers.is_valid()
    texts = {name: cells.filter(present) for name, cells in texts.items()}
    draft = Draft(path, format_, pa.compute.sum(present).as_py() or 0, target, task, answer)
    draft.targets_missing = answers.null_count
    for name, cells in texts.items():
        _take_column(draft, name, cells, table)
    if not draft.used:
        raise DataError(f"{path}: no column is left to predict {target!r} from")
    return draft


def _take_column(draft: Draft, name: str, cells: Any, table: Table) -> None:
    try:
        found = column_type(name, cells, table.place, table.format, None, named=name not in table.nameless)
    except DataError:
        # Numbers with words among them that mark no hole: few different ones are categories.
        distinct = pa.compute.count_distinct(cells).as_py()
        kind, why = ("category", "numbers and words") if distinct <= 50 else ("ignore", "numbers and words, mixed")
        found = ColumnType(name, kind, f"{why}: {distinct:,} different cells", cells)
        draft.declared[name] = f"{kind}   # {found.why}"
    if found.type == "ignore":
        draft.declared[name] = f"ignore   # {found.why}"
    draft.types.append(found)


def _features_of(column: ColumnType) -> int:
    """Return how many numbers the network sees of a column."""
    if pa.types.is_string(column.cells.type):
        return 1 + int(pa.compute.count_distinct(column.cells).as_py())
    return Column(column.name, moment="" if column.type == "number" else column.type).width


def _encoding(path: str) -> Encoding:
    """Return UTF-16 where its mark says so, Windows' own where the first bytes are no UTF-8."""
    with open_text(find_file(path), "utf-8") as stream:
        begin = stream.read(_SNIFFED_BYTES)
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(begin)
    except UnicodeDecodeError:
        return "windows-1252"
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
        count, often = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
        return count if often >= 0.9 * len(rows) and len(rows[0]) == count else 0

    return max(_DELIMITERS, key=cells)


def _has_decimal_commas(texts: Any) -> bool:
    """Tell whether most cells of a column are numbers with a comma before their decimals."""
    commas = pa.compute.sum(pa.compute.match_substring_regex(texts, r"^\s*-?[0-9]+,[0-9]+\s*$")).as_py() or 0
    return bool(2 * commas > len(texts) - texts.null_count)


def _marks_a_hole(marker: str, texts: Any, format_: TableFormat) -> bool:
    """Tell whether a column holds a marker of holes: beside numbers, or one that means nothing else."""
    if not (pa.compute.sum(pa.compute.equal(texts, marker)).as_py() or 0):
        return False
    if marker in _CERTAIN:
        return True
    rest = texts.filter(pa.compute.invert(pa.compute.is_in(texts, value_set=pa.array(_MARKERS, pa.string()))))
    try:
        pa.compute.cast(plain_numbers(rest, format_), pa.float64())
    except pa.ArrowInvalid:
        return False
    return bool(len(rest.drop_null()))


def _task(answers: Any, target: str, table: Table) -> tuple[str, str]:
    """Decide what is to be predicted."""
    present = answers.drop_null()
    if not len(present):
        raise DataError(f"{table.name}, column {target!r}: every target is missing")
    unified = unify_booleans(present)
    distinct = pa.compute.unique(unified)
    if len(distinct) == 1:
        raise DataError(f"{table.name}, column {target!r}: every target is {distinct[0].as_py()!r}: nothing to predict")
    try:
        numbers = numbers_of(unified, target, table.place, table.format)
    except DataError:
        numbers = None
    if numbers is None:
        if len(distinct) > 0.5 * len(present) and len(distinct) > _MOST_CLASSES:
            raise DataError(
                f"{table.name}, column {target!r}: {len(distinct):,} different texts in {len(present):,} rows are no "
                "classes; name another column to predict"
            )
        return ("binary" if len(distinct) == 2 else "classes"), f"{len(distinct)} different texts: classes"
    values, counts = np.unique(to_numpy(numbers), return_counts=True)
    if len(values) == 2 and (values == np.floor(values)).all():
        return "binary", f"two numbers, {values[0]:g} and {values[1]:g}: classes"
    codes = (values == np.floor(values)).all() and values[0] in (0, 1) and (np.diff(values) == 1).all()
    if codes and len(values) <= _MOST_CLASSES and counts.min() * len(values) >= _LEAST_SHARE * counts.sum():
        return "classes", f"whole numbers from {values[0]:g} to {values[-1]:g}, each about as often: classes"
    return "numbers", f"numbers from {values[0]:g} to {values[-1]:g}"
