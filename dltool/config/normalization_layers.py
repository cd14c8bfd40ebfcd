"""The layers that scale what they are given: by what they learn, measure, or are told."""

from __future__ import annotations

from typing import ClassVar, Literal

from dltool.config.field_types import Boolean, Integer, Number, PositiveNumber, Rate
from dltool.config.layer import Inferred, Layer, Regularizer, Shape, ShapeError, VectorInitializerName


class _LearnedNormalization(Layer):
    output_activation: ClassVar = "linear"
    axis: Integer = -1
    """The axis whose entries each have their own scale and centre."""
    center: Boolean = True
    """Whether to learn an offset (beta)."""
    scale: Boolean = True
    """Whether to learn a factor (gamma)."""
    beta_initializer: VectorInitializerName = "zeros"
    """How the offset starts."""
    gamma_initializer: VectorInitializerName = "ones"
    """How the factor starts."""
    beta_regularizer: Regularizer = None
    """Penalty on the offset."""
    gamma_regularizer: Regularizer = None
    """Penalty on the factor."""

    def _infer(self, shape: Shape) -> Inferred:
        return Inferred.of(shape, self._arrays() * _entries(shape, self.axis))

    def _arrays(self) -> int:
        """Return how many weights each entry has: by default its offset and its factor."""
        return self.center + self.scale


class BatchNormalization(_LearnedNormalization):
    """Normalises each channel by its batch while training, by the running mean and variance later."""

    keras_name: ClassVar = "BatchNormalization"
    type: Literal["batch_normalization"]
    momentum: Rate = 0.99
    """How slowly the running mean and variance move."""
    epsilon: PositiveNumber = 0.001
    """Added to the variance, against division by zero."""
    moving_mean_initializer: VectorInitializerName = "zeros"
    """How the running mean starts."""
    moving_variance_initializer: VectorInitializerName = "ones"
    """How the running variance starts."""

    def _arrays(self) -> int:
        """Return how many weights each entry has: the running mean and variance too."""
        return 2 + self.center + self.scale


class LayerNormalization(_LearnedNormalization):
    """Normalises each example by itself."""

    keras_name: ClassVar = "LayerNormalization"
    type: Literal["layer_normalization"]
    epsilon: PositiveNumber = 0.001
    """Added to the variance, against division by zero."""


class Rescaling(Layer):
    """input · scale + offset."""

    keras_name: ClassVar = "Rescaling"
    type: Literal["rescaling"]
    scale: Number
    """The factor, e.g. 0.00392156862745098 (1/255) for pixels."""
    offset: Number = 0.0
    """What is added afterwards."""


class Normalization(Layer):
    """Shifts and scales each entry of the axis to mean 0 and variance 1, as measured on the training rows."""

    keras_name: ClassVar = "Normalization"
    output_activation: ClassVar = "linear"
    type: Literal["normalization"]
    axis: Integer | None = -1
    """The axis whose entries are measured one by one; null measures all values together."""
    invert: Boolean = False
    """Whether to do the opposite: from mean 0 and variance 1 back to the measured ones."""

    def _infer(self, shape: Shape) -> Inferred:
        entries = 1 if self.axis is None else _entries(shape, self.axis)
        return Inferred.of(shape, 2 * entries + 1)  # means, variances, and the count of rows they were measured on


def _entries(shape: Shape, axis: int) -> int:
    """Return the length of an axis, which is counted as Keras does: 0 is the batch."""
    rank = len(shape)
    if not (-rank <= axis < 0 or 1 <= axis <= rank):
        raise ShapeError(f"has axis {axis}, which must be -{rank}…-1 or 1…{rank} (0 is the batch)")
    return shape[axis if axis < 0 else axis - 1]
