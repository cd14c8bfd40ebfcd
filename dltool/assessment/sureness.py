"""How far a score on some rows may be from that on others: 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

_DRAWS, _FEWEST_DRAWS, _MOST_WORK = 1000, 200, 20_000_000
_SEED = 0
_Z = 1.959964
"""The 97.5 % quantile of the normal distribution."""

Ends = tuple[float, float]


def bootstrap(scores: Callable[[np.ndarray], np.ndarray], rows: int) -> list[Ends | None]:
    """Return the percentile bootstrap's interval of each of several scores (Efron, 1979).

    Rows are drawn with replacement, all scores of the same draws, which are the same each time: 1,000, of many rows as
    few as 200.

    Args:
        scores: from how often each row counts, float64 of shape (rows,), to the scores, (scores,); NaN where one does
            not exist.
        rows: how many there are.

    Returns:
        Their ends; None for a score that does not exist in one draw in twenty, and where there is but one row.
    """
    generator = np.random.default_rng(_SEED)
    draws = max(_FEWEST_DRAWS, min(_DRAWS, _MOST_WORK // rows))
    drawn = (np.bincount(generator.integers(0, rows, rows), minlength=rows).astype(float) for _ in range(draws))
    found = np.array([scores(counts) for counts in drawn])
    intervals: list[Ends | None] = []
    for each in found.T:
        known = each[np.isfinite(each)]
        ends = np.quantile(known, [0.025, 0.975]) if rows > 1 and len(known) > 0.95 * draws else None
        intervals.append(None if ends is None else (float(ends[0]), float(ends[1])))
    return intervals


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
