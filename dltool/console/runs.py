"""Runs and sweeps in a listing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from dltool.config.metric_names import part_of
from dltool.config.value_text import values_text
from dltool.console.streams import results
from dltool.console.tables import STATUS_COLOURS, table_of_runs
from dltool.runs.texts import json_safe
from dltool.wording.formatting import counted, duration, mean_text, number

if TYPE_CHECKING:
    from dltool.analysis.listing import Entry


def print_entries(entries: Sequence[Entry]) -> None:
    """Print runs and sweeps, a line each, the newest last."""
    with_values = any(entry.values for entry in entries)
    columns = ["status", "best", *["values"][:with_values], "epochs", "when", "training time"]
    shown = table_of_runs(*columns)
    for i in range(1, 3 + with_values):
        shown.columns[i].justify = "left"
    for entry in entries:
        best = "" if entry.best is None else f"{entry.metric} {mean_text(entry.best, entry.standard_error)}".strip()
        if entry.best is None and entry.trials is not None and entry.metric:
            best = f"{entry.metric} -"
        if best and entry.kept is not None and number(entry.kept) != number(entry.best or 0.0):
            best += f" (its model: {number(entry.kept)})"
        if entry.best is not None and part_of(entry.metric) != "validation":
            best += " (training part)"
        if best and entry.loss_unit and entry.metric.endswith("loss"):
            best += f" (of {entry.loss_unit})"
        epochs = f"{entry.epochs:,}" if entry.epochs is not None else ""
        if entry.trials is not None:
            epochs = f"{entry.done:,} of {counted(entry.trials, 'trial')}"
        status = Text(entry.status.replace("_", " "), STATUS_COLOURS.get(entry.status, "red"))
        if entry.is_best:
            status.append(", best", "bold green")
        shown.add_row(
            Text(str(entry.path), "cyan"),
            status,
            best,
            *[values_text(entry.values or {})][:with_values],
            epochs,
            _when(entry.created),
            "" if entry.seconds is None else duration(entry.seconds),
        )
    results().print(shown)


def entry_facts(entry: Entry) -> dict[str, Any]:
    """Return a line of a listing as plain data."""
    selected_on = None if entry.best is None else part_of(entry.metric)
    facts: dict[str, Any] = json_safe({**asdict(entry), "path": str(entry.path), "selected_on": selected_on})
    return facts


def _when(created: str) -> str:
    try:
        return datetime.fromisoformat(created).astimezone().strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError):
        return ""
