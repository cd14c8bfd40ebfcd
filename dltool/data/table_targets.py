"""The targets of a table, as they stand in it: class names, labels that hold or not, or numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.needs import TaskName
from dltool.data.columns import check_finite, numbers_of, unify_booleans
from dltool.data.number_cells import BEYOND_EXACT, as_numbers, first_without_number, plain_numbers
from dltool.data.tables import Cells, to_numpy
from dltool.errors import DataError
from dltool.preprocessing.finite_numbers import Place
from dltool.tasks.reading import TargetReader

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_LEADING_ZERO = r"^\s*[-+]?0[0-9]"
"""Not a number but a code: 007 is not 7."""


@dataclass(frozen=True)
class RawTargets:
    """The targets of a table as they stand in it."""

    values: np.ndarray
    """Class names, those of all rows once, of shape (names,); or numbers of shape (rows, columns)."""
    place: Place
    """Says where a value stands; a name, where it does first."""
    index: np.ndarray | None = None
    """Which of the names each row holds, shape (rows,); None of numbers."""

    def read(self, reader: TargetReader) -> np.ndarray:
        """Return the targets of all rows as a ``Part`` holds them. Raises DataError as the reader does."""
        read = reader.read(self.values, self.place)
        return read if self.index is None else read[self.index]


def raw_targets(cells: Cells, names: list[str], task: TaskName, classes: tuple[str, ...] | None = None) -> RawTargets:
    """Return the class names or the numbers of all rows.

    Args:
        cells: the table.
        names: the target columns.
        task: says what targets are.
        classes: the names that a model was trained with, if it was.

    Raises:
        DataError: a cell holds none of the task's targets; it is named.
    """
    if task is not TaskName.REGRESSION and len(names) == 1:
        return _class_names(cells, names[0], classes)
    values = np.zeros((len(cells.rows), len(names)))
    for position, name in enumerate(names):
        texts = cells.columns[name]
        if task is TaskName.BINARY:
            # The columns of labels need one spelling, as their targets are numbers.
            texts = unify_booleans(texts, ("0", "1"))
        numbers = numbers_of(texts, name, cells.place, cells.table.format)
        if numbers is None:
            wanted = "a number to predict (for classes, choose a crossentropy loss)"
            if task is TaskName.BINARY:
                wanted = "0 or 1, or true or false, since each of several target columns is a label that holds or not"
            row = first_without_number(plain_numbers(texts, cells.table.format))
            text = texts[row].as_py()
            raise DataError(f"{cells.place(row, name)}: {text!r} is not a number; expected {wanted}")
        values[:, position] = to_numpy(numbers)
        check_finite(values[:, position], name, cells.place)
    return RawTargets(values, cells.target_place(names))


def _class_names(cells: Cells, name: str, classes: tuple[str, ...] | None) -> RawTargets:
    texts = cells.encoded(name)
    distinct, index = texts.dictionary, to_numpy(texts.indices)

    def place(position: int | None = None, column: int = 0) -> str:
        del column
        if position is None:
            return f"{cells.table.name}, column {name!r}"
        return cells.place(int((index == position).argmax()), name)

    known_as_words = classes is not None and not all(_WHOLE.fullmatch(known) for known in classes)
    whole = None if known_as_words else _whole_numbers(distinct, place)
    values: np.ndarray = np.array(distinct.to_pylist(), object) if whole is None else whole.astype(str)
    return RawTargets(values, place, index)


def _whole_numbers(texts: Any, place: Place) -> np.ndarray | None:
    """Return the names of classes as whole numbers, which have one spelling (``1`` for ``1.0``); None for words."""
    numbers = as_numbers(pa.compute.utf8_trim_whitespace(texts))
    if numbers is None:
        return None
    values = to_numpy(numbers)
    if (np.abs(values) >= BEYOND_EXACT).any() or pa.compute.any(
        pa.compute.match_substring_regex(texts, _LEADING_ZERO)
    ).as_py():
        return None
    whole = values == np.floor(values)
    if not whole.all():
        position = int((~whole).argmax())
        raise DataError(
            f"{place(position)}: class label {texts[position].as_py()}; expected whole numbers or words "
            "(for numbers to predict, choose a regression loss)"
        )
    return values.astype(np.int64)
