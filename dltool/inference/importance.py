"""Permutation importance: what a model loses where the values of a column stand in other rows.

Breiman (2001), "Random forests", Machine Learning 45; of any model, Fisher, Rudin and Dominici (2019), JMLR 20.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import numpy as np

from dltool.backend.compiled import compiled
from dltool.backend.device_rows import DeviceRows
from dltool.backend.evaluate import evaluate_metrics
from dltool.contracts.dataset import Inputs, Part
from dltool.inference.column_entries import ColumnEntries
from dltool.inference.explanation import Change, Importance
from dltool.tasks.contract import Task

REPEATS = 10
_STUDENT = 2.2621571627
"""The 97.5 % quantile of Student's t with as many degrees of freedom as there are repeats, less one."""


def permutation_importance(
    model: keras.Model, task: Task, part: Part, columns: Sequence[ColumnEntries], random: np.random.Generator
) -> list[Importance]:
    """Return the columns with what shuffling does to the loss and metrics, the largest rise of the loss first.

    All entries that a column became are shuffled together. In a column that tells nothing the order of the data is but
    one more shuffle, so the spread of a change is that of one shuffle beside the mean of the others: it is wider than
    the standard error of the mean.

    Args:
        model: compiled with the loss and metrics of the config.
        task: what its outputs mean.
        part: labelled rows that training did not learn from.
        columns: those to shuffle.
        random: draws the shuffles.
    """
    targets = task.encode(part.targets)

    def measured(features: Inputs) -> dict[str, float]:
        results = compiled(evaluate_metrics, model)(DeviceRows.of(features, targets, part.weights))
        return {name: float(value) for name, value in results.items()}

    model.test_step(DeviceRows.of(part.features, targets, part.weights).slice(0, 1))  # makes the metrics' variables
    before, found = measured(part.features), []
    for column in columns:
        shuffled = [measured(column.of_rows(part.features, random.permutation(len(part)))) for _ in range(REPEATS)]
        changes = {name: _change([each[name] - before[name] for each in shuffled]) for name in before}
        finite = {name: each for name, each in changes.items() if math.isfinite(each.mean + each.half_width)}
        found.append(Importance(column.name, finite))
    return sorted(found, key=lambda each: -each.changes["loss"].mean if "loss" in each.changes else math.inf)


def _change(differences: Sequence[float]) -> Change:
    with np.errstate(all="ignore"):
        spread = float(np.std(differences, ddof=1)) * math.sqrt(1 + 1 / REPEATS)
        return Change(float(np.mean(differences)), _STUDENT * spread)
