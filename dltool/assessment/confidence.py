"""Whether probabilities are what they say: calibration, and what abstaining would buy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dltool.assessment.sureness import Ends, of_share
from dltool.tasks.calibration import BINS, expected_calibration_error


@dataclass(frozen=True)
class Bin:
    """Rows whose predicted class has a probability between two ends."""

    rows: int
    confidence: float
    """The mean probability of the predicted class."""
    accuracy: float
    """The part of the rows that is right."""
    interval: Ends
    """95 %, of the accuracy."""


@dataclass(frozen=True)
class Reliability:
    """How probabilities compare with how often they are right."""

    bins: tuple[Bin, ...]
    """Of equal width, the empty ones left out, the least confident first."""
    error: float
    """The expected calibration error: the mean distance between the two, bin by bin, rows counting alike."""


def reliability_of(confidence: np.ndarray, right: np.ndarray) -> Reliability:
    """Compare probabilities with how often they are right.

    Guo et al. (2017), "On calibration of modern neural networks".

    Args:
        confidence: the probability of the predicted class, shape (rows,).
        right: booleans, shape (rows,).
    """
    places = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    bins = []
    for place in np.unique(places):
        inside = places == place
        rows, share = int(inside.sum()), float(right[inside].mean())
        bins.append(Bin(rows, float(confidence[inside].mean()), share, of_share(share * rows, rows)))
    return Reliability(tuple(bins), expected_calibration_error(confidence, right))


def accuracy_by_coverage(confidence: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the surest answers are worth: the part of the rows that is answered, and the part of those right.

    Rows of equal confidence are answered together.

    Args:
        confidence: shape (rows,).
        right: booleans, shape (rows,).
    """
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    answered = last + 1
    return answered / len(order), np.cumsum(right[order])[last] / answered
