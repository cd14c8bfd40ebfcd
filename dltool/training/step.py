"""One step of training, as the engine computes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from dltool.training.engine import Engine
from dltool.training.fused_optimizers import fuse

Step = Callable[[tuple[Any, ...]], Any]
"""Takes (inputs, targets) or (inputs, targets, weights) of a batch; returns a loss that is finite if all were."""


def step_of(model: keras.Model, engine: Engine) -> Step:
    """Return the step of a model.

    Args:
        model: compiled, its optimizer built; its layers and its optimizer compute as the engine says from now on, while
            their configs, and so what is saved, stay as they are.
        engine: as it was decided for the plan that the model was built of.
    """
    fuse(model.optimizer)
    for convolution, pooling in engine.pools_first:
        _pool_first(model.get_layer(convolution), model.get_layer(pooling))
    if engine.xla:
        for layer in model.layers:
            if isinstance(layer, keras.layers.Dropout) and layer.rate:
                _draw_with_threefry(layer)

    def step(batch: tuple[Any, ...]) -> Any:
        if batch[1].shape[0] == engine.halved:
            return _step_in_halves(model, batch)
        return model.train_step(batch)["loss"]

    return step


def _step_in_halves(model: keras.Model, batch: tuple[Any, ...]) -> Any:
    """Do what Keras's step does, with two tapes that have nothing to do with one another.

    The loss of a batch is the mean over its rows, so it is the mean of the halves' too.
    """
    inputs, targets, weights = (*batch, None)[:3]
    rows = targets.shape[0]
    variables = model.trainable_weights
    outputs, losses, gradients = [], [], []
    for part in (slice(0, rows // 2), slice(rows // 2, rows)):
        half = tf.nest.map_structure(lambda tensor, part=part: tensor[part], batch)
        some, their_targets, their_weights = (*half, None)[:3]
        with tf.GradientTape() as tape:
            output = model(some, training=True)
            loss = 0.5 * model._compute_loss(some, their_targets, output, their_weights, training=True)
            scaled = model.optimizer.scale_loss(loss)
        gradients.append(tape.gradient(scaled, variables))
        outputs.append(output)
        losses.append(loss)
    loss = tf.add_n(losses)
    model._loss_tracker.update_state(loss, sample_weight=rows)
    model.optimizer.apply_gradients(zip(map(_sum, *gradients), variables, strict=True))
    model.compute_metrics(inputs, targets, tf.concat(outputs, 0), sample_weight=weights)
    return loss


def _sum(one: Any, other: Any) -> Any:
    if isinstance(one, tf.IndexedSlices):  # rows of embedded categories
        return tf.IndexedSlices(
            tf.concat([one.values, other.values], 0), tf.concat([one.indices, other.indices], 0), one.dense_shape
        )
    return one + other


def _pool_first(convolution: keras.layers.Layer, pooling: keras.layers.Layer) -> None:
    pool = pooling.call

    def convolve(inputs: Any) -> Any:
        return convolution.convolution_op(inputs, convolution.kernel)

    def pool_and_activate(inputs: Any) -> Any:
        pooled = pool(inputs)
        if convolution.use_bias:
            pooled = ops.add(pooled, convolution.bias)
        return convolution.activation(pooled)

    convolution.call, pooling.call = convolve, pool_and_activate


def _draw_with_threefry(dropout: keras.layers.Dropout) -> None:
    """Have masks drawn by the algorithm that XLA compiles well: its own takes two hundred times as long."""

    def call(inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        # XLA takes seeds of 32 bits; Keras, whose generator moves on as ever, folds them like this.
        seed = tf.cast(dropout.seed_generator.next() % (tf.int32.max - 1), tf.int32)
        return tf.nn.experimental.stateless_dropout(inputs, dropout.rate, seed, rng_alg="threefry")

    dropout.call = call
