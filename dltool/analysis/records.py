"""Sweeps that were run, as their directories tell them, and the run that each of them stands for."""

from __future__ import annotations

import os
import shlex
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dltool.config.metric_names import part_of
from dltool.config.status import Status
from dltool.config.value_text import value_text, values_text
from dltool.errors import DataNote, InputMissingError
from dltool.runs.run import Run
from dltool.runs.stored_json import read_stored
from dltool.runs.sweep_directory import SweepDirectory
from dltool.runs.sweep_facts import Importance, Luck, SweepFacts
from dltool.runs.trials import PointResult, Trial, best_of, best_trial, point_results, ranked

NOT_OVER = (Status.WAITING, Status.RUNNING, Status.INTERRUPTED)
"""Statuses of trials that are yet to end."""


def is_sweep(path: Path) -> bool:
    """Tell whether a folder is the directory of a sweep."""
    return os.path.lexists(SweepDirectory(path).facts_path)


@dataclass(frozen=True)
class SweepRecord:
    """A sweep that was run, as its directory tells it."""

    path: Path
    name: str
    status: Status
    created: str
    metric: str
    direction: str
    ranks: bool
    """Whether one point can be said to be the best."""
    axes: dict[str, Any]
    """As plain data, by name: a range has ``low`` and ``high``, others ``values`` or ``choices``."""
    total: int
    """How many trials it will have: a search draws them one by one."""
    trials: list[Trial]
    luck: Luck | None
    """How much of the lead of the best point is luck; None where that cannot be told."""
    importance: Importance | None
    """How much each axis matters; None where that cannot be told."""

    @classmethod
    def read(cls, path: Path) -> SweepRecord:
        """Read the directory of a sweep.

        Raises:
            InputMissingError: It is none.
            DataError: Its ``sweep.json`` is damaged.
        """
        place = SweepDirectory(path).facts_path
        if not is_sweep(path):
            raise InputMissingError(f"there is no sweep in {path}")
        facts = read_stored(place, SweepFacts)
        return cls(
            path,
            facts.name,
            facts.status,
            facts.created,
            facts.objective.metric,
            facts.objective.direction,
            facts.ranks,
            facts.axes,
            len(facts.trials) if facts.total is None else facts.total,
            facts.trials,
            facts.luck,
            facts.importance,
        )

    @property
    def points(self) -> list[PointResult]:
        """The points in order."""
        return point_results(self.trials)

    @property
    def ranked(self) -> list[PointResult]:
        """The points, the best first; those that cannot be judged come last."""
        return ranked(self.points, self.direction) if self.ranks else self.points

    @property
    def best(self) -> PointResult | None:
        """The best point, if the points can be ranked and one came to a sound end in all its runs."""
        return best_of(self.points, self.direction) if self.ranks else None

    @property
    def best_trial(self) -> Trial | None:
        """The best run of the best point."""
        return best_trial(self.best, self.direction) if self.best else None

    @property
    def seconds(self) -> float:
        """How long all its trainings took together."""
        return sum(trial.seconds or 0.0 for trial in self.trials)

    def run(self, trial: Trial) -> Run:
        """Return the run of a trial, whether it exists or not."""
        return SweepDirectory(self.path).run(trial)


def open_run(path: str | Path) -> Run:
    """Open a run or, of a sweep's directory, the best run of its best point; a ``DataNote`` says which that is.

    Raises:
        InputMissingError: There is neither, or none of the sweep's runs can be called the best.
        DataError: The sweep's ``sweep.json`` is damaged.
    """
    try:
        return Run.open(path)
    except InputMissingError:
        folder = Path(path)
        with suppress(OSError):
            if is_sweep(folder):
                return _best_run(SweepRecord.read(folder))
        raise


def _best_run(sweep: SweepRecord) -> Run:
    trial, point = sweep.best_trial, sweep.best
    if trial is None or point is None:
        problem = f"{sweep.path} is a sweep in which no point has come to a sound end in all its runs"
        if not sweep.ranks:
            problem = f"{sweep.path} holds several configs, and none of them is called the best"
        ended = [str(sweep.run(trial).path) for trial in sweep.trials if trial.objective is not None]
        named = f", such as {ended[0]}" if ended else ""
        listing = shlex.join(["dltool", "runs", str(sweep.path)])
        raise InputMissingError(f"{problem}\nhint: name one of its runs{named}; `{listing}` lists them")
    best = "best run" if len(point.trials) == 1 else "best run of its best point"
    best += " so far" if sum(each.status not in NOT_OVER for each in sweep.trials) < sweep.total else ""
    run, values = sweep.run(trial), values_text(point.values)
    said = f"{values}; {sweep.metric} {value_text(trial.objective)}, selected on the {part_of(sweep.metric)} part"
    warnings.warn(f"{sweep.path} is a sweep; taking {run.path}, its {best} ({said})", DataNote, stacklevel=3)
    return Run.open(run.path)
