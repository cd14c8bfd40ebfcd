"""A loss a row, of predictions on paper."""

import math

import numpy as np
import pytest

from dltool.config import losses
from dltool.config.field_types import kind_of
from dltool.tasks.row_losses import row_losses


def loss(kind, **arguments):
    spec = getattr(losses, kind)
    return spec(type=kind_of(spec), **arguments)


@pytest.mark.parametrize(
    ("kind", "targets", "outputs", "expected"),
    [
        ("CategoricalCrossentropy", [2, 0], [[0.5, 0.25, 0.25], [0.125, 0.5, 0.375]], [math.log(4), math.log(8)]),
        ("BinaryCrossentropy", [1, 0], [[0.75, 0.25], [1, 0]], [math.log(4), 0]),
        # Keras takes no probability for less than 1e-7.
        ("BinaryCrossentropy", [1, 1], [[1, 0], [0.5, 0.5]], [7 * math.log(10), math.log(2)]),
        ("MeanSquaredError", [[1.0, 2.0], [0.0, 0.0]], [[2, 4], [0, -1]], [1.5, 0.5]),
        ("Huber", [3.0, 4.0], [[1], [4]], [2, 0]),
    ],
)
def test_classes_have_their_entropy_and_numbers_their_error(kind, targets, outputs, expected):
    found = row_losses(loss(kind), np.array(targets), np.array(outputs, "float32"))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.dtype == "float64"


def test_several_labels_have_the_mean_of_theirs():
    targets, outputs = np.array([[1, 0], [1, 1]], "float32"), np.array([[0.5, 0.75], [0.25, 1]])
    expected = [(math.log(2) + math.log(4)) / 2, math.log(4) / 2]
    for more in ({}, {"from_logits": True}):  # outputs are kept as probabilities
        np.testing.assert_allclose(row_losses(loss("BinaryCrossentropy", **more), targets, outputs), expected)


@pytest.mark.parametrize("targets", [[0, 3], [-1, 0], [0.5, 1.0]])
def test_what_is_no_class_is_refused(targets):
    with pytest.raises(ValueError, match="are no 3 classes"):
        row_losses(loss("CategoricalCrossentropy"), np.array(targets), np.full((2, 3), 1 / 3))


def test_margins_have_no_loss_of_this_kind():
    with pytest.raises(ValueError, match="reshape"):
        row_losses(loss("CategoricalHinge"), np.array([0, 1]), np.zeros((2, 3)))
