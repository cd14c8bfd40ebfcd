"""What a config will do with given data, worked out without TensorFlow, and what would go wrong."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import replace

from dltool.config.config import Config
from dltool.config.core_layers import Dense
from dltool.config.field_types import kind_of
from dltool.config.layer import Layer, Shape, ShapeError
from dltool.config.layers import MOST_LAYERS
from dltool.config.losses import Metric
from dltool.config.model import Sequential
from dltool.config.monitors import unknown_metric
from dltool.config.normalization_layers import BatchNormalization, Normalization, Rescaling
from dltool.config.sequence_layers import RECURRENT, Embedding
from dltool.config.training import ChosenThreshold
from dltool.config.validation import validate
from dltool.contracts.calibration import temperature_refusal
from dltool.contracts.plan import Plan, PlannedLayer, chain
from dltool.contracts.signature import Rows, Signature
from dltool.environment import machine_memory
from dltool.errors import ConfigError, DataWarning, KeyPath, Problem
from dltool.tasks import task_of
from dltool.tasks.contract import Task

_LARGEST_FLOAT16 = 65_504
_LARGEST_SQUARED = 1e19
"""The squares of larger numbers are more than float32 holds."""


def plan(config: Config, signature: Signature, rows: Rows) -> Plan:
    """Work out the layers of a config for given data and check that all of it fits together.

    Raises:
        ConfigError: something does not; the message names every problem.
    """
    task = task_of(signature, config.training.loss)
    layers, problems = _layers(config, signature, task)
    made = Plan(tuple(layers), signature, rows, config.training.batch_size, target_width=task.target_width)
    if not problems:
        problems += _output_problems(made, task)
        problems += _memory_problems(made)
        problems += _target_scaling_problems(config, made, task)
        problems += _range_problems(config, made)
        scalable = not task.scaling_refusal and task.loss.scalable and _last_activation(made) == "linear"
        made = replace(made, standardized=scalable and config.data.target_scaling != "none")
    problems += _scaling_problems(config, made)
    problems += _token_problems(config)
    _warn_of_raw_pixels(config, signature)
    problems += _target_problems(config, task)
    problems += _threshold_problems(config, task, rows)
    problems += _calibration_problems(config, made, rows)
    problems += _monitor_problems(config, rows)
    if problems:
        raise config._document.error(problems, _problems_without_settings(config, signature, rows))
    return made


def _problems_without_settings(config: Config, signature: Signature, rows: Rows) -> Sequence[Problem]:
    """Return what would be wrong with the same data if the command line had set nothing."""
    if config._document.without_overrides:
        try:
            plan(validate(config._document.without_overrides), signature, rows)
        except ConfigError as error:
            return error.problems
    return ()


def _layers(config: Config, signature: Signature, task: Task) -> tuple[list[PlannedLayer], list[Problem]]:
    written = isinstance(config.model, Sequential)
    scaling = _scaling(config, signature)
    activation = task.loss.activations[0] if task.loss.activations else "linear"
    output = Dense(type="dense", units=math.prod(task.output_shape), activation=activation)  # type: ignore[arg-type]
    try:
        specs = [*scaling, *config.model.expand(signature.input_shape, output)]
    except ShapeError as error:
        return [], [Problem(f"the model {error}", ("model", "filters"))]
    if len(specs) > MOST_LAYERS:
        return [], [Problem(f"the model has {len(specs):,} layers; expected at most {MOST_LAYERS:,}", ("model",))]

    def keys_of(i: int) -> KeyPath:
        number = i - len(scaling)
        if number < 0:
            return ("data", "scaling")
        return ("model", "layers", number) if written else ("model",)

    layers: list[PlannedLayer] = []
    try:
        for layer in chain(specs, signature, keys_of):
            layers.append(layer)
    except ShapeError as error:
        shape, spec = layers[-1].output_shape if layers else signature.input_shape, specs[len(layers)]
        number, keys = len(layers) - len(scaling), keys_of(len(layers))
        name = kind_of(spec.__class__)
        message = f"layer {number + 1} ({name}) {error}; its input has shape {_text(shape)}"
        hint = "put a flatten layer before it" if isinstance(spec, Dense) else ""
        if spec.axes == 3 and len(shape) == 2:
            hint = f"put {{type: reshape, target_shape: [{shape[0]}, {shape[1]}, 1]}} before it"
        elif spec.axes == 3 and len(shape) == 1:
            hint = "images have a height and a width; rows of numbers go into dense layers (model: {type: mlp, …})"
        elif spec.axes == 2 and len(shape) == 1:
            hint = "put an embedding before it for tokens, or a reshape to steps and channels for numbers"
            if layers and hasattr(layers[-1].spec, "return_sequences"):
                hint = "set return_sequences: true in the layer before it"
        return layers, [Problem(message, keys, hint)]
    late = [layer for layer in layers[1:] if isinstance(layer.spec, Embedding)]
    message = "an embedding takes tokens, so it comes first"
    return layers, [Problem(message, layer.keys, "reshape what it makes instead") for layer in late]


def _token_problems(config: Config) -> list[Problem]:
    """Refuse to scale tokens, which are names rather than numbers."""
    if config.needs.tokens is None or config.data.scaling == "none":
        return []
    message = f"an embedding takes tokens, which are not scaled, and data.scaling is {config.data.scaling}"
    return [Problem(message, ("data", "scaling"), "set data.scaling: none")]


def _scaling(config: Config, signature: Signature) -> list[Layer]:
    """Return the layers that scale images; other inputs are scaled as they are read, as the signature says."""
    if signature.input_dtype != "uint8":
        return []
    if config.data.scaling == "normalization":
        return [Normalization(type="normalization")]
    # Most layers take no integers; a scale of 1 only turns pixels into floats.
    return [Rescaling(type="rescaling", scale=1 / 255 if config.data.scaling == "rescaling" else 1.0)]


def _warn_of_raw_pixels(config: Config, signature: Signature) -> None:
    written = config.model.layers if isinstance(config.model, Sequential) else []
    if signature.input_dtype != "uint8" or config.data.scaling != "none":
        return
    if not any(isinstance(spec, Rescaling | Normalization | BatchNormalization) for spec in written):
        message = "pixels reach the network as they are, from 0 to 255, which trains badly; set data.scaling: rescaling"
        warnings.warn(message, DataWarning, stacklevel=3)


def _text(shape: Shape) -> str:
    return "(" + ", ".join(map(str, shape)) + ")"


def _output_problems(made: Plan, task: Task) -> list[Problem]:
    last, loss = made.layers[-1], task.loss
    problems = []
    if not any(layer.parameters and not isinstance(layer.spec, Normalization) for layer in made.layers):
        problems.append(Problem("the model has no weights to train", ("model",), "add a dense layer"))
    if last.output_shape != task.output_shape:
        shape = _text(last.output_shape)
        message = f"the last layer ({last.type}) makes an output of shape {shape}; expected {task.output_in_words}"
        keys = (*last.keys, "units") if isinstance(last.spec, Dense) else last.keys
        problems.append(Problem(message, keys))
    activation = _last_activation(made)
    if loss.activations and activation not in loss.activations:
        message = (
            f"loss {kind_of(loss.__class__)} expects {_either(loss.activations)} at the output, "
            f"the last layer ({last.type}) has {activation}"
        )
        hint = "put a dense layer behind it" if activation == RECURRENT else f"set activation: {loss.activations[0]}"
        problems.append(Problem(message, last.keys, hint))
    elif activation == "softmax" and task.output_shape == (1,):
        problems.append(Problem("softmax over a single output is always 1", last.keys))
    return problems


def _last_activation(made: Plan) -> str:
    found = (layer.spec.output_activation for layer in reversed(made.layers))
    return next((activation for activation in found if activation is not None), "linear")


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(words)


def _scaling_problems(config: Config, made: Plan) -> list[Problem]:
    """Refuse to scale twice, and to take statistics of what training has yet to change."""
    problems = []
    weighted = False
    for layer in made.layers:
        spec, keys = layer.spec, layer.keys
        if keys[:1] != ("model",):
            continue
        if isinstance(spec, Rescaling | Normalization) and config.data.scaling != "none":
            message = f"the input is scaled twice: by this layer and by data.scaling ({config.data.scaling})"
            problems.append(Problem(message, keys, "remove the layer, or set data.scaling: none"))
        if isinstance(spec, Normalization) and weighted:
            message = "a normalization layer measures its input before training, so it must come before any weights"
            problems.append(Problem(message, keys, "use batch_normalization here"))
        weighted |= layer.parameters > 0 and not isinstance(spec, Normalization)
    return problems


def _target_scaling_problems(config: Config, made: Plan, task: Task) -> list[Problem]:
    """Refuse to scale or transform targets where that would mean nothing."""
    data, loss = config.data, task.loss
    asked = {
        "target_scaling": data.target_scaling not in (None, "none"),
        "target_transform": data.target_transform != "none",
    }
    name, activation = kind_of(loss.__class__), _last_activation(made)
    if not task.scaling_refusal and loss.scalable and activation == "linear":
        return []
    reason = f"loss {name} measures targets as they are"
    if task.scaling_refusal:
        reason = task.scaling_refusal
    elif loss.scalable:
        reason = f"the last layer has {activation}, which cannot reach every value"
    scalable = "mean_squared_error, mean_absolute_error, huber or log_cosh with a linear output"
    return [
        Problem(f"{key} has no meaning here: {reason}", ("data", key), f"leave it out, or use {scalable}")
        for key, is_asked in asked.items()
        if is_asked
    ]


def _range_problems(config: Config, made: Plan) -> list[Problem]:
    """Refuse numbers that are too large for what is to scale them: for its squares, or for the policy's 16 bits."""
    numbers = made.signature.input_numbers
    if numbers is None:
        return []
    largest = max(
        (max(abs(low - offset), abs(high - offset)) * scale)
        for low, high, offset, scale in zip(numbers.low, numbers.high, numbers.offset, numbers.scale, strict=True)
    )
    if largest > _LARGEST_SQUARED and any(isinstance(layer.spec, Normalization) for layer in made.layers):
        message = f"the input holds numbers up to {largest:.4g}, whose variance a normalization layer cannot hold"
        hint = "set data.scaling: normalization, which measures them in float64"
        return [Problem(message, ("data", "scaling"), hint)]
    in_16_bits = config.training.dtype_policy == "mixed_float16"
    if not in_16_bits or isinstance(made.layers[0].spec, Rescaling | Normalization) or largest <= _LARGEST_FLOAT16:
        return []
    message = f"the input holds numbers up to {largest:,.9g}, and mixed_float16 none beyond {_LARGEST_FLOAT16:,}"
    return [Problem(message, ("data", "scaling"), "set data.scaling: normalization, or training.dtype_policy: float32")]


