"""From specs to Keras objects, and from a plan to a compiled model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from dltool.backend.settings import dtype_policy
from dltool.config.augmentation_layers import RandomRotation, RandomTranslation, RandomZoom
from dltool.config.field_types import Spec, kind_of
from dltool.config.layer import Layer
from dltool.config.losses import Loss, Metric
from dltool.config.needs import TaskName
from dltool.config.normalization_layers import Normalization as NormalizationSpec
from dltool.config.normalization_layers import Rescaling as RescalingSpec
from dltool.config.optimizers import Optimizer, Schedule
from dltool.config.training import Training
from dltool.contracts.plan import FEATURES, Plan
from dltool.model import metrics
from dltool.model.autoencoder import Autoencoder
from dltool.model.crossentropy import repeatable
from dltool.model.features import features_of, fill_holes, target_of
from dltool.model.units import Units, units_of
from dltool.preprocessing.moments import Moments
from dltool.tasks.contract import Task

_BLOCK_NUMBERS = 1 << 20

_MODULES = {
    Layer: keras.layers,
    Optimizer: keras.optimizers,
    Schedule: keras.optimizers.schedules,
    Loss: keras.losses,
}


def keras_object(spec: Spec, **more: Any) -> Any:
    """Return the Keras object that a spec stands for, with the spec's own fields as arguments."""
    module = next((m for base, m in _MODULES.items() if isinstance(spec, base)), keras.regularizers)
    return getattr(module, spec.keras_name)(**_arguments(spec, more.get("dtype")), **more)  # type: ignore[attr-defined]


def _arguments(spec: Spec, dtype: str | None = None) -> dict[str, Any]:
    return {name: _argument(getattr(spec, name), dtype) for name in type(spec).model_fields if name != "type"}


def _argument(value: Any, dtype: str | None) -> Any:
    if isinstance(value, Layer):
        return keras_object(value, name=kind_of(type(value)), **({"dtype": dtype} if dtype else {}))
    if isinstance(value, Spec):
        return keras_object(value)
    return tuple(value) if isinstance(value, list) else value


def build(plan: Plan, policy: str = "float32") -> keras.Model:
    """Return the model of a plan, with fresh weights that follow from Keras's global seed.

    It takes a mapping of ``Signature.inputs``, and puts out float32 of the last layer's shape. Whatever the policy,
    layers that scale compute in float32. Normalization layers are yet to be adapted: see ``adapt``.
    """
    with dtype_policy(policy):
        return _built(plan, policy)


def _built(plan: Plan, policy: str) -> keras.Model:
    # Losses of 16-bit outputs under- and overflow.
    first_in_full = max((i for i, layer in enumerate(plan.layers) if layer.parameters), default=0)
    # Names of our own numbering: Keras's would go on from the models that the process built before.
    layers = [
        keras_object(each.spec, name=each.name, **_dtype(each.spec, policy, is_output=i >= first_in_full))
        for i, each in enumerate(plan.layers)
    ]
    inputs = {
        name: keras.Input(each.shape, dtype=each.dtype, name=name) for name, each in plan.signature.inputs.items()
    }
    features = features_of(inputs, plan.signature)
    output = fill_holes(features, plan.signature)
    made = {FEATURES: output}
    for planned, layer in zip(plan.layers, layers, strict=True):
        output = made[planned.name] = layer(*planned.spec.call_arguments(output))
    if plan.signature.task is TaskName.RECONSTRUCTION:
        target = target_of(inputs, features, plan.signature) if plan.scaled_name == FEATURES else made[plan.scaled_name]
        return Autoencoder(inputs, output, keras.Model(inputs, target))
    return keras.Model(inputs, output, name="network")


def _dtype(spec: Layer, policy: str, *, is_output: bool) -> dict[str, str]:
    """Return the argument that keeps a layer in float32 where 16 bits would harm."""
    in_full = is_output or isinstance(spec, NormalizationSpec | RescalingSpec)
    if policy == "mixed_bfloat16":
        in_full |= isinstance(spec, RandomRotation | RandomZoom | RandomTranslation)  # TensorFlow has no gradient
    inner = getattr(spec, "layer", spec)
    functions = [getattr(inner, name, "") for name in ("activation", "recurrent_activation")]
    in_full |= "sparsemax" in functions  # which TensorFlow cannot work out in float16
    return {"dtype": "float32"} if in_full else {}


