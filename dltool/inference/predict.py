"""Predictions as tidy tables, a batch at a time."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from dltool.errors import DataError, DataWarning
from dltool.inference.outputs import Outputs, compiled_layer, compiled_outputs
from dltool.tasks.contract import Task

if TYPE_CHECKING:
    from dltool.contracts.dataset import Batch

Columns = dict[str, Any]
"""A table in memory: column name to a sequence of values, all of one length."""


def layer_outputs(model: keras.Model, layer: str, batches: Iterable[Batch]) -> Iterator[Columns]:
    """Yield a table of what a layer puts out for each batch: ``id``, and a column a number of its output.

    Args:
        model: as ``read_model`` returns it.
        layer: the layer's name in the plan; the columns are called by it, and numbered where there are several.
        batches: the examples.
    """
    outputs = compiled_layer(model, layer)
    for batch, values in _answered(batches, outputs, Task.beyond):
        flat = values.reshape(len(values), -1)
        names = [layer] if flat.shape[1] == 1 else [f"{layer}_{i + 1}" for i in range(flat.shape[1])]
        yield _beside(batch, {name: flat[:, i] for i, name in enumerate(names)})


def predict(
    model: keras.Model, task: Task, batches: Iterable[Batch], columns: Callable[[np.ndarray], Columns]
) -> Iterator[Columns]:
    """Yield a table of predictions for each batch: ``id``, and the columns that are made of decoded outputs.

    Args:
        model: as ``read_model`` returns it.
        task: what its outputs mean.
        batches: the examples.
        columns: ``Task.columns``, or ``interval_columns``.
    """
    outputs = compiled_outputs(model, task)
    for batch, values in _answered(batches, lambda inputs: task.decode(outputs(inputs)), task.beyond):
        yield _beside(batch, columns(values))


def _beside(batch: Batch, answers: Columns) -> Columns:
    """Return a table of a batch's names, the columns that are kept, and the answers."""
    if both := [name for name in batch.kept if name in answers]:
        raise DataError(f"column {both[0]!r} cannot be kept: the predictions have one of that name")
    # A kept column of that name stands in place of the rows' numbers.
    return {"id": batch.ids, **batch.kept, **answers}


def _answered(batches: Iterable[Batch], answer: Outputs, reason: str) -> Iterator[tuple[Batch, np.ndarray]]:
    """Yield batches with what is answered to them, and warn of answers that are no finite numbers, for a reason."""
    beyond, rows = 0, 0
    for batch in batches:
        values = answer(batch.features)
        finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
        beyond, rows = beyond + int((~finite).sum()), rows + len(values)
        yield batch, values
    if beyond:
        warnings.warn(
            f"{beyond:,} of {rows:,} answers are no finite numbers: {reason}",
            DataWarning,
            stacklevel=3,
        )
