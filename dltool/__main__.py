"""The program: runs a command and turns whatever goes wrong into a message and an exit code."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from types import FrameType


def _end_at_once(number: int, frame: FrameType | None) -> None:
    """End in silence: nothing has begun."""
    del frame
    os._exit(128 + number)


def _answer_signals(answer: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Not what is ignored, as under nohup.
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler, _end_at_once):
            signal.signal(number, answer)


_answer_signals(_end_at_once)  # the rest takes a moment to load

import gc
import io
import re
import sys
import tempfile
import traceback
import warnings
from contextlib import suppress
from typing import Any, NoReturn

from dltool.environment import clear
from dltool.errors import ConfigError, DataNote, DataWarning, DltoolError, Interrupted, shortened
from dltool.interruptions import Interruptions
from dltool.wording.formatting import escape_controls

_BUG = 70
_OUT_OF_MEMORY = 71
_INPUT_OUTPUT = 74
_MOST_WARNINGS = 20
# The system's messages where it refuses memory or a thread, as libraries quote them in errors of their own.
_OUT_OF_RESOURCES = re.compile(
    "map segment|[Cc]annot allocate memory|Resource temporarily unavailable|can't start new thread|bad_alloc"
)
_BROKEN_PIPE = 128 + signal.SIGPIPE


def main() -> NoReturn:
    """Run the command line and leave with the exit code of what happened."""
    clear()
    # Each costs a tenth of a start-up of a third of a second; `backend.start` switches the collector on again.
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # A file opened later would take the number of a stream that is closed.
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123  (for as long as the program runs)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    if sys.stdout is None:
        os._exit(_fail("error: standard output is closed; send it to /dev/null to do without", _INPUT_OUTPUT))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # a path that is not UTF-8 is a path to the next program too
    _answer_signals(_end)
    sys.unraisablehook = _say_unraisable
    data_warnings = _DataWarnings()
    code = run()
    data_warnings.end()
    _exit(code)


def _end(number: int, frame: FrameType | None) -> None:
    """End where nothing has to be saved; a second signal, while the first is being answered, changes nothing."""
    del frame
    if not Interruptions.answered:
        os._exit(128 + number)


def _say_unraisable(unraisable: Any) -> None:
    """Say what an object ran into as it went; an interruption is answered at the next chance there is."""
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)


def run() -> int:
    """Run the command line and return the exit code of what happened."""
    try:
        code = _command()
        sys.stdout.flush()
    except Interrupted as interruption:
        code = _fail(str(interruption), interruption.exit_code)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except DltoolError as error:
        prefix = "" if isinstance(error, ConfigError) else "error: "  # each of its problems brings its own
        code = _fail("\n".join([prefix + str(error), *_notes(error)]), error.exit_code)
    except BrokenPipeError:
        code = _BROKEN_PIPE  # the code of a program that SIGPIPE ends: the reader has closed the pipe
    except Exception as error:
        code = _unexpected(error)
    return code


class _DataWarnings:
    """Prints the first warnings about the data, each once, as a sentence; those of other programs stay as they are."""

    def __init__(self) -> None:
        self._count, self._plain = 0, warnings.showwarning
        warnings.showwarning = self._show
        warnings.simplefilter("once", DataWarning)

    def _show(self, message: Warning | str, category: type[Warning], *where: Any, **options: Any) -> None:
        if not issubclass(category, DataWarning):
            self._plain(message, category, *where, **options)
            return
        self._count += 1
        if self._count <= _MOST_WARNINGS:
            word = "note" if issubclass(category, DataNote) else "warning"
            print(escape_controls(shortened(f"{word}: {message}")), file=sys.stderr)

    def end(self) -> None:
        """Say how many were not printed."""
        if self._count > _MOST_WARNINGS:
            with suppress(OSError):
                print(f"warning: {self._count - _MOST_WARNINGS:,} more warnings about the data", file=sys.stderr)


def _command() -> int:
    from dltool.cli import app

    try:
        app(prog_name="dltool")
    except SystemExit as leaving:
        # Click exits with 1 where the reader has closed the pipe, Typer with 130 whatever the signal was.
        if isinstance(leaving.__context__, BrokenPipeError):
            raise leaving.__context__ from None
        if leaving.__context__ and isinstance(leaving.__context__.__cause__, Interrupted):
            raise leaving.__context__.__cause__ from None
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    return 0


def _fail(message: str, code: int) -> int:
    with suppress(OSError):  # where standard error cannot be written to, the code alone tells
        print(escape_controls(shortened(message)), file=sys.stderr, flush=True)
    return code


def _unexpected(error: Exception) -> int:
    if isinstance(error, MemoryError):
        return _fail("error: out of memory; try a smaller batch_size or fewer rows", _OUT_OF_MEMORY)
    if type(error).__name__ == "ResourceExhaustedError":
        return _fail("error: out of memory on the device; try a smaller batch_size", _OUT_OF_MEMORY)
    if _OUT_OF_RESOURCES.search(str(error)):
        limited = f"error: the system gives this process no more memory or threads ({error}); see ulimit -a"
        return _fail(limited, _OUT_OF_MEMORY)
    if isinstance(error, OSError):
        return _fail(f"error: {error.filename or 'standard output'}: {error.strerror}", _INPUT_OUTPUT)
    with tempfile.NamedTemporaryFile("w", prefix="dltool-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(traceback.format_exc())
    summary = f"{type(error).__name__}: {error}".splitlines()[0]
    bug = f"error: this is a bug in dltool: {summary}\nthe traceback is in {log.name}"
    return _fail("\n".join([bug, *_notes(error)]), _BUG)


def _notes(error: Exception) -> list[str]:
    return [f"hint: {note}" for note in getattr(error, "__notes__", [])]


def _exit(code: int) -> NoReturn:
    # An ordinary exit takes a quarter of a second longer, in which TensorFlow frees what the system frees anyway.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
