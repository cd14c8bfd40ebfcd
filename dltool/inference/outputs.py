"""From features to a model's outputs."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from dltool.backend.compiled import compiled
from dltool.tasks.contract import Task

Outputs = Callable[[np.ndarray], np.ndarray]


def compiled_outputs(model: keras.Model, task: Task) -> Outputs:
    """Return a function from features to outputs, compiled once for every batch size.

    Its result has shape (rows, units), float32; logits come as probabilities.
    """
    function = {None: _outputs, "sigmoid": _sigmoid_outputs, "softmax": _softmax_outputs}[task.probabilities]
    outputs = compiled(function, model, any_rows=True)
    return lambda features: np.asarray(outputs(tf.convert_to_tensor(features)))


def _outputs(model: keras.Model, features: tf.Tensor) -> tf.Tensor:
    return model(features, training=False)


def _sigmoid_outputs(model: keras.Model, features: tf.Tensor) -> tf.Tensor:
    return tf.nn.sigmoid(_outputs(model, features))


def _softmax_outputs(model: keras.Model, features: tf.Tensor) -> tf.Tensor:
    return tf.nn.softmax(_outputs(model, features))
