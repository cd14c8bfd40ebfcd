"""What one would score without looking at the input: the number beside which every other is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import keras
import numpy as np

from dltool.backend.device_rows import DeviceRows
from dltool.backend.evaluate import evaluate_metrics, metric_values
from dltool.config.field_types import kind_of
from dltool.config.training import Training
from dltool.model.autoencoder import Autoencoder
from dltool.model.build import compile_model, keras_metric, keras_object
from dltool.model.units import units_of
from dltool.tasks.contract import Task

# The mean explains nothing of the training rows; what is left of that in float64.
_ROUNDING = 1e-12
_BLOCK_ROWS = 512


def typical_row(model: Autoencoder, features: Mapping[str, np.ndarray]) -> tuple[float, ...]:
    """Return the mean of what an autoencoder is to reconstruct, entry by entry, in float64; what is missing counts not.

    Args:
        model: built, its normalization layers adapted.
        features: the training rows, an array an input.
    """
    rows, total, count = len(next(iter(features.values()))), 0.0, 0.0
    for start in range(0, rows, _BLOCK_ROWS):
        block = {name: values[start : start + _BLOCK_ROWS] for name, values in features.items()}
        target = np.asarray(model.target(block), np.float64)
        total = total + np.nansum(target, axis=0)
        count = count + (~np.isnan(target)).sum(axis=0)
    return tuple(map(float, np.ravel(total / np.maximum(count, 1))))


def trivial_scores(
    model: keras.Model,
    training: Training,
    task: Task,
    features: Mapping[str, np.ndarray],
    targets: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    balanced: bool = False,
) -> dict[str, float | None]:
    """Return the loss and the config's metrics of always giving ``Task.trivial_answer``; None for what is absent.

    Its outputs are finite, so a metric that comes out as NaN is undefined on these rows for every model.

    Args:
        model: built; an autoencoder says what is to be reconstructed.
        training: says the loss, without penalties on weights, and the metrics.
        task: how targets are learnt.
        features: some rows, an array an input.
        targets: as the data have them.
        weights: of the rows in the loss, shape (rows,), and in the metrics where the rows have weights of their own.
        balanced: whether each class counts alike by them.
    """
    if isinstance(model, Autoencoder):
        return _of_reconstruction(model, training, task, features, weights)
    learnt = task.encode(targets)
    outputs = np.tile(task.trivial_output.astype(np.float32), (len(targets), 1))
    found: dict[str, float | None] = {"loss": float(keras_object(training.loss)(learnt, outputs, weights))}
    if balanced:
        present = np.array(task.signature.frequencies) > 0
        alike = replace(task.signature, frequencies=tuple(map(float, present / present.sum())))
        answer = replace(task, signature=alike).trivial_output.astype(np.float32)
        found["loss"] = float(keras_object(training.loss)(learnt, np.tile(answer, (len(targets), 1)), weights))
    units = units_of(task)
    for metric in training.metrics:
        computed = keras_metric(metric, task, len(targets), units)
        computed.update_state(learnt, outputs, weights if task.signature.weights else None)
        value = float(computed.result())
        name = kind_of(type(metric))
        if name == "r2_score" and abs(value) < _ROUNDING:
            value = 0.0
        found[name] = None if math.isnan(value) else value
    return found


def _of_reconstruction(
    model: Autoencoder,
    training: Training,
    task: Task,
    features: Mapping[str, np.ndarray],
    weights: np.ndarray | None,
) -> dict[str, float | None]:
    rows = len(next(iter(features.values())))
    constant = model.constant_model(task.trivial_answer.astype(np.float32))
    compile_model(constant, training, task, rows)
    device_rows = DeviceRows.of(features, np.zeros((rows, 0), np.float32), weights)
    constant.test_step(device_rows.slice(0, 1))
    return metric_values(evaluate_metrics(constant, device_rows), ())
