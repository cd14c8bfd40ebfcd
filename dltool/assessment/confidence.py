"""Whether probabilities are what they say: calibration, and what abstaining would buy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dltool.analysis.statistics import Interval, proportion_interval
from dltool.assessment.ranking import Ranking
from dltool.tasks.calibration import bin_of, expected_calibration_error


@dataclass(frozen=True)
class Bin:
    """Rows whose likeliest class has a probability between two ends."""

    rows: int
    confidence: float
    """The mean probability of that class."""
    accuracy: float
    """The part of the rows that is right."""
    interval: Interval
    """95 %, of the accuracy."""


@dataclass(frozen=True)
class Reliability:
    """How probabilities compare with how often they are right."""

    bins: tuple[Bin, ...]
    """Of equal width, the empty ones left out, the least confident first."""
    error: float
    """The expected calibration error: the mean distance between the two, bin by bin, by the rows in each."""
    overconfidence: float
    """By how much the mean probability of the likeliest class is above the part of the rows that is right."""


def reliability_of(confidence: np.ndarray, right: np.ndarray, weights: np.ndarray) -> Reliability:
    """Compare probabilities with how often they are right.

    Guo et al. (2017), "On calibration of modern neural networks". Intervals are of the rows' number.

    Args:
        confidence: the probability of the likeliest class, shape (rows,).
        right: whether it is the true one, booleans, shape (rows,).
        weights: how much each row counts, shape (rows,).
    """
    places = bin_of(confidence)
    bins = []
    for place in np.unique(places):
        inside = places == place
        counted = weights[inside]
        if not counted.any():
            continue
        rows, accuracy = int(inside.sum()), float(np.average(right[inside], weights=counted))
        mean = float(np.average(confidence[inside], weights=counted))
        bins.append(Bin(rows, mean, accuracy, proportion_interval(accuracy * rows, rows)))
    overconfidence = float(np.average(confidence - right, weights=weights))
    return Reliability(tuple(bins), expected_calibration_error(confidence, right, weights), overconfidence)


def accuracy_by_coverage(confidence: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the surest answers are worth: the part of the rows that is answered, and the part of those right.

    Rows of equal confidence are answered together.

    Args:
        confidence: shape (rows,).
        right: booleans, shape (rows,).
    """
    hits, misses = Ranking(right, confidence).counts(np.ones(len(right)))
    answered = hits + misses
    return answered / len(right), hits / answered
