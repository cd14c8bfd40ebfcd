"""What lies in a folder: runs, and sweeps with their trials, read back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from dltool.errors import DataError, InputMissingError
from dltool.experiments.trials import Trial, point_results
from dltool.runs.lock import is_held
from dltool.runs.run import Run, read_object

_TRIALS = TypeAdapter(list[Trial])
FACTS = "sweep.json"


@dataclass(frozen=True)
class SweepRecord:
    """A sweep that was run, as its directory tells it."""

    path: Path
    name: str
    status: str
    created: str
    metric: str
    direction: str
    selected_on: str
    """The part of the data that points are chosen by: ``validation`` or ``training``."""
    axes: dict[str, Any]
    trials: list[Trial]

    @classmethod
    def read(cls, path: Path) -> SweepRecord:
        """Read the directory of a sweep.

        Raises:
            InputMissingError: it is none.
            DataError: its ``sweep.json`` is damaged.
        """
        place = path / FACTS
        if not place.is_file():
            raise InputMissingError(f"there is no sweep in {path}")
        facts = read_object(place)
        try:
            metric = str(facts["objective"]["metric"])
            return cls(
                path,
                str(facts["name"]),
                str(facts["status"]),
                str(facts["created"]),
                metric,
                str(facts["objective"]["direction"]),
                "validation" if metric.startswith("validation_") else "training",
                dict(facts["axes"]),
                _TRIALS.validate_python(facts["trials"]),
            )
        except (KeyError, TypeError, ValueError, ValidationError) as error:
            raise DataError(f"{place} is damaged: {str(error).splitlines()[0]}") from None

    def run(self, trial: Trial) -> Run:
        """Return the run of a trial, whether it exists or not."""
        return Run(self.path / trial.path)


@dataclass(frozen=True)
class Entry:
    """One line of a listing."""

    path: Path
    status: str
    """As in ``run.json`` or ``sweep.json``; ``killed`` where nobody works any more on what is marked as running."""
    created: str
    metric: str
    best: float | None
    epochs: int | None
    """Epochs done; None for a sweep."""
    seconds: float | None
    """How long training took; for a sweep that of all its trials."""
    trials: int | None = None
    """Trials of a sweep."""
    done: int | None = None
    """Those of them that are over."""


def list_entries(folder: Path) -> tuple[list[Entry], list[str]]:
    """List the runs and sweeps right below a folder, or the trials of a sweep, the oldest first.

    Returns:
        The entries, and what is wrong with those that cannot be read.

    Raises:
        InputMissingError: there is no such folder.
    """
    if not folder.is_dir():
        raise InputMissingError(f"there is no folder {folder}")
    entries, problems = [], []
    for path in sorted(folder.iterdir()):
        try:
            if (path / FACTS).is_file():
                entries.append(_sweep_entry(path))
            elif (path / "run.json").is_file():
                entries.append(_run_entry(path))
        except (DataError, InputMissingError, OSError) as error:
            problems.append(str(error))
    return sorted(entries, key=lambda entry: (entry.created, str(entry.path))), problems


def _sweep_entry(path: Path) -> Entry:
    record = SweepRecord.read(path)
    means = [result.mean for result in point_results(record.trials) if result.complete and result.mean is not None]
    best = (max if record.direction == "maximize" else min)(means, default=None)
    return Entry(
        path,
        _status(record.status, path),
        record.created,
        record.metric,
        best,
        None,
        sum(trial.seconds or 0 for trial in record.trials),
        len(record.trials),
        sum(trial.status not in ("waiting", "running", "interrupted") for trial in record.trials),
    )


def _run_entry(path: Path) -> Entry:
    run = Run(path)
    facts = run.facts
    best, seconds = facts.get("best"), facts.get("training_seconds")
    return Entry(
        path,
        _status(str(facts.get("status")), path),
        str(facts.get("created")),
        str(facts.get("monitor", "")),
        best if isinstance(best, float | int) else None,
        facts.get("epochs"),
        seconds if isinstance(seconds, float | int) else None,
    )


def _status(status: str, path: Path) -> str:
    return "killed" if status == "running" and not is_held(path) else status
