"""Prediction intervals of numbers, by split-conformal inference.

Lei et al. (2018), "Distribution-free predictive inference for regression", JASA 113: of n rows that the network did not
learn from, the ceil((n + 1) · level)-th smallest |target - answer| is half the width of intervals that hold new targets
with a probability of at least ``level``, if those come from where the n rows did. Where the logarithm of a target is
learnt, residuals are of logarithms: intervals are then a factor around the answer, and positive. Where there are folds,
the n rows are all of theirs, each answered by the network that had not seen it, which learnt from fewer rows than the
one that is left: the promise then holds but about.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from dltool.contracts.residuals import Residuals, kept_places
from dltool.errors import UsageError
from dltool.tasks.contract import Task
from dltool.tasks.regression import Regression, value_names

if TYPE_CHECKING:
    import numpy as np

LEVEL = 0.9
"""The level of intervals whose coverage an evaluation says."""


def residuals_of(task: Task, targets: np.ndarray, outputs: np.ndarray) -> Residuals | None:
    """Return what a model stores of its errors; None where it predicts no numbers, or an answer was no finite one.

    Args:
        task: what the outputs mean.
        targets: of rows that training did not learn from, as a ``Part`` holds them: (rows, targets).
        outputs: decoded, of the same shape.
    """
    import numpy as np

    if not isinstance(task, Regression):
        return None
    with np.errstate(all="ignore"):
        errors = np.abs(np.log(targets) - np.log(outputs) if task.is_logarithmic else targets - outputs)
    if not np.isfinite(errors).all():
        return None
    rows, count = errors.shape
    kept = -np.sort(-errors, axis=0)[np.array(kept_places(rows, count)) - 1]
    return Residuals(rows, tuple(tuple(map(float, each)) for each in kept.T))


def interval_columns(
    task: Task, residuals: Residuals | None, level: float
) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """Return a function from decoded outputs to columns: each target's prediction, its ``_low`` and its ``_high``.

    Raises:
        UsageError: there are no intervals of such a level.
    """
    if not 0 < level < 1:
        raise UsageError(f"--interval {level:g}: expected a part of the rows, between 0 and 1, such as 0.9")
    if not isinstance(task, Regression):
        raise UsageError(f"--interval is for numbers to predict; this model predicts {task.noun}")
    if residuals is None:
        raise UsageError(
            "--interval: the model does not say how far off it is on rows that it did not learn from; "
            "set data.validation or data.folds, and train it to its end"
        )
    rows = residuals.rows
    if not _place(rows, level):
        needed = math.ceil(_exact(level) / (1 - _exact(level)))
        highest = math.floor(Fraction(1000 * rows, rows + 1)) / 1000
        raise UsageError(
            f"--interval {level:g} needs at least {needed:,} validation rows; there were {rows:,}, "
            f"enough for levels up to {highest:g}"
        )
    half_widths, names = _half_widths(residuals, level), value_names(task.signature, "prediction")
    stems = task.signature.targets or names
    columns: list[str] = []
    for name, stem in zip(names, stems, strict=True):
        columns += [name, f"{stem}_low", f"{stem}_high"]
    if twice := [name for name in columns if columns.count(name) > 1]:
        raise UsageError(f"--interval: two columns would be called {twice[0]!r}; train with targets of other names")

    def made(outputs: np.ndarray) -> dict[str, np.ndarray]:
        low, high = _bounds(task, outputs, half_widths)
        values = [column for i in range(len(names)) for column in (outputs[:, i], low[:, i], high[:, i])]
        return dict(zip(columns, values, strict=True))

    return made


def coverage(task: Task, residuals: Residuals | None, targets: np.ndarray, outputs: np.ndarray) -> tuple[float, ...]:
    """Return, target by target, which part of some rows the intervals of ``LEVEL`` hold; empty where there are none.

    Args:
        task: what the outputs mean.
        residuals: of the model.
        targets: as a ``Part`` holds them, (rows, targets).
        outputs: decoded, of the same shape.
    """
    if not isinstance(task, Regression) or residuals is None or not _place(residuals.rows, LEVEL):
        return ()
    low, high = _bounds(task, outputs, _half_widths(residuals, LEVEL))
    return tuple(map(float, ((low <= targets) & (targets <= high)).mean(axis=0)))


def _exact(level: float) -> Fraction:
    """Return a level as it is written: 0.07 · 100 is 7, and in floating point a little more."""
    return Fraction(str(level))


def _place(rows: int, level: float) -> int:
    """Return which of so many residuals, from the largest, is half the width of intervals; 0 where none is enough."""
    return rows + 1 - math.ceil((rows + 1) * _exact(level))


def _half_widths(residuals: Residuals, level: float) -> np.ndarray:
    """Return half the width of each target's intervals, (targets,); rather too wide where residuals are thinned."""
    import numpy as np

    places = kept_places(residuals.rows, len(residuals.values))
    at = bisect_right(places, _place(residuals.rows, level)) - 1
    return np.array([values[at] for values in residuals.values])


def _bounds(task: Regression, outputs: np.ndarray, half_widths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the two ends of each interval, of the shape of the outputs."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        if task.is_logarithmic:
            return outputs * np.exp(-half_widths), outputs * np.exp(half_widths)
        low, high = outputs - half_widths, outputs + half_widths
        return np.maximum(low, 0) if task.loss.non_negative else low, high
