"""Grad-CAM: where in an image a convolutional network finds what speaks for an answer.

Selvaraju et al. (2017), "Grad-CAM: Visual explanations from deep networks via gradient-based localization", ICCV, place
by place, as Draelos and Carin (2020) have it, "Use HiResCAM instead of Grad-CAM for faithful explanations of
convolutional neural networks". The two are one where global average pooling follows. Behind a flatten layer the
gradient is another at each place, and its mean over them, which Grad-CAM takes, may show what the network has not
looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dltool.backend.compiled import compiled
from dltool.config.core_layers import Activation, Dense
from dltool.contracts.dataset import Inputs
from dltool.contracts.plan import Plan, PlannedLayer
from dltool.tasks.binary import Binary
from dltool.tasks.contract import Task


def spatial_layer(plan: Plan) -> PlannedLayer | None:
    """Return the last layer that puts out an image of what was found, of more than one place; None where none does."""
    convolves, found = False, None
    for layer in plan.layers:
        convolves |= hasattr(layer.spec, "kernel_size")
        shape = layer.output_shape
        if convolves and len(shape) == 3 and shape[0] * shape[1] > 1:
            found = layer
    return found


class GradCam:
    """Grad-CAM at a layer: channels weighted by the gradient of an answer, before its softmax or sigmoid."""

    def __init__(self, model: keras.Model, plan: Plan, task: Task, layer: PlannedLayer) -> None:
        """Compile it.

        Args:
            model: as ``read_model`` returns it.
            plan: of the model.
            task: what its outputs mean.
            layer: as ``spatial_layer`` finds it.
        """
        inner = keras.Model(model.input, [model.get_layer(layer.name).output, _before_activation(model, plan)])
        self._maps: Callable[..., Any] = compiled(_maps_of(task), inner, any_rows=True)

    def of(self, inputs: Inputs, output: int, size: tuple[int, int]) -> np.ndarray:
        """Return a map a row, float64 (rows, *size) from 0 to 1; all 0 where nothing speaks for the answer.

        Args:
            inputs: rows.
            output: which of the decoded outputs.
            size: height and width, to which maps are stretched bilinearly.
        """
        tensors = {name: tf.convert_to_tensor(array) for name, array in inputs.items()}
        maps = tf.image.resize(self._maps(tensors, tf.constant(output))[..., None], size)[..., 0].numpy()
        most = maps.max(axis=(1, 2), keepdims=True)
        scaled: np.ndarray = np.divide(maps, most, out=np.zeros_like(maps), where=most > 0).astype(np.float64)
        return scaled


def _before_activation(model: keras.Model, plan: Plan) -> Any:
    """Return the tensor of outputs before the last activation, whose gradient does not vanish where it saturates."""
    last = model.get_layer(plan.layers[-1].name)
    spec = plan.layers[-1].spec
    if isinstance(spec, Activation):
        return last.input
    if isinstance(spec, Dense) and spec.activation not in (None, "linear"):
        # By the name of the layer whose place it takes: one of its own could be that of another.
        linear = keras.layers.Dense(spec.units, use_bias=spec.use_bias, dtype=last.dtype_policy, name=last.name)
        made = linear(last.input)
        linear.set_weights(last.get_weights())
        return made
    return last.output


def _maps_of(task: Task) -> Callable[..., Any]:
    def maps(model: keras.Model, inputs: dict[str, tf.Tensor], output: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            found, outputs = model(inputs, training=False)
            outputs = tf.concat([-outputs, outputs], axis=1) if isinstance(task, Binary) else outputs
            answers = tf.gather(outputs, output, axis=1)
        return tf.nn.relu(tf.reduce_sum(tf.cast(tape.gradient(answers, found) * found, tf.float32), axis=-1))

    return maps
