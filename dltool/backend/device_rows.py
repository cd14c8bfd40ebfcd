"""Rows on the device, as Keras's steps take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

HELD_ON_GPU = {"uint8": "float16", "int32": "int64"}
"""Types of arrays, and what a GPU holds the same numbers as: it looks up no rows of the former, and TensorFlow would
copy all of them to the CPU, or from there, for every batch."""
_ALIGNMENT = 64
"""Bytes: TensorFlow's operations take it that numbers in memory begin at a multiple of them."""


class DeviceRows(NamedTuple):
    """Inputs, targets and perhaps a weight for each row, resident on the device; a compiled program can take them."""

    tensors: tuple[Any, ...]
    """(inputs, targets) or (inputs, targets, weights): a mapping of tensors and tensors, all with rows first."""
    dtypes: tuple[Any, ...]
    """The name of the type that each of them has in a batch."""

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
        names = tf.nest.map_structure(lambda array: array.dtype.name, arrays)
        on_device = _on_gpu if tf.config.get_visible_devices("GPU") else _on_cpu
        return cls(tf.nest.map_structure(on_device, arrays), names)

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.tensors[1].shape[0])

    def gather(self, rows: Any) -> tuple[Any, ...]:
        """Return the given rows of every tensor."""
        return self._batch(lambda tensor: tf.gather(tensor, rows))

    def slice(self, first: Any, count: int) -> tuple[Any, ...]:
        """Return ``count`` rows of every tensor, from ``first`` on; ``count`` is fixed when traced."""

        def part(tensor: Any) -> Any:
            return tf.slice(tensor, [first, *[0] * (tensor.shape.rank - 1)], [count, *tensor.shape[1:]])

        return self._batch(part)

    def _batch(self, part: Callable[[Any], Any]) -> tuple[Any, ...]:
        found: tuple[Any, ...] = tf.nest.map_structure(
            lambda tensor, name: tf.cast(part(tensor), name), self.tensors, self.dtypes
        )
        return found


def _on_gpu(array: np.ndarray) -> Any:
    return tf.convert_to_tensor(array.astype(HELD_ON_GPU.get(array.dtype.name, array.dtype), copy=False))


def _on_cpu(array: np.ndarray) -> Any:
    """Copy an array as NumPy does: TensorFlow would copy it twice, into memory that takes four times as long to get."""
    room = np.empty(array.nbytes + _ALIGNMENT, np.uint8)
    first = -room.ctypes.data % _ALIGNMENT
    copy = room[first : first + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return tf.experimental.dlpack.from_dlpack(copy.__dlpack__())
