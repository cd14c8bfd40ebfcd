import numpy as np
import pytest

from dltool.assessment.confidence import accuracy_by_coverage, reliability_of


def test_bins_and_their_error_by_hand():
    confidence = np.array([0.61, 0.65, 0.99, 0.98, 1.0, 0.95])
    right = np.array([True, False, True, True, True, False])
    found = reliability_of(confidence, right, np.ones(6))
    assert [(each.rows, each.accuracy) for each in found.bins] == [(2, 0.5), (4, 0.75)]
    assert [each.confidence for each in found.bins] == pytest.approx([0.63, 0.98])
    assert found.error == pytest.approx((2 * 0.13 + 4 * 0.23) / 6)
    assert found.overconfidence == pytest.approx(5.18 / 6 - 4 / 6)


def test_probabilities_that_hold_have_no_error():
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.5, 1, 200_000)
    assert reliability_of(confidence, generator.random(200_000) < confidence, np.ones(200_000)).error < 0.006
    assert reliability_of(confidence, generator.random(200_000) < confidence**2, np.ones(200_000)).error > 0.15


def test_the_surest_are_answered_first_and_equal_ones_together():
    parts, accuracy = accuracy_by_coverage(np.array([0.5, 0.9, 0.7, 0.7]), np.array([False, True, True, False]))
    assert parts.tolist() == [0.25, 0.75, 1]
    assert accuracy.tolist() == pytest.approx([1, 2 / 3, 0.5])


def test_a_row_of_weight_two_is_a_row_given_twice():
    confidence, right = np.array([0.61, 0.65, 0.99]), np.array([True, False, True])
    weighted = reliability_of(confidence, right, np.array([2.0, 1.0, 0.0]))
    twice = reliability_of(confidence[[0, 0, 1]], right[[0, 0, 1]], np.ones(3))
    assert weighted.error == pytest.approx(twice.error)
    assert weighted.overconfidence == pytest.approx(twice.overconfidence) == pytest.approx((2 * 0.61 + 0.65 - 2) / 3)
    assert [each.accuracy for each in weighted.bins] == pytest.approx([each.accuracy for each in twice.bins])
