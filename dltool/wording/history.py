"""What the rows of ``metrics.jsonl``, a mapping an epoch, have to say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from dltool.config.metric_names import is_on_validation, without_part
from dltool.config.metric_order import direction
from dltool.contracts.events import NOT_METRICS

Row = Mapping[str, float]
_Item = TypeVar("_Item")
_QUOTED = ("accuracy", "r2_score", "mean_absolute_error")


def metric_names(rows: Sequence[Row]) -> list[str]:
    """Return the names of the metrics, in the order of the file."""
    return [name for name in (rows[0] if rows else ()) if name not in NOT_METRICS]


def headline_metric(names: Sequence[str]) -> str:
    """Return the metric that a person would quote, of the validation part where there is one.

    That is accuracy, R² or the mean absolute error; else the first one beside the loss; else the loss.

    Args:
        names: as ``metric_names`` returns them.
    """
    found = [name for name in names if is_on_validation(name)] or list(names)
    by_metric = {without_part(name): name for name in found}
    others = [metric for metric in by_metric if metric != "loss"]
    return next(by_metric[metric] for metric in (*_QUOTED, *others, "loss") if metric in by_metric)


def row_of_epoch(epoch: int, rows: Sequence[Row]) -> Row | None:
    """Return the row of an epoch, or None if that epoch was not completed."""
    return next((row for row in rows if row["epoch"] == epoch), None)


def scored_row(facts: Mapping[str, Any], rows: Sequence[Row]) -> Row | None:
    """Return the row whose weights the model holds; where there are folds, with what they score on average.

    Args:
        facts: what ``run.json`` holds.
        rows: what ``metrics.jsonl`` holds, a mapping an epoch.
    """
    row, scores = row_of_epoch(facts["weights_epoch"], rows), facts["cross_validation"].items()
    return row and {**row, **{name: math.nan if each["mean"] is None else each["mean"] for name, each in scores}}


def best_row(name: str, rows: Sequence[Row]) -> Row:
    """Return the first row with the best value of a metric."""
    sign = -1 if direction(name) == "max" else 1
    return min(rows, key=lambda row: sign * row[name] if math.isfinite(row[name]) else math.inf)


def thinned(rows: Sequence[_Item], most: int) -> list[_Item]:
    """Return at most ``most`` (2 or more) rows, evenly chosen, the first and the last included."""
    if len(rows) <= most:
        return list(rows)
    return [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]
