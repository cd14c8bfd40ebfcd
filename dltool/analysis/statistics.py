"""How sure one may be of a score, or of a difference."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np

SIGNIFICANCE = 0.05
"""A difference whose p value is below it is more than noise; intervals are of 95 %."""
FEWEST_ROWS = 10
"""Of fewer, an interval that follows from how rows differ would hold too little."""
_DRAWS, _ENOUGH_DRAWS, _FEWEST_DRAWS = 1000, 200, 40
_DRAWS_OF_MEANS = 10_000
"""Means are quickly worked out."""
_MOST_WORK = 50_000_000
"""What keeps it within a second or so."""
_SEED = 0
_Z = 1.959964
"""The 97.5 % quantile of the normal distribution."""

Interval = tuple[float, float]
"""Its low and its high end."""


@dataclass(frozen=True)
class MeanInterval:
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
    def interval(self) -> MeanInterval:
        """The mean with its interval."""
        half = _quantile(self.freedom) * self.error
        return MeanInterval(self.mean, self.mean - half, self.mean + half)

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


def bootstrap(
    scores: Callable[[np.ndarray], Sequence[float] | np.ndarray], rows: int, numbers: int = 1, draws: int = _DRAWS
) -> list[Interval | None]:
    """Return the percentile bootstrap's interval of each of several scores (Efron, 1979).

    Rows are drawn with replacement, all scores of the same draws, which are the same each time, and of many rows
    fewer. Below 200 draws, the quantiles are those of the normal distribution that deviates as the draws do.

    Args:
        scores: from how often each row counts, float64 of shape (rows,), to the scores, (scores,); NaN where one does
            not exist.
        rows: how many there are.
        numbers: how many each row has, such as a score a class.
        draws: how many at most.

    Returns:
        Their intervals; None for a score that does not exist in one draw in twenty.
    """
    import numpy as np

    generator = np.random.default_rng(_SEED)
    draws = max(_FEWEST_DRAWS, min(draws, _MOST_WORK // (rows * numbers)))
    drawn = (np.bincount(generator.integers(0, rows, rows), minlength=rows).astype(float) for _ in range(draws))
    found = np.array([scores(counts) for counts in drawn])
    intervals: list[Interval | None] = []
    for each in found.T:
        known = each[np.isfinite(each)]
        if len(known) <= 0.95 * draws:
            intervals.append(None)
        elif draws < _ENOUGH_DRAWS:
            middle, half = float(known.mean()), _Z * float(known.std(ddof=1))
            intervals.append((middle - half, middle + half))
        else:
            low, high = np.quantile(known, [0.025, 0.975])
            intervals.append((float(low), float(high)))
    return intervals


def bootstrap_mean(values: np.ndarray) -> MeanInterval:
    """Return the mean of numbers, such as differences between two models, with its interval by ``bootstrap``.

    Args:
        values: finite, shape (rows,).
    """
    rows = len(values)
    size = float(abs(values).max()) or 1.0  # sums of the largest numbers are none
    scaled = values / size / rows
    (interval,) = bootstrap(lambda counts: [float(counts @ scaled)], rows, draws=_DRAWS_OF_MEANS)
    low, high = cast("Interval", interval)
    return MeanInterval(float(values.mean()), size * low, size * high)


def mean_interval(values: np.ndarray) -> Interval | None:
    """Return the interval of a mean by Student's t distribution; None of fewer than ten rows: it would hold too little.

    Args:
        values: shape (rows,).
    """
    rows = len(values)
    if rows < FEWEST_ROWS:
        return None
    error = float(values.std(ddof=1)) / math.sqrt(rows)
    interval = MeanDifference(float(values.mean()), error, rows - 1).interval
    return interval.low, interval.high


def proportion_interval(right: float, rows: float) -> Interval:
    """Return the interval of a proportion of rows, which of few rows, or of all, is no narrower than it is known.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.

    Args:
        right: how many rows.
        rows: of how many, above 0.
    """
    proportion, bonus = right / rows, _Z**2 / rows
    middle = (proportion + bonus / 2) / (1 + bonus)
    half = _Z * math.sqrt(proportion * (1 - proportion) / rows + bonus / (4 * rows)) / (1 + bonus)
    return max(0.0, middle - half), min(1.0, middle + half)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of McNemar's test (1947): a sign test on the rows where two models differ.

    Args:
        only_first: Rows that the first model alone has right.
        only_second: Rows that the second model alone has right.
    """
    trials = only_first + only_second
    tail = sum(math.comb(trials, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, tail / 2 ** (trials - 1)) if trials else 1.0
