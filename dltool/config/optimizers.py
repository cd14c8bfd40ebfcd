"""The optimizers and learning-rate schedules: Keras's own arguments and defaults."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dltool.config.field_types import (
    NUMBERS_ONLY,
    Boolean,
    NonNegativeInteger,
    NonNegativeNumber,
    Number,
    PositiveInteger,
    PositiveNumber,
    Rate,
    Spec,
    by_shape,
    one_of,
)


class Schedule(Spec):
    """What all schedules have in common; steps are batches, not epochs."""

    keras_name: ClassVar[str]


class ExponentialDecay(Schedule):
    """initial · decay_rate^(step / decay_steps)."""

    keras_name: ClassVar = "ExponentialDecay"
    type: Literal["exponential_decay"]
    initial_learning_rate: PositiveNumber
    """The rate at step 0."""
    decay_steps: PositiveInteger
    """Steps after which the rate has been multiplied by ``decay_rate`` once."""
    decay_rate: PositiveNumber
    """The factor."""
    staircase: Boolean = False
    """Whether the rate falls in jumps, once every ``decay_steps``."""


class CosineDecay(Schedule):
    """Half a cosine from the first rate down to ``alpha`` of it, after an optional linear warm-up."""

    keras_name: ClassVar = "CosineDecay"
    type: Literal["cosine_decay"]
    initial_learning_rate: NonNegativeNumber
    """The rate at step 0."""
    decay_steps: PositiveInteger
    """Steps that the decay takes."""
    alpha: NonNegativeNumber = 0.0
    """The part of the rate that is left at the end."""
    warmup_target: PositiveNumber | None = None
    """The rate that the warm-up climbs to; none means no warm-up."""
    warmup_steps: NonNegativeInteger = 0
    """Steps that the warm-up takes."""

    @model_validator(mode="after")
    def _warm_up_whole(self) -> CosineDecay:
        if (self.warmup_target is None) != (self.warmup_steps == 0):
            raise PydanticCustomError("warm_up", "a warm-up needs both warmup_target and warmup_steps")
        return self


class CosineDecayRestarts(Schedule):
    """Half cosines one after another, each starting anew (SGDR, Loshchilov & Hutter 2016)."""

    keras_name: ClassVar = "CosineDecayRestarts"
    type: Literal["cosine_decay_restarts"]
    initial_learning_rate: PositiveNumber
    """The rate at step 0."""
    first_decay_steps: PositiveInteger
    """Steps of the first decay."""
    t_mul: PositiveNumber = 2.0
    """How many times longer each decay is than the one before."""
    m_mul: PositiveNumber = 1.0
    """How many times higher each decay starts than the one before."""
    alpha: NonNegativeNumber = 0.0
    """The part of the rate that is left at the end of a decay."""


class PiecewiseConstantDecay(Schedule):
    """One rate up to each boundary."""

    keras_name: ClassVar = "PiecewiseConstantDecay"
    type: Literal["piecewise_constant_decay"]
    boundaries: Annotated[list[NonNegativeInteger], Field(min_length=1)]
    """Steps at which the rate changes, rising."""
    values: Annotated[list[PositiveNumber], Field(min_length=2)]
    """The rates: one more than there are boundaries."""

    @model_validator(mode="after")
    def _one_more_value(self) -> PiecewiseConstantDecay:
        if len(self.values) != len(self.boundaries) + 1:
            raise PydanticCustomError(
                "values_and_boundaries",
                "expected one more value than boundaries, got {values} values and {boundaries} boundaries",
                {"values": len(self.values), "boundaries": len(self.boundaries)},
            )
        if sorted(set(self.boundaries)) != self.boundaries:
            raise PydanticCustomError("boundaries_rise", "boundaries must rise from one to the next")
        return self


class PolynomialDecay(Schedule):
    """From the first rate to the last along a power of the steps that are left."""

    keras_name: ClassVar = "PolynomialDecay"
    type: Literal["polynomial_decay"]
    initial_learning_rate: PositiveNumber
    """The rate at step 0."""
    decay_steps: PositiveInteger
    """Steps that the decay takes."""
    end_learning_rate: NonNegativeNumber = 0.0001
    """The rate at the end."""
    power: PositiveNumber = 1.0
    """The power; 1 is a straight line."""
    cycle: Boolean = False
    """Whether to start anew after ``decay_steps``."""


class InverseTimeDecay(Schedule):
    """initial / (1 + decay_rate · step / decay_steps)."""

    keras_name: ClassVar = "InverseTimeDecay"
    type: Literal["inverse_time_decay"]
    initial_learning_rate: PositiveNumber
    """The rate at step 0."""
    decay_steps: PositiveInteger
    """Steps in one unit of time."""
    decay_rate: NonNegativeNumber
    """How fast it falls."""
    staircase: Boolean = False
    """Whether the rate falls in jumps, once every ``decay_steps``."""


SCHEDULES: tuple[type[Schedule], ...] = (
    ExponentialDecay,
    CosineDecay,
    CosineDecayRestarts,
    PiecewiseConstantDecay,
    PolynomialDecay,
    InverseTimeDecay,
)
AnySchedule = Annotated[Schedule, one_of(*SCHEDULES)]
LearningRate = Annotated[float | Schedule, by_shape(number=PositiveNumber, mapping=AnySchedule)]


class Optimizer(Spec):
    """What all optimizers have in common."""

    keras_name: ClassVar[str]
    learning_rate: LearningRate = 0.001
    """The step size: a number, or a schedule such as ``{type: cosine_decay, …}``."""
    weight_decay: NonNegativeNumber | None = None
    """Decoupled weight decay."""
    clipnorm: PositiveNumber | None = None
    """Largest norm of each variable's gradient."""
    clipvalue: PositiveNumber | None = None
    """Largest absolute value in a gradient."""
    global_clipnorm: PositiveNumber | None = None
    """Largest norm of all gradients together."""
    use_ema: Boolean = False
    """Whether to keep a moving average of the weights and end with it."""
    ema_momentum: Rate = 0.99
    """How slowly the average moves."""
    ema_overwrite_frequency: PositiveInteger | None = None
    """Steps after which the weights are replaced by their average; none means at the end only."""
    loss_scale_factor: PositiveNumber | None = None
    """The loss is multiplied by this, the gradients divided: against underflow."""
    gradient_accumulation_steps: Annotated[int, Field(ge=2), NUMBERS_ONLY] | None = None
    """Steps over which gradients are averaged before the weights move."""

    @model_validator(mode="after")
    def _average_asked_for(self) -> Optimizer:
        given = {"ema_momentum", "ema_overwrite_frequency"} & self.model_fields_set
        if any(getattr(self, name) != type(self).model_fields[name].default for name in given) and not self.use_ema:
            names = ", ".join(sorted(given))
            raise PydanticCustomError("no_average", "{names} does nothing without use_ema: true", {"names": names})
        return self

    @model_validator(mode="after")
    def _one_clipping(self) -> Optimizer:
        given = [n for n in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, n) is not None]
        if len(given) > 1:
            raise PydanticCustomError(
                "one_clipping",
                "only one kind of clipping may be given, got {given}",
                {"given": ", ".join(given)},
            )
        return self


