"""From features to a model's outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

from dltool.backend.compiled import compiled
from dltool.tasks.contract import Task
from dltool.tasks.reconstruction import Reconstruction

Outputs = Callable[[Mapping[str, np.ndarray]], np.ndarray]


def compiled_outputs(model: keras.Model, task: Task) -> Outputs:
    """Return a function from inputs, an array each, to outputs, compiled once for every batch size.

    Its result has shape (rows, units), float32; logits come as probabilities.
    """
    function = {None: _outputs, "sigmoid": _sigmoid_outputs, "softmax": _softmax_outputs}[task.probabilities]
    if isinstance(task, Reconstruction):
        function = _row_errors
    return _of_arrays(compiled(function, model, any_rows=True))


def compiled_layer(model: keras.Model, layer: str) -> Outputs:
    """Return a function from inputs, an array each, to what a layer puts out for them, float32."""
    inner = keras.Model(model.input, model.get_layer(layer).output)
    return _of_arrays(compiled(_outputs, inner, any_rows=True))


def _of_arrays(outputs: Callable[[dict[str, tf.Tensor]], tf.Tensor]) -> Outputs:
    """Return a function of tensors as one of arrays, its result float32."""
    return lambda features: np.asarray(
        outputs({name: tf.convert_to_tensor(array) for name, array in features.items()}), np.float32
    )


def _outputs(model: keras.Model, features: dict[str, tf.Tensor]) -> tf.Tensor:
    return model(features, training=False)


def _row_errors(model: keras.Model, features: dict[str, tf.Tensor]) -> tf.Tensor:
    return model.row_errors(features)


def _sigmoid_outputs(model: keras.Model, features: dict[str, tf.Tensor]) -> tf.Tensor:
    return tf.nn.sigmoid(_outputs(model, features))


def _softmax_outputs(model: keras.Model, features: dict[str, tf.Tensor]) -> tf.Tensor:
    return tf.nn.softmax(_outputs(model, features))
