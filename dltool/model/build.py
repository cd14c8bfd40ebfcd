"""From specs to Keras objects, and from a plan to a compiled model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dltool.config.layers import Layer
from dltool.config.layers import Normalization as NormalizationSpec
from dltool.config.losses import Loss, Metric
from dltool.config.optimizers import Optimizer, Schedule
from dltool.config.plan import Plan
from dltool.config.signature import Signature, Task
from dltool.config.spec import Spec, kind_of
from dltool.config.training import Training
from dltool.model import metrics

_MODULES = {
    Layer: keras.layers,
    Optimizer: keras.optimizers,
    Schedule: keras.optimizers.schedules,
    Loss: keras.losses,
}


def keras_object(spec: Spec, **more: Any) -> Any:
    """Return the Keras object that a spec stands for, with the spec's own fields as arguments."""
    module = next((m for base, m in _MODULES.items() if isinstance(spec, base)), keras.regularizers)
    return getattr(module, spec.keras_name)(**_arguments(spec), **more)  # type: ignore[attr-defined]


def _arguments(spec: Spec) -> dict[str, Any]:
    return {name: _argument(getattr(spec, name)) for name in type(spec).model_fields if name != "type"}


def _argument(value: Any) -> Any:
    if isinstance(value, Spec):
        return keras_object(value)
    return tuple(value) if isinstance(value, list) else value


def build(plan: Plan, dtype_policy: str = "float32") -> keras.Sequential:
    """Return the model of a plan, with fresh weights that follow from Keras's global seed.

    Its input has shape (batch, *signature.input_shape), its output (batch, units) in float32.
    Normalization layers are yet to be measured: see ``measure``.
    """
    keras.config.set_dtype_policy(dtype_policy)
    # Names of our own numbering: Keras's would go on from the models that the process built before.
    *hidden, last = zip(plan.specs, plan.names, strict=True)
    layers = [keras_object(spec, name=name) for spec, name in hidden]
    # Losses of 16-bit outputs under- and overflow.
    layers.append(keras_object(last[0], name=last[1], dtype="float32"))
    signature = plan.signature
    return keras.Sequential([keras.Input(signature.input_shape, dtype=signature.input_dtype), *layers])


def measure(model: keras.Sequential, plan: Plan, features: np.ndarray) -> None:
    """Give each Normalization layer the mean and variance of what it will see of the training rows.

    Columns that stand for categories, and those that never vary, are left as they are.

    Args:
        model: as ``build`` made it.
        plan: the plan it was made of.
        features: the training rows, shape (rows, *signature.input_shape).
    """
    for i, spec in enumerate(plan.specs):
        if isinstance(spec, NormalizationSpec):
            layer = model.layers[i]
            seen = features
            for before in model.layers[:i]:
                seen = keras.ops.convert_to_numpy(before(seen, training=False))
            layer.adapt(seen.astype("float32", copy=False))
            mean, variance = (np.array(v) for v in (layer.adapt_mean, layer.adapt_variance))
            kept = (
                np.broadcast_to(_categories(plan.signature), mean.shape)
                if i == 0 and mean.ndim
                else np.zeros_like(mean, bool)
            )
            layer.adapt_mean.assign(np.where(kept, 0, mean))
            layer.adapt_variance.assign(np.where(kept | (variance == 0), 1, variance))
            layer.finalize_state()
            # Keras computes with constants; a compiled program can be given other values of variables.
            layer.mean, layer.variance = (tf.Variable(v, trainable=False) for v in (layer.mean, layer.variance))


def _categories(signature: Signature) -> np.ndarray:
    """Return, for each feature, whether it is one of a text column's 0/1 features."""
    if not signature.columns:
        return np.zeros(1, bool)
    return np.concatenate([np.full(c.width, c.vocabulary is not None) for c in signature.columns])


def compile_model(model: keras.Sequential, training: Training, rows: int) -> None:
    """Give a model its optimizer, loss and metrics, as the config says.

    Args:
        model: as ``build`` made it.
        training: the config's section.
        rows: of the largest part that will be trained on or measured.
    """
    model.compile(
        optimizer=keras_object(training.optimizer),
        loss=keras_object(training.loss),
        metrics=[keras_metric(metric, training.loss, rows) for metric in training.metrics],
        # XLA makes convolutions several times slower on a CPU and hides wrong labels on a GPU.
        jit_compile=False,
    )


def keras_metric(metric: Metric, loss: Loss, rows: int) -> Any:
    """Return the Keras metric that a spec stands for, for targets and outputs as ``loss`` has them.

    ``rows`` is how many it sees at most before it is reset.
    """
    name = metric.keras_class(loss)
    arguments = _arguments(metric)
    threshold = 0.5 if getattr(loss, "from_logits", False) else loss.threshold
    if name == "BinaryAccuracy":
        arguments["threshold"] = threshold
    for given in {"threshold", "thresholds"} & arguments.keys() if loss.task is Task.BINARY else ():
        arguments[given] = threshold if arguments[given] is None else arguments[given]
    if name == "AUC":
        arguments["rows"] = rows
    ours = getattr(metrics, name, None)
    if ours:
        return ours(name=kind_of(type(metric)), dtype="float64", scores=metrics.scores_of(loss), **arguments)
    return getattr(keras.metrics, name)(name=kind_of(type(metric)), dtype="float64", **arguments)
