"""Evaluating is what ``Model.evaluate`` does."""

import keras
import numpy as np
import pytest

from dltool.backend.device_rows import DeviceRows
from dltool.backend.evaluate import evaluate_metrics

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("rows", [1, 511, 512, 513, 1100])  # evaluated 512 at a time
def test_metrics_are_those_of_keras(rows):
    features = {name: RNG.normal(size=(rows, size)).astype("float32") for name, size in (("a", 3), ("b", 2))}
    targets = RNG.normal(size=(rows, 1)).astype("float32")
    given = {"a": keras.Input((3,), name="a"), "b": keras.Input((2,), name="b")}
    hidden = keras.layers.Dense(4, "tanh")(keras.layers.Concatenate()(list(given.values())))
    model = keras.Model(given, keras.layers.Dense(1)(hidden))
    model.compile("sgd", "mse", metrics=["mae"], jit_compile=False)
    expected = model.evaluate(features, targets, return_dict=True, verbose=0)
    found = evaluate_metrics(model, DeviceRows.of(features, targets))
    assert {name: float(value) for name, value in found.items()} == pytest.approx(expected, rel=1e-5)
