"""Evaluating a model on labelled rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from dltool.backend.compiled import compiled
from dltool.backend.device_rows import DeviceRows
from dltool.backend.evaluate import evaluate_metrics, metric_values
from dltool.inference.evaluation import Evaluation
from dltool.inference.outputs import compiled_outputs
from dltool.tasks.contract import Task
from dltool.tasks.trivial_answer import worse_than_trivial

if TYPE_CHECKING:
    from dltool.contracts.dataset import Part

_ROWS = 512


def evaluate(
    model: keras.Model, task: Task, part: Part, split: str, trivial: dict[str, float | None], *, weighted: bool
) -> Evaluation:
    """Evaluate a compiled model on a part of the data.

    Args:
        model: compiled with the loss and metrics of the config.
        task: what its outputs mean.
        part: the labelled rows.
        split: what to call them.
        trivial: what the trivial answer scores on them.
        weighted: whether classes were weighted in training.
    """
    rows = DeviceRows.of(part.features, task.encode(part.targets), part.weights)
    model.test_step(rows.slice(0, 1))  # makes the metrics' variables, which a compiled program may not
    results = compiled(evaluate_metrics, model)(rows)
    metrics = metric_values(results, [name for name, value in trivial.items() if value is None])
    predict = compiled_outputs(model, task)
    batches = (
        {name: values[i : i + _ROWS] for name, values in part.features.items()} for i in range(0, len(part), _ROWS)
    )
    outputs = np.concatenate([predict(batch) for batch in batches])
    outputs = task.decode(outputs)
    worse = worse_than_trivial(metrics, trivial, penalised=bool(model.losses), weighted=weighted)
    return Evaluation(
        split,
        len(part),
        metrics,
        **task.scores(part.targets, outputs),
        trivial=trivial,
        trivial_answer=task.trivial_answer_in_words,
        loss_unit=task.unit,
        worse_than_trivial=tuple(worse),
        outputs=outputs,
    )
