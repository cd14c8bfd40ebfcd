"""The losses and metrics: Keras's own arguments, and the tasks that each belongs to."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from dltool.config.field_types import (
    Boolean,
    Fraction,
    NonNegativeNumber,
    PositiveInteger,
    PositiveNumber,
    Rate,
    Spec,
    one_of,
)
from dltool.config.needs import TaskName


class Loss(Spec):
    """What all losses have in common."""

    keras_name: ClassVar[str]
    task: ClassVar[TaskName]
    scalable: ClassVar[bool] = False
    """Whether targets may be standardised: it asks how far off an output is, whatever the target's unit."""
    answers_median: ClassVar[bool] = False
    """Whether a constant output is to be the median of the targets rather than their mean: absolute errors want it."""
    non_negative: ClassVar[bool] = False
    """Whether it has no meaning for targets below 0."""
    output_activations: ClassVar[tuple[str, ...]] = ()
    """What the last layer may apply; the first is what recipes use. Empty: anything will do."""
    sparse: ClassVar[bool] = False
    """Whether Keras wants class indices rather than one-hot rows."""

    @property
    def takes_logits(self) -> bool:
        """Whether outputs are logits, and have yet to be made probabilities."""
        return bool(getattr(self, "from_logits", False))

    @property
    def activations(self) -> tuple[str, ...]:
        """``output_activations`` as this loss is configured: linear for logits."""
        return ("linear",) if self.takes_logits else self.output_activations

    @property
    def gives_probabilities(self) -> bool:
        """Whether outputs, logits turned into probabilities, are such rather than margins."""
        return self.takes_logits or self.activations[:1] in (("sigmoid",), ("softmax",))

    @property
    def threshold(self) -> float:
        """The score above which a binary example counts as positive; logits are scored by their probabilities."""
        return 0.5 if self.output_activations[:1] == ("sigmoid",) else 0.0


class _Logits(Loss):
    from_logits: Boolean = False
    """Whether the last layer is linear and the loss applies the sigmoid or softmax itself."""


class _Smoothing(_Logits):
    label_smoothing: Rate = 0.0
    """How far targets are drawn from 0 and 1 towards the middle."""


class BinaryCrossentropy(_Smoothing):
    """Cross-entropy of yes/no targets; one output for two classes, or one for each label."""

    keras_name: ClassVar = "BinaryCrossentropy"
    task: ClassVar = TaskName.BINARY
    output_activations: ClassVar = ("sigmoid", "hard_sigmoid")
    type: Literal["binary_crossentropy"]


class BinaryFocalCrossentropy(_Smoothing):
    """Binary cross-entropy that looks away from easy examples (Lin et al. 2017)."""

    keras_name: ClassVar = "BinaryFocalCrossentropy"
    task: ClassVar = TaskName.BINARY
    output_activations: ClassVar = ("sigmoid", "hard_sigmoid")
    type: Literal["binary_focal_crossentropy"]
    apply_class_balancing: Boolean = False
    """Whether to weigh the classes by ``alpha``."""
    alpha: Fraction = 0.25
    """Weight of class 1; class 0 has the rest."""
    gamma: NonNegativeNumber = 2.0
    """How strongly easy examples are discounted."""


class Hinge(Loss):
    """max(0, 1 - y · output), with y -1 or 1; labels 0 are taken as -1."""

    keras_name: ClassVar = "Hinge"
    task: ClassVar = TaskName.BINARY
    output_activations: ClassVar = ("linear", "tanh")
    type: Literal["hinge"]


class SquaredHinge(Loss):
    """The square of ``hinge``."""

    keras_name: ClassVar = "SquaredHinge"
    task: ClassVar = TaskName.BINARY
    output_activations: ClassVar = ("linear", "tanh")
    type: Literal["squared_hinge"]


class CategoricalCrossentropy(_Smoothing):
    """Cross-entropy of one class out of several."""

    keras_name: ClassVar = "CategoricalCrossentropy"
    task: ClassVar = TaskName.CATEGORICAL
    output_activations: ClassVar = ("softmax", "sparsemax")
    type: Literal["categorical_crossentropy"]


class SparseCategoricalCrossentropy(_Logits):
    """The same, computed from class indices: less memory where there are many classes."""

    keras_name: ClassVar = "SparseCategoricalCrossentropy"
    task: ClassVar = TaskName.CATEGORICAL
    output_activations: ClassVar = ("softmax", "sparsemax")
    sparse: ClassVar = True
    type: Literal["sparse_categorical_crossentropy"]


