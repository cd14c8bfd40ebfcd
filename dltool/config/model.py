"""The models: recipes that expand to a list of layers, and the list itself."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dltool.config.core_layers import Activation, Dense, Dropout, Flatten, Reshape
from dltool.config.field_types import Boolean, PositiveInteger, Rate, Spec, one_of
from dltool.config.layer import ActivationName, InitializerName, Layer, Regularizer, Shape, ShapeError
from dltool.config.layers import AnyLayer
from dltool.config.normalization_layers import BatchNormalization
from dltool.config.window_layers import Conv2D, MaxPooling2D, Padding, UpSampling2D


class _Recipe(Spec):
    activation: ActivationName = "relu"
    """Function after each hidden layer."""
    dropout: Rate = 0.0
    """The part of each hidden layer's outputs to drop while training; 0 for no dropout."""
    batch_normalization: Boolean = False
    """Whether to normalise each hidden layer before its activation."""
    kernel_initializer: InitializerName = "glorot_uniform"
    """How the kernels of the hidden layers start."""
    kernel_regularizer: Regularizer = None
    """Penalty on the kernels of the hidden layers."""

    def _finish(self, layer: Dense | Conv2D, dropout: float = 0.0) -> list[Layer]:
        """Return a hidden layer with the normalisation, activation and dropout that the recipe asks for."""
        layers: list[Layer] = [layer]
        if self.batch_normalization:
            layers.append(BatchNormalization(type="batch_normalization"))
            layers.append(Activation(type="activation", activation=self.activation))
        if dropout:
            layers.append(Dropout(type="dropout", rate=dropout))
        return layers

    def _dense(self, units: int) -> list[Layer]:
        return self._finish(
            Dense(
                type="dense",
                units=units,
                activation=None if self.batch_normalization else self.activation,
                kernel_initializer=self.kernel_initializer,
                kernel_regularizer=self.kernel_regularizer,
            ),
            self.dropout,
        )


class Mlp(_Recipe):
    """Dense layers one after another, and an output layer that follows from the targets."""

    type: Literal["mlp"]
    hidden_units: list[PositiveInteger]
    """Units of each hidden layer."""

    def expand(self, input_shape: Shape, output: Dense) -> list[Layer]:
        """Return the list of layers that the recipe stands for, from an input of that shape to the output layer."""
        layers: list[Layer] = [Flatten(type="flatten")] if len(input_shape) > 1 else []
        for units in self.hidden_units:
            layers += self._dense(units)
        return [*layers, output]


class Cnn(_Recipe):
    """Blocks of convolution and pooling, dense layers, and an output layer that follows from the targets.

    Examples of shape (height, width) are taken for images of one channel.
    """

    type: Literal["cnn"]
    filters: Annotated[list[PositiveInteger], Field(min_length=1)]
    """Filters of each block."""
    kernel_size: PositiveInteger = 3
    """Height and width of the convolutions."""
    padding: Padding = "same"
    """``same`` keeps the size in a convolution, ``valid`` lets it shrink."""
    pool_size: PositiveInteger = 2
    """Height and width of the pooling after each convolution."""
    hidden_units: list[PositiveInteger] = []
    """Units of each dense layer between the last block and the output."""

    def expand(self, input_shape: Shape, output: Dense) -> list[Layer]:
        """Return the list of layers that the recipe stands for, from an input of that shape to the output layer."""
        layers: list[Layer] = []
        if len(input_shape) == 2:
            layers.append(Reshape(type="reshape", target_shape=[*input_shape, 1]))
        for filters in self.filters:
            layers += self._finish(
                Conv2D(
                    type="conv2d",
                    filters=filters,
                    kernel_size=self.kernel_size,
                    padding=self.padding,
                    activation=None if self.batch_normalization else self.activation,
                    kernel_initializer=self.kernel_initializer,
                    kernel_regularizer=self.kernel_regularizer,
                )
            )
            layers.append(MaxPooling2D(type="max_pooling2d", pool_size=self.pool_size))
        layers.append(Flatten(type="flatten"))
        if self.dropout and not self.hidden_units:
            layers.append(Dropout(type="dropout", rate=self.dropout))
        for units in self.hidden_units:
            layers += self._dense(units)
        return [*layers, output]


