"""What is said of a temperature, by NumPy alone."""

import numpy as np
import pytest

from dltool.api.calibration import chosen_calibration, measured
from dltool.errors import DataError


def loss(logits, targets):
    powers = np.exp(logits)
    return -np.log(powers[np.arange(len(targets)), targets] / powers.sum(axis=1))


def test_before_after_and_the_gain():
    rng = np.random.default_rng(0)
    logits = 4 * rng.normal(size=(400, 3))
    targets = np.where(rng.random(400) < 0.6, logits.argmax(axis=1), rng.integers(0, 3, 400))
    found = measured(logits.astype(np.float32), targets, None, "test", 2.0)
    before, after = loss(logits, targets), loss(logits / 2, targets)
    assert (found.temperature, found.part, found.rows, found.chosen) == (2.0, "test", 400, False)
    assert found.negative_log_likelihood_before == pytest.approx(before.mean(), rel=1e-5)
    assert found.negative_log_likelihood_after == pytest.approx(after.mean(), rel=1e-5)
    assert found.gain == pytest.approx((before - after).mean(), rel=1e-4)
    # A mean of 400 rows is all but normal: 1.96 standard errors to each side.
    half = 1.96 * (before - after).std() / 20
    assert found.gain_low == pytest.approx(found.gain - half, abs=0.1 * half)
    assert found.gain_high == pytest.approx(found.gain + half, abs=0.1 * half)


def test_what_suits_the_rows_best_is_chosen_and_said():
    logits, targets = np.array([[0.0, 2.5]] * 4), np.array([1, 1, 1, 0])
    found = chosen_calibration(logits, targets, None, "validation")
    assert found.chosen
    assert found.temperature == pytest.approx(2.5 / np.log(3), rel=1e-5)
    assert found.expected_calibration_error_after == pytest.approx(0, abs=1e-5)


def test_rows_count_by_their_weights():
    logits, targets = np.array([[0.0, 2.0], [1.0, 0.0]]), np.array([1, 1])
    found = measured(logits, targets, np.array([3.0, 1.0], np.float32), "test", 1.0)
    assert found.negative_log_likelihood_before == pytest.approx(np.average(loss(logits, targets), weights=[3, 1]))


def test_of_what_is_not_finite_nothing_is_said():
    with pytest.raises(DataError, match=r"some rows \(validation\) is no finite number"):
        chosen_calibration(np.array([[0.0, np.inf]]), np.array([1]), None, "validation")


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ([1, 0, 1], "nearly all, are answered right: lower ones"),
        ([0, 1, 1], "hardly better .* than chance.*: higher ones"),
    ],
    ids=["right", "wrong"],
)
def test_rows_that_fit_no_temperature_are_told_apart(targets, said):
    logits = np.array([[2.0], [-1.0], [0.5]])
    with pytest.raises(DataError, match=f"no temperature from 0.05 to 20 is the best for these 3 rows .folds.*{said}"):
        chosen_calibration(logits, np.array(targets), None, "folds")
