"""The layers for sequences: of tokens, which are whole numbers, or of rows of numbers.

Parameters are counted as the Keras documentation has them; a recurrent layer uses each weight once a step.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from dltool.config.field_types import Boolean, PositiveInteger, Rate, one_of
from dltool.config.layer import (
    ActivationName,
    Inferred,
    InitializerName,
    Layer,
    Regularizer,
    Shape,
    VectorInitializerName,
)

RECURRENT = "a gated output"
"""What the outputs of a recurrent layer are values of: no activation, so that no loss expects it."""


class Embedding(Layer):
    """A learnt row of numbers for each token: (steps,) to (steps, output_dim). It comes first in a model."""

    keras_name: ClassVar = "Embedding"
    axes: ClassVar = 1
    output_activation: ClassVar = "linear"
    type: Literal["embedding"]
    input_dim: PositiveInteger
    """How many tokens there are: the data hold whole numbers from 0 to one less."""
    output_dim: PositiveInteger
    """Numbers a token."""
    embeddings_initializer: Literal["uniform", InitializerName] = "uniform"
    """How the rows start."""
    embeddings_regularizer: Regularizer = None
    """Penalty on the rows."""

    def _infer(self, shape: Shape) -> Inferred:
        return Inferred.of((*shape, self.output_dim), self.input_dim * self.output_dim, multiplications=0)


class _Recurrent(Layer):
    axes: ClassVar = 2
    output_activation: ClassVar = RECURRENT
    units: PositiveInteger
    """Outputs."""
    activation: ActivationName | None = "tanh"
    """Function applied to the outputs; none means linear."""
    recurrent_activation: ActivationName | None = "sigmoid"
    """Function of the gates."""
    use_bias: Boolean = True
    """Whether to add a bias."""
    kernel_initializer: InitializerName = "glorot_uniform"
    """How the kernel starts."""
    recurrent_initializer: InitializerName = "orthogonal"
    """How the kernel of the state starts."""
    bias_initializer: VectorInitializerName = "zeros"
    """How the bias starts."""
    kernel_regularizer: Regularizer = None
    """Penalty on the kernel."""
    recurrent_regularizer: Regularizer = None
    """Penalty on the kernel of the state."""
    bias_regularizer: Regularizer = None
    """Penalty on the bias."""
    activity_regularizer: Regularizer = None
    """Penalty on the output."""
    dropout: Rate = 0.0
    """The part of the inputs to drop while training."""
    recurrent_dropout: Rate = 0.0
    """The part of the state to drop while training."""
    return_sequences: Boolean = False
    """Whether to put out every step rather than the last."""
    go_backwards: Boolean = False
    """Whether to read from the last step to the first."""

    def _infer(self, shape: Shape) -> Inferred:
        steps, channels = shape
        parameters = self._parameters(channels)
        output = (steps, self.units) if self.return_sequences else (self.units,)
        # Its state and its gates at each step.
        return Inferred.of(output, parameters, steps * parameters, steps * 5 * self.units, steps)

    def _parameters(self, channels: int) -> int:
        raise NotImplementedError


class LSTM(_Recurrent):
    """Long short-term memory (Hochreiter & Schmidhuber 1997): (steps, channels) to (units,)."""

    keras_name: ClassVar = "LSTM"
    type: Literal["lstm"]
    unit_forget_bias: Boolean = True
    """Whether the bias of the forget gate starts at 1."""

    def _parameters(self, channels: int) -> int:
        return 4 * self.units * (channels + self.units + self.use_bias)


class GRU(_Recurrent):
    """Gated recurrent unit (Cho et al. 2014): (steps, channels) to (units,)."""

    keras_name: ClassVar = "GRU"
    type: Literal["gru"]
    reset_after: Boolean = True
    """Whether the reset gate comes after the product with the state, which has a bias of its own then."""

    def _parameters(self, channels: int) -> int:
        return 3 * self.units * (channels + self.units + self.use_bias * (1 + self.reset_after))


class Bidirectional(Layer):
    """A recurrent layer twice, one reading forwards and one backwards."""

    keras_name: ClassVar = "Bidirectional"
    axes: ClassVar = 2
    output_activation: ClassVar = RECURRENT
    type: Literal["bidirectional"]
    layer: Annotated[LSTM | GRU, one_of(LSTM, GRU)]
    """The recurrent layer."""
    merge_mode: Literal["concat", "sum", "mul", "ave"] = "concat"
    """How the two outputs become one."""

    def _infer(self, shape: Shape) -> Inferred:
        inferred = self.layer.infer(shape)
        *steps, units = inferred.output_shape
        output = (*steps, 2 * units if self.merge_mode == "concat" else units)
        return Inferred.of(output, *(2 * each for each in inferred[1:]))


class MultiHeadAttention(Layer):
    """Attention of each step to all steps of the same sequence (Vaswani et al. 2017); keeps the shape."""

    keras_name: ClassVar = "MultiHeadAttention"
    axes: ClassVar = 2
    attends_to_itself: ClassVar = True
    output_activation: ClassVar = "linear"
    type: Literal["multi_head_attention"]
    num_heads: PositiveInteger
    """Heads."""
    key_dim: PositiveInteger
    """Numbers a head of queries and keys."""
    value_dim: PositiveInteger | None = None
    """Numbers a head of values; by default ``key_dim``."""
    dropout: Rate = 0.0
    """The part of the attention to drop while training."""
    use_bias: Boolean = True
    """Whether to add biases."""
    kernel_initializer: InitializerName = "glorot_uniform"
    """How the kernels start."""
    bias_initializer: VectorInitializerName = "zeros"
    """How the biases start."""
    kernel_regularizer: Regularizer = None
    """Penalty on the kernels."""
    bias_regularizer: Regularizer = None
    """Penalty on the biases."""
    activity_regularizer: Regularizer = None
    """Penalty on the output."""

    def _infer(self, shape: Shape) -> Inferred:
        steps, channels = shape
        keys, values = self.num_heads * self.key_dim, self.num_heads * (self.value_dim or self.key_dim)
        kernels = channels * (2 * keys + 2 * values)
        biases = self.use_bias * (2 * keys + values + channels)
        multiplications = steps * kernels + steps**2 * (keys + values)
        kept = steps * (2 * keys + 2 * values + channels) + 2 * self.num_heads * steps**2
        return Inferred.of(shape, kernels + biases, multiplications, kept)
