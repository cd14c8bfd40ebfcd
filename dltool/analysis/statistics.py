"""How sure one may be of a difference."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_DRAWS = 10_000
_SEED = 0
# Quantiles of Student's t for two-sided 95 %, by degrees of freedom from 1 on; tabulated since 1908.
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131),
    *(2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
_NORMAL = 1.959964


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def beyond_noise(self) -> bool:
        """Whether 0 lies outside."""
        return self.low > 0 or self.high < 0


def paired_interval(differences: Sequence[float]) -> Interval:
    """Return the mean of paired differences with Student's interval; at least two are needed."""
    mean = statistics.fmean(differences)
    half = _quantile(len(differences) - 1) * statistics.stdev(differences) / math.sqrt(len(differences))
    return Interval(mean, mean - half, mean + half)


def unpaired_interval(first: Sequence[float], second: Sequence[float]) -> Interval:
    """Return the mean of ``first`` less that of ``second`` with Welch's interval; at least two of each are needed."""
    parts = [statistics.variance(sample) / len(sample) for sample in (first, second)]
    mean = statistics.fmean(first) - statistics.fmean(second)
    if not sum(parts):
        return Interval(mean, mean, mean)
    # Welch and Satterthwaite's degrees of freedom.
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(sample) - 1) for part, sample in zip(parts, (first, second), strict=True)
    )
    half = _quantile(int(freedom)) * math.sqrt(sum(parts))
    return Interval(mean, mean - half, mean + half)


def _quantile(freedom: int) -> float:
    if freedom <= len(_T):
        return _T[freedom - 1]
    # Abramowitz and Stegun (1964), 26.7.5: exact to four digits from 30 degrees on.
    x = _NORMAL
    return x + (x**3 + x) / (4 * freedom) + (5 * x**5 + 16 * x**3 + 3 * x) / (96 * freedom**2)


def bootstrap_interval(differences: np.ndarray) -> Interval:
    """Return the mean of the differences between two models, a row each, with the percentile bootstrap's interval.

    Rows are drawn with replacement, 10,000 times (Efron, 1979); the draws are the same each time.

    Args:
        differences: Shape (rows,).
    """
    import numpy as np

    rng = np.random.default_rng(_SEED)
    values, counts = np.unique(differences, return_counts=True)
    rows = len(differences)
    if len(values) * 10 < rows:
        # How often each value is drawn is all that counts: one multinomial draw instead of one a row.
        means = rng.multinomial(rows, counts / rows, size=_DRAWS) @ values / rows
    else:
        means = np.array([differences[rng.integers(0, rows, rows)].mean() for _ in range(_DRAWS)])
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(differences.mean()), float(low), float(high))


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of McNemar's test (1947): a sign test on the rows where two models differ.

    Args:
        only_first: Rows that the first model alone has right.
        only_second: Rows that the second model alone has right.
    """
    trials = only_first + only_second
    tail = sum(math.comb(trials, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, tail / 2 ** (trials - 1)) if trials else 1.0
