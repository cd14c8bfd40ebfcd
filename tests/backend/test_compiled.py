"""A function is compiled once for a model."""

import keras
import numpy as np

from dltool.backend.compiled import compiled


def test_each_model_has_functions_of_its_own():
    def doubled(model, value):
        return 2 * model(value)

    models = [
        keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer=start)])
        for start in ("ones", "zeros")
    ]
    first, second = (compiled(doubled, model) for model in models)
    assert compiled(doubled, models[0]) is first is not second
    np.testing.assert_array_equal(first(np.ones((1, 1), "float32")), [[2]])
    np.testing.assert_array_equal(second(np.ones((1, 1), "float32")), [[0]])
