"""How well scores tell what is from what is not, over all thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RankingCurve:
    """A curve over the distinct scores, the highest first, with the exact area under it."""

    x: np.ndarray
    """False positive rates, or recalls: float64, (points,)."""
    y: np.ndarray
    """True positive rates, or precisions."""
    thresholds: np.ndarray
    """Scores from which on a row is called positive; infinite where none is."""
    area: float
    """NaN where it is undefined: without positives and, of a ROC curve, without negatives."""


def thinned(x: np.ndarray, y: np.ndarray, most: int) -> np.ndarray:
    """Return which points of a curve to draw: evenly spread along its length, the first and the last among them.

    Args:
        x: shape (points,).
        y: likewise.
        most: how many.
    """
    if len(x) <= most:
        return np.arange(len(x))
    length = np.append(0.0, np.cumsum(abs(np.diff(x)) + abs(np.diff(y))))
    return np.unique(np.searchsorted(length, np.linspace(0, length[-1], most)).clip(0, len(x) - 1))


class Ranking:
    """Rows in the order of their scores, so that curves of other weights cost no sorting."""

    def __init__(self, positive: np.ndarray, scores: np.ndarray) -> None:
        """Sort rows.

        Args:
            positive: booleans, shape (rows,).
            scores: the higher, the more likely positive; shape (rows,).
        """
        self._order = np.argsort(-scores, kind="stable")
        self._positive, ranked = positive[self._order], scores[self._order]
        # Rows of one score are told apart by no threshold: a curve has a point behind the last of them.
        self._last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
        self.thresholds = ranked[self._last]

    def counts(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the weight of the positives, and of the negatives, down to each distinct score: (points,) each."""
        weights = weights[self._order]
        hits = np.cumsum(np.where(self._positive, weights, 0.0))[self._last]
        return hits, np.cumsum(weights)[self._last] - hits

    def roc_area(self, weights: np.ndarray) -> float:
        """Return the chance that a positive scores higher than a negative, a tie counting half (Mann, Whitney 1947)."""
        hits, misses = self.counts(weights)
        total = hits[-1] * misses[-1]
        area = (np.diff(misses, prepend=0.0) * (2 * hits - np.diff(hits, prepend=0.0))).sum() / 2
        return float(area / total) if total else float("nan")

    def average_precision(self, weights: np.ndarray) -> float:
        """Return Σ (R_n - R_{n-1}) · P_n over the distinct scores, the highest first."""
        hits, misses = self.counts(weights)
        if not hits[-1]:
            return float("nan")
        called = hits + misses
        precision = np.divide(hits, called, out=np.zeros_like(hits), where=called > 0)
        return float((np.diff(hits, prepend=0.0) * precision).sum() / hits[-1])

    def roc(self, weights: np.ndarray) -> RankingCurve:
        """Return true positive rates over false positive rates, from (0, 0) to (1, 1)."""
        hits, misses = self.counts(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            x, y = np.append(0.0, misses / misses[-1]), np.append(0.0, hits / hits[-1])
        return RankingCurve(x, y, np.append(np.inf, self.thresholds), self.roc_area(weights))

    def precision_recall(self, weights: np.ndarray) -> RankingCurve:
        """Return precisions over recalls, from the highest score on."""
        hits, misses = self.counts(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            x, y = hits / hits[-1], hits / (hits + misses)
        return RankingCurve(x, y, self.thresholds, self.average_precision(weights))
