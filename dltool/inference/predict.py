"""Predictions as tidy tables, a batch at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from dltool.errors import DataWarning
from dltool.inference.outputs import compiled_outputs
from dltool.tasks.contract import Task

if TYPE_CHECKING:
    from dltool.data.inputs import Batch

Table = dict[str, Any]
"""Column name to a sequence of values, all of one length."""


def predict(model: keras.Model, task: Task, batches: Iterable[Batch], top: int = 1) -> Iterator[Table]:
    """Yield a table of predictions for each batch: ``id``, and the columns of ``Task.columns``.

    Args:
        model: as ``read_model`` returns it.
        task: what its outputs mean.
        batches: the examples.
        top: of classes, how many of the likeliest to name.
    """
    outputs = compiled_outputs(model, task)
    beyond, rows = 0, 0
    for batch in batches:
        values = task.decode(outputs(batch.features))
        beyond, rows = beyond + int((~np.isfinite(values)).any(axis=1).sum()), rows + len(values)
        yield {"id": batch.ids, **task.columns(values, top)}
    if beyond:
        warnings.warn(
            f"{beyond:,} of {rows:,} answers are no finite numbers: their input lies too far from what training saw",
            DataWarning,
            stacklevel=2,
        )
