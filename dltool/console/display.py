"""Training as it happens: live on a terminal, some dozens of plain lines in a pipe, JSON for programs."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from dltool.console.announcements import fold_text, heading, is_milestone, resumption
from dltool.console.streams import is_styled
from dltool.contracts.events import (
    EpochEnded,
    Event,
    FoldEnded,
    FoldStarted,
    NothingToDo,
    Progress,
    Resumed,
    Started,
    unobserved,
)
from dltool.runs.texts import json_safe
from dltool.wording.formatting import duration, metrics_text

Show = Callable[[Event], None]
"""Takes one event at a time."""
_WRITE_SECONDS = 0.1
_PROGRESS_SECONDS = 1.0
_MOST_SPACED_LINES = 40
_STRICT = json.JSONEncoder(allow_nan=False)


@contextmanager
def display_for(*, as_json: bool, quiet: bool) -> Iterator[Show]:
    """Yield what takes events and shows them as the stream allows.

    JSON goes to standard output, everything for a person to standard error.

    Args:
        as_json: show them to a program.
        quiet: show nothing.
    """
    if as_json:
        with lines_to(sys.stdout) as lines:
            yield JsonDisplay(lines).show
    elif quiet:
        yield unobserved
    elif is_styled(sys.stderr):
        from dltool.console.live import LiveDisplay
        from dltool.console.streams import messages

        with LiveDisplay(messages()) as live:
            yield live.show
    else:
        with lines_to(sys.stderr) as lines, PlainDisplay(lines) as plain:
            yield plain.show


class Lines:
    """A buffer of lines for a stream, which is written at most ten times a second.

    Call ``write_if_due`` whenever time has passed, and ``write`` at the end.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._pending: list[str] = []
        self._written = -math.inf

    def add(self, line: str) -> None:
        """Add a line; it is written at once unless others were written just before."""
        self._pending.append(line)
        self.write_if_due()

    def write_if_due(self) -> None:
        """Write the buffer, unless it was written just before."""
        if self._pending and time.monotonic() - self._written >= _WRITE_SECONDS:
            self.write()

    def write(self) -> None:
        """Write the buffer."""
        self._stream.write("".join(f"{line}\n" for line in self._pending))
        self._stream.flush()
        self._pending.clear()
        self._written = time.monotonic()


@contextmanager
def lines_to(stream: TextIO) -> Iterator[Lines]:
    """Yield lines that are all written at the end, whatever happens."""
    lines = Lines(stream)
    try:
        yield lines
    finally:
        lines.write()


class PlainDisplay:
    """Plain lines, one an epoch; of more than forty epochs, forty at even distances, the milestones and the last.

    Use it in a ``with`` block: leaving it writes the last epoch's line, wherever training broke off.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._epochs = self._distance = 1
        self._unwritten: EpochEnded | None = None
        self._in_fold = False

    def __enter__(self) -> PlainDisplay:
        return self

    def __exit__(self, *_: object) -> None:
        if self._unwritten:
            self._add(self._unwritten)

    def show(self, event: Event) -> None:
        """Write a line for the start and for epochs; of a fold one for its end."""
        if isinstance(event, FoldStarted):
            self._in_fold = True
        elif isinstance(event, FoldEnded):
            self._in_fold = False
            self._lines.add(f"{fold_text(event)}  {duration(event.seconds)}")
        elif self._in_fold:
            self._lines.write_if_due()
        elif isinstance(event, Resumed | NothingToDo):
            self._lines.add(resumption(event))
        elif isinstance(event, Started):
            self._epochs, self._distance = event.epochs, math.ceil(event.epochs / _MOST_SPACED_LINES)
            self._lines.add(heading(event))
        elif isinstance(event, EpochEnded) and (is_milestone(event.epoch) or event.epoch % self._distance == 0):
            self._add(event)
        else:
            self._unwritten = event if isinstance(event, EpochEnded) else self._unwritten
            self._lines.write_if_due()

    def _add(self, event: EpochEnded) -> None:
        speed = f"{duration(event.seconds)}  {event.examples_per_second:,.0f} examples/s"
        self._lines.add(f"epoch {event.epoch}/{self._epochs}  {metrics_text(event.metrics)}  {speed}")
        self._unwritten = None


class JsonDisplay:
    """One JSON object an event on a line of its own; the caller, who knows the run, writes ``finished``.

    Those of a fold's training say which. Progress comes at most once a second. Numbers that are not finite become null.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._progress = -math.inf
        self._fold: dict[str, int] = {}

    def show(self, event: Event) -> None:
        """Write an object for the start, for some progress and for each epoch."""
        if isinstance(event, FoldStarted):
            self._fold = {"fold": event.fold}
        elif isinstance(event, FoldEnded):
            self._fold = {}
            self._add("fold", event)
        elif isinstance(event, Resumed):
            self._add("resumed", event)
        elif isinstance(event, NothingToDo):
            self._add("nothing_to_do", event)
        elif isinstance(event, Started):
            self._add("started", event)
        elif isinstance(event, EpochEnded):
            self._add("epoch", event)
        elif isinstance(event, Progress) and time.monotonic() - self._progress >= _PROGRESS_SECONDS:
            self._progress = time.monotonic()
            self._add("progress", event)
        else:
            self._lines.write_if_due()

    def _add(self, name: str, event: Event) -> None:
        self._lines.add(json_line({"event": name, **self._fold, **vars(event)}))


def json_line(facts: dict[str, Any]) -> str:
    """Return facts as JSON on one line; numbers that are not finite become null."""
    try:
        return _STRICT.encode(facts)
    except ValueError:
        return _STRICT.encode(json_safe(facts))
