"""The metrics of the language as functions of how much each row counts, so that rows can be drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dltool.assessment.ranking import Ranking
from dltool.config import losses as spec
from dltool.config.field_types import kind_of
from dltool.config.training import Training
from dltool.tasks.classes import Classes
from dltool.tasks.contract import Task
from dltool.tasks.reconstruction import Reconstruction
from dltool.tasks.regression import Regression
from dltool.tasks.row_losses import row_losses

Weighted = Callable[[np.ndarray], float]
"""From the weights of the rows, float64 of shape (rows,), to a metric; NaN where none counts."""
_TOLERANCE = 1e-3
"""How far a metric of float32 may be from ours, of its size."""

_CUT = 0.5
"""Above which an output of several classes counts as positive, unless the metric or the task says otherwise."""


@dataclass(frozen=True)
class _Mean:
    """The mean over the rows, which count by their weights."""

    values: np.ndarray
    is_proportion: bool = False

    def __call__(self, weights: np.ndarray) -> float:
        total = weights.sum()
        return float(weights @ self.values / total) if total else float("nan")


@dataclass(frozen=True)
class Function:
    """A metric as a function of how often each row counts."""

    weighted: Weighted
    weights: np.ndarray
    """Of the rows, float64, (rows,)."""
    is_loss: bool = False
    """Whether the sum is divided by the number of rows, as Keras does with a loss, rather than by their weights."""

    @property
    def is_proportion(self) -> bool:
        """Whether the metric is the part of the rows that is right."""
        return isinstance(self.weighted, _Mean) and self.weighted.is_proportion

    def __call__(self, counts: np.ndarray) -> float:
        """Return the metric; counts are float64, of shape (rows,)."""
        weights = counts * self.weights
        return self.weighted(weights) * (weights.sum() / counts.sum() if self.is_loss else 1.0)


def metric_functions(
    training: Training,
    task: Task,
    targets: np.ndarray,
    outputs: np.ndarray,
    metrics: Mapping[str, float | None],
    weights: np.ndarray,
) -> dict[str, Function]:
    """Return those of the loss and the metrics that are known here and, on all rows, come out as they were measured.

    Left out is a loss with penalties, for one, or a metric that stands for another quantity than is stored.

    Args:
        training: says what is measured.
        task: what outputs mean.
        targets: as a ``Part`` holds them.
        outputs: decoded.
        metrics: as they were measured.
        weights: of the rows, float64, (rows,).
    """
    made = {kind_of(type(metric)): _metric(metric, task, targets, outputs) for metric in training.metrics}
    made["loss"] = _loss(training.loss, task, targets, outputs)
    found, once = {}, np.ones(len(targets))
    for name, value in metrics.items():
        if (weighted := made.get(name)) and value is not None:
            function = Function(weighted, weights, is_loss=name == "loss")
            if np.isclose(function(once), value, rtol=_TOLERANCE, atol=1e-7):
                found[name] = function
    return found


def _loss(loss: spec.Loss, task: Task, targets: np.ndarray, outputs: np.ndarray) -> Weighted | None:
    if isinstance(task, Reconstruction):
        return _Mean(outputs[:, 0].astype(float))
    if isinstance(task, Regression):
        with np.errstate(all="ignore"):
            errors = task.encode(targets) - task.encode(outputs)
        made = {"mean_squared_error": errors**2, "mean_absolute_error": abs(errors)}
        rows = made.get(kind_of(type(loss)))
        return None if rows is None else _Mean(rows.mean(axis=1))
    return _Mean(row_losses(loss, targets, outputs)) if loss.gives_probabilities else None


def _metric(metric: spec.Metric, task: Task, targets: np.ndarray, outputs: np.ndarray) -> Weighted | None:
    if isinstance(task, Reconstruction):
        return None
    if isinstance(task, Regression):
        return _of_numbers(kind_of(type(metric)), targets, outputs)
    # Of classes every class is an output; of two classes with one output that is the second alone.
    has = np.eye(outputs.shape[1], dtype=bool)[targets] if isinstance(task, Classes) else targets > 0.5
    one = isinstance(task, Classes) and task.output_shape == (1,)
    has, scores = (has[:, 1:], outputs[:, 1:]) if one else (has, outputs)
    if isinstance(metric, spec.AUC):
        ranking, repeats = Ranking(has.ravel(), scores.ravel()), has.shape[1]
        area = ranking.roc_area if metric.curve == "ROC" else ranking.average_precision
        return lambda weights: area(np.repeat(weights, repeats))
    if isinstance(metric, spec.TopKCategoricalAccuracy):
        best = np.argsort(-outputs, axis=1, kind="stable")[:, : metric.k]
        return _Mean((best == targets[:, None]).any(axis=1).astype(float), is_proportion=True)
    if isinstance(metric, spec.Accuracy):
        if isinstance(task, Classes):
            return _Mean((task.ranked(outputs, 1)[:, 0] == targets).astype(float), is_proportion=True)
        return _Mean(((outputs > task.loss.threshold) == has).mean(axis=1))
    cut = next(iter(task.metric_arguments(metric).values()), None)
    cut = getattr(metric, "thresholds", getattr(metric, "threshold", None)) or cut
    if cut is None and not isinstance(metric, spec.F1Score):
        cut = _CUT
    told = scores > cut if cut is not None else np.eye(scores.shape[1], dtype=bool)[scores.argmax(axis=1)]
    return _of_decisions(metric, has, told)


def _of_decisions(metric: spec.Metric, has: np.ndarray, told: np.ndarray) -> Weighted | None:
    """Return precision, recall or F1 of what is called so; booleans of shape (rows, outputs)."""
    if not isinstance(metric, spec.F1Score):
        under = (told if isinstance(metric, spec.Precision) else has).sum(axis=1).astype(float)
        over = (has & told).sum(axis=1).astype(float)
        return lambda weights: float(weights @ over / total) if (total := weights @ under) else 0.0
    right, found, wanted = (has & told).astype(np.float32), told.astype(np.float32), has.astype(np.float32)

    def f1(weights: np.ndarray) -> float:
        counted = weights.astype(np.float32)
        hits, called, rows = ((counted @ each).astype(float) for each in (right, found, wanted))
        if metric.average == "micro":
            return float(2 * hits.sum() / max(called.sum() + rows.sum(), 1e-300))
        present = called + rows > 0
        scores = np.divide(2 * hits, called + rows, out=np.zeros_like(hits), where=present)
        share = rows if metric.average == "weighted" else present.astype(float)
        return float((scores * share).sum() / share.sum()) if share.sum() else 0.0

    return f1


def _of_numbers(kind: str, targets: np.ndarray, outputs: np.ndarray) -> Weighted | None:
    targets = targets.astype(float)
    with np.errstate(all="ignore"):
        errors = outputs - targets
        squares = errors**2
        if kind == "root_mean_squared_error":
            mean = _Mean(squares.mean(axis=1))
            return lambda weights: mean(weights) ** 0.5
        if kind == "r2_score":
            return lambda weights: _explained(weights, targets, squares)
        made = {
            "mean_squared_error": squares,
            "mean_absolute_error": abs(errors),
            "mean_absolute_percentage_error": 100 * abs(errors / targets),
        }
    rows = made.get(kind)
    return None if rows is None else _Mean(rows.mean(axis=1))


def _explained(weights: np.ndarray, targets: np.ndarray, squares: np.ndarray) -> float:
    """Return the mean over the targets that vary of the part of their variance that is explained."""
    if not weights.any():
        return float("nan")
    mean = weights @ targets / weights.sum()
    spread = weights @ (targets - mean) ** 2
    varies = spread > 0
    return float((1 - (weights @ squares)[varies] / spread[varies]).mean()) if varies.any() else float("nan")
