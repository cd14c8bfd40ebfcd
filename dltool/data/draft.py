"""A config for a table that nobody has described yet: what its cells say of dialect, columns, task and size."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.table_format import TableFormat
from dltool.contracts.signature import Column
from dltool.data.bad_cells import are_numbers
from dltool.data.column_types import ColumnType, column_type
from dltool.data.columns import numbers_of, unify_booleans
from dltool.data.constants import listed
from dltool.data.dates import date_formats, days_of, type_of_format
from dltool.data.dialect import FEW_CATEGORIES, first_format, format_of, with_markers
from dltool.data.draft_words import in_comment
from dltool.data.excel_file import format_of_sheet
from dltool.data.fitted_columns import vector_length
from dltool.data.held_table import HeldTable
from dltool.data.number_cells import first_without_number, plain_numbers
from dltool.data.open_table import open_source
from dltool.data.tables import CellPlace, Table, to_numpy
from dltool.errors import DataError, warn

_MOST_CLASSES = 20
_LEAST_SHARE = 0.2
"""Of the rows that a class would have if all had as many: with fewer, whole numbers are counts rather than classes."""


@dataclass
class Draft:
    """What a table's cells say."""

    path: str
    """Of the file, or what a run calls the file that it keeps of a table in memory."""
    in_memory: bool
    source: str
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
    classes: list[str] = field(default_factory=list)
    """The classes that are predicted, the most frequent first; none where numbers are."""
    rarest: int = 0
    """Rows of the class that has the fewest; all rows where numbers are predicted."""

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


def draft_table(path: str | HeldTable, target: str, source: str = "csv") -> Draft:
    """Read a table and say what it holds.

    Args:
        path: of the file, or a pattern of several Parquet files; or a table in memory, in place of a Parquet file.
        target: the column to predict.
        source: what it is, as ``data.source`` has it.

    Raises:
        InputMissingError: the file does not exist or cannot be read.
        DataError: it cannot be used as it is, or has no such column.
    """
    first, file = TableFormat(), str(path)
    if isinstance(path, HeldTable):
        source, file = "parquet", path.file_name
    elif source == "excel":
        first = format_of_sheet(path, target)
    elif source == "csv":
        first = first_format(path)
    texts, table = _texts(path, source, first, target)
    format_ = format_of(first, texts, target) if source == "csv" else with_markers(first, texts, target)
    if format_ != first:
        texts, table = _texts(path, source, format_, target)
    answers = texts.pop(target)
    task, answer = _task(answers, target, table)
    present = answers.is_valid()
    texts = {name: cells.filter(present) for name, cells in texts.items()}
    draft = Draft(
        file, isinstance(path, HeldTable), source, format_, pa.compute.sum(present).as_py() or 0, target, task, answer
    )
    draft.targets_missing, draft.rarest = answers.null_count, draft.rows
    if task != "numbers":
        by_count = sorted((-each["counts"], each["values"]) for each in answers.drop_null().value_counts().to_pylist())
        draft.classes, draft.rarest = [name for _, name in by_count], -by_count[-1][0]
    rows = np.flatnonzero(to_numpy(present))
    for name in table.header:
        if name in texts:
            _take_column(draft, name, texts[name], table, lambda row, column: table.place(int(rows[row]), column))
        elif name != target:
            draft.declared[name] = f"ignore   # {table.no_cells(name)}"
    if not draft.used:
        raise DataError(f"{path}: no column is left to predict {target!r} from")
    used = {column.name for column in draft.used}
    if left_out := [name for name in table.header if name not in (*used, target)]:
        warn(f"{path}: {listed(left_out, 'column')} left out; the config says why, and can say otherwise")
    return draft


def _texts(path: str | HeldTable, source: str, format_: TableFormat, target: str) -> tuple[dict[str, Any], Table]:
    """Return the columns of a table as texts, but for those that hold no cells, and the table, which is closed."""
    with open_source(source, path, format_, [target]) as table:
        table.check_columns([target])
        names = [name for name in table.header if name == target or not table.no_cells(name)]
        return table.read(dict.fromkeys(names, pa.string())), table


def _take_column(draft: Draft, name: str, cells: Any, table: Table, place: CellPlace) -> None:
    if formats := date_formats(cells):
        type_ = type_of_format(formats[0])
        also = f"; {formats[1]} fits too" if len(formats) > 1 else ""
        draft.declared[name] = f"{{type: {type_}, format: {json.dumps(formats[0])}}}   # every cell fits{also}"
        days = days_of(cells, formats[0], name, place)
        draft.types.append(ColumnType(name, type_, "declared", days))
        return
    try:
        found = column_type(name, cells, place, table.format, None, named=name not in table.nameless)
    except DataError:
        # Numbers with words among them that mark no hole: few different ones are categories.
        distinct = pa.compute.count_distinct(cells).as_py()
        odd = in_comment(cells[first_without_number(plain_numbers(cells, table.format))].as_py())
        kind, why = (
            ("category", "numbers and words") if distinct <= FEW_CATEGORIES else ("ignore", "numbers and words, mixed")
        )
        why = f"{why}, such as {odd!r}: {distinct:,} different cells"
        if kind == "category":
            _warn_of_words(draft, name, cells, table, place)
        else:
            why += "; mend them, or list what marks holes under missing_values"
        found = ColumnType(name, kind, why, cells)
        draft.declared[name] = f"{kind}   # {found.why}"
    if found.type == "ignore":
        draft.declared[name] = f"ignore   # {found.why}"
    draft.types.append(found)


def _warn_of_words(draft: Draft, name: str, cells: Any, table: Table, place: CellPlace) -> None:
    """Say which word makes categories of a column most of whose cells are numbers."""
    odd = pa.compute.invert(are_numbers(cells, table.format)[0]).fill_null(False)
    count, present = pa.compute.sum(odd).as_py(), len(cells) - cells.null_count
    if not 0 < 2 * count < present:
        return
    skips = ", or set data.errors: skip if it is a mistake," if draft.source == "csv" else ""
    row = odd.index(True).as_py()
    warn(
        f"{place(row, name)}: {cells[row].as_py()!r} makes categories of a column of numbers ({count} of "
        f"{present} cells are no number); if numbers are meant, list it under data.missing_values if it marks a hole"
        f"{skips} and take {name!r} out of data.columns"
    )


def _features_of(column: ColumnType) -> int:
    """Return how many numbers the network sees of a column."""
    if pa.types.is_string(column.cells.type):
        categories = int(pa.compute.count_distinct(column.cells).as_py())
        return vector_length(categories) or 1 + categories
    return Column(column.name, moment="" if column.type == "number" else column.type).width


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
