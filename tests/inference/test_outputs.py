"""Scores of two classes from one output."""

import numpy as np
import pytest

from dltool.config.losses import BinaryCrossentropy, Hinge
from dltool.config.signature import Signature, Task
from dltool.inference.outputs import class_scores

SIGNATURE = Signature(Task.BINARY, (2,), "float32", outputs=2, classes=("no", "yes"))


@pytest.mark.parametrize(
    ("loss", "output", "scores"),
    [
        (BinaryCrossentropy(type="binary_crossentropy"), 0.8, [0.2, 0.8]),
        (BinaryCrossentropy(type="binary_crossentropy", from_logits=True), 0.3, [0.7, 0.3]),
        (Hinge(type="hinge"), -1.5, [1.5, -1.5]),
    ],
)
def test_one_output_becomes_a_score_for_each_class(loss, output, scores):
    found = class_scores(np.array([[output]], "float32"), SIGNATURE, loss)
    np.testing.assert_allclose(found, [scores], rtol=1e-6)
