"""How wrong answers are, row by row: one measure for whatever lists mistakes."""

from __future__ import annotations

import numpy as np

from dltool.tasks.classes import Classes
from dltool.tasks.contract import Task
from dltool.tasks.labels import Labels
from dltool.tasks.reconstruction import Reconstruction


@np.errstate(all="ignore")
def severities(task: Task, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return how wrong each row's answer is, float64, shape (rows,).

    It is -inf of a right one, and inf of one that is no finite number; else, of classes, the score of the
    wrong one that is predicted, of labels the distance from the threshold of the surest that is wrong, of numbers the
    size of the largest error, and of reconstructions the error.

    Args:
        task: what outputs mean.
        targets: as a ``Part`` holds them.
        outputs: decoded.
    """
    if isinstance(task, Classes):
        predicted = task.ranked(outputs, 1)[:, 0]
        found = np.where(predicted == targets, -np.inf, outputs[np.arange(len(outputs)), predicted])
    elif isinstance(task, Labels):
        found = wrong_distances(task, targets, outputs).max(axis=1)
    elif isinstance(task, Reconstruction):
        found = outputs[:, 0]
    else:
        found = abs(errors(targets, outputs)).max(axis=1)
    severity: np.ndarray = np.where(np.isfinite(outputs).all(axis=1), found, np.inf).astype(float)
    return severity


def wrong_distances(task: Labels, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return how far the answers to labels that are wrong are from the threshold: (rows, labels).

    Those of the right ones are -inf, and those of what is no finite number inf.
    """
    cut = task.loss.threshold
    distances = np.where((outputs > cut) == (targets > 0.5), -np.inf, abs(outputs - cut))
    found: np.ndarray = np.where(np.isfinite(outputs), distances, np.inf)
    return found


@np.errstate(all="ignore")
def errors(targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return by how much numbers are above the true ones: (rows, targets), of several in deviations of each."""
    spread = targets.std(axis=0) if targets.shape[1] > 1 else np.ones(1)
    found: np.ndarray = (outputs - targets) / np.where(spread > 0, spread, 1)
    return found
