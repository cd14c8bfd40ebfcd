"""What there is to know of answers beside their metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dltool.analysis.statistics import FEWEST_ROWS, Interval, bootstrap, proportion_interval
from dltool.assessment.confidence import Reliability, accuracy_by_coverage, reliability_of
from dltool.assessment.metric_functions import Function, metric_functions
from dltool.assessment.mistakes import Mistake, worst_rows
from dltool.assessment.ranking import Ranking, RankingCurve
from dltool.assessment.slices import Slice, slices_of, slices_refusal
from dltool.config.training import Training
from dltool.tasks import row_scores
from dltool.tasks.classes import Classes
from dltool.tasks.contract import Task
from dltool.tasks.labels import Labels
from dltool.tasks.regression import Regression, value_names

_MOST_RANKED = 20
"""More classes make no curves that can be told apart."""


@dataclass(frozen=True)
class Ranked:
    """How well one class or label is told from the rest."""

    name: str
    roc: RankingCurve
    precision_recall: RankingCurve
    prevalence: float
    """The part of the rows that is of it: what precision is by chance."""


@dataclass(frozen=True)
class ColumnSlices:
    """Scores by what a column holds."""

    column: str
    score: str
    """What is scored, such as ``accuracy``."""
    all_rows: Slice
    """What to compare with."""
    slices: Sequence[Slice]
    """The worst first."""


@dataclass(frozen=True)
class Assessment:
    """How sure metrics are, how good scores are, and where answers are wrong."""

    intervals: Mapping[str, Interval]
    """95 % intervals of the loss and the metrics, as far as there are some."""
    ranked: Sequence[Ranked] = ()
    """A class or label each, of at most 20; of two classes the second alone."""
    reliability: Reliability | None = None
    """None where there are no probabilities of classes."""
    abstaining: tuple[np.ndarray, np.ndarray] | None = None
    """The part of the rows that is answered, the surest first, and the part of those that is right."""
    slices: Sequence[ColumnSlices] = ()
    mistakes: Sequence[Mistake] = ()
    left_out: Sequence[str] = ()
    """What cannot be told of these rows, and why, in words."""


def assess(
    training: Training,
    task: Task,
    targets: np.ndarray,
    outputs: np.ndarray,
    metrics: Mapping[str, float | None],
    weights: np.ndarray | None = None,
    columns: Mapping[str, Sequence[str | None]] | None = None,
    rows: np.ndarray | None = None,
) -> Assessment:
    """Assess answers.

    Args:
        training: says what is measured.
        task: what outputs mean.
        targets: as a ``Part`` holds them.
        outputs: decoded.
        metrics: as they were measured.
        weights: of the rows, (rows,), by which metrics, curves and reliability count them; all else counts them alike.
        columns: cells by which to score parts of the rows, a column each.
        rows: where they stand in their table, counted from 0; None where they are of none.
    """
    base = np.ones(len(targets)) if weights is None else weights.astype(float)
    if wrong := int((~np.isfinite(outputs)).any(axis=1).sum()):
        reason = f"intervals, curves and scores by column: {wrong:,} answers are no finite numbers"
        mistakes = worst_rows(task, targets, outputs, rows)
        return Assessment({}, mistakes=mistakes, left_out=[reason])
    functions = metric_functions(training, task, targets, outputs, metrics, base)
    intervals = _intervals(functions, len(targets), outputs[0].size, weighted=weights is not None)
    reliability = abstaining = None
    if isinstance(task, Classes) and task.loss.gives_probabilities:
        said = task.ranked(outputs, 1)[:, 0]
        reliability = reliability_of(outputs.max(axis=1), outputs.argmax(axis=1) == targets, base)
        abstaining = accuracy_by_coverage(outputs[np.arange(len(said)), said], said == targets)
    slices = []
    ranked, left_out = _ranked(task, targets, outputs, base)
    for name, cells in (columns or {}).items():
        if reason := slices_refusal(cells):
            left_out.append(f"scores by {name}: {reason}")
        else:
            slices.append(_slices(name, cells, task, targets, outputs))
    mistakes = worst_rows(task, targets, outputs, rows)
    return Assessment(intervals, ranked, reliability, abstaining, slices, mistakes, left_out)


def _intervals(functions: Mapping[str, Function], rows: int, numbers: int, *, weighted: bool) -> dict[str, Interval]:
    """Return the intervals of metrics, as far as there are some; numbers are those of a row."""
    intervals = {}
    if rows >= FEWEST_ROWS:
        found = bootstrap(lambda counts: [each(counts) for each in functions.values()], rows, numbers)
        intervals = {name: ends for name, ends in zip(functions, found, strict=True) if ends and ends[0] < ends[1]}
    if not weighted:
        # Where all rows are right, drawing them anew tells nothing.
        right = {name: each(np.ones(rows)) * rows for name, each in functions.items() if each.is_proportion}
        intervals |= {name: proportion_interval(count, rows) for name, count in right.items()}
    return intervals


def _ranked(
    task: Task, targets: np.ndarray, outputs: np.ndarray, weights: np.ndarray
) -> tuple[list[Ranked], list[str]]:
    """Return how well classes or labels are told from the rest, and of which that cannot be said."""
    if isinstance(task, Classes):
        names, has = list(task.signature.classes), np.eye(outputs.shape[1], dtype=bool)[targets]
        first = 1 if len(names) == 2 else 0
    elif isinstance(task, Labels):
        names, has, first = value_names(task.signature, "label"), targets > 0.5, 0
        names = [name.removeprefix("label_") if task.signature.targets else name for name in names]
    else:
        return [], []
    if len(names) > _MOST_RANKED:
        return [], [f"ROC and precision-recall curves: {len(names):,} classes are more than {_MOST_RANKED}"]
    made, alone = [], []
    for i, name in enumerate(names[first:], first):
        ranking = Ranking(has[:, i], outputs[:, i])
        positive = float(weights @ has[:, i])
        if not 0 < positive < weights.sum():
            alone.append(name)
            continue
        made.append(Ranked(name, ranking.roc(weights), ranking.precision_recall(weights), positive / weights.sum()))
    said = f"ROC and precision-recall curves of {', '.join(alone)}: the rows hold it always or never"
    return made, [said] if alone else []


def _slices(
    column: str, cells: Sequence[str | None], task: Task, targets: np.ndarray, outputs: np.ndarray
) -> ColumnSlices:
    scores, what = row_scores(task.loss, targets, outputs, task.threshold)
    good = what != "squared error"
    if isinstance(task, Regression):
        scores, what = abs(outputs - targets).mean(axis=1), "mean absolute error"
    elif not good:
        what = "error of a row"
    return ColumnSlices(column, what, *slices_of(cells, scores, high_is_good=good))
