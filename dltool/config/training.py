"""How a model is trained."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from dltool.config.field_types import (
    Boolean,
    Fraction,
    NonNegativeInteger,
    NonNegativeNumber,
    Number,
    PositiveInteger,
    PositiveNumber,
    Spec,
    by_shape,
)
from dltool.config.losses import AnyLoss, AnyMetric
from dltool.config.optimizers import Adam, AnyOptimizer, Schedule


class EarlyStopping(Spec):
    """Stops when a metric no longer improves, and goes back to the best weights."""

    monitor: str | None = None
    """The metric to watch; by default ``validation_loss``, or ``loss`` where there is no validation part."""
    min_delta: NonNegativeNumber = 0
    """The smallest change that counts as better."""
    patience: NonNegativeInteger = 0
    """Epochs without improvement after which to stop."""
    mode: Literal["auto", "min", "max"] = "auto"
    """Which way is better; ``auto`` knows it for every metric of this tool."""
    baseline: Number | None = None
    """Stop unless the metric gets better than this."""
    restore_best_weights: Boolean = True
    """Whether to end with the weights of the best epoch rather than those of the last."""
    start_from_epoch: NonNegativeInteger = 0
    """Epochs to let pass before watching."""


class ReduceLROnPlateau(Spec):
    """Lowers the learning rate when a metric no longer improves."""

    monitor: str | None = None
    """The metric to watch; by default ``validation_loss``, or ``loss`` where there is no validation part."""
    factor: Fraction = 0.1
    """What the rate is multiplied by."""
    patience: NonNegativeInteger = 10
    """Epochs without improvement after which to lower the rate."""
    mode: Literal["auto", "min", "max"] = "auto"
    """Which way is better; ``auto`` knows it for every metric of this tool."""
    min_delta: NonNegativeNumber = 0.0001
    """The smallest change that counts as better."""
    cooldown: NonNegativeInteger = 0
    """Epochs to wait after the rate was lowered."""
    min_lr: NonNegativeNumber = 0.0
    """The rate is never lowered beyond this."""


ThresholdGoal = Literal["f1", "balanced_accuracy"]


class ChosenThreshold(Spec):
    """Chosen when training is over: the probability that suits the validation part best."""

    maximize: ThresholdGoal
    """Best for what: ``f1`` of the second class, or ``balanced_accuracy``, the mean of both classes' recall."""


class Training(Spec):
    """How a model is trained."""

    optimizer: AnyOptimizer = Adam(type="adam")
    """How the weights are moved."""
    loss: AnyLoss
    """What is minimised; it also says how targets are read: classes, labels or numbers."""
    metrics: list[AnyMetric] = []
    """What else is measured each epoch."""
    epochs: PositiveInteger
    """Passes over the training rows."""
    batch_size: PositiveInteger = 32
    """Examples a step; the last batch of an epoch may be smaller."""
    shuffle: Boolean = True
    """Whether each epoch sees the rows in a new order, which follows from the seed."""
    class_weight: Literal["balanced"] | None = None
    """``balanced`` weighs each class by rows / (classes · rows of the class)."""
    threshold: Annotated[float | ChosenThreshold, by_shape(number=Fraction, mapping=ChosenThreshold)] | None = None
    """Of two classes with one output, the probability above which the second is predicted: 0.5 by default, a number, or
    chosen on the validation part when training is over, until when metrics are measured at 0.5. Predictions,
    evaluations and metrics go by it."""
    calibration: Literal["temperature"] | None = None
    """``temperature`` divides the logits by one number, chosen on the validation part when training is over, so that
    probabilities are as often right as they say (Guo et al. 2017); the likeliest class stays. It becomes a layer of the
    model, and a threshold is chosen behind it."""
    early_stopping: EarlyStopping | None = None
    """When to stop before the last epoch."""
    reduce_lr_on_plateau: ReduceLROnPlateau | None = None
    """When to lower the learning rate."""
    checkpoint_seconds: PositiveNumber = 30
    """Seconds between checkpoints, from which ``--resume`` goes on; more where saving one takes over 1 % of that."""
    dtype_policy: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    """Numbers to compute with: the mixed policies compute in 16 bits and keep weights in 32."""

    @model_validator(mode="after")
    def _schedule_or_plateau(self) -> Training:
        if self.reduce_lr_on_plateau and isinstance(self.optimizer.learning_rate, Schedule):
            raise PydanticCustomError(
                "schedule_and_plateau",
                "reduce_lr_on_plateau cannot be used with a learning-rate schedule; keep one of them",
            )
        return self

    @model_validator(mode="after")
    def _metrics_once(self) -> Training:
        names = [metric.type for metric in self.metrics]  # type: ignore[attr-defined]
        for name in names:
            if names.count(name) > 1:
                raise PydanticCustomError("metric_twice", "metric {name} is listed twice", {"name": name})
        return self
