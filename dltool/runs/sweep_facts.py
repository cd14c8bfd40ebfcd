"""What ``sweep.json`` holds, read strictly."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from dltool.config.status import Status
from dltool.runs.stored_json import Count, Stored
from dltool.runs.trials import Trial


class Objective(Stored):
    """What points are judged by."""

    metric: str
    direction: Literal["minimize", "maximize"]


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

    @model_validator(mode="after")
    def _trials_fit(self) -> Self:
        for number, trial in enumerate(self.trials, 1):
            if trial.trial != number:
                raise ValueError(f"expected trial {number}, found {trial.trial}")
            if trial.values.keys() != self.axes.keys():
                raise ValueError(f"trial {number} has values of other axes")
        return self
