"""Metrics of numbers, in the target's own unit and in float64, of what the network learns in another."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dltool.tasks.contract import Task
from dltool.tasks.regression import Regression


def units_of(task: Task) -> Units | None:
    """Return what decodes targets and outputs before a metric sees them; None where they are no numbers."""
    return Units(task) if isinstance(task, Regression) else None


class Units:
    """Decodes targets and outputs before a metric sees them.

    What it decodes by are variables, so that a compiled program can be given other ones (see ``training.loop_cache``).
    """

    def __init__(self, task: Regression) -> None:
        """Take what the training rows say."""
        self._is_logarithmic = task.is_logarithmic
        values = (*task.offset_and_scale, np.array(task.numbers.mean))
        self.variables = [tf.Variable(each, dtype=tf.float64, trainable=False) for each in values]

    def decode(self, values: Any, *, relative: bool) -> Any:
        """Return targets or outputs in the target's own unit, float64.

        Differences keep all their digits if both are taken less the mean of the training rows; that a metric which
        measures against the target itself, ``relative``, cannot have.
        """
        offset, scale, mean = self.variables
        decoded = tf.cast(values, tf.float64) * scale + offset
        if self._is_logarithmic:
            decoded = tf.exp(decoded)
        return decoded if relative else decoded - mean

    def metric(self, kind: type[keras.metrics.Metric], *, relative: bool) -> Any:
        """Return a class of metrics like ``kind``."""
        decode = self.decode

        class InUnits(kind):  # type: ignore[misc]
            def __init__(self, **arguments: Any) -> None:
                super().__init__(dtype="float64", **arguments)

            def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
                y_true, y_pred = (decode(values, relative=relative) for values in (y_true, y_pred))
                return super().update_state(y_true, y_pred, sample_weight)

        return InUnits
