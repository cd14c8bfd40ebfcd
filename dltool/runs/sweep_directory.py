"""The directory of a sweep: one run directory a trial, and three files about all of them."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dltool.config.status import DONE, Status
from dltool.config.yaml_reader import MAX_BYTES, read_text
from dltool.errors import ConfigError, DataError, DltoolError, InputMissingError, OutputError
from dltool.runs.folders import is_unused
from dltool.runs.lock import Lock
from dltool.runs.provenance import beginning, now, versions
from dltool.runs.run import Run
from dltool.runs.stored_files import read_regular, refuse_no_folder, remove_unfinished, write_atomically
from dltool.runs.stored_json import read_stored
from dltool.runs.sweep_facts import Conclusions, SweepFacts
from dltool.runs.texts import json_text, yaml_text
from dltool.runs.trials import Trial

_WRITE_SECONDS = 1.0
_SHARE_OF_TIME = 20


class SweepDirectory:
    """A sweep's directory.

    ``sweep.yaml`` the sweep file, everything filled in · ``sweep.json`` and ``results.csv`` a row a trial ·
    ``report.html`` both to look at · ``search.journal`` what Optuna remembers · ``001/`` … the runs. What is true of a
    trial its own run directory says; ``sweep.json``, ``results.csv`` and the report are made from those.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.definition_path = path / "sweep.yaml"
        self.facts_path = path / "sweep.json"
        self.results_path = path / "results.csv"
        self.report_path = path / "report.html"
        self.journal_path = path / "search.journal"
        self._facts: dict[str, Any] = {}
        self._next_write = 0.0

    @contextmanager
    def locked(self, plain: dict[str, Any], *, resume: bool) -> Iterator[SweepDirectory]:
        """Have the directory to oneself: a new one or, to resume, that of the same sweep.

        Args:
            plain: The sweep file, everything filled in.
            resume: Whether to go on with the sweep that is there.

        Raises:
            InputMissingError: There is nothing to go on with.
            OutputError: The directory is in use for something else, or cannot be made.
            ConfigError: The sweep in the directory is another one.
            LockedError: Another process is at work there.
        """
        if resume and not os.path.lexists(self.definition_path):
            raise InputMissingError(f"there is no sweep in {self.path} to go on with; leave --resume out")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = Lock(self.path)
        except OSError as error:
            raise OutputError(f"cannot create the directory {error.filename}: {error.strerror}") from None
        try:
            if resume:
                self._refuse_changes(plain)
            else:
                self._refuse_used()
            remove_unfinished(self.path)
            yield self
        finally:
            lock.release()

    def _refuse_used(self) -> None:
        if os.path.lexists(self.definition_path):
            raise OutputError(
                f"there is a sweep in {self.path} already; go on with it with --resume, or name a new directory "
                "with --run-dir"
            )
        if not is_unused(self.path):
            raise OutputError(f"the directory {self.path} is not empty; name a new one with --run-dir")

    def _refuse_changes(self, plain: dict[str, Any]) -> None:
        try:
            text = read_regular(self.definition_path, MAX_BYTES).decode("utf-8", "replace")
            document = read_text(text, str(self.definition_path), self.path)
            if document.problems:
                raise document.error(document.problems)
        except ConfigError as error:
            raise DataError(f"{self.definition_path} is damaged:\n{error}") from None
        known = document.value
        if not isinstance(known, dict) or not known.keys() >= {"name", "base", "axes"}:
            raise DataError(f"{self.definition_path} is damaged: it is no sweep file")
        # As text, since the order of axes and choices numbers the trials.
        changed = [key for key, value in plain.items() if json.dumps(known.get(key)) != json.dumps(value)]
        if changed:
            raise ConfigError(
                f"error: the sweep in {self.path} is another one: {', '.join(changed)} changed since it was begun\n"
                "hint: put that back, or name a new directory with --run-dir"
            )

    def start(self, plain: dict[str, Any], facts: dict[str, Any]) -> None:
        """Note what is to be run; a sweep that goes on keeps the time of its beginning.

        Args:
            plain: The sweep file, everything filled in.
            facts: What ``sweep.json`` is to say of it.

        Raises:
            OutputError, InputOutputError: A file cannot be written.
        """
        begun = beginning()
        if os.path.lexists(self.facts_path):
            begun["created"] = read_stored(self.facts_path, SweepFacts).created
        if not os.path.lexists(self.definition_path):
            head = "# Everything filled in"
            head += f": `dltool sweep {self.definition_path.name}` repeats the sweep.\n" if facts["ranks"] else ".\n"
            write_atomically(self.definition_path, head + yaml_text(plain))
        self._facts = {
            "name": facts["name"],
            "status": Status.RUNNING,
            "created": None,
            "ended": None,
            **begun,
            "versions": versions(),
            **facts,
        }

    def earlier_attempts(self) -> dict[int, int]:
        """Return how often each trial was started before, by its number."""
        if not os.path.lexists(self.facts_path):
            return {}
        return {trial.trial: trial.attempts for trial in read_stored(self.facts_path, SweepFacts).trials}

    def write_if_due(self, trials: Sequence[Trial]) -> float | None:
        """Write ``sweep.json`` and ``results.csv``, so seldom that it takes a small share of the time.

        Returns:
            None where they were written, else after how many seconds they may be.

        Raises:
            OutputError, InputOutputError: A file cannot be written.
        """
        seconds = self._next_write - time.monotonic()
        if seconds > 0:
            return seconds
        self._write(trials)
        return None

    def end(self, status: Status, trials: Sequence[Trial], conclusions: Conclusions) -> None:
        """Write both for the last time.

        Raises:
            OutputError, InputOutputError: A file cannot be written.
        """
        luck, importance = conclusions.luck, conclusions.importance
        self._facts |= {
            "status": status,
            "ended": now(),
            "luck": luck and luck.model_dump(),
            "importance": importance and importance.model_dump(),
        }
        self._write(trials)

    def _write(self, trials: Sequence[Trial]) -> None:
        began = time.monotonic()
        write_atomically(self.facts_path, json_text({**self._facts, "trials": [asdict(trial) for trial in trials]}))
        write_atomically(self.results_path, self._table(trials))
        ended = time.monotonic()
        self._next_write = ended + max(_WRITE_SECONDS, _SHARE_OF_TIME * (ended - began))

    def _table(self, trials: Sequence[Trial]) -> str:
        columns = ["trial", "point", "repeat", "seed", "status", "objective", "seconds", "path"]
        axes = list(self._facts["axes"])
        metrics = list(dict.fromkeys(name for trial in trials for name in trial.metrics))
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow([*columns, *axes, *metrics])
        for trial in trials:
            row = [getattr(trial, column) for column in columns]
            row += [_cell(trial.values[name]) for name in axes]
            table.writerow([*row, *(trial.metrics.get(name) for name in metrics)])
        return text.getvalue()

    def run(self, trial: Trial) -> Run:
        """Return the run of a trial, whether it exists or not.

        Raises:
            RefusedError: Its directory is a link, or none.
        """
        path = self.path / trial.path
        refuse_no_folder(path)
        return Run(path)

    def log_path(self, trial: Trial) -> Path:
        """Return where a trial's worker writes what it has to say, as long as it works on the trial."""
        return self.path / f"{trial.path}.log"

    def store_log(self, trial: Trial) -> None:
        """Move the log of a trial into its run directory; an empty one is removed."""
        log, run = self.log_path(trial), self.run(trial)
        with suppress(FileNotFoundError):
            if log.lstat().st_size == 0:
                log.unlink()
            elif run.path.is_dir():
                log.replace(run.path / "worker.log")

    def read(self, trial: Trial, metric: str) -> bool:
        """Take over what a trial's run directory says; returns whether the trial is done."""
        run = self.run(trial)
        if not os.path.lexists(run.facts_path):
            return False
        facts = run.read_facts()
        trial.update(facts, run.metrics_of(facts.weights_epoch, facts), metric)
        return trial.status in DONE

    def prepare(self, trial: Trial) -> bool:
        """Prepare a new attempt at a trial; returns whether it can go on from what the last one left.

        Raises:
            OutputError: What the last one left is of no use, and cannot be removed.
        """
        run = self.run(trial)
        with suppress(DltoolError):
            if run.facts_path.is_file() and run.checkpoints.newest():
                return True
        try:
            shutil.rmtree(run.path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise OutputError(f"cannot remove {error.filename}: {error.strerror}") from None
        return False


def _cell(value: Any) -> Any:
    """Return a value as a cell: lists and mappings as JSON."""
    return json.dumps(value) if isinstance(value, list | dict | bool) or value is None else value
