"""What becomes of a run, a trial or a sweep: the words of ``run.json``, ``sweep.json`` and ``--json``."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """How far a run, a trial or a sweep came, or how it ended."""

    WAITING = "waiting"
    """A trial that has not begun."""
    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED_EARLY = "stopped_early"
    """By early stopping."""
    DIVERGED = "diverged"
    """The loss or a weight was not a finite number."""
    PRUNED = "pruned"
    """A trial that was stopped, or never begun, since other points are better."""
    INTERRUPTED = "interrupted"
    """By a signal; it can be resumed."""
    FAILED = "failed"
    KILLED = "killed"
    """Of a listing: marked as running, and its process is gone."""

    __repr__ = str.__repr__  # messages and `repr` of a run's facts show what is stored


SUCCESSFUL = (Status.COMPLETED, Status.STOPPED_EARLY)
"""Of runs that ended as they should: what they reached is comparable."""
FINISHED = (*SUCCESSFUL, Status.DIVERGED)
"""Of runs that came to their end."""
DONE = (*FINISHED, Status.PRUNED)
"""Of trials that are over: nothing would come of training them again."""
