"""A temperature that was planted is found, and errors are those that are counted by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.tasks.calibration import (
    at_temperature,
    best_temperature,
    bin_of,
    calibration_error,
    expected_calibration_error,
    logits_of,
    negative_log_likelihoods,
)

ROWS = 20_000


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def drawn(kind, rng):
    """Logits that are right, and targets drawn as they say."""
    if kind == "classes":
        logits = rng.normal(scale=2, size=(ROWS, 4))
        return logits, (rng.random((ROWS, 1)) > softmax(logits).cumsum(axis=1)).sum(axis=1)
    logits = rng.normal(scale=2, size=(ROWS, 1 if kind == "two classes" else 3))
    labels = (rng.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    return logits, labels[:, 0].astype(np.int32) if kind == "two classes" else labels


@pytest.mark.parametrize("planted", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("kind", ["classes", "two classes", "labels"])
def test_a_planted_temperature_is_found(kind, planted):
    logits, targets = drawn(kind, np.random.default_rng(0))
    found = best_temperature((planted * logits).astype(np.float32), targets)
    assert found == pytest.approx(planted, rel=0.03)
    assert calibration_error(logits, targets) < 0.015
    if planted != 1:
        assert calibration_error(planted * logits, targets) > 0.05
    assert calibration_error(planted * logits / found, targets) < 0.015


@given(
    st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30), st.floats(-30, 30), st.integers(0, 2)), min_size=1),
)
def test_no_other_temperature_is_likelier(rows):
    logits, targets = np.array([row[:3] for row in rows]), np.array([row[3] for row in rows])

    def likelihood(temperature):
        # In plain Python, term by term.
        total = 0.0
        for row, target in zip(logits / temperature, targets, strict=True):
            total += math.log(math.fsum(math.exp(value - max(row)) for value in row)) - row[target] + max(row)
        return total / len(targets)

    found = best_temperature(logits, targets)
    assert 0.05 <= found <= 20
    least = min(likelihood(each) for each in np.geomspace(0.05, 20, 40))
    assert likelihood(found) <= least + 1e-6 * (1 + abs(least))
    np.testing.assert_allclose(negative_log_likelihoods(logits, targets).mean(), likelihood(1), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("logits", "targets", "expected"),
    [
        ([[3.0], [-3.0]], [1, 0], 0.05),  # all right: the surer the better
        ([[3.0], [-3.0]], [0, 1], 20.0),  # all wrong: the less sure the better
        ([[0.0], [0.0]], [0, 1], 20.0),  # nothing is known of either
        ([[3.0], [-3.0], [9.0], [-9.0]], [1, 0, 0, 1], 20.0),  # half of them wrong, and those the surest
        ([[1e4, 0.0], [1e4, 0.0]], [0, 0], 0.05),
        ([[-1e4], [1e4]], [1, 0], 20.0),
        ([[1e4, 0.0]] * 4, [0, 0, 0, 1], 20.0),  # it would be 1e4 / ln 3
        # Of four alike one is wrong: sigmoid(2.5 / T) = 3/4, so T = 2.5 / ln 3.
        ([[2.5]] * 4, [1, 1, 1, 0], 2.5 / math.log(3)),
        ([[0.0, 2.5]] * 4, [1, 1, 1, 0], 2.5 / math.log(3)),
        ([[2.5, 2.5], [2.5, 2.5]], [[1.0, 1.0], [0.0, 1.0]], 2.5 / math.log(3)),
    ],
)
def test_temperatures_by_hand(logits, targets, expected):
    assert best_temperature(np.array(logits), np.array(targets)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", ["classes", "two classes", "labels"])
def test_a_row_that_counts_nothing_is_none(kind):
    rng = np.random.default_rng(1)
    logits, targets = (each[:50] for each in drawn(kind, rng))
    right = (
        logits.argmax(axis=1) == targets
        if kind == "classes"
        else ((logits > 0) == targets.reshape(logits.shape)).all(axis=1)
    )
    assert best_temperature(logits, targets, right.astype(float)) == 0.05
    assert 0.05 < best_temperature(logits, targets) < 20


@pytest.mark.parametrize("kind", ["classes", "two classes", "labels"])
def test_a_row_that_counts_twice_is_two_rows(kind):
    rng = np.random.default_rng(1)
    logits, targets = (each[:50] for each in drawn(kind, rng))
    weights = rng.integers(1, 4, 50)
    twice = np.repeat(logits, weights, axis=0), np.repeat(targets, weights, axis=0)
    assert best_temperature(logits, targets, weights) == pytest.approx(best_temperature(*twice), rel=1e-5)
    assert calibration_error(logits, targets, weights) == pytest.approx(calibration_error(*twice))


def test_the_error_by_hand():
    # 0.9 and 0.92 share a bin, (13/15, 14/15], and half of them are right; 0.5 is in (7/15, 8/15], and 1 in the last.
    probabilities, right = np.array([0.9, 0.92, 0.5, 1.0]), np.array([True, False, True, True])
    assert expected_calibration_error(probabilities, right) == pytest.approx((2 * 0.41 + 0.5 + 0) / 4)
    # A bin holds its upper end: 0.2 is 3/15, and no mate of 0.21.
    probabilities, right = np.array([0.2, 0.21]), np.array([True, False])
    assert expected_calibration_error(probabilities, right) == pytest.approx((0.8 + 0.21) / 2)
    assert expected_calibration_error(np.array([0.0]), np.array([True])) == 1
    weighted = expected_calibration_error(probabilities, right, np.array([3.0, 1.0]))
    assert weighted == pytest.approx((3 * 0.8 + 0.21) / 4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_bin_holds_its_upper_end_and_not_its_lower_one(dtype):
    halves = np.array([0.0, 0.5, np.nextafter(dtype(0.5), dtype(1)), 0.6001, 1.0], dtype)
    assert bin_of(halves).tolist() == [0, 7, 7, 9, 14]
    assert bin_of(np.array([[0.2]], np.float64)).tolist() == [[2]]
    assert bin_of(np.array([0.2], np.float32)).tolist() == [3]  # which is more than 0.2, by 3e-9
    middles = (np.arange(15) + 0.5) / 15
    assert bin_of(middles.astype(dtype)).tolist() == list(range(15))


def test_the_error_of_yes_and_no_is_that_of_the_likelier_answer():
    # P(yes) is 0.25: "no" with 0.75, wrong in the first row.
    logits = np.full((2, 1), math.log(1 / 3))
    assert calibration_error(logits, np.array([1, 0])) == pytest.approx(0.25)
    assert negative_log_likelihoods(logits, np.array([1, 0])) == pytest.approx([math.log(4), math.log(4 / 3)])
    labels = np.array([[1.0, 0.0]])
    assert negative_log_likelihoods(logits.T, labels) == pytest.approx([(math.log(4) + math.log(4 / 3)) / 2])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_stored_probabilities_take_a_temperature_as_logits_do(temperature):
    logits, targets = drawn("classes", np.random.default_rng(2))
    made = at_temperature(softmax(logits).astype(np.float32), targets, temperature)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, softmax(logits / temperature), rtol=1e-5)
    logits, labels = drawn("labels", np.random.default_rng(3))
    made = at_temperature((1 / (1 + np.exp(-logits))).astype(np.float32), labels, temperature)
    np.testing.assert_allclose(made, 1 / (1 + np.exp(-logits / temperature)), rtol=1e-4)


@pytest.mark.parametrize("outputs", [[[0.0, 1.0]], [[1.0, 0.0]]])
def test_logits_of_certainty_are_finite(outputs):
    outputs = np.array(outputs, np.float32)
    assert np.isfinite(logits_of(outputs, np.array([0]))).all()
    assert np.isfinite(logits_of(outputs, np.array([[0.0, 1.0]]))).all()
