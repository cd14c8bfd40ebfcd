"""The loss and metrics of a model over rows on the device."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import keras
import tensorflow as tf

from dltool.backend.device_rows import DeviceRows

_ROWS_A_STEP = 512


def evaluate_metrics(model: keras.Model, data: DeviceRows) -> dict[str, Any]:
    """Return the model's loss and metrics over rows, each of shape (); in a compiled program or on its own."""
    model.reset_metrics()
    size = min(_ROWS_A_STEP, data.rows)
    full, rest = divmod(data.rows, size)

    def body(step: Any) -> tuple[Any]:
        model.test_step(data.slice(step * size, size))
        return (step + 1,)

    if full == 1:
        body(0)  # a loop around it would be traced as well
    else:
        tf.while_loop(lambda step: step < full, body, (tf.constant(0),), parallel_iterations=1)
    if rest:
        model.test_step(data.slice(full * size, rest))
    return dict(model.get_metrics_result())


def metric_values(results: Mapping[str, Any], absent: Collection[str]) -> dict[str, float | None]:
    """Return metrics as Python's numbers; None for a NaN of ``absent``, which the rows do not define."""
    found = {name: float(value) for name, value in results.items()}
    return {name: None if name in absent and math.isnan(value) else value for name, value in found.items()}
