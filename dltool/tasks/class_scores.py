"""How well each class is told from the others, counted from a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Confusion = Sequence[Sequence[int]]
"""Rows of data by true class (first index) and predicted class; square."""


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall and F1 of one class, or their average; None where there is nothing to count."""

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    rows: int
    """Rows whose true class it is."""


@dataclass(frozen=True)
class ConfusedPair:
    """Rows of one class that were taken for another."""

    true: str
    predicted: str
    rows: int
    share: float
    """Of all rows of the true class."""


def class_scores(classes: Sequence[str], confusion: Confusion) -> list[ClassScores]:
    """Return the scores of each class, in the order of ``classes``."""
    scores = []
    for i, name in enumerate(classes):
        right, rows, predicted = confusion[i][i], sum(confusion[i]), sum(row[i] for row in confusion)
        precision, recall = right / predicted if predicted else None, right / rows if rows else None
        f1 = 2 * right / (rows + predicted) if rows + predicted else None
        scores.append(ClassScores(name, precision, recall, f1, rows))
    return scores


def average_scores(classes: Sequence[str], confusion: Confusion) -> list[ClassScores]:
    """Return two averages: ``macro average``, where classes count alike, and ``weighted average``, where rows do.

    Classes that neither occur nor were predicted are left out; what others of them lack counts as 0, so that never
    predicting a class does not pay.
    """
    scores = [
        score
        for i, score in enumerate(class_scores(classes, confusion))
        if score.rows or any(row[i] for row in confusion)
    ]
    return [
        _average("macro average", scores, [1] * len(scores)),
        _average("weighted average", scores, [score.rows for score in scores]),
    ]


def confused_pairs(classes: Sequence[str], confusion: Confusion, most: int) -> list[ConfusedPair]:
    """Return the pairs of classes that were confused most often, at most ``most``, the worst first."""
    pairs = [
        ConfusedPair(classes[i], classes[j], count, count / sum(row))
        for i, row in enumerate(confusion)
        for j, count in enumerate(row)
        if i != j and count
    ]
    return sorted(pairs, key=lambda pair: (-pair.rows, -pair.share))[:most]


def _average(name: str, scores: Sequence[ClassScores], weights: Sequence[int]) -> ClassScores:
    total = sum(weights)
    precision, recall, f1 = (
        sum((getattr(score, field) or 0) * weight for score, weight in zip(scores, weights, strict=True)) / total
        if total
        else None
        for field in ("precision", "recall", "f1")
    )
    return ClassScores(name, precision, recall, f1, sum(score.rows for score in scores))
