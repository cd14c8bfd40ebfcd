"""Targets are encoded as Keras wants them, and measuring is what ``Model.evaluate`` does."""

import keras
import numpy as np
import pytest

from dltool.backend.examples import Examples, balanced_weights, encode_targets, measure
from dltool.config.losses import BinaryCrossentropy, CategoricalCrossentropy, Huber, SparseCategoricalCrossentropy
from dltool.config.signature import Signature, Task

RNG = np.random.default_rng(0)
THREE = Signature(Task.CATEGORICAL, (2,), "float32", 3, ("a", "b", "c"))
TWO = Signature(Task.BINARY, (2,), "float32", 2, ("no", "yes"))
NUMBERS = Signature(Task.REGRESSION, (2,), "float32", 2)


@pytest.mark.parametrize(
    ("targets", "signature", "loss", "encoded"),
    [
        ([2, 0], THREE, CategoricalCrossentropy(type="categorical_crossentropy"), [[0, 0, 1], [1, 0, 0]]),
        ([2, 0], THREE, SparseCategoricalCrossentropy(type="sparse_categorical_crossentropy"), [[2], [0]]),
        ([1, 0], TWO, BinaryCrossentropy(type="binary_crossentropy"), [[1], [0]]),
        ([[0.5, 2], [1, 3]], NUMBERS, Huber(type="huber"), [[0.5, 2], [1, 3]]),
    ],
)
def test_targets_are_what_the_loss_wants(targets, signature, loss, encoded):
    dtype = "int32" if signature.classes else "float32"
    found = encode_targets(np.array(targets, dtype), signature, loss)
    np.testing.assert_array_equal(found, encoded)
    assert found.dtype == ("int32" if loss.sparse else "float32")


@pytest.mark.parametrize(
    ("targets", "classes", "weights"),
    [
        ([0, 0, 0, 1], 2, [2 / 3, 2 / 3, 2 / 3, 2]),
        ([1, 1, 0, 0], 2, [1, 1, 1, 1]),
        ([2, 0, 2, 2], 3, [2 / 3, 2, 2 / 3, 2 / 3]),  # class 1 has no rows, and no say
    ],
)
def test_balanced_weights_are_rows_over_classes_times_rows_of_the_class(targets, classes, weights):
    np.testing.assert_allclose(balanced_weights(np.array(targets), classes), weights, rtol=1e-6)


@pytest.mark.parametrize("rows", [1, 511, 512, 513, 1100])  # measured 512 at a time
def test_measuring_is_evaluating(rows):
    features = RNG.normal(size=(rows, 3)).astype("float32")
    targets = RNG.normal(size=(rows, 1)).astype("float32")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"], jit_compile=False)
    expected = model.evaluate(features, targets, return_dict=True, verbose=0)
    found = measure(model, Examples.of(features, targets))
    assert {name: float(value) for name, value in found.items()} == pytest.approx(expected, rel=1e-5)
