"""Runs and points of sweeps compared."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from dltool.config.counts import counted
from dltool.config.value_text import short_names, value_text
from dltool.console.streams import messages, results
from dltool.console.tables import fits, table_of_runs
from dltool.runs.texts import json_safe
from dltool.wording.formatting import mean_text, number, signed, truncated

if TYPE_CHECKING:
    from dltool.analysis.compare import Comparison, Difference, Standing
    from dltool.analysis.statistics import MeanInterval

_MOST_SETTINGS = 8
_LONGEST_SETTING = 32
_TRIVIAL, _RUNS, _STATUS = "trivial", "runs", "status"
_VERDICT_COLOURS = {"better": "green", "worse": "red"}


def print_comparison(comparison: Comparison) -> None:
    """Print what differs in configs and results, the best first, and how sure each difference is."""
    out = results()
    all_settings = len(comparison.standings[0].settings)
    shown = min(all_settings, _MOST_SETTINGS)
    while shown > 1 and not fits(_standings_table(comparison, shown), out):
        shown -= 1
    out.print(_standings_table(comparison, shown))
    if all_settings > shown:
        more = all_settings - shown
        text = f"{counted(more, 'setting')} more {'differs' if more == 1 else 'differ'}; --json has all\n"
        out.print(text, style="bright_black", soft_wrap=True)
    arrow = "higher" if comparison.direction == "max" else "lower"
    training = "" if comparison.part == "validation" else "; on the training part, which says little of new data"
    unit = f", of {comparison.loss_unit}" if comparison.loss_unit and comparison.metric.endswith("loss") else ""
    out.print(f"{comparison.metric}{unit}: {arrow} is better{training}", style="bright_black", soft_wrap=True)
    trivial = _shared([number(each.trivial) for each in comparison.standings])
    trivial_text = f"trivial: {trivial and f'{trivial}, '}what an answer that ignores the input scores"
    out.print(trivial_text, style="bright_black", soft_wrap=True)
    if ended := _shared([f"{_runs_text(each)} each, {_status_text(each)}" for each in comparison.standings]):
        out.print(f"runs: {ended}", style="bright_black", soft_wrap=True)
    out.print()
    _print_worse_than_trivial(comparison)
    if comparison.best is None:
        out.print(f"none can be called the best: {comparison.reason}", soft_wrap=True)
    if comparison.differences:
        _print_differences(comparison)
    if comparison.left_out:
        text = f"{counted(len(comparison.left_out), 'point')} left out: no run came to a sound end"
        out.print(text, style="bright_black", soft_wrap=True)


def _print_worse_than_trivial(comparison: Comparison) -> None:
    for standing in comparison.standings:
        if standing.worse_than_trivial:
            of = f" in {standing.worse_than_trivial:,} of {standing.runs:,} runs" if standing.runs > 1 else ""
            line = f"warning: {standing.name} is worse than the trivial answer{of}"
            messages().print(Text(line, "yellow"), soft_wrap=True)


def _standings_table(comparison: Comparison, most_settings: int) -> Table:
    """Return the results, with those settings and other facts in which they differ."""
    standings = comparison.standings
    paths = list(standings[0].settings)
    names = short_names([*paths, comparison.metric, _TRIVIAL, _RUNS, _STATUS])  # no setting is called as another column
    cells = {
        names[path]: [Text(truncated(value_text(each.settings[path]), _LONGEST_SETTING)) for each in standings]
        for path in paths[:most_settings]
    }
    cells[comparison.metric] = [Text(mean_text(each.mean, each.standard_error)) for each in standings]
    trivial = [number(each.trivial) for each in standings]
    if not _shared(trivial):
        cells[_TRIVIAL] = [Text(each, "bright_black") for each in trivial]
    runs, statuses = ([text(each) for each in standings] for text in (_runs_text, _status_text))
    if not (_shared(runs) and _shared(statuses)):
        cells[_RUNS] = [Text(each) for each in runs]
        colours = ["green" if each.complete else "red" for each in standings]
        cells[_STATUS] = [*map(Text, statuses, colours)]
    shown = table_of_runs(*cells)
    shown.columns[-1].justify = "left" if _STATUS in cells else "right"
    for standing, *row in zip(standings, *cells.values(), strict=True):
        shown.add_row(Text(standing.name, "cyan"), *row)
    return shown


def _runs_text(standing: Standing) -> str:
    return f"{standing.runs:,} of {standing.trials:,}" if standing.runs != standing.trials else f"{standing.runs:,}"


def _status_text(standing: Standing) -> str:
    return standing.status.replace("_", " ")


def _shared(texts: Sequence[str]) -> str:
    """Return what is the same for all of several; empty where it is not."""
    return texts[0] if len(set(texts)) == 1 else ""


def _print_differences(comparison: Comparison) -> None:
    """Print how far the others are from the first, and why there is no verdict on some."""
    out, differences = results(), comparison.differences
    sure = [each for each in differences if each.interval]
    if comparison.best or sure:
        first = comparison.standings[0].name
        named = "the best of them" if comparison.best else "row by row, where all count alike"
        out.print(Text.assemble("against ", (first, "cyan"), f", {named}{_alike(sure)}"), soft_wrap=True)
    if sure:
        out.print(_differences_table(sure))
        _print_how_judged(sure)
    for reason in dict.fromkeys(each.reason for each in differences if each.reason):
        names = ", ".join(each.name for each in differences if each.reason == reason)
        out.print(Text(f"no verdict on {names}: {reason}", "bright_black"), soft_wrap=True)


def _alike(differences: Sequence[Difference]) -> str:
    """Say what all differences are of, and over, if that is the same."""
    found = {(each.quantity, each.basis) for each in differences}
    return ": differences in {} over {}".format(*found.pop()) if len(found) == 1 else ""


def _differences_table(differences: Sequence[Difference]) -> Table:
    p_value = "adjusted p" if _are_several(differences) else "p"
    own = [] if _alike(differences) else ["of", "over"]
    shown = table_of_runs("difference", "95 % interval", p_value, *own, "verdict")
    for column in shown.columns[4:]:
        column.justify = "left"
    for difference in differences:
        interval = difference.interval
        shown.add_row(
            Text(difference.name, "cyan"),
            signed(interval.mean) if interval else "",
            f"{signed(interval.low)} to {signed(interval.high)}" if interval else "",
            _p_value_text(difference.adjusted_p_value),
            *[difference.quantity, difference.basis][: len(own)],
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
