"""Attributions: how much each entry of an example adds to an answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from dltool.backend.compiled import compiled
from dltool.contracts.dataset import Inputs
from dltool.contracts.model_description import ModelDescription
from dltool.contracts.plan import COLUMN_FEATURES
from dltool.inference.outputs import compiled_layer
from dltool.tasks.binary import Binary
from dltool.tasks.contract import Task
from dltool.tasks.regression import Regression

TOLERANCE = 1e-3
FEWEST_STEPS, MOST_STEPS = 32, 1024
_NUMBERS_AT_A_TIME = 1 << 21
_LEAST_DIFFERENCE = 0.01
"""Of the sum of the sizes of all that is attributed: an error is no part of a smaller difference."""
_RESOLUTION = 1000 * float(np.finfo(np.float32).eps)
"""Of the answers: a thousandth of a smaller difference is nothing that float32 knows."""


class Integrated(NamedTuple):
    """What integrated gradients come to."""

    values: np.ndarray
    """float64, of the shape of a point."""
    answer: float
    baseline: float
    """The answer to the baseline, or the mean of those to several."""
    error: float
    """How far the sum of the values is off ``answer - baseline``, as a part of the largest of: the size of that
    difference, a hundredth of the sum of the values' sizes, and 0.00012 of the larger answer, which is a thousand times
    what float32 can tell apart."""
    steps: int


def points_of(model: keras.Model, description: ModelDescription, inputs: Inputs) -> np.ndarray:
    """Return what gradients can be taken by, float32 (rows, …): pixels, the features of a table, vectors of tokens."""
    if "tokens" in inputs:
        return compiled_layer(model, description.plan.layers[0].name)(inputs)
    if "categories" in inputs:
        return compiled_layer(model, COLUMN_FEATURES)(inputs)
    return next(iter(inputs.values())).astype(np.float32)


class IntegratedGradients:
    """Integrated gradients of a model's answers: Sundararajan, Taly and Yan (2017), "Axiomatic attribution".

    The integral along the line from a baseline is Gauss's over ever more steps, until the values sum up to the
    difference of the two answers, or there are ``MOST_STEPS``.
    """

    def __init__(self, model: keras.Model, description: ModelDescription, task: Task) -> None:
        """Compile the answers with their gradients.

        Args:
            model: as ``read_model`` returns it.
            description: what it is.
            task: what its outputs mean; not a reconstruction.
        """
        layers = description.plan.layers[description.signature.tokens is not None :]
        taken = made = keras.Input(layers[0].input_shape, dtype="float32")
        for each in layers:
            made = model.get_layer(each.name)(*each.spec.call_arguments(made))
        self._gradients: Callable[..., Any] = compiled(_gradients_of(task), keras.Model(taken, made), any_rows=True)

    def of(self, point: np.ndarray, baselines: np.ndarray, output: int) -> Integrated:
        """Return what each number of a point adds to an answer, on average against each of some baselines.

        Args:
            point: one row of ``points_of``.
            baselines: rows of the same shape.
            output: which of the decoded outputs.
        """
        answer, at_baseline = self._at(point[None], output)[0][0], self._at(baselines, output)[0].mean()
        difference, steps = float(answer - at_baseline), FEWEST_STEPS
        known = _RESOLUTION * float(max(abs(answer), abs(at_baseline)))
        while True:
            values = self._integrals(point, baselines, steps, output)
            scale = max(abs(difference), _LEAST_DIFFERENCE * float(np.abs(values).sum()), known)
            error = abs(float(values.sum()) - difference) / scale if scale else 0.0
            if not error > TOLERANCE or steps == MOST_STEPS:
                return Integrated(values, float(answer), float(at_baseline), error, steps)
            steps *= 2

    def _integrals(self, point: np.ndarray, baselines: np.ndarray, steps: int, output: int) -> np.ndarray:
        """Return the way from a baseline to a point times the mean gradient along it, on average over baselines."""
        nodes, weights = _gauss(steps)
        ways, total = point.astype(np.float64) - baselines, np.zeros(point.shape)
        most, sizes = max(1, _NUMBERS_AT_A_TIME // point.size), [1] * point.ndim
        for start in range(0, len(baselines) * steps, most):
            which, at = np.divmod(np.arange(start, min(start + most, len(baselines) * steps)), steps)
            points = baselines[which] + nodes[at].reshape(-1, *sizes) * ways[which]
            gradients = self._at(points, output)[1].astype(np.float64)
            total += (weights[at].reshape(-1, *sizes) * ways[which] * gradients).sum(axis=0)
        return total / len(baselines)

    def _at(self, points: np.ndarray, output: int) -> tuple[np.ndarray, np.ndarray]:
        answers, gradients = self._gradients(tf.constant(points, tf.float32), tf.constant(output))
        return answers.numpy(), gradients.numpy()


def error_shares(model: keras.Model, inputs: Inputs) -> np.ndarray:
    """Return what each number of an input adds to an autoencoder's error, float64 (rows, …): exact, and 0 at holes."""
    target, made = (
        np.asarray(each, np.float64) for each in compiled(_reconstructed, model, any_rows=True)(_tensors(inputs))
    )
    known = ~np.isnan(target)
    counts = known.reshape(len(target), -1).sum(axis=1)
    squares = np.where(known, np.nan_to_num(target - made) ** 2, 0)
    shares: np.ndarray = squares / np.maximum(counts, 1).reshape(-1, *[1] * (target.ndim - 1))
    return shares


def decoded(task: Task, outputs: Any) -> Any:
    """Return what ``Task.decode`` makes of outputs, as tensors that have gradients: float64 (rows, outputs)."""
    if task.probabilities == "softmax":
        outputs = tf.nn.softmax(outputs)
    elif task.probabilities == "sigmoid":
        outputs = tf.nn.sigmoid(outputs)
    outputs = tf.cast(outputs, tf.float64)
    if isinstance(task, Binary):
        whole = 1.0 if task.loss.gives_probabilities else 0.0
        return tf.concat([whole - outputs, outputs], axis=1)
    if isinstance(task, Regression):
        offset, scale = task.offset_and_scale
        outputs = outputs * scale + offset
        return tf.exp(outputs) if task.is_logarithmic else outputs
    return outputs


def _gradients_of(task: Task) -> Callable[..., Any]:
    def gradients(model: keras.Model, points: tf.Tensor, output: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(points)
            answers = tf.gather(decoded(task, model(points, training=False)), output, axis=1)
        return answers, tape.gradient(answers, points, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return gradients


def _reconstructed(model: keras.Model, inputs: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    return model.target(inputs), model(inputs, training=False)


def _tensors(inputs: Inputs) -> dict[str, tf.Tensor]:
    return {name: tf.convert_to_tensor(array) for name, array in inputs.items()}


@lru_cache
def _gauss(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Gauss's nodes and weights between 0 and 1."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return (nodes + 1) / 2, weights / 2
