"""From a model's outputs to probabilities, classes and numbers."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from dltool.backend.compiled import compiled
from dltool.config.losses import Loss
from dltool.config.signature import Signature, Task

Outputs = Callable[[np.ndarray], np.ndarray]


def compiled_outputs(model: keras.Model, loss: Loss) -> Outputs:
    """Return a function from features to outputs, compiled once for every batch size.

    Its result has shape (rows, units), float32; logits come as probabilities.
    """
    function = _outputs
    if getattr(loss, "from_logits", False):
        function = _sigmoid_outputs if loss.task is Task.BINARY else _softmax_outputs
    outputs = compiled(function, model, any_rows=True)
    return lambda features: np.asarray(outputs(tf.convert_to_tensor(features)))


def _outputs(model: keras.Model, features: tf.Tensor) -> tf.Tensor:
    return model(features, training=False)


def _sigmoid_outputs(model: keras.Model, features: tf.Tensor) -> tf.Tensor:
    return tf.nn.sigmoid(_outputs(model, features))


def _softmax_outputs(model: keras.Model, features: tf.Tensor) -> tf.Tensor:
    return tf.nn.softmax(_outputs(model, features))


def gives_probabilities(loss: Loss) -> bool:
    """Tell whether a model trained on this loss yields probabilities, logits being turned into such."""
    return getattr(loss, "from_logits", False) or loss.activations[0] in ("sigmoid", "softmax")


def class_scores(outputs: np.ndarray, signature: Signature, loss: Loss) -> np.ndarray:
    """Return a score for each class, shape (rows, classes); the largest is the predicted class.

    One output for two classes becomes two: the score of the first class is what the second leaves over, so
    that probabilities add up to 1 and margins (hinge losses) are mirrored at 0.
    """
    if outputs.shape[1] == 1 and len(signature.classes) == 2:
        whole = 1 if gives_probabilities(loss) else 0
        return np.concatenate([whole - outputs, outputs], axis=1)
    return outputs
