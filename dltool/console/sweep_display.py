"""A sweep as it happens."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dltool.config.counts import counted
from dltool.config.status import Status
from dltool.config.value_text import values_text
from dltool.console.display import Lines, json_line, lines_to
from dltool.console.streams import is_styled, messages
from dltool.console.sweep_results import best_text, result_facts
from dltool.console.tables import STATUS_COLOURS
from dltool.experiments.sweep_events import SweepEvent, SweepStarted, TrialEnded, TrialStarted
from dltool.runs.trials import PointResult, Trial
from dltool.wording.formatting import clock, duration, number

Show = Callable[[SweepEvent], None]
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
    if trial.status == Status.FAILED:
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
        if trial.status == Status.FAILED and self._started:
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
