"""Partial dependence: the mean answer where a column has the same value in all rows.

Friedman (2001), "Greedy function approximation", Annals of Statistics 29; the band is of the single rows' answers,
Goldstein et al. (2015), "Peeking inside the black box", JCGS 24.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from dltool.contracts.dataset import Inputs
from dltool.contracts.signature import Signature
from dltool.inference.column_entries import ColumnEntries
from dltool.inference.explanation import Dependence

_MOST_VALUES, _MOST_CATEGORIES, _TENTH = 20, 12, 10


def partial_dependence(
    answers: Callable[[Inputs], np.ndarray],
    inputs: Inputs,
    column: ColumnEntries,
    signature: Signature,
    outputs: Sequence[tuple[int, str]],
) -> Dependence | None:
    """Return how answers depend on a column; None where no row has a value of it, or an answer is no finite number.

    Each value is that of some row, with all the entries that it became: of numbers and dates at most 20, at quantiles
    of the rows; of categories the 12 most frequent ones. The last is that of a hole where the model can tell
    one, and of the rare categories that it cannot tell from holes.

    Args:
        answers: from inputs to decoded outputs, (rows, outputs).
        inputs: the rows over which is averaged.
        column: the column.
        signature: of the model.
        outputs: which outputs, and what to call them.
    """
    numbers, rows = column.numbers_of(inputs, signature), np.flatnonzero(column.known(inputs))
    if not len(rows):
        return None
    if is_category := column.category is not None:
        _, first, counts = np.unique(numbers[rows], return_index=True, return_counts=True)
        chosen = rows[first[np.sort(np.argsort(-counts, kind="stable")[:_MOST_CATEGORIES])]]
    else:
        ordered = rows[np.argsort(numbers[rows], kind="stable")]
        at = np.unique(np.linspace(0, len(ordered) - 1, _MOST_VALUES).round().astype(int))
        _, first = np.unique(numbers[ordered[at]], return_index=True)
        chosen = ordered[at][first]
    indices = [index for index, _ in outputs]
    curves = np.stack([answers(column.of_rows(inputs, int(row)))[:, indices] for row in chosen])
    if not np.isfinite(curves).all():
        return None
    labels = [column.text(numbers[row]) for row in chosen]
    positions = [float(i if is_category else numbers[row]) for i, row in enumerate(chosen)]
    if missing := column.missing(inputs, signature):
        told = answers(missing)[:, indices]
        # Of a row of which nothing else is known an autoencoder has no error.
        if np.isfinite(told).all():
            curves = np.append(curves, told[None], axis=0)
            labels.append(column.missing_name)
            positions.append(float(len(chosen)) if is_category else math.nan)

    def by_output(values: np.ndarray) -> tuple[tuple[float, ...], ...]:
        return tuple(tuple(map(float, each)) for each in values.T)

    low, high = np.percentile(curves, [_TENTH, 100 - _TENTH], axis=1)
    return Dependence(
        column.name,
        is_category,
        tuple(labels),
        tuple(positions),
        bool(column.column.moment),
        tuple(name for _, name in outputs),
        by_output(curves.mean(axis=1)),
        by_output(low),
        by_output(high),
    )
