"""From features to a model's outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dltool.backend.compiled import compiled
from dltool.tasks.contract import Task
from dltool.tasks.reconstruction import Reconstruction

Outputs = Callable[[Mapping[str, np.ndarray]], np.ndarray]

_FEWEST_ROWS, _MOST_ROWS = 512, 16_384
_NUMBERS = 1 << 18
"""Of the inputs of a step, between those rows."""


def compiled_outputs(model: keras.Model, task: Task) -> Outputs:
    """Return a function from inputs, an array each, to outputs, compiled once for every batch size.

    Its result has shape (rows, units), float32; logits come as probabilities.
    """
    function = {None: _outputs, "sigmoid": _sigmoid_outputs, "softmax": _softmax_outputs}[task.probabilities]
    if isinstance(task, Reconstruction):
        function = _row_errors
    return _of_arrays(compiled(function, model))


def compiled_layer(model: keras.Model, layer: str) -> Outputs:
    """Return a function from inputs, an array each, to what a layer puts out for them, float32."""
    inner = keras.Model(model.input, model.get_layer(layer).output)
    return _of_arrays(compiled(_outputs, inner))


def _of_arrays(outputs: Any) -> Outputs:
    """Return a compiled function of tensors as one of arrays, its result float32, that computes some rows at a time."""

    def in_steps(features: Mapping[str, np.ndarray]) -> np.ndarray:
        rows, most = len(next(iter(features.values()))), _rows_a_step(features)
        # One program for steps of all lengths.
        program = outputs.get_concrete_function(
            {name: tf.TensorSpec((None, *array.shape[1:]), array.dtype) for name, array in features.items()}
        )
        steps = (
            {name: tf.convert_to_tensor(array[first : first + most]) for name, array in features.items()}
            for first in range(0, max(rows, 1), most)
        )
        return np.concatenate([np.asarray(program(step), np.float32) for step in steps])

    return in_steps


def _rows_a_step(features: Mapping[str, np.ndarray]) -> int:
    """Return how many rows are computed at a time: more takes memory, fewer time; last bits may follow from it."""
    numbers = sum(math.prod(array.shape[1:]) for array in features.values())
    return max(_FEWEST_ROWS, min(_MOST_ROWS, _NUMBERS // numbers))


def _outputs(model: keras.Model, features: dict[str, tf.Tensor]) -> tf.Tensor:
    return model(features, training=False)


def _row_errors(model: keras.Model, features: dict[str, tf.Tensor]) -> tf.Tensor:
    return model.row_errors(features)


def _sigmoid_outputs(model: keras.Model, features: dict[str, tf.Tensor]) -> tf.Tensor:
    return tf.nn.sigmoid(_outputs(model, features))


def _softmax_outputs(model: keras.Model, features: dict[str, tf.Tensor]) -> tf.Tensor:
    return tf.nn.softmax(_outputs(model, features))
