"""Rows on the device, as Keras's steps take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf


class DeviceRows(NamedTuple):
    """Inputs, targets and perhaps a weight for each row, resident on the device; a compiled program can take them."""

    tensors: tuple[Any, ...]
    """(inputs, targets) or (inputs, targets, weights): a mapping of tensors and tensors, all with rows first."""

    @classmethod
    def of(
        cls, features: Mapping[str, np.ndarray], targets: np.ndarray, weights: np.ndarray | None = None
    ) -> DeviceRows:
        """Copy arrays to the device.

        Args:
            features: an array an input, each of shape (rows, ...).
            targets: of shape (rows, ...), as the loss takes them.
            weights: of the rows in the loss, shape (rows,).
        """
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
            return tf.slice(tensor, [first, *[0] * (tensor.shape.rank - 1)], [count, *tensor.shape[1:]])

        sliced: tuple[Any, ...] = tf.nest.map_structure(part, self.tensors)
        return sliced