class CategoricalFocalCrossentropy(_Smoothing):
    """Categorical cross-entropy that looks away from easy examples (Lin et al. 2017)."""

    keras_name: ClassVar = "CategoricalFocalCrossentropy"
    task: ClassVar = TaskName.CATEGORICAL
    output_activations: ClassVar = ("softmax", "sparsemax")
    type: Literal["categorical_focal_crossentropy"]
    alpha: PositiveNumber = 0.25
    """Weight of the classes."""
    gamma: NonNegativeNumber = 2.0
    """How strongly easy examples are discounted."""


class CategoricalHinge(Loss):
    """max(0, 1 + the best wrong output - the right one)."""

    keras_name: ClassVar = "CategoricalHinge"
    task: ClassVar = TaskName.CATEGORICAL
    output_activations: ClassVar = ("linear", "softmax", "tanh")
    type: Literal["categorical_hinge"]


class KLDivergence(Loss):
    """Kullback-Leibler divergence of the outputs from the classes."""

    keras_name: ClassVar = "KLDivergence"
    task: ClassVar = TaskName.CATEGORICAL
    output_activations: ClassVar = ("softmax",)
    type: Literal["kl_divergence"]


class _Regression(Loss):
    task: ClassVar = TaskName.REGRESSION


class MeanSquaredError(_Regression):
    """Mean of (target - output)²."""

    keras_name: ClassVar = "MeanSquaredError"
    scalable: ClassVar = True
    type: Literal["mean_squared_error"]


class MeanAbsoluteError(_Regression):
    """Mean of |target - output|."""

    keras_name: ClassVar = "MeanAbsoluteError"
    scalable: ClassVar = True
    answers_median: ClassVar = True
    type: Literal["mean_absolute_error"]


class MeanAbsolutePercentageError(_Regression):
    """Mean of |target - output| / |target|, in percent."""

    keras_name: ClassVar = "MeanAbsolutePercentageError"
    answers_median: ClassVar = True
    type: Literal["mean_absolute_percentage_error"]


class MeanSquaredLogarithmicError(_Regression):
    """Mean of (log(1 + target) - log(1 + output))², for targets of 0 or more."""

    keras_name: ClassVar = "MeanSquaredLogarithmicError"
    non_negative: ClassVar = True
    type: Literal["mean_squared_logarithmic_error"]


class Huber(_Regression):
    """Squared for small errors, absolute for large ones."""

    keras_name: ClassVar = "Huber"
    scalable: ClassVar = True
    type: Literal["huber"]
    delta: PositiveNumber = 1.0
    """Where small ends: in standard deviations of the target where it is standardised (data.target_scaling), else in
    its own unit."""


class LogCosh(_Regression):
    """Logarithm of the hyperbolic cosine of the error."""

    keras_name: ClassVar = "LogCosh"
    scalable: ClassVar = True
    type: Literal["log_cosh"]


class Poisson(_Regression):
    """Mean of output - target · log(output), for counts and rates: targets of 0 or more, learnt as they are.

    The output is ``exponential`` unless the model says otherwise, and answers the mean count.
    """

    keras_name: ClassVar = "Poisson"
    non_negative: ClassVar = True
    output_activations: ClassVar = ("exponential", "softplus", "relu", "sigmoid")
    type: Literal["poisson"]


class CosineSimilarity(_Regression):
    """Negative cosine of the angle between targets and outputs."""

    keras_name: ClassVar = "CosineSimilarity"
    type: Literal["cosine_similarity"]


LOSSES: tuple[type[Loss], ...] = (
    BinaryCrossentropy, BinaryFocalCrossentropy, Hinge, SquaredHinge,
    CategoricalCrossentropy, SparseCategoricalCrossentropy, CategoricalFocalCrossentropy, CategoricalHinge,
    KLDivergence, MeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError, Huber, LogCosh, Poisson, CosineSimilarity,
)  # fmt: skip


class Metric(Spec):
    """What all metrics have in common."""

    keras_name: ClassVar[str]
    """The Keras class for targets as the loss wants them; see ``keras_class``."""
    tasks: ClassVar[tuple[TaskName, ...]]
    """Tasks for which the metric is defined."""
    sparse: ClassVar[bool | None] = None
    """Whether targets must be class indices (True), must not be (False), or may be either (None)."""
    direction: ClassVar[Literal["min", "max"]] = "max"
    """Which way is better."""
    relative: ClassVar[bool] = False
    """Whether errors are measured against the size of the target."""

    def keras_class(self, loss: Loss) -> str:
        """Return the name of the Keras class that computes this metric beside ``loss``."""
        del loss
        return self.keras_name


