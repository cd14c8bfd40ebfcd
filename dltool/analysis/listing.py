"""The runs and sweeps in a folder, a line each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dltool.analysis.records import NOT_OVER, SweepRecord, is_sweep
from dltool.config.near_paths import near_path
from dltool.config.status import Status
from dltool.errors import DltoolError, InputMissingError
from dltool.runs.lock import is_held
from dltool.runs.run import Run
from dltool.runs.run_facts import RunFacts
from dltool.runs.stored_files import refuse_no_folder
from dltool.runs.trials import Values


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
        likely = near_path(folder, Path.is_dir)
        raise InputMissingError(f"there is no folder {folder}" + (f"; did you mean {likely}?" if likely else ""))
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
        sum(trial.status not in NOT_OVER for trial in record.trials),
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
    if not facts.weights_epoch or facts.best_epoch in (None, facts.weights_epoch):
        return None
    return run.metrics_of(facts.weights_epoch, facts).get(facts.monitor)


def _status(status: Status, path: Path) -> Status:
    return Status.KILLED if status == Status.RUNNING and not is_held(path) else status
