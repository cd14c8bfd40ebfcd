"""Runs and sweeps in a listing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from dltool.config.counts import counted
from dltool.config.metric_names import part_of
from dltool.config.value_text import short_names, value_text
from dltool.console.streams import results
from dltool.console.tables import STATUS_COLOURS, fits, table_of_runs
from dltool.runs.texts import json_safe
from dltool.wording.formatting import duration, mean_text, number

if TYPE_CHECKING:
    from dltool.analysis.listing import Entry

_STATUS, _EPOCHS, _WHEN, _TIME = "status", "epochs", "when", "time"
_SPARED = (_TIME, _WHEN, _EPOCHS)
"""What a listing can do without, the first to go first."""


def print_entries(entries: Sequence[Entry]) -> None:
    """Print runs and sweeps, a line each, the newest last; columns that the console has no room for are left out."""
    out = results()
    cells = _cells(entries)
    left_out: list[str] = []
    while not fits(shown := _table(entries, cells), out) and (more := [name for name in _SPARED if name in cells]):
        del cells[more[0]]
        left_out.append(more[0])
    out.print(shown)
    if left_out:
        text = f"left out for want of room: {', '.join(reversed(left_out))}; --json has all"
        out.print(text, style="bright_black", soft_wrap=True)


def _table(entries: Sequence[Entry], cells: dict[str, list[Text]]) -> Table:
    shown = table_of_runs(*cells)
    for i in (1, 2):
        shown.columns[i].justify = "left"
    for entry, *row in zip(entries, *cells.values(), strict=True):
        shown.add_row(Text(str(entry.path), "cyan"), *row)
    return shown


def _cells(entries: Sequence[Entry]) -> dict[str, list[Text]]:
    """Return the columns, by their heads. A metric that all have stands in the head alone."""
    metrics = {entry.metric for entry in entries if entry.metric}
    shared = metrics.pop() if len(metrics) == 1 else ""
    best = shared or "best"
    paths = dict.fromkeys(path for entry in entries for path in entry.values or {})
    names = short_names([*paths, _STATUS, best, _EPOCHS, _WHEN, _TIME])  # no axis is called as another column
    values = {
        names[path]: [Text(value_text((entry.values or {})[path]) if entry.values else "") for entry in entries]
        for path in paths
    }
    return {
        _STATUS: [_status(entry) for entry in entries],
        best: [Text(_best(entry, "" if shared else entry.metric)) for entry in entries],
        **values,
        _EPOCHS: [Text(_epochs(entry)) for entry in entries],
        _WHEN: [Text(_when(entry.created)) for entry in entries],
        _TIME: [Text("" if entry.seconds is None else duration(entry.seconds)) for entry in entries],
    }


def _status(entry: Entry) -> Text:
    status = Text(entry.status.replace("_", " "), STATUS_COLOURS.get(entry.status, "red"))
    return status.append(", best", "bold green") if entry.is_best else status


def _best(entry: Entry, metric: str) -> str:
    if entry.best is None:
        return f"{metric} -".strip() if entry.trials is not None and entry.metric else ""
    best = f"{metric} {mean_text(entry.best, entry.standard_error)}".strip()
    if entry.kept is not None and number(entry.kept) != number(entry.best):
        best += f" (its model: {number(entry.kept)})"
    if part_of(entry.metric) != "validation":
        best += " (training part)"
    if entry.loss_unit and entry.metric.endswith("loss"):
        best += f" (of {entry.loss_unit})"
    return best


def _epochs(entry: Entry) -> str:
    if entry.trials is not None:
        return f"{entry.done:,} of {counted(entry.trials, 'trial')}"
    return "" if entry.epochs is None else f"{entry.epochs:,}"


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