def _target_problems(config: Config, task: Task) -> list[Problem]:
    problems = task.problems
    if config.training.class_weight and not task.ranks:
        message = f"class_weight needs classes, the targets are {task.noun}"
        problems.append(Problem(message, ("training", "class_weight")))
    for i, metric in enumerate(config.training.metrics):
        problems += _metric_problems(metric.__class__, i, task)
        k = getattr(metric, "k", 1)
        if k > task.signature.outputs:
            message = f"k is {k}, but there are only {task.signature.outputs} classes"
            problems.append(Problem(message, ("training", "metrics", i)))
    return problems


def _threshold_problems(config: Config, task: Task, rows: Rows) -> list[Problem]:
    """Refuse a threshold where none decides, and to choose one without rows to choose it on."""
    threshold, keys = config.training.threshold, ("training", "threshold")
    if threshold is None or task.problems:
        return []
    if task.threshold_refusal:
        message = f"a threshold is for the probability of one of two classes, and {task.threshold_refusal}"
        return [Problem(message, keys, "leave it out, or use binary_crossentropy")]
    if isinstance(threshold, ChosenThreshold) and not rows.validates:
        message = f"which threshold is best for {threshold.maximize} is seen on the validation part, and there is none"
        return [Problem(message, (*keys, "maximize"), "set data.validation: 0.2")]
    return []


