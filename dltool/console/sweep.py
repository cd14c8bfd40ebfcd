"""A sweep as it happens, and its results."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dltool.config.value_text import short_names, value_text, values_text
from dltool.console.console import is_styled, messages, results
from dltool.console.display import Lines, json_line, lines_to
from dltool.console.results import aligned, split_option
from dltool.console.tables import STATUS_COLOURS, table
from dltool.errors import DltoolError
from dltool.experiments.definition import Definition
from dltool.experiments.sweep_events import SweepEvent, SweepResult, SweepStarted, TrialEnded, TrialStarted
from dltool.experiments.sweep_spec import Axis, Range
from dltool.runs.sweep_directory import SweepDirectory
from dltool.runs.trials import PointResult, Trial, best_trial, point_results, ranked
from dltool.wording.formatting import clock, counted, duration, mean_text, number
from dltool.wording.notes import selection_text

Show = Callable[[SweepEvent], None]
_MOST_POINTS = 20
_MOST_FAILURES = 10
_MOST_RUNNING = 8


@contextmanager
def sweep_display_for(*, as_json: bool, quiet: bool) -> Iterator[Show]:
    """Yield what takes events and shows them as the stream allows.

    JSON goes to standard output, everything for a person to standard error.

    Args:
        as_json: show them to a program.
        quiet: show nothing.
    """
    if as_json:
        with lines_to(sys.stdout) as lines:
            yield lambda event: _show_json(event, lines)
    elif quiet:
        yield lambda event: None
    elif is_styled(sys.stderr):
        with LiveSweep(messages()) as live:
            yield live.show
    else:
        with lines_to(sys.stderr) as lines:
            yield PlainSweep(lines).show


def _show_json(event: SweepEvent, lines: Lines) -> None:
    if isinstance(event, SweepStarted):
        definition = event.definition
        facts = {"event": "started", "sweep": str(event.path), "trials": event.total, "done": event.done}
        facts |= {"metric": definition.metric, "direction": definition.direction}
    elif isinstance(event, TrialStarted):
        facts = {"event": "trial_started", **asdict(event.trial)}
    elif isinstance(event, TrialEnded):
        facts = {"event": "trial_ended", **asdict(event.trial)}
    else:
        facts = {"event": "finished", **result_facts(event.result)}
    lines.add(json_line(facts))
    lines.write()


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
        "failed": [trial.trial for trial in result.failures],
    }


def heading(event: SweepStarted) -> str:
    """Say what is about to be trained, on one line."""
    definition = event.definition
    text = f"{definition.name}: {counted(event.total, 'trial')}"
    if definition.repeats > 1:
        text += f" ({counted(event.total // definition.repeats, 'point')}, {definition.repeats} runs each)"
    text += f", {event.jobs} at a time"
    return text + (f"; {counted(event.done, 'trial')} done already" if event.done else "")


class PlainSweep:
    """One plain line a trial."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._metric = ""
        self._total = self._done = 0

    def show(self, event: SweepEvent) -> None:
        """Write a line for the start and for each trial that is over."""
        if isinstance(event, SweepStarted):
            self._metric, self._total, self._done = event.definition.metric, event.total, event.done
            self._lines.add(heading(event))
        elif isinstance(event, TrialEnded):
            self._done += 1
            self._lines.add(f"{self._done}/{self._total}  {trial_text(event.trial, self._metric)}")
        self._lines.write()


def trial_text(trial: Trial, metric: str) -> str:
    """Say on one line how a trial ended."""
    parts = [f"trial {trial.trial}", values_text(trial.values), f"seed {trial.seed}", trial.status.replace("_", " ")]
    if trial.objective is not None:
        parts.append(f"{metric} {number(trial.objective)}")
    if trial.seconds is not None:
        parts.append(duration(trial.seconds))
    if trial.status == "failed":
        parts.append(trial.reason.splitlines()[0])
    return "  ".join(parts)


