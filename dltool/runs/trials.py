"""The trials of a sweep, and what they come to."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeVar

from pydantic import ConfigDict, Field

from dltool.config.status import SUCCESSFUL, Status
from dltool.contracts.events import NOT_METRICS
from dltool.runs.run_facts import RunFacts
from dltool.runs.stored_json import Number, Seconds

Values = dict[str, Any]
"""A point's value on each axis, by the axis's name; of named choices, the name."""
_Position = Annotated[int, Field(ge=1, le=2**53)]


@dataclass(kw_only=True)
class Trial:
    """One run of one point; the fields are those of a trial in ``sweep.json``."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    trial: _Position
    """Counted from 1 over the whole sweep."""
    point: _Position
    """Counted from 1."""
    repeat: _Position
    """Counted from 1 within the point."""
    seed: int
    values: Values
    status: Literal[
        Status.WAITING,
        Status.RUNNING,
        Status.COMPLETED,
        Status.STOPPED_EARLY,
        Status.DIVERGED,
        Status.FAILED,
        Status.PRUNED,
        Status.INTERRUPTED,
    ] = Status.WAITING
    attempts: int
    """How often it was started, restarts of the sweep included."""
    seconds: Seconds | None = None
    """How long its training took."""
    path: Annotated[str, Field(pattern="^[0-9]{3,10}$")]
    """The run directory, relative to the sweep's."""
    metrics: dict[str, Number | None] = field(default_factory=dict)
    """Those of the epoch whose weights were kept; None for what is not a finite number."""
    objective: Number | None = None
    """What the point is judged by; None for what has not come to a sound end."""
    reason: str = ""
    """Why it ended as it did, one sentence for a person; empty where the status says it all."""

    def update(self, facts: RunFacts, row: dict[str, float], metric: str) -> None:
        """Take over what the run directory says.

        Args:
            facts: What its ``run.json`` holds.
            row: The row of ``metrics.jsonl`` of the epoch whose weights were kept.
            metric: The objective's.
        """
        self.status, self.reason, self.seconds = facts.status, facts.reason, facts.training_seconds
        self.metrics = {k: v if math.isfinite(v) else None for k, v in row.items() if k not in NOT_METRICS}
        self.objective = self.metrics.get(metric) if self.status in SUCCESSFUL else None

    def wait(self) -> None:
        """Forget what came of earlier attempts, and wait for another."""
        self.status, self.reason, self.seconds, self.metrics, self.objective = Status.WAITING, "", None, {}, None


def mean_of(values: Sequence[float]) -> float | None:
    """Return the mean; None where there are no values, or their sum is too large."""
    try:
        return statistics.fmean(values) if values else None
    except OverflowError:
        return None


def standard_error_of(values: Sequence[float]) -> float | None:
    """Return the standard error of the mean; None for fewer than two values, or where their squares are too large."""
    try:
        return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
    except OverflowError:
        return None


@dataclass(frozen=True)
class PointResult:
    """What the repeats of a point come to."""

    point: int
    values: Values
    trials: tuple[Trial, ...]

    @property
    def objectives(self) -> list[float]:
        """The objectives of the repeats that have one."""
        return [trial.objective for trial in self.trials if trial.objective is not None]

    @property
    def mean(self) -> float | None:
        """The mean of the objectives; None where no repeat has one."""
        return mean_of(self.objectives)

    @property
    def standard_error(self) -> float | None:
        """The standard error of that mean; None where fewer than two repeats have an objective."""
        return standard_error_of(self.objectives)

    @property
    def complete(self) -> bool:
        """Whether every repeat has an objective; those that failed might have been the worse ones."""
        return len(self.objectives) == len(self.trials)


def point_results(trials: Iterable[Trial]) -> list[PointResult]:
    """Return the points in order, each with its trials."""
    found: dict[int, list[Trial]] = {}
    for trial in trials:
        found.setdefault(trial.point, []).append(trial)
    return [PointResult(point, members[0].values, tuple(members)) for point, members in sorted(found.items())]


class _Result(Protocol):
    @property
    def complete(self) -> bool: ...
    @property
    def mean(self) -> float | None: ...


_AnyResult = TypeVar("_AnyResult", bound=_Result)


def ranked(results: Iterable[_AnyResult], direction: str) -> list[_AnyResult]:
    """Return results, the best first; of equals the first one stays the first.

    Those that are not complete come last, and behind them those without a mean: they cannot be judged.

    Args:
        results: In order of their points.
        direction: ``minimize`` or ``maximize``.
    """
    sign = -1 if direction == "maximize" else 1
    return sorted(results, key=lambda each: (not each.complete, each.mean is None, sign * (each.mean or 0.0)))


def best_trial(point: PointResult, direction: str) -> Trial | None:
    """Return the trial of a point with the best objective, of equals the first; None where none has one."""
    sign = -1 if direction == "maximize" else 1
    return min(
        (trial for trial in point.trials if trial.objective is not None),
        key=lambda trial: sign * (trial.objective or 0.0),
        default=None,
    )


def best_of(points: Iterable[PointResult], direction: str) -> PointResult | None:
    """Return the best point, of equals that with the lowest number; None where none is complete."""
    complete = [point for point in points if point.complete]
    return next(iter(ranked(sorted(complete, key=lambda each: each.point), direction)), None)
