"""The layers that networks of all kinds have: dense ones, functions of single values, another shape, dropout, noise."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dltool.config.field_types import NUMBERS_ONLY, Boolean, Integer, PositiveInteger, Rate
from dltool.config.layer import (
    ActivationName,
    Inferred,
    InitializerName,
    Layer,
    Regularizer,
    Shape,
    ShapeError,
    VectorInitializerName,
)


class Dense(Layer):
    """A fully connected layer: activation(input · kernel + bias)."""

    keras_name: ClassVar = "Dense"
    axes: ClassVar = 1
    type: Literal["dense"]
    units: PositiveInteger
    """Outputs."""
    activation: ActivationName | None = None
    """Function applied to the outputs; none means linear."""
    use_bias: Boolean = True
    """Whether to add a bias."""
    kernel_initializer: InitializerName = "glorot_uniform"
    """How the kernel starts."""
    bias_initializer: VectorInitializerName = "zeros"
    """How the bias starts."""
    kernel_regularizer: Regularizer = None
    """Penalty on the kernel."""
    bias_regularizer: Regularizer = None
    """Penalty on the bias."""
    activity_regularizer: Regularizer = None
    """Penalty on the output."""

    @property
    def output_activation(self) -> str | None:
        """Its own."""
        return self.activation or "linear"

    def _infer(self, shape: Shape) -> Inferred:
        return Inferred.of((self.units,), shape[-1] * self.units + self.use_bias * self.units)


class Flatten(Layer):
    """All values of an example in one row, as ``dense`` needs them."""

    keras_name: ClassVar = "Flatten"
    type: Literal["flatten"]

    def _infer(self, shape: Shape) -> Inferred:
        return Inferred.of((math.prod(shape),))


class Reshape(Layer):
    """The same values in another shape."""

    keras_name: ClassVar = "Reshape"
    type: Literal["reshape"]
    target_shape: Annotated[list[Integer], Field(min_length=1)]
    """The new shape, without the batch; one axis may be -1 and follows from the others."""

    def _infer(self, shape: Shape) -> Inferred:
        size, target = math.prod(shape), list(self.target_shape)
        known = math.prod(axis for axis in target if axis != -1)
        if target.count(-1) > 1 or known < 1 or any(axis < -1 for axis in target):
            raise ShapeError("needs sizes of at least 1 in target_shape; one of them may be -1")
        if size % known if -1 in target else size != known:
            raise ShapeError(f"cannot arrange {size} values as {tuple(target)}")
        return Inferred.of(tuple(size // known if axis == -1 else axis for axis in target))


class Dropout(Layer):
    """Sets a random part of its inputs to zero while training."""

    keras_name: ClassVar = "Dropout"
    is_random: ClassVar = True
    type: Literal["dropout"]
    rate: Rate
    """The part to drop."""


class SpatialDropout2D(Layer):
    """Sets random whole channels to zero while training."""

    keras_name: ClassVar = "SpatialDropout2D"
    is_random: ClassVar = True
    axes: ClassVar = 3
    type: Literal["spatial_dropout2d"]
    rate: Rate
    """The part of the channels to drop."""


class Activation(Layer):
    """Applies a function to each value."""

    keras_name: ClassVar = "Activation"
    type: Literal["activation"]
    activation: ActivationName
    """The function."""

    @property
    def output_activation(self) -> str | None:
        """The function."""
        return self.activation


class GaussianNoise(Layer):
    """Adds random noise while training."""

    keras_name: ClassVar = "GaussianNoise"
    is_random: ClassVar = True
    output_activation: ClassVar = "linear"
    type: Literal["gaussian_noise"]
    stddev: Annotated[float, Field(ge=0, le=1), NUMBERS_ONLY]
    """Standard deviation of the noise, at most 1."""
