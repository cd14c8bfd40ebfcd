"""Classes are weighed by hand's arithmetic."""

import numpy as np
import pytest

from dltool.config.needs import TaskName
from dltool.contracts.dataset import Part
from dltool.contracts.signature import Signature
from dltool.training.class_weights import balanced_weights, training_weights
from tests.support.examples import GOOD, config_from, dataset_of


@pytest.mark.parametrize(
    ("targets", "classes", "weights"),
    [
        ([0, 0, 0, 1], 2, [2 / 3, 2 / 3, 2 / 3, 2]),
        ([1, 1, 0, 0], 2, [1, 1, 1, 1]),
        ([2, 0, 2, 2], 3, [2 / 3, 2, 2 / 3, 2 / 3]),  # class 1 has no rows, and does not count
    ],
)
def test_balanced_weights_are_rows_over_classes_times_rows_of_the_class(targets, classes, weights):
    np.testing.assert_allclose(balanced_weights(np.array(targets), classes), weights, rtol=1e-6)


@pytest.mark.parametrize(
    ("own", "class_weight", "expected"),
    [
        (None, "null", None),
        ([1, 2, 3, 4], "null", [1, 2, 3, 4]),
        (None, "balanced", [2 / 3, 2 / 3, 2 / 3, 2]),
        ([1, 2, 3, 4], "balanced", [5 / 6, 10 / 6, 5 / 2, 5]),
    ],
)
def test_weights_of_rows_and_of_classes_are_multiplied(own, class_weight, expected):
    weights = None if own is None else np.array(own, np.float32)
    train = Part({"numbers": np.zeros((4, 1), np.float32)}, np.array([0, 0, 0, 1]), weights=weights)
    dataset = dataset_of(Signature(TaskName.BINARY, (1,), "float32", 2, ("a", "b")), train)
    found = training_weights(dataset, config_from(f"{GOOD}  class_weight: {class_weight}\n").training)
    assert (found is None) == (expected is None)
    if found is not None:
        assert found.tolist() == pytest.approx(expected)


def test_classes_are_balanced_by_the_weights_of_their_rows():
    targets, own = np.array([0] * 50 + [1] * 50), np.repeat([1.0, 9.0], 50).astype(np.float32)
    together = balanced_weights(targets, 2, own) * own
    assert together[:50].sum() == pytest.approx(together[50:].sum())
    assert together.sum() == pytest.approx(own.sum())
