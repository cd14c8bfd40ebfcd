"""One trial of a sweep, trained in the process that calls: a worker on this machine, or a task on a cluster."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from dltool.api.training import train
from dltool.config.document import Document
from dltool.config.status import Status
from dltool.config.validation import validate
from dltool.contracts.events import EpochEnded, Event, StopTraining, unobserved
from dltool.errors import ChangedError, DltoolError, ThreadsNote
from dltool.experiments.engine import Report

# TensorFlow keeps half a MiB of each training until its caches are cleared, and some 4 MiB of each shape of network
# until the process ends. The caches are cleared when it has grown by so many bytes since they were cleared last, and a
# new process takes over when it has grown by so many since its first training.
_CLEAR_AT = 64 * 2**20
_MAX_GROWTH = 256 * 2**20
_MACHINE = ("versions", "device", "environment")
"""What may change, of that which a run was begun with, as a sweep is resumed."""


def train_job(job: dict[str, Any], report: Report) -> str:
    """Train what a job says, in this process.

    Args:
        job: As in ``experiments.engine.Job``, with ``device`` and ``threads``.
        report: Called every so many epochs, if the job asks for it.

    Returns:
        Why it failed, where trying again would change nothing; otherwise an empty text.

    Raises:
        ThreadsNote: nothing was done: this process has other threads, with which numbers could end in other last bits.
    """
    observe = _pruning_observer(job, report)
    # A process that had other threads may have thrown away what there was to go on with.
    resume = job["resume"] and Path(job["run_dir"]).exists()
    try:
        config = validate(Document("config", job["config"]))
        begin = partial(train, config, job["run_dir"], device=job["device"], share=job["threads"], observe=observe)
        with warnings.catch_warnings():
            warnings.simplefilter("error", ThreadsNote)
            try:
                begin(resume=resume)
            except ChangedError as error:
                if not all(path.startswith(_MACHINE) for path in error.paths):
                    raise
                # An earlier attempt was interrupted, and the machine is another one since.
                print(f"begun anew: {', '.join(sorted(error.paths))} changed", file=sys.stderr, flush=True)
                shutil.rmtree(job["run_dir"])
                begin(resume=False)
    except DltoolError as error:
        print(error, file=sys.stderr, flush=True)
        return str(error)
    memory_growth.check()
    return ""


def _pruning_observer(job: dict[str, Any], report: Report) -> Callable[[Event], None]:
    """Return an observer that reports a job's metric, and stops the training where the answer says so."""
    metric, every = job["report_metric"], job["report_every"]
    if not metric:
        return unobserved

    def observe(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch % every == 0:
            value = event.metrics[metric]
            if value is not None and report(event.epoch, value):
                reason = f"{metric} was {value:.6g} after epoch {event.epoch}, worse than that of other points"
                raise StopTraining(Status.PRUNED, reason)

    return observe


class MemoryGrowth:
    """Watches the memory of this process from its first training on."""

    def __init__(self) -> None:
        self._first = self._last_cleared = 0

    def check(self) -> None:
        """Clear the caches of earlier trainings if they have added up; to be called after each training."""
        from dltool.training.loop_cache import LOOPS

        self._first = self._first or _resident_bytes()
        self._last_cleared = self._last_cleared or self._first
        if _resident_bytes() > self._last_cleared + _CLEAR_AT:
            LOOPS.clear()
            self._last_cleared = _resident_bytes()

    def is_too_much(self) -> bool:
        """Tell whether a new process should take over."""
        return bool(self._first) and _resident_bytes() > self._first + _MAX_GROWTH


memory_growth = MemoryGrowth()


def _resident_bytes() -> int:
    """Return the memory that this process holds, in bytes; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
