"""What all layers have in common: what follows from the shape of an input, and the words of their arguments."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from dltool.config.field_types import NonNegativeNumber, Spec, one_of

Shape = tuple[int, ...]

ActivationName = Literal[
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid",
    "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax",
    "squareplus", "tanh", "tanh_shrink",
]  # fmt: skip
VectorInitializerName = Literal[
    "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform", "ones",
    "random_normal", "random_uniform", "truncated_normal", "variance_scaling", "zeros",
]  # fmt: skip
# A row of numbers has no directions that could be orthogonal: Keras fails.
InitializerName = Literal[VectorInitializerName, "orthogonal"]
Interpolation = Literal["nearest", "bilinear"]


class ShapeError(ValueError):
    """A layer cannot take an input of that shape; the message says why and what it expects."""


class L1(Spec):
    """Adds l1 · Σ|w| to the loss."""

    keras_name: ClassVar = "L1"
    type: Literal["l1"]
    l1: NonNegativeNumber = 0.01
    """Strength."""


class L2(Spec):
    """Adds l2 · Σw² to the loss."""

    keras_name: ClassVar = "L2"
    type: Literal["l2"]
    l2: NonNegativeNumber = 0.01
    """Strength."""


class L1L2(Spec):
    """Adds l1 · Σ|w| + l2 · Σw² to the loss."""

    keras_name: ClassVar = "L1L2"
    type: Literal["l1_l2"]
    l1: NonNegativeNumber = 0.0
    """Strength of the L1 part."""
    l2: NonNegativeNumber = 0.0
    """Strength of the L2 part."""


REGULARIZERS: tuple[type[Spec], ...] = (L1, L2, L1L2)
Regularizer = Annotated[L1 | L2 | L1L2, one_of(*REGULARIZERS)] | None


class Inferred(NamedTuple):
    """What follows from a layer's arguments and the shape of its input."""

    output_shape: Shape
    parameters: int
    """Weights, the non-trainable ones included."""
    multiplications: int
    """Estimated multiplications for one example, forwards."""
    activations: int
    """Estimated numbers that training keeps of one example until it goes backwards."""
    steps: int
    """How many times it computes one after the other."""

    @classmethod
    def of(
        cls,
        output_shape: Shape,
        parameters: int = 0,
        multiplications: int | None = None,
        activations: int | None = None,
        steps: int = 1,
    ) -> Inferred:
        """Return it; unless said otherwise, each weight is used once at each output position, and outputs are kept."""
        if multiplications is None:
            multiplications = parameters * math.prod(output_shape[:-1])
        return cls(output_shape, parameters, multiplications, activations or math.prod(output_shape), steps)


class Layer(Spec):
    """What all layers have in common."""

    keras_name: ClassVar[str]
    axes: ClassVar[int | None] = None
    """Axes that the input must have, without the batch; None for any."""
    is_random: ClassVar[bool] = False
    """Whether it draws random numbers while training, and does nothing later."""
    attends_to_itself: ClassVar[bool] = False
    """Whether Keras calls it on its input twice, as query and as value."""

    @property
    def output_activation(self) -> str | None:
        """The function that its outputs are values of, ``linear`` if of none; None where it keeps the one before."""
        return None

    def call_arguments(self, taken: Any) -> tuple[Any, ...]:
        """Return what Keras calls the layer on to give it ``taken``, a tensor."""
        return (taken, taken) if self.attends_to_itself else (taken,)

    def infer(self, shape: Shape) -> Inferred:
        """Return what follows for an input of ``shape``.

        Raises:
            ShapeError: the layer cannot take such an input.
        """
        if self.axes is not None and len(shape) != self.axes:
            expected = {1: "(features,)", 2: "(steps, channels)", 3: "(height, width, channels)"}[self.axes]
            raise ShapeError(f"expects an input of shape {expected}")
        inferred = self._infer(shape)
        if min(inferred.output_shape, default=1) < 1:
            raise ShapeError("has nothing left to work on: its window is larger than its input")
        return inferred

    def _infer(self, shape: Shape) -> Inferred:
        return Inferred.of(shape)
