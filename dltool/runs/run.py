"""One run: what was asked for, what happened, and the model that came of it."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from dltool.config.config import Config
from dltool.config.file_kinds import is_yaml
from dltool.config.status import FINISHED, Status
from dltool.config.validation import validate
from dltool.config.yaml_reader import MAX_BYTES, read_text
from dltool.contracts.events import Checkpoint, EpochEnded
from dltool.errors import (
    ChangedError,
    ConfigError,
    DataError,
    DltoolError,
    InputMissingError,
    LockedError,
    OutputError,
    RefusedError,
)
from dltool.runs.changes import changes
from dltool.runs.checkpoints import Checkpoints
from dltool.runs.epoch_rows import log_lines, read_row, read_rows
from dltool.runs.folders import ROOT, likely_run, make_folders, make_numbered, newest_runs, refuse_used
from dltool.runs.lock import Lock, is_held
from dltool.runs.predictions import Predictions, packed, read_predictions
from dltool.runs.provenance import beginning, now
from dltool.runs.run_facts import RunFacts
from dltool.runs.seal import is_sealed, seal
from dltool.runs.stored_files import (
    append_to,
    atomic_path,
    open_regular,
    read_regular,
    refuse_no_folder,
    remove_unfinished,
    sync,
    sync_folder,
    write_atomically,
    write_error,
)
from dltool.runs.stored_json import read_stored
from dltool.runs.texts import config_text, json_text

_NAME_NO_FILE = ("inline", "mnist")
"""Sources that hold their data themselves, or come with this tool."""
_MAX_BYTES = 1 << 30
"""An epoch takes some 200 bytes of the log."""


class Run:
    """A run directory.

    ``config.yaml`` everything filled in · ``run.json`` status, versions, durations · ``metrics.jsonl`` a line an
    epoch · ``model.keras`` the model · ``predictions.safetensors`` what it makes of the validation rows ·
    ``checkpoint/`` what resuming needs · ``report.html`` curves and tables · ``folds/`` a run directory a fold ·
    ``data.parquet`` or ``data.npz`` data that were in memory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_path = path / "config.yaml"
        self.facts_path = path / "run.json"
        self.metrics_path = path / "metrics.jsonl"
        self.model_path = path / "model.keras"
        self.checkpoints = Checkpoints(path / "checkpoint")
        self.folds_path = path / "folds"
        self.predictions_path = path / "predictions.safetensors"
        self.report_path = path / "report.html"
        self._lock: Lock | None = None
        self._made: list[Path] = []  # the folders made for this run, innermost first
        self._log_is_safe = True  # what this process has added to it
        self._kept: tuple[Path, Callable[[Path], None]] | None = None  # data that are to be written

    @classmethod
    def create(cls, name: str, directory: str | Path | None = None, root: Path = ROOT) -> Run:
        """Make and lock the directory of a new run: the one given, or the next free ``<root>/<name>-<number>``.

        Of several processes that race for a directory, one gets it; a number is never given twice. Use the run in a
        ``with`` block: leaving it unlocks the directory, and removes it if nothing was written there.

        Raises:
            OutputError: The directory exists and is not empty, or cannot be made.
            LockedError: Another process is at work there.
        """
        try:
            if directory is None:
                above = make_folders(root)
                run = cls(make_numbered(name, root))
                run._made = [run.path, *above]
            else:
                run = cls(Path(directory))
                run._made = make_folders(run.path)
            try:
                run._lock = Lock(run.path)
                refuse_used(run.path)
                remove_unfinished(run.path)
            except (OSError, DltoolError):
                run.__exit__()
                raise
        except OSError as error:
            raise OutputError(f"cannot create the run directory {error.filename}: {error.strerror}") from None
        return run

    @classmethod
    def resume(cls, directory: str | Path) -> Run:
        """Open and lock the directory of an earlier run to go on with it; use it in a ``with`` block.

        Raises:
            InputMissingError: There is no run.
            LockedError: Another process is at work there.
            OutputError: It cannot be written to.
        """
        run = cls.open(directory)
        refuse_no_folder(run.checkpoints.folder)
        try:
            run._lock = Lock(run.path)
        except OSError as error:
            raise OutputError(f"cannot write into the run directory {run.path}: {error.strerror}") from None
        for folder in (run.path, run.checkpoints.folder):
            remove_unfinished(folder)
        return run

    def __repr__(self) -> str:
        try:
            facts = self.read_facts()
        except DltoolError:
            return f"<Run {self.path}: not to be read>"
        parts: list[str] = [facts.status]
        parts += [f"{facts.epochs:,} epochs"] if facts.epochs else []
        parts += [f"best {facts.monitor} {facts.best:.6g}"] if facts.best is not None else []
        return f"<Run {self.path}: {', '.join(parts)}>"

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock:
            self._lock.release()
            self._lock = None
        for path in self._made:
            try:
                path.rmdir()
            except OSError:  # not empty: a run, or files of others
                break

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Open the directory of an earlier run.

        Raises:
            InputMissingError: There is no run at that path; the message names the newest runs nearby.
        """
        run = cls(Path(path))
        try:
            if os.path.lexists(run.facts_path):
                return run
            problem = f"{path} is not a run directory" if run.path.exists() else f"there is no run directory {path}"
            folder = run.path if run.path.is_dir() else run.path.parent
            runs = [str(found) for found in newest_runs(folder)]
            likely = None if run.path.exists() else likely_run(run.path)
        except OSError as error:
            raise InputMissingError(f"cannot read {path}: {error.strerror}") from None
        if cls(folder).facts_path.is_file():
            problem += f"\nhint: name the directory of the run: {folder}"
        elif likely:
            problem += f"\nhint: did you mean {likely}?"
        elif run.path.is_file() and is_yaml(run.path):
            problem += f"\nhint: `dltool train {shlex.quote(str(run.path))}` makes one"
        elif runs:
            problem += f"\nhint: the newest runs there: {', '.join(runs)}"
        raise InputMissingError(problem)

    @property
    def facts(self) -> dict[str, Any]:
        """What ``run.json`` holds; what it does not say is empty, 0 or None.

        Raises:
            InputMissingError: The file cannot be read.
            DataError: It is damaged.
        """
        return self.read_facts().model_dump()

    def read_facts(self) -> RunFacts:
        """Return what ``run.json`` holds. Raises as ``facts`` does."""
        return read_stored(self.facts_path, RunFacts)

    def config(self) -> Config:
        """Return what ``config.yaml`` holds. It stands alone: a run's config extends no other file.

        Raises:
            InputMissingError: The file cannot be read.
            ConfigError: It does not fit the language.
        """
        return self._config(self.config_text())

    def _config(self, text: str) -> Config:
        try:
            return validate(read_text(text, str(self.config_path), self.path))
        except ConfigError as error:
            raise DataError(f"{self.config_path} cannot be used:\n{error}") from None

    @property
    def has_config(self) -> bool:
        """Whether the run came as far as to write its config."""
        return os.path.lexists(self.config_path)

    def own_config(self) -> Config:
        """Return what ``config.yaml`` holds, if the data that it names may be read.

        Raises:
            RefusedError: The run was not made here, and so may name any file.
            InputMissingError, ConfigError: As ``config``.
        """
        text = self.config_text()
        config = self._config(text)
        if config.data.source not in _NAME_NO_FILE and not is_sealed(text, self.read_facts().seal):
            raise RefusedError(
                f"{self.path} was not made here, so that the data which its config names are not read\n"
                f"hint: name labelled data (evaluate --data FILE) or, if you trust it, train its config yourself: "
                f"dltool train {self.config_path} (and --set data.path=FILE where its data lie elsewhere)"
            )
        return config

    def put_seal(self, config: dict[str, Any]) -> None:
        """Take a run, made elsewhere of a config that this user sent there, for one of this user's own.

        Raises:
            OutputError, InputOutputError: The file cannot be written.
        """
        found = seal(self._text_of(config))
        if found != self.read_facts().seal:
            self.record(seal=found)

    def config_text(self) -> str:
        """Return ``config.yaml`` as it stands.

        Raises:
            InputMissingError: The file cannot be read.
        """
        return read_regular(self.config_path, MAX_BYTES).decode("utf-8", "replace")

    def open_model(self) -> IO[bytes]:
        """Open ``model.keras`` to read.

        Raises:
            LockedError: There is none yet: the run is being trained.
            InputMissingError: There is none.
            RefusedError: It is no regular file.
        """
        if not self.model_path.exists():
            if is_held(self.path):
                raise LockedError(
                    f"there is no model {self.model_path} yet: the run is being trained; wait for its end"
                )
            raise InputMissingError(
                f"there is no model {self.model_path}: the run has not come so far; go on with it by "
                f"`dltool train CONFIG --run-dir {self.path} --resume`"
            )
        return open_regular(self.model_path)

    def keep_data(self, name: str, writer: Callable[[Path], None]) -> Path:
        """Have data written by a function that is given a path, before the config is that names them.

        Args:
            name: of the file in this directory; one that is there already stays.
            writer: as for ``write_model``.

        Returns:
            The path of the file, absolute.
        """
        path = self.path.resolve() / name
        self._kept = path, writer
        return path

    def write_data(self) -> None:
        """Write the data that are to be kept, if there are some that are not there yet.

        Raises:
            OutputError, InputOutputError: The file cannot be written.
            DataError: No such file can hold them; nothing is written.
        """
        if self._kept and not os.path.lexists(self._kept[0]):
            path, writer = self._kept
            with atomic_path(path) as beside:
                writer(beside)
        self._kept = None  # a run is not to hold them in memory

    def start(self, config: dict[str, Any], **facts: Any) -> None:
        """Write the config, everything filled in, and what is known before training; makes an empty log.

        Raises:
            OutputError, InputOutputError: A file cannot be written.
            DataError: Data that are to be kept cannot be; nothing is written.
        """
        text = self._text_of(config)
        self.write_data()
        # Before the rest: what has a run.json can be resumed, even if it came no further than this.
        self._write_facts({"status": Status.RUNNING, **beginning(), **facts, "seal": seal(text)})
        try:
            self.checkpoints.folder.mkdir(exist_ok=True)
            for folder in self._made:
                sync_folder(folder.parent)
        except OSError as error:
            raise write_error(Path(error.filename), error) from None
        if os.path.lexists(self.metrics_path):
            write_atomically(self.metrics_path, b"")
        else:
            append_to(self.metrics_path).close()  # nothing could be missing of it
        write_atomically(self.config_path, text)

    def refuse_changes(self, before: dict[str, Any], config: dict[str, Any], **facts: Any) -> None:
        """Check that going on would end as the run would have ended without a break.

        Args:
            before: The config of the run, everything filled in.
            config: The config now; only ``training.epochs`` may differ, and be more.
            facts: What ``start`` was given, as it is now.

        Raises:
            ChangedError: Something differs; the message lists it.
        """
        known = self.facts
        found = changes({name: known.get(name) for name in facts}, facts)
        found = [change for change in found if change[0] != "data_fingerprint.test"]  # nothing trained follows from it
        for place, old, new in changes(before, config):
            # How long a network is trained that follows on folds, those say.
            if place != "training.epochs" or new < old or config.get("data", {}).get("folds"):
                found.append((place, old, new))
        if found:
            lines = "".join(f"\n  {place}: {json.dumps(old)} -> {json.dumps(new)}" for place, old, new in found)
            raise ChangedError(
                f"error: {self.path} cannot go on: it was begun with something else{lines}\n"
                "hint: put that back (training.epochs may be raised), or train anew in another --run-dir",
                [place for place, _, _ in found],
            )

    def has_data(self, fingerprint: dict[str, str]) -> bool:
        """Tell whether data are those that the run was begun with, as far as anything trained follows from them."""
        known = self.facts["data_fingerprint"]
        return all(known.get(part) == fingerprint.get(part) for part in ("train", "validation"))

    def is_finished(self, epochs: int) -> bool:
        """Tell whether nothing is left to do of a training of that many epochs."""
        facts = self.read_facts()
        return facts.status in FINISHED and (facts.status != Status.COMPLETED or facts.epochs >= epochs)

    def newest_checkpoint(self) -> tuple[Checkpoint, Path] | None:
        """Read the newest checkpoint that is whole; None where the run was killed, or failed, before its first.

        Raises:
            InputMissingError: There is none, though the run had begun.
            DataError: All of them are damaged.
        """
        found = self.checkpoints.newest()
        has_saved = self.read_facts().status not in (Status.RUNNING, Status.FAILED)
        if found is None and (has_saved or self.metrics()):
            raise InputMissingError(f"there is nothing to resume: no checkpoint in {self.checkpoints.folder}")
        return found

    def rewind(self, config: dict[str, Any], epoch: int, **facts: Any) -> None:
        """Make the directory what it was when an epoch had ended, to be continued; ``facts`` as for ``start``.

        Raises:
            DataError: The log lacks some of the epochs.
            OutputError, InputOutputError: A file cannot be written.
        """
        self.keep_epochs(epoch)
        self.write_config(config, status=Status.RUNNING, resumed=[*self.read_facts().resumed, now()], **facts)

    def keep_epochs(self, epoch: int) -> None:
        """Take out of the log what came behind an epoch.

        Raises:
            DataError: The log lacks some of the epochs.
            OutputError, InputOutputError: The file cannot be written.
        """
        rows = read_regular(self.metrics_path, _MAX_BYTES).split(b"\n")[:-1][:epoch]
        if len(rows) < epoch:
            raise DataError(f"{self.metrics_path} is damaged: it lacks some of the first {epoch} epochs")
        for number, row in enumerate(rows, 1):
            self._row(number, row)
        write_atomically(self.metrics_path, b"".join(row + b"\n" for row in rows))

    def record(self, **facts: Any) -> None:
        """Add facts to ``run.json``, or replace them. Numbers that are not finite become null.

        Raises:
            OutputError, InputOutputError: The file cannot be written.
        """
        self._write_facts(self.read_facts().model_dump(exclude_unset=True) | facts)

    def append_metrics(self, epochs: Sequence[EpochEnded]) -> None:
        """Add a line an epoch to ``metrics.jsonl``. Numbers that are not finite become null.

        Raises:
            OutputError, InputOutputError: The file cannot be written.
        """
        lines = log_lines(epochs)
        try:
            with append_to(self.metrics_path) as log:
                self._log_is_safe = False
                log.write(lines)
        except OSError as error:
            raise write_error(self.metrics_path, error) from None

    def metrics(self) -> list[dict[str, float]]:
        """Return the rows of ``metrics.jsonl``, one an epoch: metrics, learning rate, seconds, examples a second.

        What was not finite comes back as NaN. A last line that a crash cut short is left out.

        Raises:
            InputMissingError: The file cannot be read.
            DataError: It is damaged.
        """
        rows = read_rows(self._lines(self.read_facts()), self.metrics_path)
        columns = rows[0].keys() if rows else {}
        for number, row in enumerate(rows, 1):
            if row.keys() != columns:
                raise DataError(f"{self.metrics_path}:{number}: damaged: expected the columns of the first line")
        return rows

    def metrics_of(self, epoch: int | None, facts: RunFacts | None = None) -> dict[str, float]:
        """Return the row of one epoch, or of the last one; empty where there is none. The other rows are not parsed.

        Where there are folds, their mean scores stand beside it.

        Args:
            epoch: Counted from 1; None for the last one.
            facts: What ``run.json`` holds, where that was read before.

        Raises:
            InputMissingError: The file cannot be read.
            DataError: The row is damaged.
        """
        facts = facts or self.read_facts()
        lines = self._lines(facts)
        number = len(lines) if epoch is None else epoch
        row = self._row(number, lines[number - 1]) if 0 < number <= len(lines) else {}
        return row | facts.fold_means if row else {}

    def _lines(self, facts: RunFacts) -> list[bytes]:
        """Return the whole lines of the log: none where the run was killed as it began, before it had one."""
        if not os.path.lexists(self.metrics_path) and facts.status == Status.RUNNING:
            return []
        lines = read_regular(self.metrics_path, _MAX_BYTES).split(b"\n")[:-1]
        if facts.status in FINISHED and len(lines) < facts.epochs:
            raise DataError(f"{self.metrics_path} is damaged: it lacks epoch {len(lines) + 1:,} of {facts.epochs:,}")
        return lines

    def _row(self, number: int, line: bytes) -> dict[str, float]:
        return read_row(line, self.metrics_path, number)

    def write_model(self, writer: Callable[[Path], None]) -> None:
        """Have ``model.keras`` written by a function that is given a path; it appears whole or not at all.

        Raises:
            OutputError, InputOutputError: The file cannot be written.
        """
        with atomic_path(self.model_path) as beside:
            writer(beside)

    def write_report(self, html: str) -> None:
        """Write ``report.html``.

        Raises:
            OutputError, InputOutputError: The file cannot be written.
        """
        write_atomically(self.report_path, html)

    def write_predictions(self, predictions: Predictions) -> None:
        """Keep what the model makes of the validation rows, so that runs can be compared row by row.

        Raises:
            OutputError, InputOutputError: The file cannot be written.
        """
        write_atomically(self.predictions_path, packed(predictions))

    def predictions(self) -> Predictions | None:
        """Return what the model makes of the validation rows, if that was kept.

        Raises:
            DataError: The file is damaged.
        """
        return read_predictions(self.predictions_path) if os.path.lexists(self.predictions_path) else None

    def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep what resuming needs; the log is made safe first.

        Raises:
            OutputError, InputOutputError: A file cannot be written; the checkpoints before it are left as they were.
        """
        self._sync_metrics()
        self.checkpoints.save(checkpoint)

    def end(self, **facts: Any) -> None:
        """Note in ``run.json`` how training ended: what ``ending`` says, or another ``status`` and ``reason``.

        Raises:
            OutputError, InputOutputError: A file cannot be written.
        """
        self._sync_metrics()
        self.record(ended=now(), **facts)

    def _sync_metrics(self) -> None:
        if self._log_is_safe:
            return
        try:
            sync(self.metrics_path)
        except OSError as error:
            raise write_error(self.metrics_path, error) from None
        self._log_is_safe = True

    def write_config(self, config: dict[str, Any], **facts: Any) -> None:
        """Write ``config.yaml``, which is this user's own, and add facts to ``run.json``.

        Raises:
            OutputError, InputOutputError: A file cannot be written.
        """
        text = self._text_of(config)
        write_atomically(self.config_path, text)
        self.record(seal=seal(text), **facts)

    def _text_of(self, config: dict[str, Any]) -> str:
        """Return the text of ``config.yaml``; data that the run keeps are named from there, to be moved with it."""
        data, folder = config.get("data", {}), self.path.resolve()
        path = data.get("path")
        keeps = [folder, *(folder.parents[1:2] if folder.parent.name == self.folds_path.name else [])]
        if isinstance(path, str) and Path(path).parent in keeps:
            config = config | {"data": data | {"path": os.path.relpath(path, folder)}}
        return config_text(config)

    def _write_facts(self, facts: dict[str, Any]) -> None:
        write_atomically(self.facts_path, json_text(facts))
