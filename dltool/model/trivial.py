"""What one would score without looking at the input: the number beside which every other is read."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from dltool.config.field_types import kind_of
from dltool.config.training import Training
from dltool.model.build import keras_metric, keras_object
from dltool.model.units import units_of
from dltool.tasks.contract import Task

# The mean explains nothing of the training rows; what is left of that in float64.
_ROUNDING = 1e-12


def trivial_metrics(
    training: Training, task: Task, targets: np.ndarray, weights: np.ndarray | None = None
) -> dict[str, float | None]:
    """Return the loss and the config's metrics of always giving ``Task.trivial_answer``; None for what is absent.

    Its outputs are sound, so a metric that comes out as NaN does not exist on these rows, whatever is measured.

    Args:
        training: says the loss, without penalties on weights, and the metrics.
        task: how targets are learnt.
        targets: of some rows, as the data have them.
        weights: of the rows in the loss, shape (rows,); each class then counts alike.
    """
    learnt = task.encode(targets)
    outputs = np.tile(task.trivial_output.astype(np.float32), (len(targets), 1))
    found: dict[str, float | None] = {"loss": float(keras_object(training.loss)(learnt, outputs))}
    if weights is not None:
        present = np.array(task.signature.frequencies) > 0
        alike = replace(task.signature, frequencies=tuple(map(float, present / present.sum())))
        answer = replace(task, signature=alike).trivial_output.astype(np.float32)
        found["loss"] = float(keras_object(training.loss)(learnt, np.tile(answer, (len(targets), 1)), weights))
    units = units_of(task)
    for metric in training.metrics:
        measured = keras_metric(metric, task, len(targets), units)
        measured.update_state(learnt, outputs)
        value = float(measured.result())
        name = kind_of(type(metric))
        if name == "r2_score" and abs(value) < _ROUNDING:
            value = 0.0
        found[name] = None if math.isnan(value) else value
    return found
