"""A network that learns to put out its own input, as it is scaled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops


class Autoencoder(keras.Model):  # type: ignore[misc]
    """Makes the targets of each step of its input; what is missing there, NaN, carries no error."""

    def __init__(self, inputs: Mapping[str, Any], outputs: Any, target: keras.Model) -> None:
        """Make a functional model.

        Args:
            inputs: a tensor an input.
            outputs: the reconstruction.
            target: from the inputs to what is to be reconstructed, NaN where nothing is known.
        """
        super().__init__(inputs, outputs, name="network")

        def target_of(x: Any) -> Any:
            return target(x, training=False)

        self.target: Callable[[Any], Any] = target_of  # a function: a model would count as a part of this one

    def constant_model(self, row: np.ndarray) -> Autoencoder:
        """Return a model that puts out one row, of the shape of a reconstruction, whatever its input."""
        inputs = {
            name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=name) for name, tensor in self.input.items()
        }
        first = next(iter(inputs.values()))
        batch = ops.sum(ops.zeros_like(ops.cast(first, "float32")), axis=tuple(range(1, len(first.shape))))
        output = ops.add(ops.reshape(batch, (-1, *[1] * row.ndim)), row)
        return Autoencoder(inputs, output, keras.Model(inputs, self.target(inputs)))

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the loss of a reconstruction; there are no other targets, ``y``."""
        del y
        return super().compute_loss(x, self._known(x, y_pred), y_pred, sample_weight, training)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the metrics of a reconstruction; there are no other targets, ``y``."""
        del y
        return super().compute_metrics(x, self._known(x, y_pred), y_pred, sample_weight)

    def row_errors(self, x: Any) -> Any:
        """Return the mean of (input - reconstruction)² over what is known of each row: float32 (batch, 1)."""
        target, made = self.target(x), self(x, training=False)
        known, rest = ops.logical_not(ops.isnan(target)), tuple(range(1, len(target.shape)))
        squares = ops.where(known, ops.square(ops.subtract(target, made)), 0.0)
        count = ops.sum(ops.cast(known, "float32"), axis=rest)
        return ops.expand_dims(ops.divide(ops.sum(squares, axis=rest), count), -1)

    def _known(self, x: Any, y_pred: Any) -> Any:
        target = self.target(x)
        return ops.where(ops.isnan(target), ops.stop_gradient(ops.cast(y_pred, target.dtype)), target)
