import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.analysis.statistics import (
    MeanDifference,
    bootstrap,
    bootstrap_mean,
    holm,
    mcnemar,
    mean_interval,
    paired,
    proportion_interval,
    unpaired,
)
from tests.support.examples import FIRST, SECOND


def test_students_sleep():
    """What R's ``t.test`` prints of them."""
    same = paired([b - a for a, b in zip(FIRST, SECOND, strict=True)])
    assert (same.interval.low, same.interval.high) == pytest.approx((0.7001142, 2.4598858), abs=1e-7)
    assert (same.mean, same.freedom, same.p_value) == pytest.approx((1.58, 9, 0.002833), abs=5e-7)
    others = unpaired(SECOND, FIRST)
    assert (others.interval.low, others.interval.high) == pytest.approx((-0.2054832, 3.3654832), abs=1e-7)
    assert (others.mean, others.freedom, others.p_value) == pytest.approx((1.58, 17.776, 0.07939), abs=5e-4)


# Tables of Student's t, two-sided 95 %.
@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.706), (30, 2.042), (40, 2.021), (60, 2.000), (120, 1.980)])
def test_the_interval_is_as_wide_as_students_table_says(freedom, quantile):
    differences = [(-1.0) ** i for i in range(freedom + 1)]
    interval = paired(differences).interval
    error = np.std(differences, ddof=1) / math.sqrt(freedom + 1)
    assert (interval.high - interval.mean) / error == pytest.approx(quantile, abs=0.0005)


def two_tails(t, freedom):
    """Student's, as finite sums: Abramowitz and Stegun (1964), 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(freedom))
    odd, total, term = freedom % 2, 0.0, math.cos(angle) if freedom % 2 else 1.0
    for k in range(odd, freedom - 1, 2):
        total += term
        term *= math.cos(angle) ** 2 * (k + 1) / (k + 2)
    total *= math.sin(angle)
    return 1 - (2 / math.pi * (angle + total) if odd else total)


@given(st.floats(0, 30), st.integers(1, 300))
def test_p_values_are_students(t, freedom):
    assert MeanDifference(-t, 1.0, freedom).p_value == pytest.approx(two_tails(t, freedom), abs=1e-11)


@pytest.mark.parametrize("t", [0.1, 1.959964, 6.0])
def test_with_many_degrees_of_freedom_p_values_are_those_of_the_normal_distribution(t):
    assert MeanDifference(t, 1.0, 1e7).p_value == pytest.approx(math.erfc(t / math.sqrt(2)), rel=1e-4)


def test_p_values_far_out_are_no_rounding_errors():
    # Of two degrees of freedom: 1 - t / root(2 + t²), which is 1 / t² far out.
    assert MeanDifference(1e9, 1.0, 2).p_value == pytest.approx(1e-18)
    assert MeanDifference(1e300, 1e-300, 2).p_value == 0


def test_samples_without_spread():
    assert (paired([0.5, 0.5]).p_value, paired([0.0, 0.0]).p_value) == (0, 1)
    same = unpaired([1.0, 1.0], [1.0, 1.0])
    assert (same.interval.low, same.interval.high, same.p_value) == (0, 0, 1)
    assert unpaired([2.0, 2.0], [1.0, 1.0]).p_value == 0


@pytest.mark.parametrize("size", [1e-180, 1e150])
def test_the_size_of_numbers_does_not_matter(size):
    found = unpaired([size * value for value in SECOND], [size * value for value in FIRST])
    assert (found.freedom, found.p_value) == pytest.approx((17.776, 0.07939), abs=5e-4)


def test_holm_by_hand():
    # 3 · 0.01, 2 · 0.02, and 0.03, which may not be below the one before.
    assert holm([0.02, 0.01, 0.03], 3) == pytest.approx([0.04, 0.03, 0.04])
    # Holm (1979) with more hypotheses than those: 6 · 0.005, 5 · 0.03, 4 · 0.9.
    assert holm([0.9, 0.005, 0.03], 6) == pytest.approx([1, 0.03, 0.15])
    assert holm([0.04], 1) == [0.04]
    assert holm([], 0) == []


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_exact_sign_test(first, second):
    # The probability, under a fair coin, of a split at least as far from even.
    trials = first + second
    far = abs(first - second)
    exact = sum(math.comb(trials, k) for k in range(trials + 1) if abs(2 * k - trials) >= far) / 2**trials
    assert mcnemar(first, second) == pytest.approx(min(1.0, exact))
    assert mcnemar(first, second) == mcnemar(second, first)


def test_mcnemar_in_figures():
    assert mcnemar(1, 9) == pytest.approx(22 / 1024)  # 2 * (1 + 10) / 2^10
    assert mcnemar(0, 0) == 1


@pytest.mark.parametrize("kind", ["few values", "many values"])
def test_the_bootstrap_of_a_mean_agrees_with_theory(kind):
    rng = np.random.default_rng(3)
    if kind == "few values":
        differences = rng.choice([-1.0, 0.0, 1.0], 2000, p=[0.1, 0.8, 0.1])
    else:
        differences = rng.normal(0.2, 1.0, 800)
    found = bootstrap_mean(differences)
    half = 1.96 * differences.std() / math.sqrt(len(differences))
    assert found.mean == pytest.approx(differences.mean())
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), abs=0.1 * half)
    assert bootstrap_mean(differences) == found
    huge = bootstrap_mean(1e300 * differences)
    assert (huge.low, huge.high) == pytest.approx((1e300 * found.low, 1e300 * found.high))


@pytest.mark.parametrize("work", [None, 100 * 250, 0], ids=["1000 draws", "250 draws", "40 draws"])
@pytest.mark.parametrize("draw", ["normal", "exponential"])
def test_bootstrapped_intervals_hold_the_truth_as_often_as_they_say(monkeypatch, work, draw):
    """Of 2,000 samples of 100 rows each, whose mean is known."""
    if work is not None:
        monkeypatch.setattr("dltool.analysis.statistics._MOST_WORK", work)
    samples = getattr(np.random.default_rng(7), draw)(size=(100, 2000))
    low, high = np.array(bootstrap(lambda counts: counts @ samples / 100, 100)).T
    truth = {"normal": 0.0, "exponential": 1.0}[draw]
    held = ((low <= truth) & (truth <= high)).mean()
    # As Student's: 95 %; the percentile bootstrap's are narrower by one row in 100, and those of skewed rows by more.
    assert 0.92 <= held <= 0.955


def test_of_many_rows_few_draws_are_enough():
    rows, drawn = 2_000_000, []
    values = np.random.default_rng(1).normal(5, 2, rows)

    def scores(counts):
        drawn.append(counts.sum())
        return [counts @ values / counts.sum()]

    ((low, high),) = bootstrap(scores, rows)
    half = 1.96 * values.std() / math.sqrt(rows)
    assert drawn == [rows] * 40
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.25 * half)


def test_a_score_that_often_does_not_exist_has_no_interval():
    def scores(counts):
        return [counts[0] if counts[0] else np.nan, 1.0]

    assert bootstrap(scores, 50) == [None, (1.0, 1.0)]


def test_the_interval_of_a_mean_of_few_rows_is_left_out():
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    # R's t.test(1:10): 3.334149 to 7.665851.
    assert mean_interval(values) == pytest.approx((3.334149, 7.665851), abs=1e-6)
    assert mean_interval(values[1:]) is None


@pytest.mark.parametrize(
    ("right", "rows", "low", "high"),
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_of_proportions_are_the_published_ones(right, rows, low, high):
    assert proportion_interval(right, rows) == pytest.approx((low, high), abs=5e-5)
