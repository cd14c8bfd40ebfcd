"""The targets of a table, as they stand in it: class names, labels that hold or not, or numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.needs import TaskName
from dltool.data.columns import check_finite, numbers_of, unify_booleans
from dltool.data.number_cells import BEYOND_EXACT, as_numbers, first_without_number, plain_numbers
from dltool.data.tables import Cells, to_numpy
from dltool.errors import DataError

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_LEADING_ZERO = r"^\s*[-+]?0[0-9]"
"""Not a number but a code: 007 is not 7."""


def raw_targets(cells: Cells, names: list[str], task: TaskName, classes: tuple[str, ...] | None = None) -> np.ndarray:
    """Return class names of shape (rows,), or numbers of shape (rows, columns).

    Args:
        cells: the table.
        names: the target columns.
        task: says what targets are.
        classes: the names that a model was trained with, if it was.

    Raises:
        DataError: a cell holds none of the task's targets; it is named.
    """
    if task is not TaskName.REGRESSION and len(names) == 1:
        return _class_texts(cells, names[0], classes)
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
    return values


def _class_texts(cells: Cells, name: str, classes: tuple[str, ...] | None) -> np.ndarray:
    """Return class names; whole numbers in one spelling (``1`` for ``1.0``), unless the classes are words."""
    texts = cells.columns[name]
    if classes is not None and not all(_WHOLE.fullmatch(known) for known in classes):
        return _names(texts)
    numbers = as_numbers(pa.compute.utf8_trim_whitespace(texts))
    if numbers is None:
        return _names(texts)
    values = to_numpy(numbers)
    if (np.abs(values) >= BEYOND_EXACT).any() or pa.compute.any(
        pa.compute.match_substring_regex(texts, _LEADING_ZERO)
    ).as_py():
        return _names(texts)
    whole = values == np.floor(values)
    if not whole.all():
        row = int((~whole).argmax())
        raise DataError(
            f"{cells.place(row, name)}: class label {texts[row].as_py()}; expected whole numbers or words "
            "(for numbers to predict, choose a regression loss)"
        )
    return values.astype(np.int64).astype(str)


def _names(texts: Any) -> np.ndarray:
    """Return texts, of which each is made once."""
    distinct = pa.compute.unique(texts)
    names: np.ndarray = np.array(distinct.to_pylist(), object)
    rows: np.ndarray = names[to_numpy(pa.compute.index_in(texts, value_set=distinct))]
    return rows
