"""One run: what was asked for, what happened, and the model that came of it."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from dltool.errors import DataError, InputMissingError, OutputError
from dltool.runs.files import atomic_path, write_atomically
from dltool.training.events import EpochEnded, Finished

_PACKAGES = ("dltool", "tensorflow", "keras", "numpy")
ROOT = Path("runs")
"""Where runs without a directory of their own are put, relative to the working directory."""


class Run:
    """A run directory.

    ``config.yaml`` everything filled in · ``run.json`` status, versions, durations · ``metrics.jsonl`` a line an
    epoch · ``model.keras`` the model · ``report.html`` curves and tables.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_path = path / "config.yaml"
        self.facts_path = path / "run.json"
        self.metrics_path = path / "metrics.jsonl"
        self.model_path = path / "model.keras"
        self.report_path = path / "report.html"

    @classmethod
    def create(cls, name: str, directory: str | Path | None = None) -> Run:
        """Make the directory of a new run: the one given, or the next free ``runs/<name>-<number>``.

        Raises:
            OutputError: the directory exists and is not empty, or cannot be made.
        """
        try:
            if directory is not None:
                path = Path(directory)
                refuse_used(path)
                path.mkdir(parents=True, exist_ok=True)
                return cls(path)
            ROOT.mkdir(parents=True, exist_ok=True)
            number = max((int(n) for n in _numbers(name)), default=0)
            while True:
                number += 1
                path = ROOT / f"{name}-{number:03d}"
                try:
                    # Making a directory is atomic: of several processes, one gets the number.
                    path.mkdir()
                    return cls(path)
                except FileExistsError:
                    continue
        except OSError as error:
            raise OutputError(f"cannot create the run directory {error.filename}: {error.strerror}") from None

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Open the directory of an earlier run.

        Raises:
            InputMissingError: there is no run at that path.
        """
        run = cls(Path(path))
        if run.facts_path.is_file():
            return run
        if not run.path.exists():
            raise InputMissingError(f"there is no run directory {path}")
        runs = sorted(found.parent for found in run.path.glob("*/run.json")) if run.path.is_dir() else []
        hint = f"\nhint: it contains runs, such as {runs[-1]}" if runs else ""
        raise InputMissingError(f"{path} is not a run directory (it has no run.json){hint}")

    @property
    def facts(self) -> dict[str, Any]:
        """What ``run.json`` holds.

        Raises:
            DataError: it is damaged.
        """
        try:
            facts: dict[str, Any] = json.loads(self.facts_path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"cannot read {self.facts_path}: {error}") from None
        return facts

    def start(self, config: dict[str, Any], **facts: Any) -> None:
        """Write the config, everything filled in, and what is known before training.

        Raises:
            OutputError: a file cannot be written.
        """
        head = f"# Every value filled in. `dltool train {self.config_path}` repeats the run.\n"
        write_atomically(self.config_path, head + yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
        versions = {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}
        self._write_facts({"status": "running", "created": _now(), "versions": versions, **facts})

    def append_metrics(self, epochs: Sequence[EpochEnded]) -> None:
        """Add a line an epoch to ``metrics.jsonl``.

        Raises:
            OutputError: the file cannot be written.
        """
        lines = "".join(json.dumps(_row(event)) + "\n" for event in epochs)
        try:
            with self.metrics_path.open("a", encoding="utf-8") as log:
                log.write(lines)
        except OSError as error:
            raise OutputError(f"cannot write {self.metrics_path}: {error.strerror}") from None

    def metrics(self) -> list[dict[str, Any]]:
        """Return the rows of ``metrics.jsonl``.

        Raises:
            DataError: the file is missing or damaged.
        """
        try:
            return [json.loads(line) for line in self.metrics_path.read_text("utf-8").splitlines()]
        except (OSError, ValueError) as error:
            raise DataError(f"cannot read {self.metrics_path}: {error}") from None

    def write_model(self, writer: Callable[[Path], None]) -> None:
        """Have ``model.keras`` written by a function that is given a path; it appears whole or not at all.

        Raises:
            OutputError: the file cannot be written.
        """
        with atomic_path(self.model_path) as beside:
            writer(beside)

    def write_report(self, html: str) -> None:
        """Write ``report.html``.

        Raises:
            OutputError: the file cannot be written.
        """
        write_atomically(self.report_path, html)

    def finish(self, event: Finished) -> None:
        """Note in ``run.json`` how training ended.

        Raises:
            OutputError: the file cannot be written.
        """
        self._write_facts(self.facts | {"status": event.outcome, "ended": _now(), **_outcome(event)})

    def stop(self, status: str, reason: str) -> None:
        """Note that training was ended from outside: ``interrupted`` or ``failed``.

        Raises:
            OutputError: the file cannot be written.
        """
        self._write_facts(self.facts | {"status": status, "ended": _now(), "reason": reason})

    def _write_facts(self, facts: dict[str, Any]) -> None:
        write_atomically(self.facts_path, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def refuse_used(directory: Path) -> None:
    """Check that a new run may be put into a directory.

    Raises:
        OutputError: it is a file, or holds something already.
    """
    if directory.is_file() or (directory.is_dir() and any(directory.iterdir())):
        what = "is a file" if directory.is_file() else "is not empty"
        raise OutputError(f"the run directory {directory} {what}; name a new one with --run-dir")


def _numbers(name: str) -> list[str]:
    pattern = re.compile(re.escape(name) + r"-(\d+)")
    return [match[1] for path in ROOT.iterdir() if (match := pattern.fullmatch(path.name))]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _row(event: EpochEnded) -> dict[str, Any]:
    return {
        "epoch": event.epoch,
        **event.metrics,
        "learning_rate": event.learning_rate,
        "seconds": event.seconds,
        "examples_per_second": event.examples_per_second,
    }


def _outcome(event: Finished) -> dict[str, Any]:
    return {
        "reason": event.reason,
        "epochs": event.epochs,
        "training_seconds": event.seconds,
        "best_epoch": event.best_epoch,
        "best": event.best if event.best == event.best else None,  # JSON knows no NaN
        "weights_epoch": event.weights_epoch,
    }
