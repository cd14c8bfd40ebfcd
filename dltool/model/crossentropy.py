"""Crossentropies of classes by TensorFlow's kernels, where those repeat their bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.framework import config

_OF_CLASSES = (keras.losses.CategoricalCrossentropy, keras.losses.SparseCategoricalCrossentropy)


def by_kernel(loss: keras.losses.Loss) -> keras.losses.Loss:
    """Let a crossentropy of classes be computed by one operation on a CPU; any other loss stays as it is.

    Where operations are asked to repeat their bits, TensorFlow writes twenty in place of that one, for the sake of
    GPUs: on a CPU its kernel works out each row by itself, and repeats them anyway.

    Args:
        loss: stays an object of Keras's class.
    """
    if isinstance(loss, _OF_CLASSES) and not tf.config.get_visible_devices("GPU"):
        call = loss.call

        def compute(y_true: Any, y_pred: Any) -> Any:
            with _as_without_determinism():
                return call(y_true, y_pred)

        loss.call = compute
    return loss


@contextmanager
def _as_without_determinism() -> Iterator[None]:
    """Have operations chosen as where none is asked to repeat its bits."""
    asked = config.is_op_determinism_enabled()
    config.disable_op_determinism()
    try:
        yield
    finally:
        if asked:
            config.enable_op_determinism()
