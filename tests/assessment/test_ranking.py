import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.assessment.ranking import Ranking, thinned

rows = st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(1, 4)), min_size=2, max_size=40)


def unpacked(found):
    positive, scores, weights = (np.array(each) for each in zip(*found, strict=True))
    return positive, scores.astype(float), weights.astype(float)


@given(rows)
def test_the_roc_area_is_the_chance_that_a_positive_is_ahead(found):
    positive, scores, weights = unpacked(found)
    total = ahead = 0.0
    for i in np.flatnonzero(positive):
        for j in np.flatnonzero(~positive):
            total += weights[i] * weights[j]
            ahead += weights[i] * weights[j] * ((scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j]))
    area = Ranking(positive, scores).roc_area(weights)
    assert np.isnan(area) if not total else area == pytest.approx(ahead / total)


@given(rows)
def test_average_precision_is_its_sum_over_thresholds(found):
    positive, scores, weights = unpacked(found)
    wanted, area, before = weights[positive].sum(), 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        called = scores >= threshold
        hits = weights[called & positive].sum()
        if wanted:
            area += (hits - before) / wanted * hits / weights[called].sum()
        before = hits
    found_area = Ranking(positive, scores).average_precision(weights)
    assert np.isnan(found_area) if not wanted else found_area == pytest.approx(area)


@given(rows)
def test_rows_of_weight_two_are_rows_given_twice(found):
    positive, scores, weights = unpacked(found)
    times = weights.astype(int)
    repeated = Ranking(np.repeat(positive, times), np.repeat(scores, times))
    for name in ("roc_area", "average_precision"):
        once, twice = getattr(Ranking(positive, scores), name)(weights), getattr(repeated, name)(np.ones(times.sum()))
        assert once == pytest.approx(twice, nan_ok=True)


def test_points_that_are_drawn_are_spread_along_the_curve():
    generator = np.random.default_rng(0)
    positive = generator.random(100_000) < 0.0005
    scores = generator.normal(size=100_000) + 3 * positive
    ranking, weights = Ranking(positive, scores), np.ones(100_000)
    curve = ranking.precision_recall(weights)
    kept = thinned(curve.x, curve.y, 400)
    assert len(kept) <= 400
    assert kept[0] == 0
    assert kept[-1] == len(curve.x) - 1
    # What is drawn has the area of all: between neighbours the curve hardly moves.
    drawn = np.trapezoid(curve.y[kept], curve.x[kept])
    assert drawn == pytest.approx(np.trapezoid(curve.y, curve.x), abs=0.01)
    assert thinned(curve.x[:5], curve.y[:5], 9).tolist() == [0, 1, 2, 3, 4]


def test_curves_go_through_the_points_of_a_small_example():
    ranking, weights = Ranking(np.array([True, False, True, False]), np.array([0.9, 0.8, 0.8, 0.1])), np.ones(4)
    roc = ranking.roc(weights)
    assert list(zip(roc.x, roc.y, roc.thresholds, strict=True)) == [
        (0, 0, np.inf), (0, 0.5, 0.9), (0.5, 1, 0.8), (1, 1, 0.1),
    ]  # fmt: skip
    assert roc.area == pytest.approx(np.trapezoid(roc.y, roc.x))
    curve = ranking.precision_recall(weights)
    assert list(curve.x) == [0.5, 1, 1]
    assert list(curve.y) == pytest.approx([1, 2 / 3, 0.5])
