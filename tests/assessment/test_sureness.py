import numpy as np
import pytest

from dltool.assessment.sureness import bootstrap, of_share


def test_the_interval_of_a_mean_is_that_of_the_normal_approximation():
    values = np.random.default_rng(1).normal(5, 2, 900)
    ((low, high),) = bootstrap(lambda counts: np.array([counts @ values / counts.sum()]), 900)
    half = 1.96 * values.std(ddof=1) / 30
    assert low == pytest.approx(values.mean() - half, abs=0.02)
    assert high == pytest.approx(values.mean() + half, abs=0.02)


def test_of_many_rows_few_draws_are_enough(monkeypatch):
    values = np.random.default_rng(1).normal(5, 2, 900)
    monkeypatch.setattr("dltool.assessment.sureness._MOST_WORK", 900)
    drawn = []

    def scores(counts):
        drawn.append(counts.sum())
        return np.array([counts @ values / counts.sum()])

    ((low, high),) = bootstrap(scores, 900)
    half = 1.96 * values.std(ddof=1) / 30
    assert drawn == [900] * 40
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.05)


def test_a_score_that_often_does_not_exist_has_no_interval():
    def scores(counts):
        return np.array([counts[0] if counts[0] else np.nan, 1.0])

    assert bootstrap(scores, 50) == [None, (1.0, 1.0)]
    assert bootstrap(scores, 9) == [None, None]


@pytest.mark.parametrize(
    ("right", "rows", "low", "high"),
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_of_shares_are_the_published_ones(right, rows, low, high):
    assert of_share(right, rows) == pytest.approx((low, high), abs=5e-5)
