"""The layers that look at a series or an image through a window: convolution, pooling, and what makes room for them.

Arithmetic is that of the Keras documentation (``valid`` padding: floor((n - dilated kernel) / stride) + 1; ``same``:
ceil(n / stride)).
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from dltool.config.field_types import TWO, Boolean, NonNegativeInteger, PositiveInteger, by_shape
from dltool.config.layer import (
    ActivationName,
    Inferred,
    InitializerName,
    Interpolation,
    Layer,
    Regularizer,
    Shape,
    ShapeError,
    VectorInitializerName,
)

Padding = Literal["valid", "same"]
SizeOrPair = Annotated[int | list[int], by_shape(number=PositiveInteger, list=Annotated[list[PositiveInteger], TWO])]
PaddingOrPair = Annotated[
    int | list[int], by_shape(number=NonNegativeInteger, list=Annotated[list[NonNegativeInteger], TWO])
]


def pair(value: int | list[int] | None, default: int = 1) -> tuple[int, int]:
    """Return a size for two axes from one number or two."""
    if value is None:
        return default, default
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def window_positions(size: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> int:
    """Return the number of positions that a sliding window takes along an axis."""
    if padding == "same":
        return math.ceil(size / stride)
    return (size - (kernel - 1) * dilation - 1) // stride + 1


class _Convolution(Layer):
    padding: Padding = "valid"
    """``valid``: the window stays inside the input; ``same``: zeros around it keep the size (stride 1)."""
    activation: ActivationName | None = None
    """Function applied to the outputs; none means linear."""
    use_bias: Boolean = True
    """Whether to add a bias."""
    bias_initializer: VectorInitializerName = "zeros"
    """How the bias starts."""
    bias_regularizer: Regularizer = None
    """Penalty on the bias."""
    activity_regularizer: Regularizer = None
    """Penalty on the output."""

    @property
    def output_activation(self) -> str | None:
        """Its own."""
        return self.activation or "linear"


class Conv1D(_Convolution):
    """A convolution along one axis: (steps, channels) to (steps, filters)."""

    keras_name: ClassVar = "Conv1D"
    axes: ClassVar = 2
    type: Literal["conv1d"]
    filters: PositiveInteger
    """Output channels."""
    kernel_size: PositiveInteger
    """Length of the window."""
    strides: PositiveInteger = 1
    """How far the window moves."""
    dilation_rate: PositiveInteger = 1
    """Distance between the inputs that one window sees."""
    groups: PositiveInteger = 1
    """Groups into which the channels are split, each convolved alone."""
    kernel_initializer: InitializerName = "glorot_uniform"
    """How the kernel starts."""
    kernel_regularizer: Regularizer = None
    """Penalty on the kernel."""

    def _infer(self, shape: Shape) -> Inferred:
        _check_convolution(shape[-1], self.groups, self.filters, (self.strides,), (self.dilation_rate,))
        length = window_positions(shape[0], self.kernel_size, self.strides, self.padding, self.dilation_rate)
        kernel = self.kernel_size * (shape[-1] // self.groups) * self.filters
        return Inferred.of((length, self.filters), kernel + self.use_bias * self.filters)


class _Convolution2D(_Convolution):
    axes: ClassVar = 3
    kernel_size: SizeOrPair
    """Height and width of the window; one number for both."""
    strides: SizeOrPair = 1
    """How far the window moves, down and across."""
    dilation_rate: SizeOrPair = 1
    """Distance between the inputs that one window sees, down and across."""

    def _window(self, shape: Shape) -> tuple[int, int]:
        kernel, strides, dilation = map(pair, (self.kernel_size, self.strides, self.dilation_rate))
        height, width = (window_positions(shape[i], kernel[i], strides[i], self.padding, dilation[i]) for i in (0, 1))
        return height, width


class Conv2D(_Convolution2D):
    """A convolution over images: (height, width, channels) to (height, width, filters)."""

    keras_name: ClassVar = "Conv2D"
    type: Literal["conv2d"]
    filters: PositiveInteger
    """Output channels."""
    groups: PositiveInteger = 1
    """Groups into which the channels are split, each convolved alone."""
    kernel_initializer: InitializerName = "glorot_uniform"
    """How the kernel starts."""
    kernel_regularizer: Regularizer = None
    """Penalty on the kernel."""

    def _infer(self, shape: Shape) -> Inferred:
        _check_convolution(shape[-1], self.groups, self.filters, pair(self.strides), pair(self.dilation_rate))
        kernel = math.prod(pair(self.kernel_size)) * (shape[-1] // self.groups) * self.filters
        return Inferred.of((*self._window(shape), self.filters), kernel + self.use_bias * self.filters)


class SeparableConv2D(_Convolution2D):
    """A convolution of each channel alone, then one across channels: fewer weights than ``conv2d``."""

    keras_name: ClassVar = "SeparableConv2D"
    type: Literal["separable_conv2d"]
    filters: PositiveInteger
    """Output channels."""
    depth_multiplier: PositiveInteger = 1
    """Outputs of the first step for each input channel."""
    depthwise_initializer: InitializerName = "glorot_uniform"
    """How the kernel of the first step starts."""
    pointwise_initializer: InitializerName = "glorot_uniform"
    """How the kernel of the second step starts."""
    depthwise_regularizer: Regularizer = None
    """Penalty on the kernel of the first step."""
    pointwise_regularizer: Regularizer = None
    """Penalty on the kernel of the second step."""

    def _infer(self, shape: Shape) -> Inferred:
        channels = shape[-1] * self.depth_multiplier
        kernels = (math.prod(pair(self.kernel_size)) + self.filters) * channels
        return Inferred.of((*self._window(shape), self.filters), kernels + self.use_bias * self.filters)


class DepthwiseConv2D(_Convolution2D):
    """A convolution of each channel alone."""

    keras_name: ClassVar = "DepthwiseConv2D"
    type: Literal["depthwise_conv2d"]
    depth_multiplier: PositiveInteger = 1
    """Outputs for each input channel."""
    depthwise_initializer: InitializerName = "glorot_uniform"
    """How the kernel starts."""
    depthwise_regularizer: Regularizer = None
    """Penalty on the kernel."""

    def _infer(self, shape: Shape) -> Inferred:
        channels = shape[-1] * self.depth_multiplier
        kernel = math.prod(pair(self.kernel_size)) * channels
        return Inferred.of((*self._window(shape), channels), kernel + self.use_bias * channels)


def _check_convolution(channels: int, groups: int, filters: int, strides: Shape, dilation: Shape) -> None:
    if channels % groups or filters % groups:
        raise ShapeError(f"has groups {groups}, which must divide both {channels} channels and {filters} filters")
    if max(strides) > 1 and max(dilation) > 1:
        raise ShapeError("cannot have both strides and dilation_rate above 1")


class _Pooling1D(Layer):
    axes: ClassVar = 2
    strides: PositiveInteger | None = None
    """How far the window moves; by default its own size."""
    padding: Padding = "valid"
    """``valid``: the window stays inside the input; ``same``: the last window may be partial."""

    def _infer(self, shape: Shape) -> Inferred:
        size: int = getattr(self, "pool_size")  # noqa: B009
        return Inferred.of((window_positions(shape[0], size, self.strides or size, self.padding), shape[1]))


class MaxPooling1D(_Pooling1D):
    """The largest value in each window along one axis."""

    keras_name: ClassVar = "MaxPooling1D"
    type: Literal["max_pooling1d"]
    pool_size: PositiveInteger = 2
    """Length of the window."""


class AveragePooling1D(_Pooling1D):
    """The mean of each window along one axis."""

    keras_name: ClassVar = "AveragePooling1D"
    type: Literal["average_pooling1d"]
    pool_size: PositiveInteger
    """Length of the window."""


class _Pooling2D(Layer):
    axes: ClassVar = 3
    strides: SizeOrPair | None = None
    """How far the window moves, down and across; by default its own size."""
    padding: Padding = "valid"
    """``valid``: the window stays inside the input; ``same``: the last window may be partial."""

    def _infer(self, shape: Shape) -> Inferred:
        size = pair(getattr(self, "pool_size"))  # noqa: B009
        strides = size if self.strides is None else pair(self.strides)
        height, width = (window_positions(shape[i], size[i], strides[i], self.padding) for i in (0, 1))
        return Inferred.of((height, width, shape[2]))


class MaxPooling2D(_Pooling2D):
    """The largest value in each window of an image."""

    keras_name: ClassVar = "MaxPooling2D"
    type: Literal["max_pooling2d"]
    pool_size: SizeOrPair = 2
    """Height and width of the window; one number for both."""


class AveragePooling2D(_Pooling2D):
    """The mean of each window of an image."""

    keras_name: ClassVar = "AveragePooling2D"
    type: Literal["average_pooling2d"]
    pool_size: SizeOrPair
    """Height and width of the window; one number for both."""


class _GlobalPooling(Layer):
    keepdims: Boolean = False
    """Whether to keep the pooled axes, with length 1."""

    def _infer(self, shape: Shape) -> Inferred:
        kept = (1,) * (len(shape) - 1) if self.keepdims else ()
        return Inferred.of((*kept, shape[-1]))


class GlobalMaxPooling1D(_GlobalPooling):
    """The largest value of each channel along one axis."""

    keras_name: ClassVar = "GlobalMaxPooling1D"
    axes: ClassVar = 2
    type: Literal["global_max_pooling1d"]


class GlobalMaxPooling2D(_GlobalPooling):
    """The largest value of each channel of an image."""

    keras_name: ClassVar = "GlobalMaxPooling2D"
    axes: ClassVar = 3
    type: Literal["global_max_pooling2d"]


class GlobalAveragePooling1D(_GlobalPooling):
    """The mean of each channel along one axis."""

    keras_name: ClassVar = "GlobalAveragePooling1D"
    axes: ClassVar = 2
    type: Literal["global_average_pooling1d"]


class GlobalAveragePooling2D(_GlobalPooling):
    """The mean of each channel of an image."""

    keras_name: ClassVar = "GlobalAveragePooling2D"
    axes: ClassVar = 3
    type: Literal["global_average_pooling2d"]


class ZeroPadding2D(Layer):
    """Zeros around an image."""

    keras_name: ClassVar = "ZeroPadding2D"
    axes: ClassVar = 3
    type: Literal["zero_padding2d"]
    padding: PaddingOrPair = 1
    """Rows above and below, columns left and right; one number for both."""

    def _infer(self, shape: Shape) -> Inferred:
        rows, columns = pair(self.padding)
        return Inferred.of((shape[0] + 2 * rows, shape[1] + 2 * columns, shape[2]))


class UpSampling2D(Layer):
    """Each pixel several times, so that an image grows."""

    keras_name: ClassVar = "UpSampling2D"
    axes: ClassVar = 3
    type: Literal["up_sampling2d"]
    size: SizeOrPair = 2
    """How many times, down and across; one number for both."""
    interpolation: Interpolation = "nearest"
    """How pixels between pixels are computed."""

    def _infer(self, shape: Shape) -> Inferred:
        rows, columns = pair(self.size)
        return Inferred.of((shape[0] * rows, shape[1] * columns, shape[2]))
