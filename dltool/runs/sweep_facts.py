"""What ``sweep.json`` holds, read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from dltool.config.status import Status
from dltool.runs.stored_json import Count, Number, Stored
from dltool.runs.trials import Trial


class Objective(Stored):
    """What points are judged by."""

    metric: str
    direction: Literal["minimize", "maximize"]


class Luck(Stored):
    """How much of the lead of the best point is luck."""

    probability: Annotated[float, Field(ge=0, le=1)]
    """That it is truly the best of them."""
    optimism: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """By how much the mean of its objectives flatters it, since it was chosen for that mean."""
    expected: Number
    """What its objective is to be expected to be: that mean without it."""
    over: Literal["seeds", "rows"]
    """What was drawn anew: the seeds of several runs a point, or the validation rows."""
    points: Count
    """How many points took part: those that are complete, of many the best ones."""


_Share = Annotated[float, Field(ge=0, le=1)]


class AxisImportance(Stored):
    """Which share of the variance of the points' objectives one axis explains by itself."""

    axis: str
    share: _Share
    low: _Share
    """Where its 95 % interval begins: at 0, it cannot be told apart from chance."""
    high: _Share
    """Where it ends."""


class Importance(Stored):
    """How much each axis matters to the objective."""

    axes: list[AxisImportance]
    """The most important first; those on which all points are alike are left out."""
    rest: _Share
    """What no axis explains by itself: interactions, and chance."""
    points: Count
    """How many points took part: those that are complete."""


@dataclass(frozen=True)
class Conclusions:
    """What is read off the points of a sweep that has ended; None for what cannot be told."""

    luck: Luck | None = None
    importance: Importance | None = None


class SweepFacts(Stored):
    """``sweep.json``."""

    name: str
    status: Literal[Status.RUNNING, Status.COMPLETED, Status.FAILED, Status.INTERRUPTED]
    created: str
    ended: str | None = None
    command: str = ""
    versions: dict[str, str] = {}
    search: dict[str, Any] = {}
    repeats: Count = 1
    total: Count | None = None
    objective: Objective
    ranks: bool
    axes: dict[Annotated[str, Field(max_length=1000)], dict[str, Any]]
    trials: list[Trial]
    luck: Luck | None = None
    """None where it cannot be told, and before the sweep has ended."""
    importance: Importance | None = None
    """None likewise."""

    @model_validator(mode="after")
    def _trials_fit(self) -> Self:
        for number, trial in enumerate(self.trials, 1):
            if trial.trial != number:
                raise ValueError(f"expected trial {number}, found {trial.trial}")
            if trial.values.keys() != self.axes.keys():
                raise ValueError(f"trial {number} has values of other axes")
        if self.importance and not {each.axis for each in self.importance.axes} <= self.axes.keys():
            raise ValueError("importance is of other axes")
        return self
