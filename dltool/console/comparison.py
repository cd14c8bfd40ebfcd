"""Runs and points of sweeps compared."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from dltool.config.value_text import short_names, value_text
from dltool.console.streams import messages, results
from dltool.console.tables import table_of_runs
from dltool.runs.texts import json_safe
from dltool.wording.formatting import counted, mean_text, number, signed, truncated

if TYPE_CHECKING:
    from dltool.analysis.compare import Comparison, Difference
    from dltool.analysis.statistics import MeanInterval

_MOST_SETTINGS = 8
_LONGEST_SETTING = 32
_VERDICT_COLOURS = {"better": "green", "worse": "red"}


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
        _print_how_judged(comparison.differences)
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
    paths = list(comparison.standings[0].settings)
    names = [*short_names(paths).values()][:_MOST_SETTINGS]
    shown = table_of_runs(*names, comparison.metric, "trivial", "runs", "status")
    shown.columns[-1].justify = "left"
    for standing in comparison.standings:
        values = (
            Text(truncated(value_text(standing.settings[path]), _LONGEST_SETTING)) for path in paths[:_MOST_SETTINGS]
        )
        runs = f"{standing.runs:,} of {standing.trials:,}" if standing.runs != standing.trials else f"{standing.runs:,}"
        status = Text(standing.status.replace("_", " "), "green" if standing.complete else "red")
        mean = mean_text(standing.mean, standing.standard_error)
        trivial = Text(number(standing.trivial), "bright_black")
        shown.add_row(Text(standing.name, "cyan"), *values, mean, trivial, runs, status)
    return shown


def _differences_table(differences: Sequence[Difference]) -> Table:
    p_value = "adjusted p" if _are_several(differences) else "p"
    shown = table_of_runs("difference", "of", "95 % interval", p_value, "over", "verdict")
    for column in (2, -2, -1):
        shown.columns[column].justify = "left"
    for difference in differences:
        interval = difference.interval
        shown.add_row(
            Text(difference.name, "cyan"),
            signed(interval.mean) if interval else "",
            difference.quantity,
            f"{signed(interval.low)} to {signed(interval.high)}" if interval else "",
            _p_value_text(difference.adjusted_p_value),
            difference.basis,
            Text(difference.verdict, _VERDICT_COLOURS.get(difference.verdict, "default")),
        )
    return shown


def _are_several(differences: Sequence[Difference]) -> bool:
    return sum(difference.p_value is not None for difference in differences) > 1


def _p_value_text(p_value: float | None) -> str:
    return "" if p_value is None else "< 0.0001" if p_value < 0.0001 else f"{p_value:.2g}"


def _print_how_judged(differences: Sequence[Difference]) -> None:
    """Say what the verdicts go by, where the intervals alone may seem to say otherwise."""
    out = results()
    if _are_several(differences):
        text = "adjusted p: for all differences together, and for the best one being chosen by looking (Holm)"
        out.print(text, style="bright_black", soft_wrap=True)
    if any(each.interval and _seems_otherwise(each.interval, each.verdict) for each in differences):
        text = "verdicts go by p; each interval is for itself, and may say otherwise"
        out.print(text, style="bright_black", soft_wrap=True)


def _seems_otherwise(interval: MeanInterval, verdict: str) -> bool:
    return (interval.low > 0 or interval.high < 0) == (verdict == "within the noise")


def comparison_facts(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain data."""
    facts: dict[str, Any] = json_safe({**asdict(comparison), "selected_on": comparison.part})
    return facts


def write_comparison(comparison: Comparison) -> None:
    """Write a comparison as CSV to standard output: a row a run."""
    paths = list(comparison.standings[0].settings)
    differences = {difference.name: difference for difference in comparison.differences}
    out = csv.writer(sys.stdout, lineterminator="\n")
    mean, error = comparison.metric, f"{comparison.metric}_standard_error"
    head = ["run", *paths, mean, error, "runs", "difference", "of", "low", "high", "p_value", "over", "verdict"]
    out.writerow([*head, "trials", "status", "selected_on", "trivial", "loss_unit", "adjusted_p_value"])
    for standing in comparison.standings:
        settings = [standing.settings[path] for path in paths]
        row: list[Any] = [standing.name, *(each if isinstance(each, float) else value_text(each) for each in settings)]
        row += [standing.mean, standing.standard_error, standing.runs]
        difference = differences.get(standing.name)
        if difference:
            interval = difference.interval
            row += [interval and interval.mean, difference.quantity, interval and interval.low]
            row += [interval and interval.high, difference.p_value, difference.basis, difference.verdict]
        else:
            row += [None, None, None, None, None, None, "best" if standing.name == comparison.best else "unknown"]
        row += [standing.trials, standing.status, comparison.part, standing.trivial, comparison.loss_unit]
        out.writerow([*row, difference and difference.adjusted_p_value])
