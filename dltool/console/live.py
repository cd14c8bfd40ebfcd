"""Training on a terminal: a view that is redrawn in place, and rows of epochs that stay above it."""

from __future__ import annotations

import math
import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from dltool.console.announcements import fold_text, heading, is_milestone, resumption
from dltool.contracts.events import (
    EpochEnded,
    Event,
    FoldEnded,
    FoldStarted,
    Metrics,
    NothingToDo,
    Progress,
    Resumed,
    Started,
)
from dltool.wording.formatting import clock, duration, metrics_text, number

_REFRESH_SECONDS = 0.2
_BAR_WIDTH = 30
_FEW_EPOCHS = 20


class LiveDisplay:
    """Shows events on a terminal, redrawn at most five times a second and only when an event comes."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)
        self._view: _View | None = None
        self._fold: FoldStarted | None = None
        self._last_drawn = -math.inf

    def __enter__(self) -> LiveDisplay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._view:
            self._view.add_last_row()
            self._draw(self._view)
        self._live.stop()

    def show(self, event: Event) -> None:
        """Take the next event of the training; of a fold's, only its end stays on the screen."""
        if isinstance(event, FoldStarted):
            self._fold = event
        elif isinstance(event, FoldEnded):
            self._fold, self._view = None, None
            self._live.console.print(fold_text(event), f" {duration(event.seconds)}", soft_wrap=True, highlight=False)
        elif isinstance(event, Resumed | NothingToDo):
            if not self._fold:
                self._live.console.print(resumption(event), style="bright_black", soft_wrap=True)
        elif isinstance(event, Started):
            if not self._fold:
                self._live.console.print(heading(event), style="bright_black", soft_wrap=True)
            self._view = _View(event, self._live.console.width, self._fold)
            self._live.start()
            self._draw(self._view)
        elif isinstance(event, Progress | EpochEnded) and self._view:
            self._view.update(event)
            if time.monotonic() - self._last_drawn >= _REFRESH_SECONDS:
                self._draw(self._view)

    def _draw(self, view: _View) -> None:
        rows = view.pop_rows()
        if rows:
            self._live.console.print(Text("\n").join(rows))
        self._live.update(view.render(), refresh=True)
        self._last_drawn = time.monotonic()


def stays_on_screen(epoch: int, epochs: int) -> bool:
    """Tell whether an epoch's row stays on the screen: each of a few, else the milestones and the last one."""
    return epochs <= _FEW_EPOCHS or epoch == epochs or is_milestone(epoch)


class _View:
    """The state of a training, as text."""

    def __init__(self, started: Started, width: int, fold: FoldStarted | None = None) -> None:
        self._started = started
        self._fold = fold
        self._width = width
        self._progress: Progress | None = None
        self._ended: EpochEnded | None = None
        self._columns: list[str] = []
        self._rows: list[Text] = []
        self._row_epoch = 0
        self._clock: tuple[float, float] | None = None

    def update(self, event: Progress | EpochEnded) -> None:
        """Take the next event."""
        if isinstance(event, Progress):
            self._progress = event
            return
        self._progress, self._ended = None, event
        if not self._fold and stays_on_screen(event.epoch, self._started.epochs):
            self._add_row(event)

    def pop_rows(self) -> list[Text]:
        """Return the rows that are to stay and were not returned before; the head comes above the first."""
        rows, self._rows = self._rows, []
        return rows

    def add_last_row(self) -> None:
        """Add the row of the last epoch, unless it is there."""
        if self._ended and not self._fold and self._ended.epoch != self._row_epoch:
            self._add_row(self._ended)

    def _add_row(self, event: EpochEnded) -> None:
        if not self._columns:
            self._columns = self._fitting_columns(event.metrics)
            head = "".join(f"{name:>{_column_width(name)}}" for name in ["epoch", *self._columns, "time"])
            self._rows.append(Text(head, "bold"))
        row = Text(f"{event.epoch:>{_column_width('epoch')}}", "cyan")
        for name in self._columns:
            is_best = name == self._started.monitor and event.best_epoch == event.epoch
            # A number wider than its column keeps its distance from the one before.
            text = f"  {number(event.metrics[name]):>{_column_width(name) - 2}}"
            row.append(text, "bold green" if is_best else "default")
        row.append(f"{duration(event.seconds):>{_column_width('time')}}", "bright_black")
        self._rows.append(row)
        self._row_epoch = event.epoch

    def _fitting_columns(self, metrics: Metrics) -> list[str]:
        left = self._width - _column_width("epoch") - _column_width("time")
        names = []
        for name in metrics:
            left -= _column_width(name)
            if left < 0:
                break
            names.append(name)
        return names

    def render(self) -> Text:
        """Return the bars of the epochs and of the steps, the latest metrics and the best epoch."""
        started, progress, ended = self._started, self._progress, self._ended
        epochs, step = ended.epoch if ended else 0, progress.step if progress else 0
        done = (epochs + step / started.steps) / started.epochs
        counter = len(f"{max(started.epochs, started.steps):,}")
        text = Text("\n", no_wrap=True, overflow="ellipsis")
        if self._fold:
            _label(text, "fold", f"{self._fold.fold}/{self._fold.folds}\n")
        _label(text, "epoch", f"{epochs + bool(progress):>{counter},}/{started.epochs:<{counter},}")
        _bar(text, done, "cyan")
        text.append(f"  {self._time_left(done)}\n", "bright_black")
        latest = progress or ended
        if started.steps > 1:
            _label(text, "step", f"{step:>{counter},}/{started.steps:<{counter},}")
            _bar(text, step / started.steps, "blue")
            text.append(f"  {latest.examples_per_second:,.0f} examples/s\n" if latest else "\n", "bright_black")
        if latest:
            _label(text, "now", metrics_text(latest.metrics) + "\n")
        if ended and ended.best_epoch:
            _label(text, "best", "")
            text.append(f"{started.monitor} {number(ended.best)}", "green")
            text.append(f" in epoch {ended.best_epoch:,}\n")
        text.rstrip()
        return text

    def _time_left(self, done: float) -> str:
        now = time.monotonic()
        if self._clock is None and done > 0:
            self._clock = now, done  # not from the start: the first steps include compiling
        if self._clock is None or done <= self._clock[1]:
            return ""
        return clock((now - self._clock[0]) / (done - self._clock[1]) * (1 - done)) + " left"


def _column_width(name: str) -> int:
    return 2 + max(len(name), 7)


def _label(text: Text, name: str, value: str) -> None:
    text.append(f"  {name:<6} ", "bright_black")
    text.append(value)


def _bar(text: Text, share: float, style: str) -> None:
    full, half = divmod(round(2 * _BAR_WIDTH * min(share, 1.0)), 2)
    text.append("  ")
    text.append("━" * full + "╸" * half, style)
    text.append("━" * (_BAR_WIDTH - full - half), "bright_black")
