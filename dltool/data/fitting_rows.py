"""The rows of a table whose cells are what their columns hold, where others are to be skipped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.needs import TaskName
from dltool.config.tables import TableSource
from dltool.contracts.signature import Signature
from dltool.data.bad_cells import (
    Fits,
    are_labels,
    are_numbers,
    bad_cells,
    fits_of_column,
    fits_of_spec,
    warn_of_words_among_booleans,
    without_bad_cells,
)
from dltool.data.column_types import ColumnType
from dltool.data.tables import Cells, Table
from dltool.data.training_table import types_despite


def fitting_rows(
    every: Cells, names: Sequence[str], others: Sequence[str], spec: TableSource, task: TaskName
) -> tuple[Cells, dict[str, ColumnType]]:
    """Return the rows of a training table without bad cells, and what columns are whose bad cells do not matter."""
    found = bad_cells(every, _fits(spec, names, task))
    warn_of_words_among_booleans(every, [name for name in names if name not in {*others, *spec.columns}])
    decided = types_despite(every, found, [name for name in names if name not in others], spec)
    return without_bad_cells(every, {name: bad for name, bad in found.items() if name not in decided}), decided


def labelled_cells(table: Table, types: dict[str, Any], signature: Signature, *, skips: bool) -> Cells:
    """Return the columns of another table, of their types; without the rows that have a bad cell, if it skips them."""
    if not skips:
        return Cells.whole(table.read(types), table)
    texts = table.read(dict.fromkeys(types, pa.string()))
    columns = {column.name: fits_of_column(column) for column in signature.columns}
    fits, every = (
        _with_answers(columns, signature.targets, signature.task, signature.weights),
        Cells.whole(texts, table),
    )
    left = without_bad_cells(every, bad_cells(every, fits))
    used = pa.array(np.isin(every.rows, left.rows))
    # Skipped rows stay, as holes, until all are of their types: a cell that cannot be is named by its row in the file.
    blocks, first = [], 0
    for block in pa.table({name: pa.compute.if_else(used, cells, None) for name, cells in texts.items()}).to_batches():
        blocks.append(table.typed(block, types, first))
        first += block.num_rows
    typed = pa.Table.from_batches(blocks).take(pa.array(left.rows))
    return Cells({name: typed[name] for name in types}, left.rows, table)


def _fits(spec: TableSource, names: Sequence[str], task: TaskName) -> dict[str, Fits]:
    """Return what the columns of a training table hold, of those that do not hold just any text."""
    dated = [name for name, in_time in spec.dividing.items() if in_time]
    declared = {name: column for name, column in spec.columns.items() if name not in spec.ignored}
    fits = {name: fits_of_spec(declared.get(name)) for name in (*names, *dated)}
    return _with_answers(fits, spec.target_names, task, spec.weights)


def _with_answers(
    fits: dict[str, Fits | None], targets: Sequence[str], task: TaskName, weights: str | None
) -> dict[str, Fits]:
    """Return what features, targets and weights hold, of those that do not hold just any text."""
    answers: dict[str, Fits | None] = {}
    if task is TaskName.REGRESSION:
        answers = dict.fromkeys(targets, are_numbers)
    elif task is TaskName.BINARY and len(targets) > 1:
        answers = dict.fromkeys(targets, are_labels)
    if weights:
        answers[weights] = are_numbers
    return {name: fit for name, fit in (fits | answers).items() if fit}