class Accuracy(Metric):
    """The part of the examples (for several labels, of the labels) that is right."""

    keras_name: ClassVar = "CategoricalAccuracy"
    tasks: ClassVar = (TaskName.BINARY, TaskName.CATEGORICAL)
    type: Literal["accuracy"]

    def keras_class(self, loss: Loss) -> str:
        """Binary, categorical or sparse categorical accuracy, as Keras itself chooses."""
        if loss.task is TaskName.BINARY:
            return "BinaryAccuracy"
        return "SparseCategoricalAccuracy" if loss.sparse else "CategoricalAccuracy"


class TopKCategoricalAccuracy(Metric):
    """The part of the examples whose class is among the k likeliest; of equally likely ones the first counts first."""

    keras_name: ClassVar = "TopKCategoricalAccuracy"
    tasks: ClassVar = (TaskName.CATEGORICAL,)
    type: Literal["top_k_categorical_accuracy"]
    k: PositiveInteger = 5
    """How many classes count."""

    def keras_class(self, loss: Loss) -> str:
        """Return the name of the sparse variant where targets are class indices."""
        return "SparseTopKCategoricalAccuracy" if loss.sparse else self.keras_name


class AUC(Metric):
    """Exact area under a curve over all thresholds; of several classes or labels, over all of them together."""

    keras_name: ClassVar = "AUC"
    tasks: ClassVar = (TaskName.BINARY, TaskName.CATEGORICAL)
    sparse: ClassVar = False
    type: Literal["auc"]
    curve: Literal["ROC", "PR"] = "ROC"
    """Receiver operating characteristic, or precision against recall: then it is average precision."""


class Precision(Metric):
    """Of what was called positive, the part that is."""

    keras_name: ClassVar = "Precision"
    tasks: ClassVar = (TaskName.BINARY, TaskName.CATEGORICAL)
    sparse: ClassVar = False
    type: Literal["precision"]
    thresholds: Fraction | None = None
    """The output above which an example counts as positive; 0.5 by default."""


class Recall(Metric):
    """Of what is positive, the part that was called so."""

    keras_name: ClassVar = "Recall"
    tasks: ClassVar = (TaskName.BINARY, TaskName.CATEGORICAL)
    sparse: ClassVar = False
    type: Literal["recall"]
    thresholds: Fraction | None = None
    """The output above which an example counts as positive; 0.5 by default."""


class F1Score(Metric):
    """Harmonic mean of precision and recall: of the second of two classes, else over all that are present.

    Present is a class or label that a target or a prediction has; the others are left out, as they have no score.
    """

    keras_name: ClassVar = "F1Score"
    tasks: ClassVar = (TaskName.BINARY, TaskName.CATEGORICAL)
    sparse: ClassVar = False
    type: Literal["f1_score"]
    average: Literal["macro", "micro", "weighted"] = "macro"
    """How the classes are put together."""
    threshold: Fraction | None = None
    """The output above which an example counts as positive; by default the likeliest class (0.5 for one output)."""


class _Deviation(Metric):
    tasks: ClassVar[tuple[TaskName, ...]] = (TaskName.REGRESSION, TaskName.RECONSTRUCTION)
    direction: ClassVar = "min"


class MeanSquaredErrorMetric(_Deviation):
    """Mean of (target - output)²."""

    keras_name: ClassVar = "MeanSquaredError"
    type: Literal["mean_squared_error"]


class RootMeanSquaredError(_Deviation):
    """Square root of the mean of (target - output)²."""

    keras_name: ClassVar = "RootMeanSquaredError"
    type: Literal["root_mean_squared_error"]


class MeanAbsoluteErrorMetric(_Deviation):
    """Mean of |target - output|."""

    keras_name: ClassVar = "MeanAbsoluteError"
    type: Literal["mean_absolute_error"]


class MeanAbsolutePercentageErrorMetric(_Deviation):
    """Mean of |target - output| / |target|, in percent."""

    keras_name: ClassVar = "MeanAbsolutePercentageError"
    tasks: ClassVar = (TaskName.REGRESSION,)
    relative: ClassVar = True
    type: Literal["mean_absolute_percentage_error"]


class R2Score(Metric):
    """The part of the targets' variance that the outputs explain."""

    keras_name: ClassVar = "R2Score"
    tasks: ClassVar = (TaskName.REGRESSION,)
    type: Literal["r2_score"]


METRICS: tuple[type[Metric], ...] = (
    Accuracy, TopKCategoricalAccuracy, AUC, Precision, Recall, F1Score,
    MeanSquaredErrorMetric, RootMeanSquaredError, MeanAbsoluteErrorMetric, MeanAbsolutePercentageErrorMetric,
    R2Score,
)  # fmt: skip
AnyLoss = Annotated[Loss, one_of(*LOSSES)]
AnyMetric = Annotated[Metric, one_of(*METRICS)]
