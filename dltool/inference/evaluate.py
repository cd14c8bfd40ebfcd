"""Evaluating a model on labelled rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np

from dltool.backend.compiled import compiled
from dltool.backend.device_rows import DeviceRows
from dltool.backend.evaluate import evaluate_metrics, metric_values
from dltool.contracts.residuals import Residuals
from dltool.inference.evaluation import Evaluation
from dltool.inference.outputs import compiled_layer, compiled_outputs
from dltool.tasks.contract import Task
from dltool.tasks.intervals import coverage
from dltool.tasks.trivial_answer import worse_than_trivial

if TYPE_CHECKING:
    from dltool.contracts.dataset import Part


def evaluate(
    model: keras.Model,
    task: Task,
    part: Part,
    split: str,
    trivial: dict[str, float | None],
    *,
    weighted: bool,
    residuals: Residuals | None = None,
) -> Evaluation:
    """Evaluate a compiled model on a part of the data.

    Args:
        model: compiled with the loss and metrics of the config.
        task: what its outputs mean.
        part: the labelled rows.
        split: what to call them.
        trivial: what the trivial answer scores on them.
        weighted: whether classes were weighted in training.
        residuals: of the model, where the rows are others than those.
    """
    rows = DeviceRows.of(part.features, task.encode(part.targets), part.weights)
    model.test_step(rows.slice(0, 1))  # makes the metrics' variables, which a compiled program may not
    results = compiled(evaluate_metrics, model)(rows)
    metrics = metric_values(results, [name for name, value in trivial.items() if value is None])
    outputs = decoded_outputs(model, task, part)
    worse = worse_than_trivial(
        metrics, trivial, penalised=bool(model.losses), weighted=weighted, decided=bool(task.decision)
    )
    return judged(
        task, part.targets, outputs, split, metrics, trivial, worse, residuals, weighted_rows=part.weights is not None
    )


def judged(
    task: Task,
    targets: np.ndarray,
    outputs: np.ndarray,
    split: str,
    metrics: dict[str, float | None],
    trivial: dict[str, float | None],
    worse: Sequence[str] = (),
    residuals: Residuals | None = None,
    *,
    weighted_rows: bool,
) -> Evaluation:
    """Return what outputs come to, whichever networks they are of.

    Args:
        task: what outputs mean.
        targets: as the data have them.
        outputs: decoded.
        split: what to call the rows.
        metrics: what the networks score on them.
        trivial: what the trivial answer scores.
        worse: the metrics in which the networks are worse than that.
        residuals: as for ``evaluate``.
        weighted_rows: whether the metrics count rows by their weights.
    """
    return Evaluation(
        split,
        len(targets),
        metrics,
        **task.scores(targets, outputs),
        trivial=trivial,
        trivial_answer=task.trivial_answer_in_words,
        loss_unit=task.unit,
        worse_than_trivial=tuple(worse),
        interval_coverage=coverage(task, residuals, targets, outputs),
        weighted_rows=weighted_rows,
        outputs=outputs,
    )


def decoded_outputs(model: keras.Model, task: Task, part: Part) -> np.ndarray:
    """Return what a model says of a part of the data, as ``Task.decode`` makes it.

    Args:
        model: as ``model.build`` made it.
        task: what its outputs mean.
        part: the rows; their targets are not looked at.
    """
    return task.decode(compiled_outputs(model, task)(part.features))


def layer_outputs_of(model: keras.Model, layer: str, part: Part) -> np.ndarray:
    """Return what a layer puts out for a part of the data, float32 (rows, …).

    Args:
        model: as ``model.build`` made it.
        layer: its name.
        part: the rows; their targets are not looked at.
    """
    return compiled_layer(model, layer)(part.features)
