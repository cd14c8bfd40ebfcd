"""How far a score on some rows may be from that on others: 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from dltool.analysis.statistics import MeanDifference

_DRAWS, _ENOUGH_DRAWS, _FEWEST_DRAWS, _MOST_WORK = 1000, 200, 40, 50_000_000
_FEWEST_ROWS = 10
_SEED = 0
_Z = 1.959964
"""The 97.5 % quantile of the normal distribution."""

Ends = tuple[float, float]


def bootstrap(scores: Callable[[np.ndarray], np.ndarray], rows: int, numbers: int = 1) -> list[Ends | None]:
    """Return the percentile bootstrap's interval of each of several scores (Efron, 1979).

    Rows are drawn with replacement, all scores of the same draws, which are the same each time: 1,000, of many rows
    fewer. Below 200 draws, the quantiles are those of the normal distribution that deviates as the draws do.

    Args:
        scores: from how often each row counts, float64 of shape (rows,), to the scores, (scores,); NaN where one does
            not exist.
        rows: how many there are.
        numbers: how many each row has, such as a score a class.

    Returns:
        Their ends; None for a score that does not exist in one draw in twenty, and of fewer than ten rows.
    """
    generator = np.random.default_rng(_SEED)
    draws = max(_FEWEST_DRAWS, min(_DRAWS, _MOST_WORK // (rows * numbers)))
    drawn = (np.bincount(generator.integers(0, rows, rows), minlength=rows).astype(float) for _ in range(draws))
    found = np.array([scores(counts) for counts in drawn])
    intervals: list[Ends | None] = []
    for each in found.T:
        known = each[np.isfinite(each)]
        if rows < _FEWEST_ROWS or len(known) <= 0.95 * draws:
            intervals.append(None)
        elif draws < _ENOUGH_DRAWS:
            middle, half = float(known.mean()), _Z * float(known.std(ddof=1))
            intervals.append((middle - half, middle + half))
        else:
            low, high = np.quantile(known, [0.025, 0.975])
            intervals.append((float(low), float(high)))
    return intervals


def of_mean(values: np.ndarray) -> Ends | None:
    """Return the interval of a mean by Student's t distribution; None of fewer than ten rows: it would hold too little.

    Args:
        values: shape (rows,).
    """
    rows = len(values)
    if rows < _FEWEST_ROWS:
        return None
    error = float(values.std(ddof=1)) / math.sqrt(rows)
    interval = MeanDifference(float(values.mean()), error, rows - 1).interval
    return interval.low, interval.high


def of_share(right: float, rows: float) -> Ends:
    """Return the interval of a share of rows, which of few rows, or of all of them, is no narrower than it is known.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.

    Args:
        right: how many rows.
        rows: of how many, above 0.
    """
    share, bonus = right / rows, _Z**2 / rows
    middle = (share + bonus / 2) / (1 + bonus)
    half = _Z * math.sqrt(share * (1 - share) / rows + bonus / (4 * rows)) / (1 + bonus)
    return max(0.0, middle - half), min(1.0, middle + half)
