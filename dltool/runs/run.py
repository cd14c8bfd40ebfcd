"""One run: what was asked for, what happened, and the model that came of it."""

from __future__ import annotations

import json
import math
import platform
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from dltool.errors import DataError, InputMissingError, OutputError
from dltool.runs.files import atomic_path, sync, write_atomically, write_error
from dltool.training.events import EpochEnded, Finished

ROOT = Path("runs")
"""Where runs without a directory of their own are put, relative to the working directory."""
_PACKAGES = ("dltool", "tensorflow", "keras", "numpy")
_NEWEST = 3
_STRICT = json.JSONEncoder(allow_nan=False)


class Run:
    """A run directory.

    ``config.yaml`` everything filled in · ``run.json`` status, versions, durations · ``metrics.jsonl`` a line an
    epoch · ``model.keras`` the model · ``checkpoint/`` what resuming needs · ``report.html`` curves and tables.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_path = path / "config.yaml"
        self.facts_path = path / "run.json"
        self.metrics_path = path / "metrics.jsonl"
        self.model_path = path / "model.keras"
        self.checkpoint_path = path / "checkpoint"
        self.report_path = path / "report.html"

    @classmethod
    def create(cls, name: str, directory: str | Path | None = None, root: Path = ROOT) -> Run:
        """Make the directory of a new run: the one given, or the next free ``<root>/<name>-<number>``.

        Of several processes that race for a directory, one gets it; a number is never given twice.

        Raises:
            OutputError: the directory exists and is not empty, or cannot be made.
        """
        try:
            if directory is None:
                run = cls(_make_numbered(name, root))
            else:
                run = cls(Path(directory))
                refuse_used(run.path)
                run.path.mkdir(parents=True, exist_ok=True)
            try:
                # Several processes may have seen a directory empty; only one can make its first file.
                run.metrics_path.touch(exist_ok=False)
            except FileExistsError:
                refuse_used(run.path)
        except OSError as error:
            raise OutputError(f"cannot create the run directory {error.filename}: {error.strerror}") from None
        return run

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Open the directory of an earlier run.

        Raises:
            InputMissingError: there is no run at that path; the message names the newest runs nearby.
        """
        run = cls(Path(path))
        try:
            if run.facts_path.is_file():
                return run
            problem = f"{path} is not a run directory" if run.path.exists() else f"there is no run directory {path}"
            folder = run.path if run.path.is_dir() else run.path.parent
            runs = [str(found) for found in _newest_runs(folder)]
        except OSError as error:
            raise InputMissingError(f"cannot read {path}: {error.strerror}") from None
        if cls(folder).facts_path.is_file():
            problem += f"\nhint: name the directory of the run: {folder}"
        elif runs:
            problem += f"\nhint: the newest runs there: {', '.join(runs)}"
        raise InputMissingError(problem)

    @property
    def facts(self) -> dict[str, Any]:
        """What ``run.json`` holds.

        Raises:
            InputMissingError: the file cannot be read.
            DataError: it is damaged.
        """
        return _object(_read(self.facts_path), str(self.facts_path))

    def start(self, config: dict[str, Any], **facts: Any) -> None:
        """Write the config, everything filled in, and what is known before training.

        Raises:
            OutputError, InputOutputError: a file cannot be written.
        """
        head = "# Every value filled in: `dltool train config.yaml` repeats the run.\n"
        body = yaml.dump(
            config, Dumper=_Quoting, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120
        )
        write_atomically(self.config_path, head + body)
        versions = {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}}
        command = shlex.join(sys.argv)
        self._write_facts({"status": "running", "created": _now(), "command": command, "versions": versions, **facts})

    def record(self, **facts: Any) -> None:
        """Add facts to ``run.json``, or replace them. Numbers that are not finite become null.

        Raises:
            OutputError, InputOutputError: the file cannot be written.
        """
        self._write_facts(self.facts | facts)

    def append_metrics(self, epochs: Sequence[EpochEnded]) -> None:
        """Add a line an epoch to ``metrics.jsonl``. Numbers that are not finite become null.

        Raises:
            OutputError, InputOutputError: the file cannot be written.
        """
        lines = "".join(_json(_row(event)) + "\n" for event in epochs)
        try:
            with self.metrics_path.open("a", encoding="utf-8") as log:
                log.write(lines)
        except OSError as error:
            raise write_error(self.metrics_path, error) from None

    def metrics(self) -> list[dict[str, float]]:
        """Return the rows of ``metrics.jsonl``, one an epoch: metrics, learning rate, seconds, examples a second.

        What was not finite comes back as NaN. A last line that a crash cut short is left out.

        Raises:
            InputMissingError: the file cannot be read.
            DataError: it is damaged.
        """
        rows = []
        for number, line in enumerate(_read(self.metrics_path).split(b"\n")[:-1], 1):
            row = _object(line, f"{self.metrics_path}:{number}")
            rows.append({key: math.nan if value is None else value for key, value in row.items()})
        return rows

    def write_model(self, writer: Callable[[Path], None]) -> None:
        """Have ``model.keras`` written by a function that is given a path; it appears whole or not at all.

        Raises:
            OutputError, InputOutputError: the file cannot be written.
        """
        with atomic_path(self.model_path) as beside:
            writer(beside)

    def write_report(self, html: str) -> None:
        """Write ``report.html``.

        Raises:
            OutputError, InputOutputError: the file cannot be written.
        """
        write_atomically(self.report_path, html)

    def finish(self, event: Finished) -> None:
        """Note in ``run.json`` how training ended.

        Raises:
            OutputError, InputOutputError: a file cannot be written.
        """
        self._end(
            status=event.outcome,
            reason=event.reason,
            epochs=event.epochs,
            training_seconds=event.seconds,
            best_epoch=event.best_epoch,
            best=event.best,
            weights_epoch=event.weights_epoch,
        )

    def stop(self, status: str, reason: str) -> None:
        """Note that training was ended from outside: ``interrupted`` or ``failed``.

        Raises:
            OutputError, InputOutputError: a file cannot be written.
        """
        self._end(status=status, reason=reason)

    def _end(self, **facts: Any) -> None:
        if self.metrics_path.exists():
            try:
                sync(self.metrics_path)
            except OSError as error:
                raise write_error(self.metrics_path, error) from None
        self.record(ended=_now(), **facts)

    def _write_facts(self, facts: dict[str, Any]) -> None:
        write_atomically(self.facts_path, json.dumps(_finite(facts), indent=2, ensure_ascii=False) + "\n")


