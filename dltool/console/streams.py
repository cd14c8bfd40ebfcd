"""The two streams: results go to standard output, everything else to standard error."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterable
from typing import IO, Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from dltool.wording.formatting import escape_controls

UNLIMITED_WIDTH = 100_000
"""Of a pipe or a file, in characters."""


class _SafeConsole(Console):
    """Escapes control characters in what it prints; the codes of its own colours stay."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(escape_controls(segment.text), segment.style)


class _SafeBytes(io.RawIOBase):
    """Writes UTF-8 to a terminal, with control characters escaped."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._terminal.write(escape_controls(self._decoder.decode(bytes(data))))
        return len(data)


def data_output() -> IO[bytes]:
    """Return standard output for data: unchanged to a file or a pipe, with control characters escaped on a terminal."""
    if sys.stdout.isatty():
        return _SafeBytes(sys.stdout)  # type: ignore[return-value]
    return sys.stdout.buffer


def results() -> Console:
    """Return the console on standard output, for what was asked for."""
    return _console(sys.stdout)


def messages() -> Console:
    """Return the console on standard error, for everything else."""
    return _console(sys.stderr)


def is_styled(stream: TextIO) -> bool:
    """Tell whether a stream takes colours and moving lines: a terminal, and neither NO_COLOR nor a dumb one."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def _console(stream: TextIO) -> Console:
    return _SafeConsole(
        file=stream,
        color_system="auto" if is_styled(stream) else None,
        width=None if stream.isatty() else UNLIMITED_WIDTH,
        highlight=False,
        emoji=False,
        markup=False,
    )


def print_blocks(out: Console, *blocks: Text | Table) -> None:
    """Print texts and tables below one another."""
    for block in blocks:
        # A terminal wraps text so that it can be copied whole; tables have to fit themselves.
        out.print(block, soft_wrap=isinstance(block, Text))
