"""How sure one may be of a difference."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SIGNIFICANCE = 0.05
"""A difference whose p value is below it is more than noise; intervals are of 95 %."""
_LEAST_DRAWS, _MOST_DRAWS = 200, 10_000
_MOST_DRAWN = 20_000_000
"""What keeps the work within a second or so."""
_SEED = 0


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class MeanDifference:
    """A mean difference, of which Student's t distribution says how far it may be from the true one (1908)."""

    mean: float
    error: float
    """Its standard error."""
    freedom: float
    """Degrees of freedom, 1 or more."""

    @property
    def interval(self) -> Interval:
        """The mean with its interval."""
        half = _quantile(self.freedom) * self.error
        return Interval(self.mean, self.mean - half, self.mean + half)

    @property
    def p_value(self) -> float:
        """How likely a mean at least as far from 0, to either side, would be if the true one were 0."""
        if self.error:
            return _two_tails(self.mean / self.error, self.freedom)
        return 0.0 if self.mean else 1.0


def paired(differences: Sequence[float]) -> MeanDifference:
    """Return the mean of paired differences; at least two are needed."""
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    return MeanDifference(statistics.fmean(differences), error, len(differences) - 1)


def unpaired(first: Sequence[float], second: Sequence[float]) -> MeanDifference:
    """Return the mean of ``first`` less that of ``second``, by Welch (1947); at least two of each are needed."""
    errors = [statistics.stdev(sample) / math.sqrt(len(sample)) for sample in (first, second)]
    mean, error = statistics.fmean(first) - statistics.fmean(second), math.hypot(*errors)
    if not error:
        return MeanDifference(mean, 0.0, 1)
    # Welch and Satterthwaite's degrees of freedom.
    shares = [(each / error) ** 4 / (len(sample) - 1) for each, sample in zip(errors, (first, second), strict=True)]
    return MeanDifference(mean, error, 1 / sum(shares))


def _two_tails(t: float, freedom: float) -> float:
    """Return the probability that Student's t is at least so far from 0: Abramowitz and Stegun (1964), 26.7.1."""
    ratio = t * t / freedom
    if not ratio:
        return 1.0
    tail, rest = 1 / (1 + ratio), 1 / (1 + 1 / ratio)
    if tail < (freedom + 2) / (freedom + 5):
        return _incomplete_beta(freedom / 2, 0.5, tail, rest)
    return 1 - _incomplete_beta(0.5, freedom / 2, rest, tail)


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """Return the regularised incomplete beta function of ``x`` by its continued fraction, *ibid.* 26.5.8.

    Args:
        a: its first parameter.
        b: its second one.
        x: from 0 to (a + 1) / (a + b + 2), beyond which the fraction converges slowly.
        rest: 1 - x, to all its digits.
    """
    if not x:
        return 0.0
    fraction = 1.0
    for m in range(20 + int(4 * math.sqrt(max(a, b))), 0, -1):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m - 1) * (a + b + m - 1) * x / ((a + 2 * m - 2) * (a + 2 * m - 1))
        fraction = 1 + odd / (1 + even / fraction)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    return math.exp(scale) / (a * fraction)


@lru_cache(maxsize=1000)
def _quantile(freedom: float) -> float:
    """Return the t that is exceeded, to both sides together, with a probability of 5 %, by bisection."""
    low, high = 1.0, 13.0
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if _two_tails(middle, freedom) > SIGNIFICANCE else (low, middle)
    return (low + high) / 2


def holm(p_values: Sequence[float], hypotheses: int) -> list[float]:
    """Return p values that hold together: adjusted for the number of hypotheses that were tested, by Holm (1979).

    If those below 0.05 are called wrong, the probability that any of them is true stays below 0.05.

    Args:
        p_values: of the hypotheses that are of interest.
        hypotheses: how many there are with those whose p values are not known, which are taken for larger ones: that
            can only raise the others.
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (hypotheses - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def bootstrap_interval(differences: np.ndarray) -> Interval:
    """Return the mean of the differences between two models, a row each, with the percentile bootstrap's interval.

    Rows are drawn with replacement, 10,000 times (Efron, 1979); the draws are the same each time. Of more than
    2,000 different numbers there are fewer draws: 20 million numbers in all, and 200 draws at least.

    Args:
        differences: Shape (rows,).
    """
    import numpy as np

    rng = np.random.default_rng(_SEED)
    values, counts = np.unique(differences, return_counts=True)
    rows = len(differences)
    repeated = len(values) * 10 < rows
    draws = min(_MOST_DRAWS, max(_LEAST_DRAWS, _MOST_DRAWN // (len(values) if repeated else rows)))
    if repeated:
        # How often each value is drawn is all that counts: one multinomial draw instead of one a row.
        means = rng.multinomial(rows, counts / rows, size=draws) @ values / rows
    else:
        means = np.array([differences[rng.integers(0, rows, rows, np.int32)].mean() for _ in range(draws)])
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
