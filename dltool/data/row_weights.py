"""The weights of a table's rows, as a column of it says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dltool.data.columns import check_finite, numbers_of
from dltool.data.number_cells import first_without_number, plain_numbers
from dltool.data.tables import Cells, to_numpy
from dltool.errors import DataError, warn

_USUAL = 10.0
"""A mean up to so many times 1, or 1 that many times it, is hardly worth a word."""


def row_weights(cells: Cells, name: str) -> np.ndarray:
    """Return the weights that a column holds, float32 of shape (rows,).

    Raises:
        DataError: a cell holds no number, or one below 0; it is named.
    """
    texts, format_ = cells.columns[name], cells.table.format
    numbers = numbers_of(texts, name, cells.place, format_)
    if numbers is None:
        row = first_without_number(plain_numbers(texts, format_))
        raise DataError(
            f"{cells.place(row, name)}: {texts[row].as_py()!r} is not a number, and data.weights wants such"
        )
    weights = to_numpy(numbers)
    check_finite(weights, name, cells.place)
    if (weights < 0).any():
        row = int((weights < 0).argmax())
        raise DataError(f"{cells.place(row, name)}: weight {weights[row]:g}; expected 0 or more")
    held: np.ndarray = weights.astype(np.float32)
    return held


def refuse_no_weight(weights: np.ndarray, where: str) -> None:
    """Raise DataError if the weights of some rows are all 0; ``where`` names the rows."""
    if not weights.any():
        raise DataError(f"{where}: every row has weight 0, so that none counts; expected some above 0")


def check_weights(weights: np.ndarray, parts: Sequence[np.ndarray], where: str) -> None:
    """Look at the weights of some parts, the training part first, and say where those change its loss by far.

    Args:
        weights: of all rows.
        parts: the rows of each; none of a part that there is not.
        where: names the rows for a person.

    Raises:
        DataError: all of a part are 0.
    """
    for rows in parts:
        if len(rows):
            refuse_no_weight(weights[rows], where)
    mean = weights[parts[0]].mean(dtype=np.float64)
    if not 1 / _USUAL <= mean <= _USUAL:
        warn(
            f"{where}: the weights have a mean of {mean:.4g}, and with them the loss; optimizers such as sgd then need "
            "another learning rate: divide the column by its mean"
        )
