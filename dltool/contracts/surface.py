"""What a network answers over the plane of its two numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Surface:
    """One answer of a network over the plane of the two numbers that it takes, all in their own units."""

    names: tuple[str, ...]
    """Of the two numbers."""
    logarithmic: tuple[bool, ...]
    """Whether the network sees a number's logarithm."""
    x: np.ndarray
    """float64, shape (columns of the grid,)."""
    y: np.ndarray
    """float64, shape (rows of the grid,)."""
    kind: Literal["classes", "probability", "number"]
    answers: np.ndarray
    """float64, shape (rows, columns, classes): a score for each class, of which the largest is predicted. Else of shape
    (rows, columns): the probability of the second of two classes, or a number."""
    answer: str
    """The class that a probability is of, or what a number is; empty for a score each."""
    classes: tuple[str, ...]
    """Their names; empty for a number."""
    threshold: float
    """The probability above which the second of two classes is predicted."""
    points: Mapping[str, np.ndarray]
    """Some rows of each part of the data, float64 of shape (rows, 2)."""
    targets: Mapping[str, np.ndarray]
    """Of those rows: class indices, or numbers; shape (rows,), or (0,) where the input itself is learnt."""
    rows: Mapping[str, int]
    """How many rows each part has."""