def _calibration_problems(config: Config, made: Plan, rows: Rows) -> list[Problem]:
    """Refuse to calibrate what are no probabilities, and to do so without rows to see it on."""
    keys = ("training", "calibration")
    if config.training.calibration is None or not made.layers:
        return []
    if reason := temperature_refusal(made.layers[-1].spec, config.training.loss):
        message = f"a temperature is for probabilities that softmax or sigmoid makes at the output, and {reason}"
        hint = "end with a layer {type: activation, activation: softmax}, or sigmoid for one output"
        return [Problem(message, keys, hint if config.training.loss.gives_probabilities else "leave it out")]
    if not rows.validates:
        message = "which temperature is best is seen on the validation part, and there is none"
        return [Problem(message, keys, "set data.validation: 0.2")]
    return []


def _metric_problems(metric: type[Metric], i: int, task: Task) -> list[Problem]:
    keys: KeyPath = ("training", "metrics", i)
    name = kind_of(metric)
    if task.signature.task not in metric.tasks:
        tasks = _either(tuple(each.value for each in metric.tasks))
        return [Problem(f"metric {name} is for {tasks} targets; {task.metric_refusal}", keys)]
    if task.probabilities == "softmax" and name in ("auc", "precision", "recall"):
        message = f"metric {name} compares probabilities with thresholds; with from_logits the outputs are none"
        return [Problem(message, keys, "leave from_logits out and set activation: softmax at the output")]
    if metric.sparse is False and task.loss.sparse:
        message = f"metric {name} cannot be computed from class indices"
        return [Problem(message, keys, "use loss: categorical_crossentropy, which gives the same result")]
    return []


def _monitor_problems(config: Config, rows: Rows) -> list[Problem]:
    sections = {name: getattr(config.training, name) for name in ("early_stopping", "reduce_lr_on_plateau")}
    monitors = {("training", name, "monitor"): spec.monitor for name, spec in sections.items() if spec}
    found = (
        unknown_metric(monitor, config, keys, validation=rows.validates)
        for keys, monitor in monitors.items()
        if monitor is not None
    )
    return [problem for problem in found if problem]


def _memory_problems(made: Plan) -> list[Problem]:
    machine = machine_memory()
    if made.bytes <= machine:
        return []
    largest = max(made.layers, key=lambda layer: layer.parameters)
    message = (
        f"training needs about {made.bytes / 2**30:,.0f} GiB of memory, this machine has {machine / 2**30:,.0f} GiB; "
        f"the largest layer ({largest.type}) holds {largest.parameters:,} parameters"
    )
    return [Problem(message, largest.keys)]
