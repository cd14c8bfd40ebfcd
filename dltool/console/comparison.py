"""Runs side by side: in a listing, and compared."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from dltool.config.value_text import short_names, value_text, values_text
from dltool.console.console import messages, results
from dltool.console.tables import STATUS_COLOURS, table
from dltool.training.watch import part_of
from dltool.wording.formatting import counted, duration, json_safe, mean_text, number, signed

if TYPE_CHECKING:
    from dltool.analysis.compare import Comparison, Difference
    from dltool.analysis.records import Entry
    from dltool.analysis.reproduce import Reproduction

_MOST_SETTINGS = 8
_LONGEST_SETTING = 32
_DATA_CHANGES = {
    "data_fingerprint.train": "the training part of the data; the weights follow from it",
    "data_fingerprint.validation": "the validation part of the data; the validation metrics follow from it, and the "
    "weights where early_stopping or reduce_lr_on_plateau watches one of those",
    "data_fingerprint.test": "the test part of the data; nothing of the training follows from it, but "
    "`dltool evaluate` refuses to measure it as the run's own (--data measures a file)",
}
_VERDICT_COLOURS = {"better": "green", "worse": "red"}


def _table_of_runs(*columns: str) -> Table:
    """Return a table whose other columns wrap before the run's name does."""
    shown = table("run", *columns)
    for i, column in enumerate(shown.columns):
        column.no_wrap = i == 0
    return shown


def print_entries(entries: Sequence[Entry]) -> None:
    """Print runs and sweeps, a line each, the newest last."""
    with_values = any(entry.values for entry in entries)
    columns = ["status", "best", *["values"][:with_values], "epochs", "when", "training time"]
    shown = _table_of_runs(*columns)
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


def print_comparison(comparison: Comparison) -> None:
    """Print what differs in configs and results, the best first, and how sure each difference is."""
    out = results()
    out.print(_standings_table(comparison))
    more = len(comparison.standings[0].settings) - _MOST_SETTINGS
    if more > 0:
        text = f"{counted(more, 'setting')} more differ; --json has them\n"
        out.print(text, style="bright_black", soft_wrap=True)
    arrow = "higher" if comparison.direction == "max" else "lower"
    training = "" if comparison.part == "validation" else "; on the training part, which says little of new data"
    unit = f", of {comparison.loss_unit}" if comparison.loss_unit and comparison.metric.endswith("loss") else ""
    out.print(f"{comparison.metric}{unit}: {arrow} is better{training}", style="bright_black", soft_wrap=True)
    out.print("trivial: what an answer that ignores the input scores\n", style="bright_black", soft_wrap=True)
    _print_worse_than_trivial(comparison)
    if comparison.best is None:
        out.print(f"none can be called the best: {comparison.reason}", soft_wrap=True)
    else:
        out.print(Text.assemble("against ", (comparison.best, "cyan"), ", the best of them"), soft_wrap=True)
        out.print(_differences_table(comparison.differences))
    for difference in comparison.differences:
        if difference.reason:
            out.print(Text(f"{difference.name}: {difference.reason}", "bright_black"), soft_wrap=True)
    if comparison.left_out:
        text = f"{counted(len(comparison.left_out), 'point')} left out: no run came to a sound end"
        out.print(text, style="bright_black", soft_wrap=True)


def _print_worse_than_trivial(comparison: Comparison) -> None:
    for standing in comparison.standings:
        if standing.worse_than_trivial:
            of = f" in {standing.worse_than_trivial:,} of {standing.runs:,} runs" if standing.runs > 1 else ""
            line = f"warning: {standing.name} is worse than the trivial answer{of}"
            messages().print(Text(line, "yellow"), soft_wrap=True)


def _standings_table(comparison: Comparison) -> Table:
    places = list(comparison.standings[0].settings)
    names = [*short_names(places).values()][:_MOST_SETTINGS]
    shown = _table_of_runs(*names, comparison.metric, "trivial", "runs", "status")
    shown.columns[-1].justify = "left"
    for standing in comparison.standings:
        values = (_truncated(value_text(standing.settings[place])) for place in places[:_MOST_SETTINGS])
        runs = f"{standing.runs:,} of {standing.trials:,}" if standing.runs != standing.trials else f"{standing.runs:,}"
        status = Text(standing.status.replace("_", " "), "green" if standing.complete else "red")
        mean = mean_text(standing.mean, standing.standard_error)
        trivial = Text(number(standing.trivial), "bright_black")
        shown.add_row(Text(standing.name, "cyan"), *values, mean, trivial, runs, status)
    return shown


def _truncated(text: str) -> Text:
    return Text(text if len(text) <= _LONGEST_SETTING else f"{text[: _LONGEST_SETTING - 1]}…")


def _differences_table(differences: Sequence[Difference]) -> Table:
    with_p = any(difference.p_value is not None for difference in differences)
    shown = _table_of_runs("difference", "of", "95 % interval", *["McNemar p"][:with_p], "over", "verdict")
    for column in (2, -2, -1):
        shown.columns[column].justify = "left"
    for difference in differences:
        interval = difference.interval
        shown.add_row(
            Text(difference.name, "cyan"),
            signed(interval.mean) if interval else "",
            difference.quantity,
            f"{signed(interval.low)} to {signed(interval.high)}" if interval else "",
            *["" if difference.p_value is None else f"{difference.p_value:.3g}"][:with_p],
            difference.basis,
            Text(difference.verdict, _VERDICT_COLOURS.get(difference.verdict, "default")),
        )
    return shown


def comparison_facts(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain data."""
    facts: dict[str, Any] = json_safe({**asdict(comparison), "selected_on": comparison.part})
    return facts


def write_comparison(comparison: Comparison) -> None:
    """Write a comparison as CSV to standard output: a row a run."""
    places = list(comparison.standings[0].settings)
    differences = {difference.name: difference for difference in comparison.differences}
    out = csv.writer(sys.stdout, lineterminator="\n")
    mean, error = comparison.metric, f"{comparison.metric}_standard_error"
    head = ["run", *places, mean, error, "runs", "difference", "of", "low", "high", "p_value", "over", "verdict"]
    out.writerow([*head, "trials", "status", "selected_on", "trivial", "loss_unit"])
    for standing in comparison.standings:
        settings = [standing.settings[place] for place in places]
        row: list[Any] = [standing.name, *(each if isinstance(each, float) else value_text(each) for each in settings)]
        row += [standing.mean, standing.standard_error, standing.runs]
        difference = differences.get(standing.name)
        if difference:
            interval = difference.interval
            row += [interval and interval.mean, difference.quantity, interval and interval.low]
            row += [interval and interval.high, difference.p_value, difference.basis, difference.verdict]
        else:
            row += [None, None, None, None, None, None, "best" if standing.name == comparison.best else "unknown"]
        out.writerow([*row, standing.trials, standing.status, comparison.part, standing.trivial, comparison.loss_unit])


def print_reproduction(reproduction: Reproduction) -> None:
    """Print whether a run came out the same, and what has changed since it was made."""
    out = results()
    if reproduction.identical:
        out.print(Text("identical", "bold green"))
    else:
        out.print(Text.assemble(("different", "bold red"), f": {reproduction.difference}"), soft_wrap=True)
    for place, before, now in reproduction.changed:
        meaning = _DATA_CHANGES.get(place) or f"{place}: {value_text(before)} -> {value_text(now)}"
        out.print(Text(f"changed since: {meaning}"), soft_wrap=True)
    if not reproduction.identical and not reproduction.changed:
        out.print("nothing that is noted in run.json has changed since", soft_wrap=True)
