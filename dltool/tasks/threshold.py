"""The threshold between two classes that suits some rows best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dltool.config.training import ThresholdGoal

if TYPE_CHECKING:
    import numpy as np


def best_threshold(
    targets: np.ndarray, probabilities: np.ndarray, goal: ThresholdGoal, weights: np.ndarray | None = None
) -> float:
    """Return the threshold that serves a goal best: 0.5, or midway between two neighbouring probabilities.

    Of those that serve it alike, the one nearest to 0.5. It is a float32, written as briefly as tells it from others.

    Args:
        targets: 1 for rows of the second class, 0 for the others: (rows,), such as training did not learn from.
        probabilities: of the second class, float32 (rows,); what is no number counts as 0.
        goal: ``f1`` of the second class, or ``balanced_accuracy``, the mean of the recall of both.
        weights: how much each row counts, shape (rows,); by default all alike.
    """
    import numpy as np

    probabilities = np.nan_to_num(probabilities.astype(np.float32))
    distinct = np.unique(probabilities)
    low, high = distinct[:-1], distinct[1:]
    middle = (low + (high - low) / 2).astype(np.float32)
    # Between neighbours among the float32s there is nothing: the lower one itself is not above the threshold.
    candidates = np.unique(np.append(np.where(middle < high, middle, low), np.float32(0.5)))
    order = np.argsort(probabilities)
    below = np.searchsorted(probabilities[order], candidates, side="right")
    # Whole numbers where rows count alike, so that equals are equal.
    counted = np.ones(len(targets), np.int64) if weights is None else weights.astype(np.float64)
    missed, passed = (np.append(0, np.cumsum(each[order]))[below] for each in (counted * targets, counted))
    positives, negatives = (counted * targets).sum(), (counted * (1 - targets)).sum()
    found, spared = positives - missed, passed - missed
    if goal == "f1":
        predicted = positives + negatives - passed + positives
        worth = np.divide(2 * found, predicted, out=np.zeros(len(found)), where=predicted > 0)
    else:
        worth = found * negatives + spared * positives
    best = candidates[worth == worth.max()]
    return float(str(best[np.abs(best - np.float32(0.5)).argmin()]))
