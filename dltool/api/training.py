"""One config, checked and trained."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dltool.backend.settings import given_back
from dltool.config.config import Config
from dltool.config.folds import fold_config, number_of_folds, of_fold, whole_config
from dltool.config.validation import expect_config
from dltool.contracts.events import Event, NothingToDo, StopTraining, unobserved
from dltool.contracts.plan import Plan
from dltool.errors import DataNote, DataWarning, Interrupted, ThreadsNote, UsageError
from dltool.model.plan import plan

if TYPE_CHECKING:
    from dltool.api.folds import CrossValidation
    from dltool.api.training_run import TrainingRun
    from dltool.config.data import Data
    from dltool.config.needs import Needs
    from dltool.contracts.signature import Rows, Signature
    from dltool.data.held_table import ArrowStream
    from dltool.interruptions import Interruptions
    from dltool.runs.run import Run

    Describe = Callable[[Data, Needs, int], tuple[Signature, Rows]]


def check(config: Config, *, data: Mapping[str, Any] | ArrowStream | None = None) -> Plan:
    """Work out what a config would do, without training and without TensorFlow.

    Args:
        config: what to do; of folds, each is looked at.
        data: as for ``train``.

    Raises:
        ConfigError: the parts of the config do not fit together, or do not fit the data.
        DataError: the data cannot be used.
        InputMissingError: a file is missing.
        UsageError: it is no config; data are given, and the config names no file that they could stand for.
    """
    from dltool.data import describe, held_for

    expect_config(config)
    held = None if data is None else held_for(config.data, data)
    return check_described(config, partial(describe, held=held))


def check_described(config: Config, describe: Describe) -> Plan:
    """Do as ``check`` does, by another way to know the data.

    Args:
        config: as for ``check``.
        describe: as ``data.describe``.

    Raises:
        DltoolError: as ``check`` does.
    """
    found = describe(config.data, config.needs, config.seed)
    folds = number_of_folds(config)
    if not folds:
        return plan(config, *found)
    with warnings.catch_warnings():
        # What is odd about the table was said of the whole.
        warnings.simplefilter("ignore", DataWarning)
        for fold in range(1, folds + 1):
            each = fold_config(config, fold)
            with of_fold(fold, folds):
                plan(each, *describe(each.data, each.needs, each.seed))
    return _plan_of_whole(config, *found)


def _plan_of_whole(config: Config, signature: Signature, rows: Rows) -> Plan:
    """Return the plan of the network that is trained on the rows of all folds."""
    rows = replace(rows, folds=number_of_folds(config))
    return plan(whole_config(config, config.training.epochs), signature, rows)


def draft(table: str | Path | Mapping[str, Any] | ArrowStream, target: str, source: str | None = None) -> str:
    """Return a commented config for a table, as YAML, that can be trained as it stands.

    Args:
        table: the path of the file, or a pattern of several Parquet files; or a table in memory as ``train`` takes it,
            for which the config names a file ``data.parquet``.
        target: the column to predict.
        source: what the file is: ``csv``, which it is by default, ``parquet`` or ``excel``.

    Raises:
        UsageError: a source is named beside a table in memory.
        DltoolError: the table cannot be used, as ``data.draft`` says.
    """
    from dltool.data.draft import draft_table
    from dltool.data.draft_text import draft_text
    from dltool.data.held_table import held_table

    if isinstance(table, str | Path):
        return draft_text(draft_table(str(table), target, source or "csv"))
    if source is not None:
        raise UsageError(f"source: {source} says what a file is; leave it out beside a table in memory")
    return draft_text(draft_table(held_table(table), target))


def draft_images(path: str | Path) -> str:
    """Return a commented config for a folder of images, one folder a class, that can be trained as it stands.

    Args:
        path: of the folder that holds the class folders.

    Raises:
        DltoolError: the folder or its images cannot be used, as ``data.image_draft`` says.
    """
    from dltool.data.image_draft import draft_folder
    from dltool.data.image_draft_text import image_draft_text

    return image_draft_text(draft_folder(str(path)))


@given_back()
def train(
    config: Config,
    run_dir: str | Path | None = None,
    *,
    data: Mapping[str, Any] | ArrowStream | None = None,
    resume: bool = False,
    device: str = "auto",
    threads: int | None = None,
    share: int | None = None,
    xla: bool | None = None,
    observe: Callable[[Event], None] = unobserved,
) -> Run:
    """Train a model and leave a run directory behind.

    Args:
        config: what to do.
        run_dir: the directory to create, or to go on with; by default ``runs/<name>-<number>``.
        data: a table in memory in place of the file that the config names as one of ``source: parquet``: a data frame
            that has ``__arrow_c_stream__`` (pandas, Polars, PyArrow), or a mapping of column name to array or list;
            None and NaN are missing values. Or a mapping of name to array in place of one of ``source: npz``. The run
            keeps them, as ``data.parquet`` or ``data.npz``, and its ``config.yaml`` names that file.
        resume: whether to go on where ``run_dir`` stopped, to the end that it would have had without a break. A run
            that is finished stays as it is. Where the config's data lie elsewhere than the run's, and their
            fingerprints agree, the run takes note of the place.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.
        threads: how many CPU threads to compute with; by default those of the run that is resumed, or as many as the
            size of a step asks for. A process keeps those of its first training.
        share: how many are this training's share, where others compute beside it.
        xla: whether XLA compiles the loop, where it can; by default as for the run that is resumed, or where that is
            surely quicker. Of folds it is always by default.
        observe: called with every event as it happens; it may raise ``StopTraining``.

    Returns:
        The finished run; ``run.facts["status"]`` says how it ended.

    Raises:
        UsageError: it is no config; data are given, and the config names no file that they could stand for.
        DltoolError: the config, the data, the device or the run directory cannot be used.
        Interrupted: SIGINT, SIGTERM or SIGHUP came; what had been done is saved.
    """
    from dltool.api.folds import train_folds
    from dltool.backend.start import graphs_rewritten, threads_in_force
    from dltool.data import held_for, load
    from dltool.interruptions import interruptions
    from dltool.runs.provenance import versions
    from dltool.runs.run import Run
    from dltool.training.engine import engine_of

    expect_config(config)
    if resume and run_dir is None:
        raise UsageError("name the run to go on with: --resume needs --run-dir")
    with interruptions() as interruption:
        held = None if data is None else held_for(config.data, data)
        dataset = load(config.data, config.needs, config.seed, held)
        folds = number_of_folds(config)
        planned = (_plan_of_whole if folds else plan)(config, dataset.signature, dataset.rows)
        with Run.resume(str(run_dir)) if resume else Run.create(config.name, run_dir) as run:
            facts = {"seed": config.seed, "data_fingerprint": dataset.fingerprint, "versions": versions()}
            if held:
                place = {"path": str(run.keep_data(held.file_name, held.write))}
                config = config.model_copy(update={"data": config.data.model_copy(update=place)})
            if resume:
                _refuse_changes(run, config, facts)
                run.write_data()
                # A network that follows on folds is trained for as many epochs as those say.
                if run.is_finished(1 if folds else config.training.epochs):
                    observe(NothingToDo(run.facts["status"]))
                    return run
            trained, cross_validation = config, None
            if folds:
                begin = partial(train, device=device, threads=threads, share=share)
                cross_validation = train_folds(config, run, begin, facts, observe, resume=resume)
                if failure := cross_validation.failure:
                    run.end(**failure)
                    return run
                facts["created"] = run.facts["created"]
                trained = cross_validation.whole_config(config, planned.steps)
            # A signal during TensorFlow's import would leave it half imported, or be caught by a handler in it.
            interruption.held = True
            if resume:
                threads, xla = threads or run.facts["threads"], run.facts["xla"]
            device = _start(device, trained, planned, threads, share)
            interruption.check()
            from dltool.api.training_run import TrainingRun

            engine = engine_of(planned, trained.training, on_gpu=device != "cpu", threads=threads_in_force(), xla=xla)
            training = TrainingRun(run, trained, planned, dataset, engine)
            found = run.newest_checkpoint() if resume else None
            interruption.check()
            if found:
                observe(training.resume(config, *found, device))
            else:
                training.begin(config, facts | {"device": device})
            with graphs_rewritten(engine.rewrites):
                _train_to_the_end(training, device, cross_validation, observe, interruption)
    return run


def _train_to_the_end(
    training: TrainingRun,
    device: str,
    folds: CrossValidation | None,
    observe: Callable[[Event], None],
    interruption: Interruptions,
) -> None:
    try:
        training.recorder.save()
        for events in training.trainer.events(device, training.absent_metrics):
            training.tell(events, observe)
            interruption.check()
        observe(training.complete(folds))
    except StopTraining as request:
        training.stop(request)
    except Interrupted as interrupted:
        training.interrupt(interrupted)
        raise
    except BaseException as error:
        training.fail(error)
        raise
    training.release()


def _start(device: str, config: Config, planned: Plan, threads: int | None, share: int | None) -> str:
    """Start TensorFlow with some threads, or as many as the plan asks for; returns the device in words."""
    from dltool.backend.start import start, threads_in_force
    from dltool.environment import cores
    from dltool.training.engine import threads_of

    by_size, side_by_side = threads_of(planned, config.training, cores(), share)
    wanted = threads or by_size
    device = start(device, config.seed, (wanted, side_by_side))
    if device == "cpu" and wanted != (found := threads_in_force()):
        said = f"this process computes with {found} threads at a time, as its first training did, and not with {wanted}"
        warnings.warn(ThreadsNote(f"{said}; a new process would", wanted), stacklevel=3)
    return device


def _refuse_changes(run: Run, config: Config, facts: dict[str, Any]) -> None:
    """Check that a run can go on by a config; where only the place of its data is another, the run takes note of it."""
    # A run that was killed as it began has no config: nothing to hold this one against.
    before = run.config() if run.has_config else config
    now = before
    if run.has_data(facts["data_fingerprint"]):
        now = before.model_copy(update={"data": before.data.moved(config.data)})
    run.refuse_changes(now.plain(), config.plain(), **facts)
    if now.data != before.data:
        run.write_config(now.plain())
        said = "its data lie elsewhere now, and are the same; its config.yaml names the new place"
        warnings.warn(f"{run.path}: {said}", DataNote, stacklevel=3)
