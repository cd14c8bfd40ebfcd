"""What the rows of ``metrics.jsonl``, a mapping an epoch, have to say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dltool.training.events import NOT_METRICS

Row = Mapping[str, float]


def metric_names(rows: Sequence[Row]) -> list[str]:
    """Return the names of the metrics, in the order of the file."""
    return [name for name in (rows[0] if rows else ()) if name not in NOT_METRICS]


def row_of_epoch(epoch: int, rows: Sequence[Row]) -> Row | None:
    """Return the row of an epoch, or None if that epoch was not completed."""
    return next((row for row in rows if row["epoch"] == epoch), None)


def best_row(name: str, rows: Sequence[Row]) -> Row:
    """Return the first row with the best value of a metric."""
    from dltool.training.watch import direction

    sign = -1 if direction(name) == "max" else 1
    return min(rows, key=lambda row: sign * row[name] if math.isfinite(row[name]) else math.inf)


def thinned(rows: Sequence[Row], most: int) -> list[Row]:
    """Return at most ``most`` (2 or more) rows, evenly chosen, the first and the last included."""
    if len(rows) <= most:
        return list(rows)
    return [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]
