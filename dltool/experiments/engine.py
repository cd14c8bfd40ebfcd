"""What carries out trials: the one thing that differs between this machine and a cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dltool.errors import DltoolError
from dltool.runs.stored_files import read_end

_MAX_BYTES = 1 << 16


@dataclass(frozen=True)
class Job:
    """One trial to carry out. All of it can be said in JSON."""

    trial: int
    config: dict[str, Any]
    """The whole config, everything filled in."""
    run_dir: str
    log: str
    """The file that takes what the worker writes to standard error."""
    resume: bool = False
    """Whether to go on from what an earlier attempt left in ``run_dir``."""
    report_metric: str = ""
    """The metric to report while training, and to wait for an answer each time; empty for none."""
    report_every: int = 1
    """Epochs between two reports."""


@dataclass(frozen=True)
class JobEnded:
    """A trial is over; its run directory says how it ended."""

    trial: int


@dataclass(frozen=True)
class JobFailed:
    """A trial could not be carried out, and trying again would change nothing."""

    trial: int
    reason: str


@dataclass(frozen=True)
class JobCrashed:
    """The worker that carried out a trial is gone."""

    trial: int
    reason: str


@dataclass(frozen=True)
class JobReported:
    """A trial reports its metric and waits for ``answer``."""

    trial: int
    epoch: int
    value: float


EngineEvent = JobEnded | JobFailed | JobCrashed | JobReported

Report = Callable[[int, float], bool]
"""Takes an epoch and the value of its metric; returns whether to stop."""
RunJob = Callable[[dict[str, Any], Report], str]
"""Trains what a job says, given with ``device`` and ``threads``; returns why it failed for good, or nothing."""


class Engine(Protocol):
    """Carries out trials, several at a time."""

    def free(self) -> int:
        """Return how many more jobs it would start at once."""

    def submit(self, job: Job) -> None:
        """Start a job."""

    def wait(self, seconds: float | None = None) -> list[EngineEvent]:
        """Wait until something happens, and return it; nothing, where nothing has happened for so many seconds."""

    def answer(self, trial: int, *, stop: bool) -> None:
        """Tell a trial that reported whether to stop."""

    def stop(self) -> None:
        """Ask all trials that run to stop and save, and wait until they have, or for some seconds."""

    def close(self) -> None:
        """Let go of everything."""


def tail(log: Path, lines: int = 5) -> str:
    """Return the last lines of a log."""
    try:
        text = read_end(log, _MAX_BYTES)
    except DltoolError:
        return ""
    return "\n".join(text.decode("utf-8", "replace").splitlines()[-lines:])