def adapt(model: keras.Model, plan: Plan, features: Mapping[str, np.ndarray]) -> None:
    """Give each Normalization layer the mean and variance, in float64, of what it will see of the training rows.

    Entries that never vary are but shifted.

    Args:
        model: as ``build`` made it.
        plan: the plan it was made of.
        features: the training rows, an array an input.
    """
    size = max(1, _BLOCK_NUMBERS // math.prod(plan.signature.input_shape))
    rows = len(next(iter(features.values())))
    for planned in plan.layers:
        spec = planned.spec
        if isinstance(spec, NormalizationSpec):
            layer = model.get_layer(planned.name)
            before = keras.Model(model.input, layer.input)
            moments = Moments(1 if spec.axis is None else planned.input_shape[spec.axis - (spec.axis > 0)])
            for start in range(0, rows, size):
                some = {name: values[start : start + size] for name, values in features.items()}
                seen = keras.ops.convert_to_numpy(before(some, training=False))
                # The axis whose entries have statistics of their own comes last.
                moments.add(seen.reshape(-1, 1) if spec.axis is None else np.moveaxis(seen, spec.axis, -1))
            mean, deviation = moments.mean, moments.deviation("float32")
            shape = layer.adapt_mean.shape
            layer.adapt_mean.assign(mean.reshape(shape))
            layer.adapt_variance.assign(np.where(deviation > 0, deviation**2, 1).reshape(shape))
            layer.finalize_state()


def compile_model(model: keras.Model, training: Training, task: Task, rows: int) -> None:
    """Give a model its optimizer, loss and metrics, as the config says.

    Metrics of numbers are in the target's own unit, the loss in that of ``task``. Rows that have weights have them in
    the metrics too: they are Keras's ``weighted_metrics``.

    Args:
        model: as ``build`` made it.
        training: the config's section.
        task: how targets are learnt.
        rows: of the largest part that will be trained or evaluated on.
    """
    units = units_of(task)
    metrics = [keras_metric(metric, task, rows, units) for metric in training.metrics]
    model.compile(
        optimizer=keras_object(training.optimizer),
        loss=repeatable(keras_object(training.loss)),
        **{"weighted_metrics" if task.signature.weights else "metrics": metrics},
        # XLA makes convolutions several times slower on a CPU and hides wrong labels on a GPU.
        jit_compile=False,
    )
    model.dltool_units = units


def recompiled(model: keras.Model, training: Training, task: Task, rows: int) -> keras.Model:
    """Return another model of the same layers, measured as another task asks; the one given stays as it is compiled.

    Args:
        model: as ``build`` made it, of another task than an autoencoder's.
        training: as for ``compile_model``.
        task: as for ``compile_model``.
        rows: as for ``compile_model``.
    """
    with dtype_policy(training.dtype_policy):
        again = keras.Model(model.input, model.output)
    compile_model(again, training, task, rows)
    return again


def keras_metric(metric: Metric, task: Task, rows: int, units: Units | None = None) -> Any:
    """Return the Keras metric that a spec stands for, for targets and outputs as the task's loss has them.

    Args:
        metric: the spec.
        task: how targets are learnt.
        rows: how many it sees at most before it is reset.
        units: decodes targets and outputs first, where they are numbers.
    """
    name = metric.keras_class(task.loss)
    kind = getattr(metrics, name, None) or getattr(keras.metrics, name)
    arguments = {"name": kind_of(type(metric)), **_arguments(metric)}
    if units:
        return units.metric(kind, relative=metric.relative)(**arguments)
    arguments |= task.metric_arguments(metric)
    if name == "AUC":
        arguments["rows"] = rows
    if issubclass(kind, metrics.OfScores):
        arguments["scores"] = metrics.scores_of(task)
    return kind(dtype="float64", **arguments)