class _Quoting(yaml.SafeDumper):
    """Quotes every text that some version of YAML might take for something else, such as 08 or 1e3."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = re.fullmatch(r"[A-Za-z_/][A-Za-z0-9_./-]*", text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else "'")


_Quoting.add_representer(str, _quoted)


def refuse_used(directory: Path) -> None:
    """Check that a new run may be put into a directory.

    Raises:
        OutputError: it is a file, or holds something already.
    """
    try:
        used = directory.is_dir() and any(directory.iterdir())
        problem = "is not empty" if used else "is not a directory" if directory.is_file() else ""
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    if problem:
        raise OutputError(f"the run directory {directory} {problem}; name a new one with --run-dir")


def _make_numbered(name: str, root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    pattern = re.compile(re.escape(name) + r"-([0-9]+)")
    taken = (int(match[1]) for path in root.iterdir() if (match := pattern.fullmatch(path.name)))
    number = max(taken, default=0)
    while True:
        number += 1
        path = root / f"{name}-{number:03d}"
        try:
            # Making a directory is atomic: of several processes, one gets the number.
            path.mkdir()
        except FileExistsError:
            continue
        return path


def _newest_runs(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*/run.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.parent for path in found[:_NEWEST]]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputMissingError(f"cannot read {path}: {error.strerror}") from None


def _object(text: bytes, place: str) -> dict[str, Any]:
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise DataError(f"{place}: damaged: {error}") from None
    if not isinstance(plain, dict):
        raise DataError(f"{place}: damaged: expected a JSON object")
    return plain


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"  # as in a checkout that was not installed


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


def _json(facts: dict[str, Any]) -> str:
    try:
        return _STRICT.encode(facts)
    except ValueError:
        return _STRICT.encode(_finite(facts))


def _finite(value: Any) -> Any:
    """Put None for every number that JSON cannot say, at any depth."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
