"""A process that trains one config after another, as lines of JSON on standard input ask it to.

A job is an object as in ``experiments.engine.Job``, with ``device`` and ``threads``. What comes back on standard
output, a line each: ``{"epoch": …, "value": …}``, to be answered by ``{"stop": …}``; at the end of a job ``leaving``,
whether this process has grown too large for another one, and ``failed``, the reason, where trying again would change
nothing. ``{"interrupt": true}`` ends the process as Ctrl-C would, the end of its input ends it at once.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import sys
import threading
import traceback
from functools import partial
from pathlib import Path
from typing import Any

from dltool import api
from dltool.config.document import Document
from dltool.config.validation import validate
from dltool.environment import clear
from dltool.errors import ChangedError, DltoolError
from dltool.experiments.engine import Report
from dltool.runs.files import append_to
from dltool.training.events import EpochEnded, Event, StopTraining

# TensorFlow keeps half a MiB of each training until it is told to forget, and some 4 MiB of each shape of network for
# ever. A process forgets when it has grown by so many bytes since it did so last, and makes way for a new one when it
# has grown by so many since its first training.
_FORGET_AT = 32 * 2**20
_MOST_GROWTH = 256 * 2**20
_MACHINE = ("versions", "device", "environment")
"""What may change, of that which a run was begun with, as a sweep goes on."""
Messages = queue.SimpleQueue[dict[str, Any]]


def main() -> None:
    """Work until there is nothing more to be read."""
    clear()
    channel = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not get between the messages
    messages: Messages = queue.SimpleQueue()

    def say(**message: Any) -> None:
        os.write(channel, json.dumps(message).encode() + b"\n")

    def report(epoch: int, value: float) -> bool:
        say(epoch=epoch, value=value)
        return bool(messages.get().get("stop"))

    code = 128 + signal.SIGINT
    try:
        threading.Thread(target=_listen, args=(messages, threading.get_ident()), daemon=True).start()
        while True:
            job = messages.get()
            if "interrupt" in job:
                break  # its signal came while the last training was being saved, which had to be finished
            _write_to(job["log"])
            failed = carry_out(job, report)
            outcome = {"failed": failed} if failed else {}
            say(**outcome, leaving=_growth.is_too_much())
    except KeyboardInterrupt:
        pass
    except BaseException:
        # Nobody knows in what state this process is; the driver takes a new one, and quotes the end of the log.
        traceback.print_exc()
        sys.stderr.flush()
        code = 70
    os._exit(code)  # without waiting for the thread that listens


def _memory() -> int:
    """Return the memory that this process holds, in bytes; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


class _Growth:
    """Watches the memory of this process from its first training on."""

    def __init__(self) -> None:
        self._first = self._last = 0

    def check(self) -> None:
        """Have earlier trainings forgotten if what is kept of them has added up; to be called after each."""
        from dltool.training.warm import forget

        self._first = self._first or _memory()
        self._last = self._last or self._first
        if _memory() > self._last + _FORGET_AT:
            forget()
            self._last = _memory()

    def is_too_much(self) -> bool:
        """Tell whether another process had better go on."""
        return bool(self._first) and _memory() > self._first + _MOST_GROWTH


_growth = _Growth()


def _listen(messages: Messages, main_thread: int) -> None:
    """Pass on what is said, and notice at once when nobody is there any more, even amid a training."""
    for line in sys.stdin.buffer:
        message = json.loads(line)
        messages.put(message)  # an interruption too: the training may be waiting for an answer
        if "interrupt" in message:
            signal.pthread_kill(main_thread, signal.SIGINT)
    os._exit(0)


def _write_to(log: str) -> None:
    sys.stderr.flush()
    with append_to(Path(log)) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def carry_out(job: dict[str, Any], report: Report) -> str:
    """Train what a job says, in this process.

    Args:
        job: as in ``experiments.engine.Job``, with ``device`` and ``threads``.
        report: called every so many epochs, if the job asks for it.

    Returns:
        Why it failed, where trying again would change nothing; otherwise an empty text.
    """
    metric, every = job["report_metric"], job["report_every"]

    def observe(event: Event) -> None:
        if metric and isinstance(event, EpochEnded) and event.epoch % every == 0:
            value = event.metrics[metric]
            if value is not None and report(event.epoch, value):
                what = f"{metric} was {value:.6g} after epoch {event.epoch}"
                raise StopTraining("pruned", f"{what}, worse than that of other points")

    try:
        config = validate(Document("config", job["config"]))
        train = partial(
            api.train, config, job["run_dir"], device=job["device"], threads=job["threads"], observe=observe
        )
        try:
            train(resume=job["resume"])
        except ChangedError as error:
            if not all(place.startswith(_MACHINE) for place in error.places):
                raise
            # An earlier attempt was interrupted, and the machine is another one since.
            print(f"begun anew: {', '.join(sorted(error.places))} changed", file=sys.stderr, flush=True)
            shutil.rmtree(job["run_dir"])
            train(resume=False)
    except DltoolError as error:
        print(error, file=sys.stderr, flush=True)
        return str(error)
    _growth.check()
    return ""


if __name__ == "__main__":
    main()