class Autoencoder(_Recipe):
    """A network that puts its input into few numbers, the code, and makes the input of them again.

    The encoder is a chain of ``filters`` and ``hidden_units``, the decoder the same backwards. There are no targets:
    what is to come out is the input as it was scaled.
    """

    type: Literal["autoencoder"]
    latent_dim: PositiveInteger
    """Numbers of the code."""
    hidden_units: list[PositiveInteger] = []
    """Units of each dense layer between the input, or the last block, and the code."""
    filters: list[PositiveInteger] = []
    """Filters of each block of convolution and pooling, which halves height and width; none for a dense network."""
    kernel_size: PositiveInteger = 3
    """Height and width of the convolutions."""

    @model_validator(mode="after")
    def _kernels_of_something(self) -> Self:
        if not self.filters and self.kernel_size != type(self).model_fields["kernel_size"].default:
            raise PydanticCustomError("no_filters", "kernel_size is that of filters, and there are none")
        return self

    def expand(self, input_shape: Shape, output: Dense) -> list[Layer]:
        """Return the list of layers that the recipe stands for.

        Raises:
            ShapeError: height and width cannot be halved so often.
        """
        image = (*input_shape, 1) if len(input_shape) == 2 else input_shape
        layers: list[Layer] = []
        if self.filters:
            height, width, channels = self._sizes(image)
            small = height >> len(self.filters), width >> len(self.filters), self.filters[-1]
            if image != input_shape:
                layers.append(Reshape(type="reshape", target_shape=list(image)))
            for filters in self.filters:
                layers += [*self._convolution(filters), MaxPooling2D(type="max_pooling2d")]
        if self.filters or len(input_shape) > 1:
            layers.append(Flatten(type="flatten"))
        for units in self.hidden_units:
            layers += self._dense(units)
        layers.append(Dense(type="dense", units=self.latent_dim, kernel_initializer=self.kernel_initializer))
        for units in reversed(self.hidden_units):
            layers += self._dense(units)
        if not self.filters:
            layers.append(output)
        else:
            layers += [*self._dense(math.prod(small)), Reshape(type="reshape", target_shape=list(small))]
            for filters in reversed(self.filters):
                layers += [*self._convolution(filters), UpSampling2D(type="up_sampling2d")]
            layers.append(Conv2D(type="conv2d", filters=channels, kernel_size=self.kernel_size, padding="same"))
        if (self.filters and image == input_shape) or len(input_shape) == 1:
            return layers
        return [*layers, Reshape(type="reshape", target_shape=list(input_shape))]

    def _sizes(self, image: Shape) -> Shape:
        if len(image) != 3:
            raise ShapeError("convolves images, which have a height and a width; for other inputs, use hidden_units")
        most = next(n for n in range(64) if any(size % 2 ** (n + 1) for size in image[:2]))
        if len(self.filters) > most:
            given = f"{image[0]} x {image[1]}"
            raise ShapeError(f"halves height and width {len(self.filters)} times; {given} can be halved {most} times")
        return image

    def _convolution(self, filters: int) -> list[Layer]:
        return self._finish(
            Conv2D(
                type="conv2d",
                filters=filters,
                kernel_size=self.kernel_size,
                padding="same",
                activation=None if self.batch_normalization else self.activation,
                kernel_initializer=self.kernel_initializer,
                kernel_regularizer=self.kernel_regularizer,
            ),
            self.dropout,
        )


class Sequential(Spec):
    """A list of layers, each fed by the one before."""

    type: Literal["sequential"]
    layers: Annotated[list[AnyLayer], Field(min_length=1)]
    """The layers, the output layer included."""

    def expand(self, input_shape: Shape, output: Dense) -> list[Layer]:
        """Return the layers as they were written."""
        del input_shape, output
        return list(self.layers)


MODELS: tuple[type[Spec], ...] = (Mlp, Cnn, Autoencoder, Sequential)
AnyModel = Annotated[Mlp | Cnn | Autoencoder | Sequential, one_of(*MODELS)]
