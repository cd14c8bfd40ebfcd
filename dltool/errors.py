"""Every error that a user can cause, each with the exit code that scripts may rely on.

Anything else that escapes from the program is a bug (exit code 70).
"""

from __future__ import annotations

import signal
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KeyPath = tuple[str | int, ...]
"""The way to a value in a file: ``("model", "layers", 2, "units")``."""

_LONGEST_LINE, _MOST_LINES = 1000, 100
LONGEST_PART = 400
"""Characters of a problem's message, of its hint, or of the path of a file."""
_LONGEST_EXCERPT = 120
"""Characters of a line that is quoted, or of a path of keys."""


def clip(text: str, most: int) -> str:
    """Return a text, of which the middle is left out where it is longer than ``most`` characters."""
    if len(text) <= most:
        return text
    end = most // 4
    return f"{text[: most - end]} … {len(text) - most:,} characters left out … {text[len(text) - end :]}"


def shortened(message: str) -> str:
    """Return a message without what nobody would read: words of the user's may be of any length, and are said back."""
    lines = message.split("\n")
    if len(lines) > _MOST_LINES:
        half = _MOST_LINES // 2
        lines = [*lines[:half], f"… {len(lines) - 2 * half:,} lines left out …", *lines[-half:]]
    return "\n".join(clip(line, _LONGEST_LINE) for line in lines)


def first_fault(error: Any) -> str:
    """Return where something stored is wrong, and how, of a Pydantic error, without quoting it."""
    first = error.errors(include_url=False, include_input=False)[0]
    keys = ".".join(map(str, first["loc"]))
    return f"{keys and f'{keys}: '}{first['msg']}"


def first_line(error: Exception) -> str:
    """Return the first line of what an error says; its type where it says nothing."""
    return (str(error) or type(error).__name__).splitlines()[0]


@dataclass(frozen=True)
class Position:
    """Where something stands: a file, or the command line, a line and a column counted from 1."""

    origin: str
    line: int
    """0 on the command line, which has none."""
    column: int
    width: int
    """Characters to underline."""
    text: str
    """The whole line."""
    is_scalar: bool = False
    """Whether it is the position of a plain value rather than of a mapping or a list."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, with where and, if known, how to mend it."""

    message: str
    keys: KeyPath = ()
    hint: str = ""
    at_key: bool = False
    """Point at the key itself rather than at its value."""
    position: Position | None = None

    def render(self) -> str:
        """Return the problem as ``file:line:column: error: …`` with an excerpt."""
        path = clip(dotted(self.keys), _LONGEST_EXCERPT)
        message = f"error: {clip(self.message, LONGEST_PART)}" + (f" ({path})" if path else "")
        hint = f"hint: {clip(self.hint, LONGEST_PART)}" if self.hint else ""
        if self.position is None:
            return "\n".join(filter(None, [message, f"  {hint}" if hint else ""]))
        position = self.position
        number = f"{position.line:5d}" if position.line else " " * 5
        origin = clip(position.origin, LONGEST_PART)
        where = f"{origin}:{position.line}:{position.column}" if position.line else origin
        text = position.text.replace("\t", " ")
        column, width = position.column, position.width
        if len(text) > _LONGEST_EXCERPT:
            start = max(0, column - 40)
            text, column = text[start : start + _LONGEST_EXCERPT], column - start
        underline = "^" * max(1, min(width, len(text) - column + 1))
        return "\n".join(
            [
                f"{where}: {message}",
                f"{number} | {text}",
                f"      | {' ' * (column - 1)}{underline}{' ' + hint.removeprefix('hint: ') if hint else ''}",
            ]
        )


def dotted(keys: KeyPath) -> str:
    """Return keys as a person writes them: ``model.layers[2].units``."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")


class DataWarning(UserWarning):
    """Something in the data that can be used but is hardly meant; the program prints it to standard error."""


class DataNote(DataWarning):
    """What was taken where something else was named; the program prints it to standard error."""


class ThreadsNote(DataNote):
    """A process computes with another number of threads than a training asks for, and cannot change it any more."""

    def __init__(self, message: str, threads: int) -> None:
        super().__init__(message)
        self.threads = threads
        """How many it asks for."""


class DltoolError(Exception):
    """Something that a user can mend; the message says what happened, where, and how."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(shortened(message))


class UsageError(DltoolError):
    """The words of a command cannot be used together, or a value on the command line is wrong."""

    exit_code = 2


class DataError(DltoolError):
    """A data file or a model file holds something that cannot be used."""

    exit_code = 65


class InputMissingError(DltoolError):
    """A file or folder that was named does not exist or cannot be read."""

    exit_code = 66


class SystemLimitError(DltoolError):
    """The machine lacks what was asked for: memory, a device, a driver."""

    exit_code = 71


class OutputError(DltoolError):
    """A file or folder cannot be created."""

    exit_code = 73


class InputOutputError(DltoolError):
    """Reading or writing failed midway."""

    exit_code = 74


class LockedError(DltoolError):
    """Another process works in the directory."""

    exit_code = 75


class RefusedError(DltoolError):
    """A file asks for something that would not be safe."""

    exit_code = 77


class ConfigError(DltoolError):
    """The config cannot be used; the message lists every problem with its place."""

    exit_code = 78

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = problems
        """What the message lists, for those who would say it in another way."""


class ChangedError(ConfigError):
    """A run cannot go on: what it was begun with has changed."""

    def __init__(self, message: str, paths: Sequence[str]) -> None:
        super().__init__(message)
        self.paths = paths
        """What has changed, such as ``versions.keras``, ``device`` or a path in the config."""


class Interrupted(KeyboardInterrupt):
    """The process was asked to end by a signal; no ``except Exception`` takes it for an error."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.exit_code = 128 + number
        self.run_dir: Path | None = None
        """The run, or the sweep, that can be resumed, if one had been begun."""


def warn(message: str) -> None:
    """Tell the user something about the data."""
    warnings.warn(message, DataWarning, stacklevel=2)