class LiveSweep:
    """Shows on a terminal which trials run and how many have ended; those that failed leave a line."""

    def __init__(self, console: Console) -> None:
        self._started: SweepStarted | None = None
        self._running: dict[int, tuple[Trial, float]] = {}
        self._counts: dict[str, int] = {}
        self._done = 0
        self._best: PointResult | None = None
        self._clock: tuple[float, int] | None = None
        self._live = Live(
            console=console, refresh_per_second=2, transient=True, redirect_stdout=False, get_renderable=self._render
        )

    def __enter__(self) -> LiveSweep:
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, event: SweepEvent) -> None:
        """Take the next event."""
        if isinstance(event, SweepStarted):
            self._started, self._done, self._best = event, event.done, event.best
            self._live.console.print(heading(event), style="bright_black", soft_wrap=True)
            self._live.start()
        elif isinstance(event, TrialStarted):
            self._running[event.trial.trial] = event.trial, time.monotonic()
        elif isinstance(event, TrialEnded):
            self._end_trial(event)

    def _end_trial(self, event: TrialEnded) -> None:
        trial = event.trial
        self._running.pop(trial.trial, None)
        self._done, self._best = self._done + 1, event.best
        self._counts[trial.status] = self._counts.get(trial.status, 0) + 1
        # Not from the start: the first trials load TensorFlow.
        self._clock = self._clock or (time.monotonic(), self._done)
        if trial.status == "failed" and self._started:
            line = Text(trial_text(trial, self._started.definition.metric), "red")
            self._live.console.print(line, soft_wrap=True)

    def _render(self) -> Group:
        started = self._started
        if started is None:
            return Group()
        head = Text("\n  trials ", "bright_black")
        head.append(f"{self._done:,}/{started.total:,}", "bold default")
        for status, count in self._counts.items():
            head.append(f"  {count:,} {status.replace('_', ' ')}", STATUS_COLOURS.get(status, "default"))
        head.append(f"  {self._time_left(started.total)}")
        blocks: list[Text | Table] = [head]
        if self._best is not None:
            line = Text.assemble(("  best   ", "bright_black"), best_text(started.definition, self._best))
            if started.definition.selected_on != "validation":
                line.append("  on the training part", "bright_black")
            blocks.append(line)
        now = time.monotonic()
        for trial, began in list(self._running.values())[:_MOST_RUNNING]:
            text = f"{trial.trial:>5}  {values_text(trial.values)}  seed {trial.seed}  {clock(now - began)}"
            blocks.append(Text.assemble(("  now    ", "bright_black"), text, no_wrap=True, overflow="ellipsis"))
        return Group(*blocks)

    def _time_left(self, total: int) -> str:
        if self._clock is None or self._done <= self._clock[1]:
            return ""
        began, done = self._clock
        return clock((time.monotonic() - began) / (self._done - done) * (total - self._done)) + " left"


def best_text(definition: Definition, best: PointResult) -> Text:
    """Say which point is best, and its objective."""
    text = Text.assemble((f"{definition.metric} {mean_text(best.mean, best.standard_error)}", "green"))
    return text.append(f"  point {best.point}: {values_text(best.values)}")


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
    elif definition.ranks:
        out.print("\nno point came to a sound end in all its runs, so none can be called the best", soft_wrap=True)
    out.print()
    out.print(_next_steps(result, found), soft_wrap=True)
    print_failures(result)
    out.print()


def _next_steps(result: SweepResult, found: list[PointResult]) -> Text:
    """Say where things lie, and what to type next."""
    command, places = shlex.quote(str(result.path)), {}
    best = best_trial(result.best, result.definition.direction) if result.best else None
    if result.best and best:
        runs = ", ".join(shlex.quote(str(result.path / trial.path)) for trial in result.best.trials)
        places["runs"] = Text(runs, "cyan")
    places["report"] = Text(str(result.path / "report.html"), "cyan")
    if best:
        option = ""
        with suppress(DltoolError, KeyError):
            option = split_option(SweepDirectory(result.path).run(best).facts["rows"])
        places["evaluate"] = Text(f"dltool evaluate {command}{option}", "bold")
        places["predict"] = Text(f"dltool predict {command} INPUT", "bold")
    else:
        places["runs"] = Text(f"dltool runs {command}", "bold")
    if sum(bool(point.objectives) for point in found) > 1:
        places["compare"] = Text(f"dltool compare {command}", "bold")
    return aligned(places)


def print_failures(result: SweepResult) -> None:
    """Print, to standard error, which trials failed, and why."""
    out = messages()
    for trial in result.failures[:_MOST_FAILURES]:
        out.print(Text.assemble("\n", (f"trial {trial.trial} failed", "bold red"), f": {trial.reason}"), soft_wrap=True)
    if len(result.failures) > _MOST_FAILURES:
        out.print(f"and {len(result.failures) - _MOST_FAILURES} more failed; sweep.json has their reasons")


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


def _points_table(definition: Definition, found: list[PointResult]) -> Table:
    names = short_names(list(definition.axes))
    shown = table("point", *names.values(), definition.metric, "runs", "status")
    for result in found:
        statuses = dict.fromkeys(trial.status for trial in result.trials if trial.objective is None)
        runs = f"{len(result.objectives)} of {len(result.trials)}"
        values = (Text(value_text(result.values[name])) for name in names)
        outcome = ", ".join(status.replace("_", " ") for status in statuses) or "completed"
        mean = mean_text(result.mean, result.standard_error)
        colour = STATUS_COLOURS.get(next(iter(statuses), "completed"), "default")
        shown.add_row(str(result.point), *values, mean, runs, Text(outcome, colour))
    return shown
