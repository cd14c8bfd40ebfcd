"""Which rows of a part are explained one by one: those that one would ask about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, zip_longest

import numpy as np

from dltool.assessment.severity import errors, severities, wrong_distances
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
    wrong: tuple[int, ...]
    """The labels that are answered wrongly, the surest first, or the numbers by their errors; nothing of classes."""


@np.errstate(all="ignore")
def explained_rows(task: Task, targets: np.ndarray, outputs: np.ndarray, most: int) -> list[ExplainedRow]:
    """Return rows to explain: as many of each kind, as far as there are some, the first of its kind at the head.

    Of classes and labels they are the surest mistakes, the least sure answers, and the surest right ones, of each class
    in turns; of numbers those furthest above the truth, furthest below it, and closest; of several, in deviations of
    each; of reconstructions the largest and the smallest errors. Before them come rows without a finite answer. What is
    wrong is sorted as an evaluation sorts it.

    Args:
        task: what outputs mean.
        targets: as a ``Part`` holds them.
        outputs: decoded.
        most: how many.
    """
    kinds, most = {why: iter(rows) for why, rows in _kinds(task, targets, outputs).items()}, min(most, len(targets))
    chosen: dict[int, str] = {}
    while len(chosen) < most:
        for i, (why, rows) in enumerate(kinds.items()):
            room = -(-(most - len(chosen)) // (len(kinds) - i))
            chosen |= dict.fromkeys(islice((int(row) for row in rows if int(row) not in chosen), room), why)
    places = [row for why in kinds for row in chosen if chosen[row] == why]
    truths = [", ".join(target_words(targets[row], task.signature)) for row in places]
    answers = zip(places, truths, _wrong(task, targets, outputs, places), strict=True)
    return [ExplainedRow(row, chosen[row], true, wrong) for row, true, wrong in answers]


def _wrong(task: Task, targets: np.ndarray, outputs: np.ndarray, rows: list[int]) -> list[tuple[int, ...]]:
    if isinstance(task, Classes | Reconstruction):
        return [()] * len(rows)
    sizes = wrong_distances(task, targets, outputs) if isinstance(task, Labels) else abs(errors(targets, outputs))
    return [tuple(int(i) for i in np.argsort(-each, kind="stable") if each[i] > -np.inf) for each in sizes[rows]]


def _kinds(task: Task, targets: np.ndarray, outputs: np.ndarray) -> dict[str, Iterable[int]]:
    """Return the rows of each kind in their order, by what it is called; each row is of one at least."""
    severity, finite = severities(task, targets, outputs), np.isfinite(outputs).all(axis=1)
    worst = np.argsort(-severity, kind="stable")
    kinds: dict[str, Iterable[int]]
    if isinstance(task, Reconstruction):
        kinds = {"largest error": worst, "smallest error": np.argsort(severity, kind="stable")}
    elif isinstance(task, Classes | Labels):
        kinds = _kinds_by_sureness(task, targets, outputs, severity)
    else:
        of_each = errors(targets, outputs)
        error = of_each[np.arange(len(of_each)), abs(of_each).argmax(axis=1)]
        above, below = (worst[sign * error[worst] > 0] for sign in (1, -1))
        kinds = {"furthest above": above, "furthest below": below, "closest": np.argsort(severity, kind="stable")}
    return {
        "no finite answer": np.flatnonzero(~finite),
        **{why: (row for row in rows if finite[row]) for why, rows in kinds.items()},
    }


def _kinds_by_sureness(
    task: Classes | Labels, targets: np.ndarray, outputs: np.ndarray, severity: np.ndarray
) -> dict[str, Iterable[int]]:
    if isinstance(task, Classes):
        best = outputs[np.arange(len(outputs)), task.ranked(outputs, 1)[:, 0]]
        second, first = np.sort(outputs, axis=1)[:, -2:].T
        # A threshold decides where there is one.
        margin = first - second if task.threshold is None else abs(outputs[:, 1] - task.threshold)
        of = targets
    else:
        best = abs(outputs - task.loss.threshold).min(axis=1)
        margin = np.where(severity > -np.inf, severity, best)
        of = np.zeros(len(targets), int)
    right = np.argsort(-best, kind="stable")
    right = right[severity[right] == -np.inf]
    by_class = (right[of[right] == each] for each in np.unique(of))
    mistakes = np.argsort(-severity, kind="stable")
    return {
        "surest mistake": mistakes[severity[mistakes] > -np.inf],
        "least sure": np.argsort(margin, kind="stable"),
        "surest right": (row for rows in zip_longest(*by_class) for row in rows if row is not None),
    }
