"""Where words go: results to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from rich.console import Console

_UNLIMITED = 100_000


def results() -> Console:
    """Return the console on standard output, for what was asked for."""
    return _console(sys.stdout)


def messages() -> Console:
    """Return the console on standard error, for everything else."""
    return _console(sys.stderr)


def is_styled(stream: TextIO) -> bool:
    """Say whether a stream takes colours and moving lines: a terminal, and neither NO_COLOR nor a dumb one."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def _console(stream: TextIO) -> Console:
    return Console(
        file=stream,
        color_system="auto" if is_styled(stream) else None,
        width=None if stream.isatty() else _UNLIMITED,
        highlight=False,
        emoji=False,
        markup=False,
    )
