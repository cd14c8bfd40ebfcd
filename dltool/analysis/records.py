"""What lies in a folder: runs, and sweeps with their trials, read back."""

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
from dltool.errors import DataNote, DltoolError, InputMissingError
from dltool.runs.lock import is_held
from dltool.runs.run import Run
from dltool.runs.run_facts import RunFacts
from dltool.runs.stored_files import refuse_no_folder
from dltool.runs.stored_json import read_stored
from dltool.runs.sweep_directory import SweepDirectory
from dltool.runs.sweep_facts import SweepFacts
from dltool.runs.trials import PointResult, Trial, Values, best_of, best_trial, point_results, ranked

_NOT_OVER = (Status.WAITING, Status.RUNNING, Status.INTERRUPTED)


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
    best += " so far" if sum(each.status not in _NOT_OVER for each in sweep.trials) < sweep.total else ""
    run, values = sweep.run(trial), values_text(point.values)
    said = f"{values}; {sweep.metric} {value_text(trial.objective)}, selected on the {part_of(sweep.metric)} part"
    warnings.warn(f"{sweep.path} is a sweep; taking {run.path}, its {best} ({said})", DataNote, stacklevel=3)
    return Run.open(run.path)


@dataclass(frozen=True)
class Entry:
    """One line of a listing."""

    path: Path
    status: Status
    """As in ``run.json`` or ``sweep.json``; ``killed`` where nobody works any more on what is marked as running."""
    created: str
    metric: str
    best: float | None
    epochs: int | None
    """Epochs done; None for a sweep."""
    seconds: float | None
    """How long training took; for a sweep that of all its trials."""
    trials: int | None = None
    """Trials that a sweep will have."""
    done: int | None = None
    """Those of them that are over."""
    values: Values | None = None
    """Of a trial: its point's value on each axis."""
    kept: float | None = None
    """Of a run: the metric in the epoch whose weights its model holds, where that is not the best one."""
    standard_error: float | None = None
    """Of a sweep: of ``best``, which is a mean over the runs of a point."""
    is_best: bool = False
    """Of a trial: whether it is the run that the sweep's directory stands for."""
    loss_unit: str = ""
    """Of a run: what its loss is of, in words; empty where that are the targets as they are."""


def list_entries(folder: Path) -> tuple[list[Entry], list[str]]:
    """List the runs and sweeps right below a folder, or the trials of a sweep, the oldest first.

    Returns:
        The entries, and what is wrong with those that cannot be read.

    Raises:
        InputMissingError: There is no such folder.
    """
    if not folder.is_dir():
        raise InputMissingError(f"there is no folder {folder}")
    entries, problems = [], []
    sweep = SweepRecord.read(folder) if is_sweep(folder) else None
    values = {trial.path: trial.values for trial in sweep.trials} if sweep else {}
    best = sweep.best_trial.path if sweep and sweep.best_trial else None
    for path in sorted(folder.iterdir()):
        try:
            if path.name in values:
                refuse_no_folder(path)
            if is_sweep(path):
                entries.append(_sweep_entry(path))
            elif os.path.lexists(Run(path).facts_path):
                entries.append(_run_entry(path, values.get(path.name), is_best=path.name == best))
        except (DltoolError, OSError) as error:
            problems.append(str(error))
    return sorted(entries, key=lambda entry: (entry.created, str(entry.path))), problems


def _sweep_entry(path: Path) -> Entry:
    record = SweepRecord.read(path)
    return Entry(
        path,
        _status(record.status, path),
        record.created,
        record.metric if record.ranks else "",
        record.best.mean if record.best else None,
        None,
        record.seconds,
        record.total,
        sum(trial.status not in _NOT_OVER for trial in record.trials),
        standard_error=record.best.standard_error if record.best else None,
    )


def _run_entry(path: Path, values: Values | None, *, is_best: bool) -> Entry:
    run = Run(path)
    facts = run.read_facts()
    return Entry(
        path,
        _status(facts.status, path),
        facts.created,
        facts.monitor,
        facts.best,
        facts.epochs or None,
        facts.training_seconds,
        values=values,
        kept=_kept(run, facts),
        is_best=is_best,
        loss_unit=facts.loss_unit,
    )


def _kept(run: Run, facts: RunFacts) -> float | None:
    if not facts.weights_epoch or facts.weights_epoch == facts.best_epoch:
        return None
    return run.metrics_of(facts.weights_epoch, facts).get(facts.monitor)


def _status(status: Status, path: Path) -> Status:
    return Status.KILLED if status == Status.RUNNING and not is_held(path) else status
