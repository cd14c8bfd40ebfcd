"""Intervals are those of the formula, worked out by hand and by NumPy, and hold as many new rows as they promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.config import losses
from dltool.config.field_types import kind_of
from dltool.config.needs import TaskName
from dltool.contracts.residuals import Residuals
from dltool.contracts.signature import Signature
from dltool.errors import UsageError
from dltool.tasks import task_of
from dltool.tasks.intervals import coverage, interval_columns, residuals_of
from dltool.tasks.reading import fit_numbers


def task_for(targets, names=(), transform="none"):
    numbers = fit_numbers(targets, transform)
    signature = Signature(TaskName.REGRESSION, (2,), "float32", targets.shape[1], targets=names, target_numbers=numbers)
    return task_of(signature, losses.MeanSquaredError(type="mean_squared_error"), standardized=True)


def half_width(errors, level):
    """Return what intervals around 0 are wide at a level, by errors of one target."""
    targets = np.asarray(errors, float)[:, None]
    task = task_for(targets, ("y",))
    table = interval_columns(task, residuals_of(task, targets, np.zeros_like(targets)), level)(np.zeros((1, 1)))
    assert table["y_low"] == -table["y_high"]
    return float(table["y_high"][0])


@pytest.mark.parametrize(
    ("rows", "level", "place"),
    [
        (9, 0.9, 9), (10, 0.9, 10), (18, 0.9, 18), (19, 0.9, 18), (20, 0.9, 19), (99, 0.9, 90), (99, 0.99, 99),
        (99, 0.07, 7), (99, 0.55, 55), (99, 0.5, 50), (100, 0.5, 51), (1, 0.5, 1), (1, 0.001, 1), (1000, 0.9, 901),
    ],
)  # fmt: skip
def test_the_width_is_that_of_the_right_residual(rows, level, place):
    """Places by hand: ceil((rows + 1) · level), from the smallest; the errors are 1, 2, … rows, in either sign."""
    errors = np.random.default_rng(0).permutation(np.arange(1, rows + 1)) * np.where(np.arange(rows) % 2, 1, -1)
    assert half_width(errors, level) == place


@given(st.integers(1001, 30_000), st.sampled_from([0.1, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999]))
def test_of_many_rows_the_width_errs_on_the_safe_side_and_hardly(rows, level):
    least = math.ceil(round((rows + 1) * level, 9))
    found = half_width(np.arange(1, rows + 1), level)
    assert least <= found <= least + (rows - least) / 500
    if level >= 0.99:
        assert found == least


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_new_rows_are_held_as_often_as_promised(level):
    """Over many sets of 49 residuals, one new row each: level <= chance <= level + 1/50, within four deviations."""
    rng = np.random.default_rng(7)
    held, repeats = 0, 4000
    for _ in range(repeats):
        *known, new = rng.standard_t(3, 50) * rng.uniform(1, 2)
        held += abs(new) <= half_width(known, level)
    noise = 4 * math.sqrt(level * (1 - level) / repeats)
    assert level - noise <= held / repeats <= level + 1 / 50 + noise


def test_each_target_has_a_width_of_its_own_beside_its_prediction():
    targets = np.stack([np.arange(1.0, 20), np.arange(1.0, 20)[::-1] * 100], axis=1)
    task = task_for(targets, ("near", "far"))
    columns = interval_columns(task, residuals_of(task, targets, np.zeros_like(targets)), 0.9)
    table = columns(np.array([[5.0, 7.0], [0.0, 0.0]]))
    assert list(table) == ["prediction_near", "near_low", "near_high", "prediction_far", "far_low", "far_high"]
    assert {name: values.tolist() for name, values in table.items()} == {
        "prediction_near": [5, 0], "near_low": [-13, -18], "near_high": [23, 18],
        "prediction_far": [7, 0], "far_low": [-1793, -1800], "far_high": [1807, 1800],
    }  # fmt: skip


def test_where_logarithms_are_learnt_an_interval_is_a_factor():
    answers = np.full((9, 1), 10.0)
    targets = answers * np.array([[1, 2, 0.5, 1.1, 0.9, 4, 1, 1, 1]]).T  # the farthest by a factor of 4
    task = task_for(targets, transform="log")
    table = interval_columns(task, residuals_of(task, targets, answers), 0.9)(np.array([[8.0], [1e-300]]))
    assert list(table) == ["prediction", "prediction_low", "prediction_high"]
    np.testing.assert_allclose(table["prediction_low"], [2, 2.5e-301], rtol=1e-12)
    np.testing.assert_allclose(table["prediction_high"], [32, 4e-300], rtol=1e-12)


def test_coverage_is_counted_target_by_target():
    targets = np.stack([np.arange(1.0, 20)] * 2, axis=1)
    task = task_for(targets)
    residuals = residuals_of(task, targets, np.zeros_like(targets))  # at 0.9 the width is 18
    new = np.array([[18.0, 0], [-18, 19], [18.5, 20], [0, -17]])
    assert coverage(task, residuals, new, np.zeros_like(new)) == (0.75, 0.5)
    assert coverage(task, None, new, np.zeros_like(new)) == ()
    few = residuals_of(task, targets[:8], np.zeros((8, 2)))
    assert coverage(task, few, new, np.zeros_like(new)) == ()


CLASSES = task_of(
    Signature(TaskName.CATEGORICAL, (2,), "float32", 2, ("a", "b"), frequencies=(0.5, 0.5)),
    losses.CategoricalCrossentropy(type=kind_of(losses.CategoricalCrossentropy)),
)
NUMBERS = task_for(np.array([[1.0], [2.0]]), ("y",))
TWINS = task_for(np.array([[1.0, 2.0], [2.0, 3.0]]), ("prediction_a", "a_low"))
TWENTY_NINE = Residuals(29, (tuple(map(float, range(29, 0, -1))),))


@pytest.mark.parametrize(
    ("task", "residuals", "level", "said"),
    [
        (NUMBERS, TWENTY_NINE, 0.99, "needs at least 99 validation rows; there were 29, enough for levels up to 0.966"),
        (NUMBERS, TWENTY_NINE, 90, "--interval 90: expected a part of the rows, between 0 and 1"),
        (NUMBERS, TWENTY_NINE, 0, "between 0 and 1"),
        (NUMBERS, TWENTY_NINE, 1, "between 0 and 1"),
        (NUMBERS, TWENTY_NINE, float("nan"), "between 0 and 1"),
        (NUMBERS, None, 0.9, "set data.validation or data.folds, and train it to its end"),
        (CLASSES, None, 0.9, "is for numbers to predict; this model predicts classes"),
        (TWINS, Residuals(1, ((1.0,), (1.0,))), 0.5, "two columns would be called 'prediction_a_low'"),
    ],
    ids=["too few rows", "percent", "nothing", "everything", "nan", "no residuals", "classes", "columns of one name"],
)
def test_what_cannot_be_promised_is_refused(task, residuals, level, said):
    with pytest.raises(UsageError, match=said):
        interval_columns(task, residuals, level)


def test_classes_and_answers_that_are_no_finite_numbers_have_no_residuals():
    assert residuals_of(CLASSES, np.array([0, 1]), np.eye(2)) is None
    for answer in (np.nan, np.inf):
        assert residuals_of(NUMBERS, np.ones((2, 1)), np.array([[1.0], [answer]])) is None
    logarithmic = task_for(np.array([[1.0], [2.0]]), transform="log")
    assert residuals_of(logarithmic, np.ones((2, 1)), np.array([[1.0], [0.0]])) is None