class Adadelta(Optimizer):
    """Adadelta (Zeiler 2012)."""

    keras_name: ClassVar = "Adadelta"
    type: Literal["adadelta"]
    rho: Rate = 0.95
    """Decay of the running averages."""
    epsilon: PositiveNumber = 1e-7
    """Against division by zero."""


class Adafactor(Optimizer):
    """Adafactor (Shazeer & Stern 2018): little memory."""

    keras_name: ClassVar = "Adafactor"
    type: Literal["adafactor"]
    beta_2_decay: Number = -0.8
    """Exponent by which the decay of the second moment approaches 1."""
    epsilon_1: PositiveNumber = 1e-30
    """Against division by zero."""
    epsilon_2: PositiveNumber = 0.001
    """Smallest step in relation to the weights."""
    clip_threshold: PositiveNumber = 1.0
    """Largest root mean square of an update."""
    relative_step: Boolean = True
    """Whether the step size falls with the square root of the step."""


class Adagrad(Optimizer):
    """Adagrad (Duchi et al. 2011)."""

    keras_name: ClassVar = "Adagrad"
    type: Literal["adagrad"]
    initial_accumulator_value: NonNegativeNumber = 0.1
    """Where the sums of squares start."""
    epsilon: PositiveNumber = 1e-7
    """Against division by zero."""


class _AdamLike(Optimizer):
    beta_1: Rate = 0.9
    """Decay of the first moment."""
    beta_2: Rate = 0.999
    """Decay of the second moment."""
    epsilon: PositiveNumber = 1e-7
    """Against division by zero."""


class Adam(_AdamLike):
    """Adam (Kingma & Ba 2014)."""

    keras_name: ClassVar = "Adam"
    type: Literal["adam"]
    amsgrad: Boolean = False
    """Whether to use the AMSGrad variant."""


