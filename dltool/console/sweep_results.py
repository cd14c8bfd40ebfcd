"""The points of a sweep, before it runs and as they came out."""

from __future__ import annotations

import shlex
from contextlib import suppress
from typing import Any

from rich.table import Table
from rich.text import Text

from dltool.config.counts import counted
from dltool.config.status import Status
from dltool.config.value_text import short_names, value_text, values_text
from dltool.console.streams import messages, results
from dltool.console.summary import split_option
from dltool.console.tables import STATUS_COLOURS, aligned, table
from dltool.errors import DltoolError
from dltool.experiments.definition import Definition
from dltool.experiments.sweep_events import SweepResult
from dltool.experiments.sweep_spec import Axis, Range
from dltool.runs.sweep_directory import SweepDirectory
from dltool.runs.trials import PointResult, best_trial, point_results, ranked
from dltool.wording.formatting import mean_text
from dltool.wording.notes import importance_text, luck_text, selection_text

_MOST_POINTS = 20
_MOST_FAILURES = 10


def print_points(definition: Definition) -> None:
    """Print the points of a sweep, as far as they are known before the first of them is run."""
    out = results()
    names = short_names(list(definition.axes))
    if definition.points:
        shown = table("point", *names.values())
        for point in definition.points:
            shown.add_row(str(point.number), *(Text(value_text(value)) for value in point.values.values()))
    else:
        shown = table("axis", "values")
        for name, axis in definition.axes.items():
            shown.add_row(Text(names[name]), Text(_axis_text(axis)))
    out.print(shown)
    points, trials = definition.total // definition.repeats, definition.total
    text = f"\n{counted(points, 'point')}, {counted(definition.repeats, 'run')} each: {counted(trials, 'trial')}"
    if not definition.points:
        text += f"; {definition.plain['search']['type']} chooses each point by what the earlier ones came to"
    out.print(text, soft_wrap=True)


def _axis_text(axis: Axis) -> str:
    if not isinstance(axis, Range):
        return ", ".join(map(value_text, axis))
    text = f"{value_text(axis.low)} to {value_text(axis.high)}"
    return text + (", by orders of magnitude" if axis.log else f" by {axis.step}" if axis.step else "")


def points_facts(definition: Definition) -> dict[str, Any]:
    """Return the points of a sweep as plain data."""
    return {
        "search": definition.plain["search"],
        "repeats": definition.repeats,
        "objective": definition.plain["objective"],
        "axes": definition.axes_facts(),
        "points": [{"point": point.number, "values": point.values} for point in definition.points],
    }


def print_result(result: SweepResult) -> None:
    """Print, to standard error, the points with their objectives, the best one, and what failed."""
    out, definition = messages(), result.definition
    found = point_results(result.trials)
    if definition.ranks:
        found = ranked(found, definition.direction)
    out.print()
    out.print(_points_table(definition, found[:_MOST_POINTS]))
    if len(found) > _MOST_POINTS:
        out.print(f"and {counted(len(found) - _MOST_POINTS, 'point')} more in {result.path / 'results.csv'}")
    if result.best is not None:
        out.print(Text.assemble("\n", ("best", "bold green"), "  ", best_text(definition, result.best)), soft_wrap=True)
        out.print(f"      {selection_text(definition.metric)}", soft_wrap=True, style="bright_black")
        if luck := result.luck:
            text = luck_text(luck.probability, luck.points, luck.over, luck.expected)
            out.print(f"      {text}", soft_wrap=True, style="bright_black")
        if importance := result.importance:
            names = short_names(list(definition.axes))
            axes = [(names[each.axis], each.share, each.low, each.high) for each in importance.axes]
            out.print(Text(f"      {importance_text(axes, importance.rest)}", "bright_black"), soft_wrap=True)
    elif definition.ranks:
        out.print("\nno point came to a sound end in all its runs, so none can be called the best", soft_wrap=True)
    out.print()
    out.print(_next_steps(result, found), soft_wrap=True)
    print_failures(result)
    out.print()


def _points_table(definition: Definition, found: list[PointResult]) -> Table:
    names = short_names(list(definition.axes))
    shown = table("point", *names.values(), definition.metric, "runs", "status")
    for result in found:
        statuses = dict.fromkeys(trial.status for trial in result.trials if trial.objective is None)
        runs = f"{len(result.objectives)} of {len(result.trials)}"
        values = (Text(value_text(result.values[name])) for name in names)
        outcome = ", ".join(status.replace("_", " ") for status in statuses) or Status.COMPLETED
        mean = mean_text(result.mean, result.standard_error)
        colour = STATUS_COLOURS.get(next(iter(statuses), Status.COMPLETED), "default")
        shown.add_row(str(result.point), *values, mean, runs, Text(outcome, colour))
    return shown


def best_text(definition: Definition, best: PointResult) -> Text:
    """Say which point is best, and its objective."""
    text = Text.assemble((f"{definition.metric} {mean_text(best.mean, best.standard_error)}", "green"))
    return text.append(f"  point {best.point}: {values_text(best.values)}")


def _next_steps(result: SweepResult, found: list[PointResult]) -> Text:
    """Say where things lie, and what to type next."""
    command, steps = shlex.quote(str(result.path)), {}
    best = best_trial(result.best, result.definition.direction) if result.best else None
    if result.best and best:
        runs = ", ".join(shlex.quote(str(result.path / trial.path)) for trial in result.best.trials)
        steps["runs"] = Text(runs, "cyan")
    steps["report"] = Text(str(result.path / "report.html"), "cyan")
    if best:
        option = ""
        with suppress(DltoolError, KeyError):
            option = split_option(SweepDirectory(result.path).run(best).facts["rows"])
        steps["evaluate"] = Text(f"dltool evaluate {command}{option}", "bold")
        steps["predict"] = Text(f"dltool predict {command} INPUT", "bold")
    else:
        steps["runs"] = Text(f"dltool runs {command}", "bold")
    if sum(bool(point.objectives) for point in found) > 1:
        steps["compare"] = Text(f"dltool compare {command}", "bold")
    return aligned(steps)


def print_failures(result: SweepResult) -> None:
    """Print, to standard error, which trials failed, and why."""
    out = messages()
    for trial in result.failures[:_MOST_FAILURES]:
        out.print(Text.assemble("\n", (f"trial {trial.trial} failed", "bold red"), f": {trial.reason}"), soft_wrap=True)
    if len(result.failures) > _MOST_FAILURES:
        out.print(f"and {len(result.failures) - _MOST_FAILURES} more failed; sweep.json has their reasons")


def result_facts(result: SweepResult) -> dict[str, Any]:
    """Return the result of a sweep as plain data."""
    best = result.best
    return {
        "sweep": str(result.path),
        "status": result.status,
        "metric": result.definition.metric,
        "selected_on": result.definition.selected_on if best else None,
        "best": best
        and {
            "point": best.point,
            "values": best.values,
            "mean": best.mean,
            "standard_error": best.standard_error,
            "runs": [str(result.path / trial.path) for trial in best.trials],
        },
        "luck": result.luck and result.luck.model_dump(),
        "importance": result.importance and result.importance.model_dump(),
        "failed": [trial.trial for trial in result.failures],
    }
