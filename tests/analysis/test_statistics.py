import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.analysis.statistics import (
    bootstrap_interval,
    mcnemar,
    paired_interval,
    unpaired_interval,
)
from tests.support.examples import FIRST, SECOND


def test_students_sleep():
    paired = paired_interval([b - a for a, b in zip(FIRST, SECOND, strict=True)])
    assert (paired.mean, paired.low, paired.high) == pytest.approx((1.58, 0.70, 2.46), abs=0.005)
    assert paired.beyond_noise
    unpaired = unpaired_interval(SECOND, FIRST)
    assert (unpaired.mean, unpaired.low, unpaired.high) == pytest.approx((1.58, -0.21, 3.37), abs=0.02)
    assert not unpaired.beyond_noise


# Tables of Student's t, two-sided 95 %.
@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.706), (30, 2.042), (40, 2.021), (60, 2.000), (120, 1.980)])
def test_the_interval_is_as_wide_as_students_table_says(freedom, quantile):
    differences = [(-1.0) ** i for i in range(freedom + 1)]
    interval = paired_interval(differences)
    error = np.std(differences, ddof=1) / math.sqrt(freedom + 1)
    assert (interval.high - interval.mean) / error == pytest.approx(quantile, abs=0.0005)


def test_samples_without_spread():
    assert paired_interval([0.5, 0.5]).beyond_noise
    same = unpaired_interval([1.0, 1.0], [1.0, 1.0])
    assert (same.low, same.high) == (0, 0)
    assert not same.beyond_noise


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
def test_the_bootstrap_agrees_with_theory(kind):
    rng = np.random.default_rng(3)
    if kind == "few values":
        differences = rng.choice([-1.0, 0.0, 1.0], 2000, p=[0.1, 0.8, 0.1])
    else:
        differences = rng.normal(0.2, 1.0, 800)
    found = bootstrap_interval(differences)
    half = 1.96 * differences.std() / math.sqrt(len(differences))
    assert found.mean == pytest.approx(differences.mean())
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), abs=0.1 * half)
    again = bootstrap_interval(differences)
    assert (again.low, again.high) == (found.low, found.high)
