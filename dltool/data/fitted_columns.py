"""What is to be known of a table's columns, from their training rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.columns import CategoryColumn, NumberColumn
from dltool.config.tables import TableSource
from dltool.config.value_text import value_text
from dltool.contracts.signature import Column
from dltool.data.column_types import ColumnType
from dltool.data.tables import Cells, to_numpy
from dltool.errors import DataError, warn
from dltool.preprocessing import booleans
from dltool.preprocessing.near_duplicates import near_duplicates, padded_name

_FEW_CATEGORIES = 50
"""As many are told apart by a number of their own each; of more, each gets a vector."""


def fit_column(of: ColumnType, rows: pa.Array, cells: Cells, spec: TableSource, *, embeds: bool) -> Column:
    """Take what is to be known of a column from its training rows.

    Args:
        of: what it was taken for.
        rows: those of training, as an Arrow array.
        cells: the table.
        spec: says what to do about holes and categories.
        embeds: whether many categories get vectors, which only a network with targets can learn.
    """
    name, type_ = of.name, of.type
    is_text = pa.types.is_string(cells.columns[name].type)
    values = cells.encoded(name) if is_text else cells.columns[name]
    if values.null_count or is_text:  # of other numbers nothing is measured here
        values = values.take(rows)
    way = spec.missing_in(name)
    if values.null_count == len(values):
        raise DataError(
            f"{cells.table.name}, column {name!r}: every value of the training rows is missing; leave the column out "
            f"(data.columns: {value_text({name: 'ignore'})})"
        )
    declared, holes = spec.columns.get(name), values.null_count
    indicator = getattr(declared, "indicator", False) and holes > 0
    if indicator != getattr(declared, "indicator", False):
        warn(
            f"{cells.table.name}, column {name!r}: no value of the training rows is missing, so that there is nothing "
            "to learn from an indicator; the network gets none"
        )
    if type_ in ("date", "time"):
        format_ = getattr(declared, "format", None)
        filled = "" if way in ("refuse", "drop") else "the mean of the training rows"
        return Column(name, None, holes, filled, moment=type_, format=format_, zoned=of.zoned, indicator=indicator)
    if not is_text:
        transform = declared.transform if isinstance(declared, NumberColumn) else "none"
        number = f"{way:g}" if isinstance(way, float) else f"the {way} of the training rows".replace("_", " ")
        if transform == "log" and way == "mean":
            number = "the geometric mean of the training rows"
        fill = "" if way in ("refuse", "drop") else number
        return Column(name, None, holes, fill, transform=transform, indicator=indicator)
    most = (declared if isinstance(declared, CategoryColumn) else CategoryColumn(type="category")).max_categories
    fill = "" if way in ("refuse", "drop") else "unknown"
    if type_ == "boolean":
        # Both values, whichever of them the training rows hold.
        found = values.dictionary.to_pylist()
        both = found if len(found) == 2 else booleans.names_of(found) or found
        return Column(name, tuple(sorted(both)), values.null_count, fill, boolean=True, rare=0)
    texts, rows_of = values.dictionary.to_pylist(), np.bincount(to_numpy(values.indices.drop_null()))
    counts = sorted((-int(rows_of[i]), texts[i]) for i in np.flatnonzero(rows_of))
    rare = -sum(count for count, _ in counts[most:])
    if rare:
        warn(
            f"{cells.table.name}, column {name!r}: {len(counts):,} categories; the {most:,} most frequent ones are "
            f"told apart, the others, of {rare:,} training rows, are one (max_categories of data.columns says so)"
        )
    vocabulary = tuple(sorted(text for _, text in counts[:most]))
    if padded := padded_name(vocabulary):
        row = pa.compute.index(cells.columns[name], padded).as_py()
        raise DataError(f"{cells.place(row, name)}: {padded!r} and {padded.strip()!r} differ in spaces alone; mend one")
    for alike in near_duplicates(vocabulary):
        warn(f"{cells.table.name}, column {name!r}: {alike}, and are two categories; mend one if they mean the same")
    embedding = vector_length(len(vocabulary)) if embeds else 0
    return Column(name, vocabulary, values.null_count, fill, embedding=embedding, rare=rare)


def vector_length(categories: int) -> int:
    """Return how long the vectors of so many categories are, "unknown" not counted; 0 for few, which have none.

    By the rule that fastai found on its tables.
    """
    return min(600, round(1.6 * math.pow(1 + categories, 0.56))) if categories > _FEW_CATEGORIES else 0


def fill_of(column: Column, way: str | float, numbers: Callable[[], Any], mean: float) -> float:
    """Return the number that a missing one is taken for.

    Args:
        column: what it is missing in.
        way: a word of ``data.missing``, or the number as it would stand in the file.
        numbers: returns the column's training rows: days of dates, logarithms where those are taken.
        mean: of what becomes of them.
    """
    if column.moment:
        return mean
    if isinstance(way, float):
        return math.log(way) if column.transform == "log" else way
    if way == "median":
        return float(pa.compute.quantile(numbers(), 0.5)[0].as_py())
    if way == "most_frequent":
        return float(pa.compute.mode(numbers())[0].as_py()["mode"])
    return mean
