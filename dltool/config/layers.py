"""The layers: for each, its Keras arguments, the shape it makes and the parameters it holds.

A spec stands for the Keras class named by ``keras_name``; its fields and their defaults are those of
Keras 3's signature. Shapes leave out the batch. Arithmetic is that of the Keras documentation
(``valid`` padding: floor((n - dilated kernel) / stride) + 1; ``same``: ceil(n / stride)).
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dltool.config.field_types import (
    NUMBERS_ONLY,
    Boolean,
    Fraction,
    Integer,
    NonNegativeInteger,
    Number,
    PositiveInteger,
    PositiveNumber,
    Rate,
    by_shape,
    one_of,
)
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
from dltool.config.sequence_layers import GRU, LSTM, Bidirectional, Embedding, MultiHeadAttention

MOST_LAYERS = 1000
"""The layers of a model, those included that a recipe stands for."""

Padding = Literal["valid", "same"]
FillMode = Literal["reflect", "wrap", "constant", "nearest"]
Interpolation = Literal["nearest", "bilinear"]
_Two = Field(min_length=2, max_length=2)
_Factor = Annotated[float, Field(ge=-1, le=1), NUMBERS_ONLY]
SizeOrPair = Annotated[int | list[int], by_shape(number=PositiveInteger, list=Annotated[list[PositiveInteger], _Two])]
PaddingOrPair = Annotated[
    int | list[int], by_shape(number=NonNegativeInteger, list=Annotated[list[NonNegativeInteger], _Two])
]
FactorOrPair = Annotated[float | list[float], by_shape(number=_Factor, list=Annotated[list[_Factor], _Two])]
FractionOrPair = Annotated[float | list[float], by_shape(number=Fraction, list=Annotated[list[Fraction], _Two])]


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


def _entries(shape: Shape, axis: int) -> int:
    """Return the length of an axis, which is counted as Keras does: 0 is the batch."""
    rank = len(shape)
    if not (-rank <= axis < 0 or 1 <= axis <= rank):
        raise ShapeError(f"has axis {axis}, which must be -{rank}…-1 or 1…{rank} (0 is the batch)")
    return shape[axis if axis < 0 else axis - 1]


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


class GaussianNoise(Layer):
    """Adds random noise while training."""

    keras_name: ClassVar = "GaussianNoise"
    is_random: ClassVar = True
    output_activation: ClassVar = "linear"
    type: Literal["gaussian_noise"]
    stddev: Annotated[float, Field(ge=0, le=1), NUMBERS_ONLY]
    """Standard deviation of the noise, at most 1."""


class RandomFlip(Layer):
    """Mirrors images at random while training."""

    keras_name: ClassVar = "RandomFlip"
    is_random: ClassVar = True
    axes: ClassVar = 3
    type: Literal["random_flip"]
    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal_and_vertical"
    """Along which axis."""


class _RandomMove(Layer):
    axes: ClassVar = 3
    is_random: ClassVar = True
    fill_mode: FillMode = "reflect"
    """What fills the pixels that come from outside."""
    interpolation: Interpolation = "bilinear"
    """How pixels between pixels are computed."""
    fill_value: Number = 0.0
    """The value for ``fill_mode: constant``."""


class RandomRotation(_RandomMove):
    """Turns images at random while training."""

    keras_name: ClassVar = "RandomRotation"
    type: Literal["random_rotation"]
    factor: FactorOrPair
    """Largest turn as a part of a full circle, or the lowest and highest."""


class RandomZoom(_RandomMove):
    """Zooms images at random while training."""

    keras_name: ClassVar = "RandomZoom"
    type: Literal["random_zoom"]
    height_factor: FactorOrPair
    """Largest change of height as a part of it, or the lowest and highest (negative zooms in)."""
    width_factor: FactorOrPair | None = None
    """The same for the width; by default as the height, which keeps proportions."""


class RandomTranslation(_RandomMove):
    """Shifts images at random while training."""

    keras_name: ClassVar = "RandomTranslation"
    type: Literal["random_translation"]
    height_factor: FactorOrPair
    """Largest shift down or up as a part of the height, or the lowest and highest."""
    width_factor: FactorOrPair
    """Largest shift across as a part of the width, or the lowest and highest."""


class RandomContrast(Layer):
    """Changes contrast at random while training."""

    keras_name: ClassVar = "RandomContrast"
    is_random: ClassVar = True
    axes: ClassVar = 3
    type: Literal["random_contrast"]
    factor: FractionOrPair
    """Largest change, or the largest decrease and increase."""
    value_range: Annotated[list[Number], _Two] = [0, 255]
    """The lowest and highest value that a pixel may have where the layer stands."""


LAYERS: tuple[type[Layer], ...] = (
    Dense, Conv1D, Conv2D, SeparableConv2D, DepthwiseConv2D,
    MaxPooling1D, MaxPooling2D, AveragePooling1D, AveragePooling2D,
    GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalAveragePooling1D, GlobalAveragePooling2D,
    UpSampling2D, Flatten, Reshape, Dropout, SpatialDropout2D, BatchNormalization, LayerNormalization,
    Activation, Rescaling, Normalization, ZeroPadding2D, GaussianNoise,
    RandomFlip, RandomRotation, RandomZoom, RandomTranslation, RandomContrast,
    Embedding, LSTM, GRU, Bidirectional, MultiHeadAttention,
)  # fmt: skip
AnyLayer = Annotated[Layer, one_of(*LAYERS)]
