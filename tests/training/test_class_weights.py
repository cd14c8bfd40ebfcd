"""Classes are weighed by hand's arithmetic."""

import numpy as np
import pytest

from dltool.training.class_weights import balanced_weights


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
