"""Weights of rows by their class."""

from __future__ import annotations

import numpy as np


def balanced_weights(targets: np.ndarray, classes: int) -> np.ndarray:
    """Return a weight for each row: rows / (classes · rows of its class) (King & Zeng 2001).

    Args:
        targets: class indices, shape (rows,).
        classes: how many there are; one without rows does not count.

    Returns:
        float32, shape (rows,).
    """
    counts = np.bincount(targets, minlength=classes)
    per_class = len(targets) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    weights: np.ndarray = per_class.astype("float32")[targets]
    return weights
