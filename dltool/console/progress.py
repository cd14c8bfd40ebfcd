"""Training as it happens: each display is shown one event at a time and does the rest."""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from dltool.console.console import is_styled
from dltool.console.formatting import duration, number
from dltool.training.events import EpochEnded, Event, Finished, Progress, Started

_REFRESH_SECONDS = 0.1
_JSON_PROGRESS_SECONDS = 1.0


class QuietDisplay:
    """Shows nothing; the other displays override what they need."""

    def __enter__(self) -> QuietDisplay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the screen or stream in order, whatever happened."""

    def show(self, event: Event) -> None:
        """Take the next event of the training."""

    def conclude(self, run: Path) -> None:
        """Say where the finished run lies, where the display's own output needs to."""


class PlainDisplay(QuietDisplay):
    """One plain line an epoch, for pipes and logs."""

    def __init__(self, stream: TextIO) -> None:
        self._lines = _Lines(stream)
        self._epochs = 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.flush()

    def show(self, event: Event) -> None:
        """Write a line for what started and for each epoch."""
        if isinstance(event, Started):
            self._epochs = event.epochs
            self._lines.add(started_line(event))
        elif isinstance(event, EpochEnded):
            metrics = "  ".join(f"{name} {number(value)}" for name, value in event.metrics.items())
            rate = f"{event.examples_per_second:,.0f} examples/s"
            self._lines.add(f"epoch {event.epoch}/{self._epochs}  {metrics}  {duration(event.seconds)}  {rate}")
        else:
            self._lines.flush_if_due()


class JsonDisplay(QuietDisplay):
    """One JSON object an event on one line; progress at most once a second. Non-finite numbers become null."""

    def __init__(self, stream: TextIO) -> None:
        self._lines = _Lines(stream)
        self._finished: dict[str, Any] = {}
        self._last_progress = -math.inf

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.flush()

    def show(self, event: Event) -> None:
        """Write the event; ``Finished`` waits for ``conclude``, which knows the run."""
        match event:
            case Started():
                self._add("started", vars(event))
            case Progress():
                now = time.monotonic()
                if now - self._last_progress >= _JSON_PROGRESS_SECONDS:
                    self._last_progress = now
                    self._add("progress", vars(event))
                self._lines.flush_if_due()
            case EpochEnded():
                self._add("epoch_ended", vars(event))
            case Finished():
                self._finished = vars(event)

    def conclude(self, run: Path) -> None:
        """Write the last object, ``finished``, with the run's path."""
        self._add("finished", {"run": str(run), **self._finished})
        self._lines.flush()

    def _add(self, name: str, facts: dict[str, Any]) -> None:
        self._lines.add(json.dumps(finite({"event": name, **facts})))


def display_for(json: bool, quiet: bool) -> QuietDisplay:
    """Choose the display: JSON on standard output if asked for, else on standard error what suits it.

    Args:
        json: one JSON object an event, on standard output.
        quiet: nothing at all.
    """
    if json:
        return JsonDisplay(sys.stdout)
    if quiet:
        return QuietDisplay()
    if is_styled(sys.stderr):
        from dltool.console.live import LiveDisplay

        return LiveDisplay()
    return PlainDisplay(sys.stderr)
