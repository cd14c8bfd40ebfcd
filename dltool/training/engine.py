"""How a training is computed: what decides its last bits, beside config, data and versions.

Every decision follows from the plan, the kind of device and its threads, stands here, and says why. None changes what a
step is, but for the order in which numbers are added; the saved model is Keras's plain one whatever is decided.
"""

from __future__ import annotations

from dataclasses import dataclass

from dltool.config.field_types import kind_of
from dltool.config.training import Training
from dltool.contracts.plan import Plan, PlannedLayer

_SMALL_STEP = 2e7
"""Multiplications of a step, forwards, that one thread does as quickly as two: waking the other takes as long."""
_LEAST_BRANCH = 5e5
"""Multiplications of a step behind its first layer, whose two gradients each wait for nothing of one another: at fewer,
to wake a second thread takes as long as it saves."""
_LEAST_HALF = 8
"""Rows of a half batch of convolutions that are worth a thread of their own."""
_LEAST_DENSE_HALF = 64
"""The same of dense networks: reading the weights, and adding their gradients, takes as long for fewer rows."""
_LEAST_HALVED_DENSE_STEP = 2.5e6
"""Multiplications of a dense network's step that are worth two threads: at fewer, most of the time goes into small
operations, of which there are twice as many in halves."""
_CONVOLUTIONS = {"conv1d", "conv2d", "separable_conv2d", "depthwise_conv2d"}
# Nothing random, nothing that looks at the other rows of a batch.
_ROW_BY_ROW = _CONVOLUTIONS | {
    "activation", "average_pooling1d", "average_pooling2d", "dense", "flatten", "global_average_pooling1d",
    "global_average_pooling2d", "global_max_pooling1d", "global_max_pooling2d", "layer_normalization", "max_pooling1d",
    "max_pooling2d", "normalization", "rescaling", "reshape", "up_sampling2d", "zero_padding2d",
}  # fmt: skip
_POOLINGS = {"conv1d": "max_pooling1d", "conv2d": "max_pooling2d"}
# Their graphs run as quickly as they are written down, and rewriting them takes a fifth of a small training. (The steps
# of convolutions and recurrent layers take a sixth to a third less when rewritten.)
_QUICK_AS_WRITTEN = {
    "activation", "batch_normalization", "dense", "dropout", "flatten", "layer_normalization", "normalization",
    "rescaling",
}  # fmt: skip
MONOTONE = {
    None, "celu", "elu", "hard_sigmoid", "hard_tanh", "leaky_relu", "linear", "relu", "relu6", "selu", "sigmoid",
    "softplus", "softsign", "tanh",
}  # fmt: skip
_LEAST_XLA_STEPS = 12_000
"""Steps that a training has at least where the half second that XLA takes to compile is as good as won back."""
_LEAST_XLA_STEPS_ON_GPU = 4_000
"""The same on a GPU, where compiling takes three to five seconds, and a step of any size over a millisecond: its
operations are begun one by one."""
_LARGEST_XLA_STEP = 1e7
"""Multiplications of a step on a CPU, forwards; at more XLA's own products of matrices are the slower ones."""
# What is known to compile and to end where TensorFlow's own operations end, but for the masks of dropout, which are
# others: no batch normalization, in front of which a bias drifts with every rounding.
_XLA_LAYERS = {"dense", "dropout", "flatten", "normalization", "rescaling"}
_XLA_INPUTS = {"numbers", "images"}  # those of categories are embedded, whose gradients have rows alone
_XLA_ACTIVATIONS = {None, "elu", "linear", "relu", "sigmoid", "softmax", "tanh"}
_XLA_OPTIMIZERS = {"adam", "adamw", "nadam", "rmsprop", "sgd"}
_XLA_LOSSES = {
    "binary_crossentropy", "categorical_crossentropy", "huber", "mean_squared_error", "sparse_categorical_crossentropy",
}  # fmt: skip
_XLA_METRICS = {"accuracy", "mean_absolute_error", "mean_squared_error", "r2_score", "root_mean_squared_error"}


@dataclass(frozen=True)
class Engine:
    """How the steps of a training are computed."""

    pools_first: tuple[tuple[str, str], ...]
    """Convolutions with the max pooling behind each, by name, which comes before bias and activation."""
    halved: int
    """How many rows a batch has whose two halves are computed side by side and their gradients added, 0 where none is.
    A smaller last batch is computed as a whole."""
    xla: bool
    """Whether XLA compiles the loop: half a second more, on a GPU several, for which steps are several times quicker.
    It adds in another order than TensorFlow's own operations: after 200 steps numbers differ by 1e-5. Dropout draws
    other masks."""
    rewrites: bool
    """Whether TensorFlow rewrites graphs before it runs them, which adds some numbers in another order."""


