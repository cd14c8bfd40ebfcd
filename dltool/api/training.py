"""One config, checked and trained."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dltool.config.config import Config
from dltool.config.deployed import Deployed
from dltool.config.metric_names import is_on_validation, on_validation, without_part
from dltool.config.plan import Plan, plan
from dltool.config.signature import TableFormat
from dltool.errors import DataError, DataNote, Interrupted, UsageError
from dltool.training.events import Event, NothingToDo, Resumed, StopTraining

if TYPE_CHECKING:
    from dltool.data.dataset import Dataset
    from dltool.interruptions import Interruptions
    from dltool.runs.run import Run
    from dltool.tasks.contract import Task
    from dltool.training.train import Trainer


def check(config: Config) -> Plan:
    """Work out what a config would do, without training and without TensorFlow.

    Raises:
        ConfigError: the parts of the config do not fit together, or do not fit the data.
        DataError: the data cannot be used.
        InputMissingError: a file is missing.
    """
    from dltool import data

    signature, rows = data.describe(config.data, config.training.loss.task, config.seed)
    return plan(config, signature, rows)


def train(
    config: Config,
    run_dir: str | Path | None = None,
    *,
    resume: bool = False,
    device: str = "auto",
    threads: int | None = None,
    observe: Callable[[Event], None] = lambda event: None,
) -> Run:
    """Train a model and leave a run directory behind.

    Args:
        config: what to do.
        run_dir: the directory to create, or to go on with; by default ``runs/<name>-<number>``.
        resume: whether to go on where ``run_dir`` stopped, to the end that it would have had without a break. A run
            that is finished stays as it is. Where the config's data lie elsewhere than the run's, and their
            fingerprints agree, the run takes note of the place.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.
        threads: how many CPU threads to compute with; by default one a core. Only the first training in a process
            can choose it.
        observe: called with every event as it happens; it may raise ``StopTraining``.

    Returns:
        The finished run; ``run.facts["status"]`` says how it ended.

    Raises:
        DltoolError: the config, the data, the device or the run directory cannot be used.
        Interrupted: SIGINT, SIGTERM or SIGHUP came; what had been done is saved.
    """
    from dltool import data
    from dltool.backend.start import start
    from dltool.environment import cores, in_force
    from dltool.interruptions import interruptions
    from dltool.runs.provenance import versions
    from dltool.runs.run import Run

    if resume and run_dir is None:
        raise UsageError("name the run to go on with: --resume needs --run-dir")
    with interruptions() as interruption:
        dataset = data.load(config.data, config.training.loss.task, config.seed)
        planned = plan(config, dataset.signature, dataset.rows)
        with Run.resume(str(run_dir)) if resume else Run.create(config.name, run_dir) as run:
            facts = {"seed": config.seed, "data_fingerprint": dataset.fingerprint, "versions": versions()}
            if resume:
                _refuse_changes(run, config, facts)
                if run.is_finished(config.training.epochs):
                    observe(NothingToDo(run.facts["status"]))
                    return run
            # An exception in the midst of an import leaves half a library, and may be taken for one of its own.
            interruption.held = True
            device_name = start(device, config.seed, threads)
            interruption.check()

            from dltool.model.build import build, compile_model, measure
            from dltool.training.loop_cache import LOOPS, loop_key
            from dltool.training.prepare import prepare

            deployed = Deployed(
                signature=dataset.signature,
                layers=planned.specs,
                training=config.training,
                standardized=planned.standardized,
                table_format=getattr(config.data, "table_format", TableFormat()),
            )
            task = deployed.task
            model = build(planned, config.training.dtype_policy)
            measure(model, planned, dataset.train.features)
            compile_model(model, config.training, task, dataset.rows.most)
            trainer = prepare(model, planned, config.training, dataset, task, config.seed)
            found = run.newest_checkpoint() if resume else None
            interruption.check()
            if found:
                run.refuse_changes({}, {}, device=device_name, environment=in_force or None)
                checkpoint, path = found
                try:
                    trainer.restore(checkpoint)
                except DataError as error:
                    raise DataError(f"{path}: {error}") from None
                run.go_on(config.plain(), checkpoint.epoch, threads=threads or cores())
                observe(Resumed(str(path), checkpoint.epoch, checkpoint.step))
            else:
                facts |= {"device": device_name, "threads": threads or cores()}
                facts |= {"environment": in_force} if in_force else {}
                facts |= _trivial(config, task, dataset)
                facts |= {"monitor": trainer.best.monitor, "rows": vars(dataset.rows), "parameters": planned.parameters}
                run.start(config.plain(), **facts)
            _follow(run, config, planned, deployed, dataset, task, trainer, device_name, interruption, observe)
            LOOPS.release(loop_key(planned, config.training), trainer.loop)
    return run


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


def _trivial(config: Config, task: Task, dataset: Dataset) -> dict[str, Any]:
    """Return the facts beside which a run's metrics are read: what the trivial answer scores, and the loss's unit."""
    from dltool.backend.examples import balanced_weights
    from dltool.model.trivial import trivial_metrics

    training, train = config.training, dataset.train.targets
    weights = balanced_weights(train, dataset.signature.outputs) if training.class_weight else None
    scores = trivial_metrics(training, task, train, weights)
    if dataset.validation:
        validated = trivial_metrics(training, task, dataset.validation.targets)
        scores |= {on_validation(name): value for name, value in validated.items()}
    unit = "rows weighted by their class, in the training part" if training.class_weight else task.unit
    return {"trivial": scores, "trivial_answer": task.trivial_answer_in_words, "loss_unit": unit}


def _follow(
    run: Run,
    config: Config,
    planned: Plan,
    deployed: Deployed,
    dataset: Dataset,
    task: Task,
    trainer: Trainer,
    device: str,
    interruption: Interruptions,
    observe: Callable[[Event], None],
) -> None:
    from dltool.inference.evaluate import evaluate as measured
    from dltool.inference.files import save_model
    from dltool.report.run import report_html
    from dltool.runs.recorder import Recorder
    from dltool.runs.run_facts import ending
    from dltool.tasks.trivial_answer import worse_than_trivial

    model = trainer.model
    recorder = Recorder(run, trainer.checkpoint, config.training.checkpoint_seconds)
    is_safe = False
    try:
        recorder.save()
        began = run.facts
        trivial = began["trivial"]
        absent = [name for name, value in trivial.items() if value is None]
        for events in trainer.events(device, absent):
            recorder.record(events)
            for event in events:
                observe(event)
            interruption.check()
        is_safe = recorder.save()
        finished = trainer.finish()
        run.write_model(lambda path: save_model(model, deployed, path))
        weighted = config.training.class_weight is not None
        kept = run.metrics_of(finished.weights_epoch)
        worse = worse_than_trivial(kept, trivial, penalised=bool(model.losses), weighted=weighted)
        facts = {**ending(finished), "worse_than_trivial": worse}
        evaluation = None
        if dataset.validation:
            own = {without_part(name): value for name, value in trivial.items() if is_on_validation(name)}
            evaluation = measured(model, task, dataset.validation, "validation", own, weighted=weighted)
            run.write_predictions(dataset.validation.targets, evaluation.outputs)
        text = run.config_text()
        run.write_report(report_html({**began, **facts}, run.metrics(), planned, text, config.name, evaluation))
        # Last: whoever sees the run finished finds all of it.
        run.end(**facts)
        observe(finished)
    except StopTraining as stop:
        seconds = trainer.seconds
        run.write_model(lambda path: save_model(model, deployed, path))
        run.end(status=stop.status, reason=stop.reason, epochs=trainer.epoch, training_seconds=seconds)
    except BaseException as error:
        recorder.stop(error)
        if isinstance(error, Interrupted):
            run.write_model(lambda path: save_model(model, deployed, path))
            error.run_dir = run.path
        elif is_safe:
            error.add_note(f"the trained weights are safe: go on with --run-dir {run.path} --resume")
        raise
