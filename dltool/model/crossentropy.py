"""Crossentropies of classes by TensorFlow's kernels, where those repeat their bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.framework import config

_OF_CLASSES = (keras.losses.CategoricalCrossentropy, keras.losses.SparseCategoricalCrossentropy)


_of_any_shape = tf.nn.softmax_cross_entropy_with_logits


def repeatable(loss: keras.losses.Loss) -> keras.losses.Loss:
    """Let a crossentropy of classes be computed in the quickest way that repeats its bits; others stay as they are.

    Args:
        loss: stays an object of Keras's class.
    """
    if tf.config.get_visible_devices("GPU"):
        return by_ones_and_zeros(loss) if isinstance(loss, keras.losses.SparseCategoricalCrossentropy) else loss
    return by_kernel(loss) if isinstance(loss, _OF_CLASSES) else loss


def by_kernel(loss: keras.losses.Loss) -> keras.losses.Loss:
    """Let a crossentropy of classes be computed by one operation, which repeats its bits on a CPU.

    Where operations are asked to repeat their bits, TensorFlow writes twenty in place of that one, for the sake of
    GPUs: on a CPU its kernel works out each row by itself, and repeats them anyway. Thirty more bring outputs of any
    shape into the kernel's, which rows of classes have; a tenth of a small training goes by while they are traced.

    Args:
        loss: stays an object of Keras's class.
    """
    call = loss.call

    def compute(y_true: Any, y_pred: Any) -> Any:
        with _one_operation():
            return call(y_true, y_pred)

    loss.call = compute
    return loss


def by_ones_and_zeros(loss: keras.losses.SparseCategoricalCrossentropy) -> keras.losses.Loss:
    """Let a crossentropy of class indices be computed as that of rows of ones and zeros.

    TensorFlow looks up what a row's own class was given, and the gradient of that is put back row by row on a GPU that
    is to repeat its bits: most of a step's time.

    Args:
        loss: stays an object of Keras's class.
    """

    def compute(y_true: Any, y_pred: Any) -> Any:
        classes = tf.cast(tf.squeeze(y_true, -1), tf.int32)  # Keras makes them floating-point numbers
        targets = tf.one_hot(classes, y_pred.shape[-1], dtype=y_pred.dtype)
        return keras.losses.categorical_crossentropy(targets, y_pred, from_logits=loss.from_logits)

    loss.call = compute
    return loss


@contextmanager
def _one_operation() -> Iterator[None]:
    """Have Keras's losses written as where no operation is asked to repeat its bits, and of rows."""
    asked = config.is_op_determinism_enabled()
    config.disable_op_determinism()
    tf.nn.softmax_cross_entropy_with_logits = _of_rows
    try:
        yield
    finally:
        tf.nn.softmax_cross_entropy_with_logits = _of_any_shape
        if asked:
            config.enable_op_determinism()


def _of_rows(labels: Any, logits: Any, axis: int = -1) -> Any:
    """Return what ``tf.nn.softmax_cross_entropy_with_logits`` returns."""
    if logits.shape.rank == 2 and axis == -1 and labels.dtype == logits.dtype == tf.float32:
        return tf.raw_ops.SoftmaxCrossEntropyWithLogits(features=logits, labels=labels).loss
    return _of_any_shape(labels=labels, logits=logits, axis=axis)
