"""The facts that a sweep yields; others print them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dltool.config.status import Status
from dltool.config.value_text import value_text, values_text
from dltool.experiments.definition import Definition
from dltool.runs.sweep_facts import Importance, Luck
from dltool.runs.trials import PointResult, Trial


@dataclass(frozen=True)
class SweepStarted:
    """A sweep begins, or goes on."""

    path: Path
    """Its directory."""
    definition: Definition
    total: int
    """How many trials it will have."""
    done: int
    """How many of them are done already."""
    jobs: int
    """How many may run at a time."""
    best: PointResult | None = None
    """The best point of those that are done already."""


@dataclass(frozen=True)
class TrialStarted:
    """A trial begins."""

    trial: Trial


@dataclass(frozen=True)
class TrialEnded:
    """A trial is over, one way or another."""

    trial: Trial
    best: PointResult | None
    """The best point so far."""


@dataclass(frozen=True)
class SweepEnded:
    """A sweep is over."""

    result: SweepResult


@dataclass(frozen=True)
class SweepResult:
    """What came of a sweep."""

    path: Path
    """Its directory."""
    status: Status
    """``completed``, ``failed`` (some trials did) or ``interrupted``."""
    definition: Definition
    trials: tuple[Trial, ...]
    best: PointResult | None
    """The point with the best mean, if the points can be ranked and one came to a sound end."""
    luck: Luck | None = None
    """How much of its lead is luck; None where that cannot be told."""
    importance: Importance | None = None
    """How much each axis matters; None where that cannot be told."""

    def __repr__(self) -> str:
        said = f"{len(self.trials):,} trials"
        if self.best:
            metric, mean = self.definition.metric, value_text(self.best.mean)
            said += f"; best point {self.best.point}: {values_text(self.best.values)} ({metric} {mean})"
        return f"<SweepResult {self.path}: {self.status}, {said}>"

    @property
    def failures(self) -> list[Trial]:
        """The trials that failed."""
        return [trial for trial in self.trials if trial.status == Status.FAILED]


SweepEvent = SweepStarted | TrialStarted | TrialEnded | SweepEnded