def threads_of(plan: Plan, training: Training, cores: int, share: int | None = None) -> tuple[int, int]:
    """Decide how many threads of a CPU compute an operation, and how many operations are computed at a time.

    The last bits of convolutions depend on the first, so a sweep asks for as many as a training alone; a process keeps
    those of its first training. No bit depends on the second.

    Args:
        plan: of what is trained.
        training: the config's section.
        cores: how many there are.
        share: threads for each of several trainings at a time; by default there is one, for all cores.
    """
    if _is_small(plan):
        branches = _halves(plan, training) if _has_convolutions(plan) else share is None and _branches(plan, training)
        return 1, 2 if branches else 1
    threads = cores if share is None or _has_convolutions(plan) else share
    return threads, threads


def engine_of(plan: Plan, training: Training, *, on_gpu: bool, threads: int, xla: bool | None = None) -> Engine:
    """Decide how the steps of a training are computed.

    Args:
        plan: of what is trained.
        training: the config's section.
        on_gpu: whether a GPU computes, which has no use for two small halves.
        threads: how many threads of a CPU compute an operation: there XLA repeats its bits with one.
        xla: what was decided of XLA when the training began, perhaps for fewer epochs.
    """
    pairs = zip(plan.layers, plan.layers[1:], strict=False)
    pools_first = tuple((one.name, other.name) for one, other in pairs if _commute(one, other))
    if training.dtype_policy != "float32":
        pools_first = ()  # so few digits make many numbers equal
    can = (on_gpu or threads == 1) and _xla_can(plan, training)
    xla = can and (_xla_pays(plan, training, on_gpu) if xla is None else xla)
    halved = 0 if on_gpu or xla or not _halves(plan, training) else _rows_of_a_step(plan)
    rewrites = on_gpu or not {layer.type for layer in plan.layers} <= _QUICK_AS_WRITTEN
    return Engine(pools_first, halved, xla=xla, rewrites=rewrites)


def _is_small(plan: Plan) -> bool:
    return _multiplications_of_a_step(plan) <= _SMALL_STEP


def _multiplications_of_a_step(plan: Plan) -> int:
    return plan.multiplications * _rows_of_a_step(plan)


def _branches(plan: Plan, training: Training) -> bool:
    """Tell whether steps without convolutions have two threads' worth of operations that do not wait for one another.

    Layers behind the first have a gradient of their input to work out beside that of their weights.
    """
    multiplying = [layer.multiplications for layer in plan.layers if layer.multiplications]
    return sum(multiplying[1:]) * _rows_of_a_step(plan) >= _LEAST_BRANCH or _halves(plan, training)


def _rows_of_a_step(plan: Plan) -> int:
    return min(plan.batch_size, plan.rows.train)


def _has_convolutions(plan: Plan) -> bool:
    return any(layer.type in _CONVOLUTIONS for layer in plan.layers)


def _halves(plan: Plan, training: Training) -> bool:
    rows = _rows_of_a_step(plan)
    if _has_convolutions(plan):
        pays = rows >= 2 * _LEAST_HALF
    else:
        pays = rows >= 2 * _LEAST_DENSE_HALF and _multiplications_of_a_step(plan) >= _LEAST_HALVED_DENSE_STEP
    return (
        pays
        and _is_small(plan)
        and {layer.type for layer in plan.layers} <= _ROW_BY_ROW
        and not any(getattr(layer.spec, "activity_regularizer", None) for layer in plan.layers)
        and training.dtype_policy == "float32"
        and rows % 2 == 0
    )


def _xla_can(plan: Plan, training: Training) -> bool:
    optimizer = training.optimizer
    return (
        {layer.type for layer in plan.layers} <= _XLA_LAYERS
        and {getattr(layer.spec, "activation", None) for layer in plan.layers} <= _XLA_ACTIVATIONS
        and kind_of(type(optimizer)) in _XLA_OPTIMIZERS
        and not (optimizer.use_ema or optimizer.gradient_accumulation_steps or optimizer.loss_scale_factor)
        and kind_of(type(training.loss)) in _XLA_LOSSES
        and {kind_of(type(metric)) for metric in training.metrics} <= _XLA_METRICS
        and set(plan.signature.inputs) <= _XLA_INPUTS
        and plan.signature.task.has_targets
        and training.dtype_policy == "float32"
    )


def _xla_pays(plan: Plan, training: Training, on_gpu: bool) -> bool:
    stopping = training.early_stopping
    surely = min(training.epochs, stopping.start_from_epoch + stopping.patience) if stopping else training.epochs
    if on_gpu:
        return surely * plan.steps >= _LEAST_XLA_STEPS_ON_GPU
    return surely * plan.steps >= _LEAST_XLA_STEPS and _multiplications_of_a_step(plan) <= _LARGEST_XLA_STEP


def _commute(convolution: PlannedLayer, pooling: PlannedLayer) -> bool:
    """Tell whether pooling may come before bias and activation.

    The largest of several numbers stays the largest when the same is added to all, or a monotone function applied to
    them. Where a function is all but flat, two of them may become equal, and the gradient, all but 0, take another way.
    """
    spec = convolution.spec
    return (
        _POOLINGS.get(convolution.type) == pooling.type
        and getattr(spec, "activation", None) in MONOTONE
        and getattr(spec, "activity_regularizer", None) is None
    )