class AdamW(_AdamLike):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2017)."""

    keras_name: ClassVar = "AdamW"
    type: Literal["adamw"]
    weight_decay: NonNegativeNumber = 0.004
    """Decoupled weight decay."""
    amsgrad: Boolean = False
    """Whether to use the AMSGrad variant."""


class Adamax(_AdamLike):
    """Adam with the infinity norm (Kingma & Ba 2014)."""

    keras_name: ClassVar = "Adamax"
    type: Literal["adamax"]


class Ftrl(Optimizer):
    """Follow the regularised leader (McMahan et al. 2013)."""

    keras_name: ClassVar = "Ftrl"
    type: Literal["ftrl"]
    learning_rate_power: Annotated[float, Field(le=0), NUMBERS_ONLY] = -0.5
    """How the rate falls; 0 keeps it."""
    initial_accumulator_value: NonNegativeNumber = 0.1
    """Where the sums of squares start."""
    l1_regularization_strength: NonNegativeNumber = 0.0
    """L1 penalty."""
    l2_regularization_strength: NonNegativeNumber = 0.0
    """L2 penalty."""
    l2_shrinkage_regularization_strength: NonNegativeNumber = 0.0
    """L2 penalty on the size of the weights only."""
    beta: NonNegativeNumber = 0.0
    """Beta of the paper."""


class Lamb(_AdamLike):
    """LAMB (You et al. 2019): for large batches."""

    keras_name: ClassVar = "Lamb"
    type: Literal["lamb"]


class Lion(Optimizer):
    """Lion (Chen et al. 2023): sign of the momentum."""

    keras_name: ClassVar = "Lion"
    type: Literal["lion"]
    beta_1: Annotated[float, Field(gt=0, le=1), NUMBERS_ONLY] = 0.9
    """Mixing of gradient and momentum in the update."""
    beta_2: Rate = 0.99
    """Decay of the momentum."""


class Muon(Optimizer):
    """Muon (Jordan et al. 2024): orthogonalised momentum for matrices, AdamW for the rest."""

    keras_name: ClassVar = "Muon"
    type: Literal["muon"]
    weight_decay: NonNegativeNumber = 0.004
    """Decoupled weight decay of the matrices."""
    adam_beta_1: Rate = 0.9
    """Decay of the first moment, in the AdamW part."""
    adam_beta_2: Rate = 0.999
    """Decay of the second moment, in the AdamW part."""
    adam_weight_decay: NonNegativeNumber = 0.004
    """Weight decay of the AdamW part."""
    epsilon: PositiveNumber = 1e-7
    """Against division by zero."""
    muon_a: Number = 3.4445
    """First coefficient of the Newton-Schulz iteration."""
    muon_b: Number = -4.775
    """Second coefficient."""
    muon_c: Number = 2.0315
    """Third coefficient."""
    adam_lr_ratio: PositiveNumber = 1
    """Rate of the AdamW part in relation to ``learning_rate``."""
    momentum: Rate = 0.95
    """Momentum."""
    ns_steps: PositiveInteger = 5
    """Newton-Schulz iterations."""
    nesterov: Boolean = True
    """Whether to use Nesterov momentum."""
    rms_rate: PositiveNumber | None = 0.2
    """Root mean square that updates are scaled to; none leaves them."""


class Nadam(_AdamLike):
    """Adam with Nesterov momentum (Dozat 2016)."""

    keras_name: ClassVar = "Nadam"
    type: Literal["nadam"]


class RMSprop(Optimizer):
    """RMSprop (Hinton 2012)."""

    keras_name: ClassVar = "RMSprop"
    type: Literal["rmsprop"]
    rho: Rate = 0.9
    """Decay of the running average of squares."""
    momentum: Rate = 0.0
    """Momentum."""
    epsilon: PositiveNumber = 1e-7
    """Against division by zero."""
    centered: Boolean = False
    """Whether to subtract the running mean, at some cost."""


class SGD(Optimizer):
    """Gradient descent, with momentum if asked for."""

    keras_name: ClassVar = "SGD"
    type: Literal["sgd"]
    learning_rate: LearningRate = 0.01
    momentum: Rate = 0.0
    """Momentum."""
    nesterov: Boolean = False
    """Whether to use Nesterov momentum."""


class ScheduleFreeAdamW(Optimizer):
    """AdamW that needs no schedule (Defazio et al. 2024)."""

    keras_name: ClassVar = "ScheduleFreeAdamW"
    type: Literal["schedule_free_adamw"]
    learning_rate: LearningRate = 0.0025
    beta_1: Rate = 0.9
    """Interpolation between the two sequences of weights."""
    beta_2: Rate = 0.999
    """Decay of the second moment."""
    epsilon: PositiveNumber = 1e-8
    """Against division by zero."""
    warmup_steps: NonNegativeInteger = 0
    """Steps of linear warm-up."""


OPTIMIZERS: tuple[type[Optimizer], ...] = (
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, Muon, Nadam, RMSprop, SGD,
    ScheduleFreeAdamW,
)  # fmt: skip
AnyOptimizer = Annotated[Optimizer, one_of(*OPTIMIZERS)]
