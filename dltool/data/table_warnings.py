"""What can be used of a table but is hardly meant, and what was left out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from dltool.config.counts import are, counted
from dltool.config.tables import TableSource
from dltool.contracts.dataset import Part
from dltool.data.chunks import Chunks
from dltool.data.constants import listed, warn_of_constants
from dltool.data.tables import Cells, Table
from dltool.errors import warn
from dltool.preprocessing import booleans

_MOST_COUNTS = 8


def warn_of_dropped(
    table: Table, columns: dict[str, Any], holed: list[str], rows: np.ndarray, labels: list[str]
) -> None:
    """Say how many rows are left out for missing values, and which labels vanish with them."""
    total = len(columns[holed[0]])
    left_out = total - len(rows)
    message = f"{table.name}: {left_out:,} of {counted(total, 'row')} {are(left_out)} dropped (missing values: "
    message += f"{counts_of_holes(columns, holed)})"
    for name in labels:
        found = {_label(text): text for text in pa.compute.unique(columns[name].drop_null()).to_pylist()}
        left = pa.compute.unique(columns[name].take(pa.array(rows))).to_pylist()
        if lost := sorted(found[label] for label in found.keys() - set(map(_label, left))):
            message += f"; with them goes every row of {listed(lost, 'class')} in column {name!r}"
    warn(message)


def counts_of_holes(columns: dict[str, Any], holed: list[str]) -> str:
    """Return how many values are missing in each of some columns, in words."""
    counts = [f"{columns[name].null_count} in {name!r}" for name in holed[:_MOST_COUNTS]]
    if len(holed) > _MOST_COUNTS:
        counts.append(f"others in {counted(len(holed) - _MOST_COUNTS, 'more column')}")
    return ", ".join(counts)


def _label(text: str) -> Any:
    """Return what a label says, however it is spelt."""
    try:
        return float(text)
    except ValueError:
        truth = booleans.boolean_of(text)
        return text.strip() if truth is None else float(truth)


def warn_of_constant_columns(cells: Cells, features: list[str], targets: list[str], rows: np.ndarray) -> None:
    """Say which columns hold one value alone in the training rows, missing ones included."""

    def distinct(name: str, rows: np.ndarray) -> int:
        return int(pa.compute.count_distinct(Chunks(cells.columns[name]).take(rows), mode="all").as_py())

    if len(rows) > 1:
        # A few rows tell the others apart.
        alike = [name for name in (*features, *targets) if distinct(name, rows[:100]) == 1]
        warn_of_constants(cells.table.name, [name for name in alike if distinct(name, rows) == 1])


def warn_of_divided_groups(cells: Cells, spec: TableSource, parts: Mapping[str, Part]) -> None:
    """Say so where one part keeps the rows of a group together and another tears them apart."""
    of_table = {key: part for key, part in parts.items() if not isinstance(getattr(spec, key, None), str)}
    for name in (name for name, in_time in spec.dividing.items() if not in_time):
        groups = {key: _groups(cells, name, part) for key, part in of_table.items()}
        for key, own in groups.items():
            if key != "train" and (torn := len(own & groups["train"])):
                warn(
                    f"{cells.table.name}: {torn:,} of the {len(own):,} groups of column {name!r} in the {key} part "
                    f"have rows in training too; divide data.{key} by group as well"
                )


def _groups(cells: Cells, name: str, part: Part) -> set[str]:
    """Return the groups that rows of a part are of."""
    rows = np.flatnonzero(np.isin(cells.rows, part.rows))  # type: ignore[arg-type]
    return set(map(str, pa.compute.unique(cells.columns[name].take(pa.array(rows))).to_pylist()))


def warn_of_a_lost_row(cells: Cells) -> None:
    """Say which columns are named like a text in them: the first line may be a row."""
    if cells.table.format.header:
        texts = [name for name, values in cells.columns.items() if pa.types.is_string(values.type)]
        alike = [name for name in texts if pa.compute.index(cells.texts(name), name).as_py() >= 0]
        if alike:
            warn(
                f"{cells.table.name}: {listed(alike, 'column')} holds a cell that reads like its name; if the first "
                "line is a row and no header, set data.header: false"
            )


def warn_of_padded_markers(cells: Cells, spec: TableSource) -> None:
    """Say which cells would count as missing but for the spaces around them."""
    markers = pa.array(spec.missing_values, pa.string())

    def padded(texts: Any) -> Any:
        bare = pa.compute.utf8_trim_whitespace(texts)
        return pa.compute.and_(pa.compute.is_in(bare, markers), pa.compute.not_equal(bare, texts))

    for name, values in cells.columns.items():
        if pa.types.is_string(values.type) and pa.compute.any(padded(cells.texts(name))).as_py():
            odd = padded(values)
            if count := pa.compute.sum(odd).as_py():
                row = odd.index(True).as_py()
                warn(
                    f"{cells.place(row, name)}: {values[row].as_py()!r} is a text, because of its spaces "
                    f"({counted(count, 'such cell')} in the column); if it is a hole, take them away or list it under "
                    "data.missing_values"
                )
