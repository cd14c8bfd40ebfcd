"""Which rows of a part are explained one by one: those that one would ask about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice, zip_longest

import numpy as np

from dltool.tasks.classes import Classes
from dltool.tasks.contract import Task
from dltool.tasks.labels import Labels
from dltool.tasks.reconstruction import Reconstruction
from dltool.tasks.target_words import target_words


@dataclass(frozen=True)
class ExplainedRow:
    """A row, why it is explained, and what is true of it."""

    row: int
    """Its place in the part, counted from 0."""
    why: str
    true: str
    """Empty where the input is reconstructed."""


@np.errstate(all="ignore")
def explained_rows(task: Task, targets: np.ndarray, outputs: np.ndarray, most: int) -> list[ExplainedRow]:
    """Return rows to explain: as many of each kind, as far as there are some, the first of its kind at the head.

    Of classes and labels they are the surest mistakes, the least sure answers, and the surest right ones, of each class
    in turns; of numbers those furthest above the truth, furthest below it, and closest; of several, in deviations of
    each; of reconstructions the largest and the smallest errors.

    Args:
        task: what outputs mean.
        targets: as a ``Part`` holds them.
        outputs: decoded.
        most: how many.
    """
    kinds, most = {why: iter(rows) for why, rows in _kinds(task, targets, outputs).items()}, min(most, len(targets))
    chosen: dict[int, str] = {}
    while len(chosen) < most:  # each row is of some kind
        for i, (why, rows) in enumerate(kinds.items()):
            room = -(-(most - len(chosen)) // (len(kinds) - i))
            chosen |= dict.fromkeys(islice((int(row) for row in rows if int(row) not in chosen), room), why)
    return [
        ExplainedRow(row, why, ", ".join(target_words(targets[row], task.signature)))
        for why in kinds
        for row in chosen
        if chosen[row] == why
    ]


def _kinds(task: Task, targets: np.ndarray, outputs: np.ndarray) -> Mapping[str, Iterable[int]]:
    """Return the rows of each kind in their order, by what it is called."""
    if isinstance(task, Reconstruction):
        return {"largest error": np.argsort(-outputs[:, 0]), "smallest error": np.argsort(outputs[:, 0])}
    if not isinstance(task, Classes | Labels):
        spread = targets.std(axis=0)
        errors = (outputs - targets) / np.where(spread > 0, spread, 1)
        error = errors[np.arange(len(errors)), abs(errors).argmax(axis=1)]
        above, below = (np.argsort(-sign * error, kind="stable")[: (sign * error > 0).sum()] for sign in (1, -1))
        return {"furthest above": above, "furthest below": below, "closest": np.argsort(abs(error), kind="stable")}
    if isinstance(task, Classes):
        right = task.ranked(outputs, 1)[:, 0] == targets
        ordered = np.sort(outputs, axis=1)
        sure = ordered[:, -1] - ordered[:, -2]
        if task.threshold is not None:  # which decides instead
            sure = abs(outputs[:, 1] - task.threshold)
        kinds = targets
    else:
        cut = task.loss.threshold
        is_right, distance = (outputs > cut) == (targets > 0.5), abs(outputs - cut)
        right = is_right.all(axis=1)
        sure = np.where(right, distance.min(axis=1), np.where(is_right, 0, distance).max(axis=1))
        kinds = np.zeros(len(targets), int)
    surest = np.argsort(-sure, kind="stable")
    by_class = (surest[right[surest] & (kinds[surest] == kind)] for kind in np.unique(kinds))
    in_turns = (row for rows in zip_longest(*by_class) for row in rows if row is not None)
    return {
        "surest mistake": surest[~right[surest]],
        "least sure": np.argsort(sure, kind="stable"),
        "surest right": in_turns,
    }
