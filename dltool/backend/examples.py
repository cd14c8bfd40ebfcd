"""Examples and targets on the device, as Keras's steps want them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

_ROWS_A_STEP = 512


class Examples(NamedTuple):
    """Inputs, targets and perhaps a weight for each row, resident on the device; a compiled program can take them."""

    tensors: tuple[Any, ...]
    """(inputs, targets) or (inputs, targets, weights): a mapping of tensors and tensors, all with rows first."""

    @classmethod
    def of(cls, features: Mapping[str, np.ndarray], targets: np.ndarray, weights: np.ndarray | None = None) -> Examples:
        """Put arrays on the device."""
        arrays = (dict(features), targets) if weights is None else (dict(features), targets, weights)
        return cls(tf.nest.map_structure(tf.convert_to_tensor, arrays))

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.tensors[1].shape[0])

    def gather(self, rows: Any) -> tuple[Any, ...]:
        """Return the given rows of every tensor."""
        gathered: tuple[Any, ...] = tf.nest.map_structure(lambda tensor: tf.gather(tensor, rows), self.tensors)
        return gathered

    def slice(self, first: Any, count: int) -> tuple[Any, ...]:
        """Return ``count`` rows of every tensor, from ``first`` on; ``count`` is fixed when traced."""

        def part(tensor: Any) -> Any:
            return tf.ensure_shape(tensor[first : first + count], [count, *tensor.shape[1:]])

        sliced: tuple[Any, ...] = tf.nest.map_structure(part, self.tensors)
        return sliced


def evaluate_metrics(model: keras.Model, examples: Examples) -> dict[str, Any]:
    """Return the model's loss and metrics over examples, each of shape (); in a compiled program or on its own."""
    model.reset_metrics()
    size = min(_ROWS_A_STEP, examples.rows)
    full, rest = divmod(examples.rows, size)

    def body(step: Any) -> tuple[Any]:
        model.test_step(examples.slice(step * size, size))
        return (step + 1,)

    tf.while_loop(lambda step: step < full, body, (tf.constant(0),), parallel_iterations=1)
    if rest:
        model.test_step(examples.slice(full * size, rest))
    return dict(model.get_metrics_result())


def numbers(measured: Mapping[str, Any], absent: Collection[str]) -> dict[str, float | None]:
    """Return metrics as Python has them: None for those of ``absent``, which the rows do not have, and so are NaN."""
    found = {name: float(value) for name, value in measured.items()}
    return {name: None if name in absent and math.isnan(value) else value for name, value in found.items()}
