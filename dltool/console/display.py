"""Showing training as it happens: live on a terminal, a line an epoch in a pipe, JSON for programs."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from dltool.training.events import EpochEnded, Event, Finished, Metrics, Progress, Started

Show = Callable[[Event], None]
_REFRESH_SECONDS = 0.1


@contextmanager
def display_for(*, as_json: bool, quiet: bool) -> Iterator[Show]:
    """Lend the display that suits the place where the program runs.

    JSON goes to standard output, everything for a person to standard error.
    """
    if as_json:
        yield _show_json
    elif quiet:
        yield lambda event: None
    elif sys.stderr.isatty():
        with _live() as show:
            yield show
    else:
        yield _Lines().show


def number(value: float) -> str:
    """Return a metric as a person reads it: four significant digits, never wider than needed."""
    if not math.isfinite(value):
        return str(value)
    return f"{value:.4f}" if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.3e}"


def metrics_text(metrics: Metrics) -> str:
    """Return metrics as ``loss 0.1234  accuracy 0.9812``."""
    return "  ".join(f"{name} {number(value)}" for name, value in metrics.items())


def _show_json(event: Event) -> None:
    if isinstance(event, Started | EpochEnded):
        name = "started" if isinstance(event, Started) else "epoch"
        sys.stdout.write(json.dumps({"event": name, **asdict(event)}) + "\n")
        sys.stdout.flush()


class _Lines:
    """One plain line an epoch."""

    def __init__(self) -> None:
        self.epochs = 0

    def show(self, event: Event) -> None:
        if isinstance(event, Started):
            self.epochs = event.epochs
            print(_heading(event), file=sys.stderr)
        elif isinstance(event, EpochEnded):
            width = len(str(self.epochs))
            speed = f"{event.seconds:.2f} s  {event.examples_per_second:,.0f} examples/s"
            line = f"epoch {event.epoch:{width}d}/{self.epochs}  {metrics_text(event.metrics)}  {speed}"
            print(line, file=sys.stderr)


def _heading(event: Started) -> str:
    steps = f"{event.steps:,} step{'s' if event.steps > 1 else ''}"
    return (
        f"training on {event.device}: {event.rows:,} rows, {event.parameters:,} parameters, "
        f"{event.epochs:,} epochs of {steps}"
    )


@contextmanager
def _live() -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<6}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("[dim]{task.fields[speed]}"),
        TimeRemainingColumn(compact=True),
    )
    lines = _LiveLines(Bars(*columns, console=console, auto_refresh=False, transient=True))
    with lines.bars:
        yield lines.show


class _LiveLines:
    """Two bars (epochs, steps of the epoch), the metrics, the best so far; now and then an epoch's line stays."""

    def __init__(self, bars) -> None:  # type: ignore[no-untyped-def]
        self.bars = bars
        self.refreshed = 0.0
        self.started: Started | None = None

    def show(self, event: Event) -> None:
        if isinstance(event, Started):
            self.started = event
            self.bars.console.print(_heading(event), highlight=False)
            self.epochs = self.bars.add_task("epoch", total=event.epochs, speed="")
            self.steps = self.bars.add_task("step", total=event.steps, speed="")
            self.text = ""
            self.metrics = self.bars.add_task("", total=None, speed="", visible=False)
        elif isinstance(event, Progress):
            if self._due():
                speed = f"{event.examples_per_second:,.0f} examples/s"
                self.bars.update(self.steps, completed=event.step, speed=speed)
                self.bars.update(self.epochs, speed=metrics_text(event.metrics))
                self.bars.refresh()
        elif isinstance(event, EpochEnded):
            self._epoch_ended(event)
        elif isinstance(event, Finished):
            self.bars.refresh()

    def _epoch_ended(self, event: EpochEnded) -> None:
        epochs = self.started.epochs if self.started else event.epoch
        if _stays(event.epoch, epochs):
            best = "  [green]best[/green]" if event.best_epoch == event.epoch else ""
            width = len(str(epochs))
            line = f"epoch {event.epoch:{width}d}/{epochs}  {metrics_text(event.metrics)}"
            self.bars.console.print(f"{line}  [dim]{event.seconds:.2f} s[/dim]{best}", highlight=False)
        if self._due() or event.epoch == epochs:
            best = f"best {number(event.best)} in epoch {event.best_epoch}"
            self.bars.update(self.epochs, completed=event.epoch, speed=best)
            self.bars.update(self.steps, completed=0 if event.epoch < epochs else None, speed="")
            self.bars.refresh()

    def _due(self) -> bool:
        now = time.monotonic()
        if now - self.refreshed < _REFRESH_SECONDS:
            return False
        self.refreshed = now
        return True


def _stays(epoch: int, epochs: int) -> bool:
    """Tell whether an epoch's line stays on the screen: all of a few, and about ten of many."""
    return epochs <= 20 or epoch == 1 or epoch % max(1, epochs // 10) == 0
