"""Weights of rows in training: their own, and those of their class."""

from __future__ import annotations

import numpy as np

from dltool.config.training import Training
from dltool.contracts.dataset import Dataset


def training_weights(dataset: Dataset, training: Training) -> np.ndarray | None:
    """Return how much each training row counts in the loss, float32 (rows,): own weight times that of the class.

    None where all count alike.
    """
    train = dataset.train
    if not training.class_weight:
        return train.weights
    balanced = balanced_weights(train.targets, dataset.signature.outputs, train.weights)
    return balanced if train.weights is None else balanced * train.weights


def balanced_weights(targets: np.ndarray, classes: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Return a weight for each row: rows / (classes · rows of its class) (King & Zeng 2001).

    Args:
        targets: class indices, shape (rows,).
        classes: how many there are; one without rows does not count.
        weights: how much each row counts, shape (rows,); by default all alike.

    Returns:
        float32, shape (rows,).
    """
    counts = np.bincount(targets, weights, minlength=classes)
    per_class = counts.sum() / (np.count_nonzero(counts) * np.where(counts > 0, counts, 1))
    of_rows: np.ndarray = per_class.astype("float32")[targets]
    return of_rows
