"""The rows in which a model is most wrong, and what it may have taken them for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dltool.assessment.severity import severities, wrong_distances
from dltool.tasks.classes import Classes
from dltool.tasks.contract import Task
from dltool.tasks.labels import Labels
from dltool.tasks.reconstruction import Reconstruction
from dltool.tasks.regression import value_names
from dltool.tasks.target_words import target_words

MOST = 12
_BLOCK_BYTES = 1 << 26


@dataclass(frozen=True)
class Mistake:
    """A row, what is true of it, and what the model predicts."""

    row: int
    """Its place in the part that was measured, counted from 0."""
    id: int
    """What ``predict`` calls it: the number of its row in its table, counted from 1, or else its place."""
    true: str
    predicted: str
    severity: float
    """As ``severities`` has it."""


def worst_rows(task: Task, targets: np.ndarray, outputs: np.ndarray, rows: np.ndarray | None = None) -> list[Mistake]:
    """Return the rows that are most wrong by their ``severities``, the worst first, at most 12.

    Args:
        task: what outputs mean.
        targets: as a ``Part`` holds them.
        outputs: decoded.
        rows: where they stand in their table, counted from 0; None where they are of none.
    """
    ids, severity = np.arange(len(targets)) if rows is None else rows + 1, severities(task, targets, outputs)
    if isinstance(task, Classes):
        predicted, names = task.ranked(outputs, 1)[:, 0], task.signature.classes

        def tell(row: int) -> tuple[str, str]:
            which = predicted[row]
            return names[targets[row]], f"{names[which]} ({task.score_name} {outputs[row, which]:.3g})"

    elif isinstance(task, Labels):
        has, label = targets > 0.5, wrong_distances(task, targets, outputs).argmax(axis=1)
        labels = [name.removeprefix("probability_") for name in value_names(task.signature, "probability")]

        def tell(row: int) -> tuple[str, str]:
            which = label[row]
            return f"{'' if has[row, which] else 'not '}{labels[which]}", f"score {outputs[row, which]:.3g}"

    elif isinstance(task, Reconstruction):

        def tell(row: int) -> tuple[str, str]:
            return "", f"error {outputs[row, 0]:.4g}"

    else:

        def tell(row: int) -> tuple[str, str]:
            true, predicted = (", ".join(target_words(values[row], task.signature)) for values in (targets, outputs))
            return true, predicted

    order = np.argsort(-severity, kind="stable")[:MOST]
    return [
        Mistake(int(row), int(ids[row]), *tell(int(row)), float(severity[row]))
        for row in order
        if severity[row] > -np.inf
    ]


def nearest_rows(rows: Mapping[str, np.ndarray], train: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return, for each of some rows, the training row that is nearest as the network sees them: (rows,).

    The distance is Euclid's, of scaled numbers and of pixels; a category, or a token, that differs counts as 2, as it
    would among zeros and ones. A missing number is as far as a deviation.

    Args:
        rows: an array an input.
        train: likewise, of the training rows.
    """
    count, asked = len(next(iter(train.values()))), len(next(iter(rows.values())))
    bytes_a_row = max(1, asked * sum(values[:1].size * 8 for values in train.values()))
    block = max(1, _BLOCK_BYTES // bytes_a_row)
    best, nearest = np.full(asked, np.inf), np.zeros(asked, int)
    for start in range(0, count, block):
        of_inputs = [_distances(values, train[name][start : start + block]) for name, values in rows.items()]
        distances = np.sum(of_inputs, axis=0)
        places = distances.argmin(axis=1)
        least = distances[np.arange(asked), places]
        nearest = np.where(least < best, start + places, nearest)
        best = np.minimum(least, best)
    return nearest


def _distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the squared distance of each of some rows from each of others: (rows, others)."""
    if rows.dtype == np.int32:
        squares: np.ndarray = np.where(rows[:, None] != others, 2.0, 0.0)
    else:
        squares = np.nan_to_num((rows[:, None].astype(np.float32) - others.astype(np.float32)) ** 2, nan=1.0)
    total: np.ndarray = squares.sum(axis=tuple(range(2, squares.ndim)), dtype=float)
    return total
