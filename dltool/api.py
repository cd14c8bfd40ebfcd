"""Each command's story on one screen; the command line is a face of this module.

TensorFlow is loaded inside the functions that need it, so that the others stay quick.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.config.deployed import Deployed
from dltool.config.plan import Plan, plan
from dltool.config.schema import Config
from dltool.config.validation import load_config
from dltool.errors import DataError, InputOutputError, Interrupted, UsageError
from dltool.training.events import Event, NothingToDo, Resumed, StopTraining

if TYPE_CHECKING:
    from keras import Sequential

    from dltool.config.signature import Rows, Signature
    from dltool.data.dataset import Dataset
    from dltool.experiments.compare import Comparison
    from dltool.experiments.definition import Definition
    from dltool.experiments.engine import Engine
    from dltool.experiments.events import SweepEvent, SweepResult
    from dltool.experiments.records import Entry
    from dltool.experiments.reproduce import Reproduction
    from dltool.inference.evaluate import Evaluation
    from dltool.inference.predict import Table
    from dltool.interruptions import Interruptions
    from dltool.runs.run import Run
    from dltool.training.train import Trainer

__all__ = [
    "check",
    "compare",
    "evaluate",
    "list_runs",
    "load_config",
    "predict",
    "read_sweep",
    "reproduce",
    "sweep",
    "train",
    "train_many",
    "write_predictions",
]


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
            that is finished stays as it is.
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
    from dltool.backend.start import cores, start
    from dltool.interruptions import interruptions
    from dltool.runs.run import Run, versions

    if resume and run_dir is None:
        raise UsageError("name the run to go on with: --resume needs --run-dir")
    with interruptions() as interruption:
        dataset = data.load(config.data, config.training.loss.task, config.seed)
        planned = plan(config, dataset.signature, dataset.rows)
        with Run.resume(str(run_dir)) if resume else Run.create(config.name, run_dir) as run:
            facts = {"seed": config.seed, "data_fingerprint": dataset.fingerprint, "versions": versions()}
            if resume:
                # A run that was killed as it began has no config: nothing to hold this one against.
                before = load_config(run.config_path) if run.config_path.exists() else config
                run.refuse_changes(before.plain(), config.plain(), **facts)
                if run.is_finished(config.training.epochs):
                    observe(NothingToDo(run.facts["status"]))
                    return run
            device_name = start(device, config.seed, threads)

            from dltool.model.build import build, compile_model, measure
            from dltool.training.train import Trainer

            model = build(planned, config.training.dtype_policy)
            measure(model, planned, dataset.train.features)
            compile_model(model, config.training)
            trainer = Trainer(model, planned, config.training, dataset, config.seed)
            found = run.newest_checkpoint() if resume else None
            interruption.held = True
            if found:
                run.refuse_changes({}, {}, device=device_name)
                checkpoint, path = found
                trainer.restore(checkpoint)
                run.go_on(config.plain(), checkpoint.epoch)
                observe(Resumed(str(path), checkpoint.epoch, checkpoint.step))
            else:
                facts |= {"device": device_name, "threads": threads or cores()}
                facts |= {"monitor": trainer.best.monitor, "rows": vars(dataset.rows), "parameters": planned.parameters}
                run.start(config.plain(), **facts)
            _follow(run, config, planned, dataset, trainer, device_name, interruption, observe)
    return run


def _follow(
    run: Run,
    config: Config,
    planned: Plan,
    dataset: Dataset,
    trainer: Trainer,
    device: str,
    interruption: Interruptions,
    observe: Callable[[Event], None],
) -> None:
    from dltool.console.report import report_html
    from dltool.inference.evaluate import evaluate as measured
    from dltool.inference.files import save_model
    from dltool.runs.recorder import Recorder
    from dltool.runs.run import ending

    model, signature = trainer.model, dataset.signature
    deployed = Deployed(
        signature=signature,
        layers=planned.specs,
        training=config.training,
        delimiter=getattr(config.data, "delimiter", ","),
    )
    recorder = Recorder(run, trainer.checkpoint, config.training.checkpoint_seconds)
    try:
        recorder.save()
        for events in trainer.events(device):
            recorder.record(events)
            for event in events:
                observe(event)
            interruption.check()
        recorder.save()
        finished = trainer.finish()
        run.write_model(lambda path: save_model(model, deployed, path))
        evaluation = None
        if dataset.validation:
            evaluation = measured(model, signature, config.training.loss, dataset.validation, "validation")
            run.write_predictions(dataset.validation.targets, evaluation.outputs)
        facts, text = {**run.facts, **ending(finished)}, run.config_path.read_text("utf-8")
        run.write_report(report_html(facts, run.metrics(), planned, text, config.name, evaluation))
        # Last: whoever sees the run finished finds all of it.
        run.end(**ending(finished))
        observe(finished)
    except StopTraining as stop:
        run.write_model(lambda path: save_model(model, deployed, path))
        run.end(status=stop.status, reason=stop.reason)
    except BaseException as error:
        recorder.stop(error)
        if isinstance(error, Interrupted):
            run.write_model(lambda path: save_model(model, deployed, path))
            error.run_dir = run.path
        raise


def read_sweep(file: str | Path) -> Definition:
    """Read a sweep file and check every point of it, without training and without TensorFlow.

    Raises:
        DltoolError: the file, its base, a point or the data cannot be used; the message names every problem.
    """
    from dltool.experiments.definition import read_sweep as read

    return read(Path(file), _checker())


def sweep(
    file: str | Path,
    run_dir: str | Path | None = None,
    *,
    jobs: int = 1,
    resume: bool = False,
    fail_fast: bool = False,
    engine: str = "local",
    ray_address: str | None = None,
    device: str = "auto",
    observe: Callable[[SweepEvent], None] = lambda event: None,
) -> SweepResult:
    """Train every point that a sweep file describes, each in a run directory of its own.

    Args:
        file: the sweep file.
        run_dir: the directory to create, or to go on with; by default ``runs/<name>``.
        jobs: how many models to train at a time; they share the cores, and the GPUs, among them.
        resume: whether to go on with the sweep that is in the directory; nothing that is done is done again.
        fail_fast: whether to stop at the first trial that fails.
        engine: ``local`` for this machine, ``ray`` for a Ray cluster.
        ray_address: the cluster's head, such as ``10.0.0.1:6379``; by default the cluster of this machine.
        device: ``auto``, ``cpu``, ``gpu`` or, on this machine, ``gpu:N``.
        observe: called with every event as it happens.

    Returns:
        What came of it; a trial that failed or diverged is no error.

    Raises:
        DltoolError: the file, a point, the data or the directory cannot be used.
        Interrupted: SIGINT, SIGTERM or SIGHUP came; what had been done is kept.
    """
    from dltool.interruptions import interruptions
    from dltool.runs.run import ROOT

    with interruptions():
        definition = read_sweep(file)
        path = Path(run_dir) if run_dir is not None else ROOT / definition.name
        make = partial(_ray_engine, ray_address) if engine == "ray" else _local_engine
        return _run_trials(definition, path, make, jobs, device, observe, resume=resume, fail_fast=fail_fast)


def train_many(
    configs: Sequence[str | Path],
    overrides: Sequence[str] = (),
    run_dir: str | Path | None = None,
    *,
    jobs: int = 1,
    resume: bool = False,
    fail_fast: bool = False,
    device: str = "auto",
    observe: Callable[[SweepEvent], None] = lambda event: None,
) -> SweepResult:
    """Train a list of configs, each in a run directory of its own, as ``sweep`` trains its points.

    Args:
        configs: the YAML files.
        overrides: ``PATH=VALUE`` settings, for each of them.
        run_dir: the directory to create, or to go on with; by default ``runs/batch-<number>``.
        jobs: as for ``sweep``.
        resume: as for ``sweep``.
        fail_fast: as for ``sweep``.
        device: as for ``sweep``.
        observe: as for ``sweep``.

    Returns:
        What came of it; a trial that failed or diverged is no error.

    Raises:
        DltoolError: a config, the data or the directory cannot be used.
        Interrupted: SIGINT, SIGTERM or SIGHUP came; what had been done is kept.
    """
    from dltool.experiments.definition import define_list
    from dltool.interruptions import interruptions

    if resume and run_dir is None:
        raise UsageError("name the batch to go on with: --resume needs --run-dir")
    names = [str(config) for config in configs]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UsageError(f"{twice[0]} is named twice; a sweep with repeats trains one config several times")
    with interruptions():
        definition = define_list("batch", {name: load_config(name, overrides) for name in names}, _checker())
        path = Path(run_dir) if run_dir is not None else None
        return _run_trials(definition, path, _local_engine, jobs, device, observe, resume=resume, fail_fast=fail_fast)


def _local_engine(jobs: int, device: str) -> Engine:
    from dltool.backend.start import cores
    from dltool.experiments.local import LocalEngine

    return LocalEngine(jobs, device, max(1, cores() // jobs))


def _ray_engine(address: str | None, jobs: int, device: str) -> Engine:
    from dltool.experiments.cluster import RayEngine
    from dltool.worker import carry_out

    return RayEngine(address, jobs, device, carry_out)


def _run_trials(
    definition: Definition,
    path: Path | None,
    make_engine: Callable[[int, str], Engine],
    jobs: int,
    device: str,
    observe: Callable[[SweepEvent], None],
    *,
    resume: bool,
    fail_fast: bool,
) -> SweepResult:
    from dltool.backend.start import parse_device
    from dltool.console.sweep_report import sweep_report_html
    from dltool.experiments.directory import SweepDirectory
    from dltool.experiments.driver import run_sweep
    from dltool.experiments.events import SweepEnded
    from dltool.experiments.records import SweepRecord
    from dltool.runs.files import write_atomically
    from dltool.runs.run import ROOT, make_numbered

    if jobs < 1:
        raise UsageError(f"expected at least 1 job, got {jobs}")
    parse_device(device)
    jobs = min(jobs, definition.total)
    engine = make_engine(jobs, device)
    if path is None:
        ROOT.mkdir(exist_ok=True)
        path = make_numbered(definition.name, ROOT)

    def observe_and_report(event: SweepEvent) -> None:
        if isinstance(event, SweepEnded):
            record = SweepRecord.read(event.result.path)
            write_atomically(SweepDirectory(record.path).report_path, sweep_report_html(record))
        observe(event)

    return run_sweep(
        definition, path, engine, jobs=jobs, resume=resume, fail_fast=fail_fast, observe=observe_and_report
    )


def _checker() -> Callable[[Config], Plan]:
    """Return ``check`` with a memory: data that many configs share are described once."""
    from dltool import data

    described: dict[tuple[str, str, int], tuple[Signature, Rows]] = {}

    def remembered(config: Config) -> Plan:
        task = config.training.loss.task
        key = config.data.model_dump_json(), task, config.seed
        if key not in described:
            described[key] = data.describe(config.data, task, config.seed)
        return plan(config, *described[key])

    return remembered


def list_runs(folder: str | Path = "runs") -> tuple[list[Entry], list[str]]:
    """List the runs and sweeps right below a folder, or the trials of a sweep, the oldest first.

    Returns:
        The entries, and what is wrong with those that cannot be read.

    Raises:
        InputMissingError: there is no such folder.
    """
    from dltool.experiments.records import list_entries

    return list_entries(Path(folder))


def compare(paths: Sequence[str | Path], metric: str | None = None) -> Comparison:
    """Compare runs, and the points of sweeps, without TensorFlow.

    Args:
        paths: of run directories and sweep directories.
        metric: by default ``validation_loss`` where all of them have it, else ``loss``.

    Raises:
        DltoolError: there are fewer than two, they lack the metric, or a file cannot be used.
    """
    from dltool.experiments.compare import compare as compared

    return compared([Path(path) for path in paths], metric)


def reproduce(
    run: Run | str | Path,
    run_dir: str | Path | None = None,
    *,
    observe: Callable[[Event], None] = lambda event: None,
) -> Reproduction:
    """Train the stored config of a finished run again, on the same device, and compare the two.

    Args:
        run: the run, or its directory.
        run_dir: the directory to create; by default one that is removed afterwards.
        observe: as for ``train``.

    Raises:
        DltoolError: the run is not finished, or anything that ``train`` raises.
    """
    from dltool.experiments.reproduce import compare_again
    from dltool.runs.run import Run

    before = run if isinstance(run, Run) else Run.open(run)
    facts = before.facts
    if facts["status"] not in ("completed", "stopped_early", "diverged"):
        raise DataError(f"{before.path} has not come to its end ({facts['status']}), so there is nothing to reproduce")
    device, threads = str(facts["device"]).split(" ")[0], facts.get("threads")
    with tempfile.TemporaryDirectory(prefix="dltool-") as folder:
        again = train(before.config(), run_dir or Path(folder, "run"), device=device, threads=threads, observe=observe)
        return compare_again(before, again)


def evaluate(
    run: Run | str | Path, *, split: str | None = None, file: str | Path | None = None, device: str = "auto"
) -> Evaluation:
    """Measure a trained model.

    Args:
        run: the run, its directory, or the ``.keras`` file of one.
        split: ``test`` (the default), ``validation`` or ``train`` of the run's own data.
        file: labelled data to measure on instead: a CSV, an NPZ or a folder of images, like the training data.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Raises:
        UsageError: both a split and a file are named, or neither beside a model file.
        DltoolError: the run, the data or the device cannot be used.
    """
    from dltool import data
    from dltool.data.inputs import load_labelled, spec_for

    opened = _run_of(run)
    if file is not None and split is not None:
        raise UsageError("name a part of the run's own data (--split) or a file (--data), not both")
    if file is None:
        if opened is None:
            raise UsageError(f"{run} is a model without its data; name a labelled file with --data")
        split, config = split or "test", opened.config()
        dataset = data.load(config.data, config.training.loss.task, config.seed)
        if dataset.fingerprint != opened.facts.get("data_fingerprint"):
            raise DataError(
                "the data have changed since the run was trained, so its parts cannot be drawn again; "
                "name a labelled file with --data"
            )
        part = getattr(dataset, split)
        if part is None:
            raise DataError(f"the run has no {split} part; set data.{split} in the config, or name a file with --data")
    model, deployed = _model(opened, run, device)

    from dltool.inference.evaluate import evaluate as measured
    from dltool.model.build import compile_model

    if file is not None:
        spec = opened.config().data if opened else spec_for(deployed.signature, deployed.delimiter)
        part = load_labelled(str(file), deployed.signature, spec)
    elif dataset.signature != deployed.signature:
        raise DataError(f"{run}: the model was made for other data than those that the config names")
    compile_model(model, deployed.training)
    return measured(model, deployed.signature, deployed.training.loss, part, split or str(file))


def predict(run: Run | str | Path, source: str | Path, *, top: int = 1, device: str = "auto") -> Iterator[Table]:
    """Yield tables of predictions, a batch at a time.

    Args:
        run: the run, its directory, or the ``.keras`` file of one.
        source: a CSV, an NPZ, an image, a folder of images, or ``-`` for CSV on standard input; labels are not needed.
        top: for classes, how many of the likeliest to name.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Raises:
        UsageError: ``top`` is more than 1 and the model does not choose between classes.
        DltoolError: the run, the input or the device cannot be used.
    """
    from dltool.data.inputs import open_inputs

    model, deployed = _model(_run_of(run), run, device)

    from dltool.inference.predict import predict as tables

    if top > 1 and not deployed.signature.classes:
        raise UsageError(f"--top {top} ranks classes; this model predicts none")
    batches = open_inputs(str(source), deployed.signature, deployed.delimiter)
    return tables(model, deployed.signature, deployed.training.loss, batches, top)


def write_predictions(
    run: Run | str | Path,
    source: str | Path,
    output: Path | None,
    form: str | None = None,
    *,
    top: int = 1,
    device: str = "auto",
) -> None:
    """Write predictions to a file, or to standard output.

    Args:
        run: as for ``predict``.
        source: as for ``predict``.
        output: the file, which appears whole or not at all; None for standard output.
        form: ``csv``, ``jsonl``, ``npz`` or ``parquet``; by default what the file's ending says, else ``csv``.
        top: as for ``predict``.
        device: as for ``predict``.

    Raises:
        UsageError: a form that is not text cannot go to standard output.
        DltoolError: as for ``predict``, or the output cannot be written.
    """
    from dltool.console.console import data_output
    from dltool.inference.forms import Form, form_of
    from dltool.inference.write import write_tables
    from dltool.runs.files import atomic_path, write_error

    chosen = Form(form) if form else form_of(output)
    if output is None and not chosen.is_text:
        raise UsageError(f"{chosen} cannot go to standard output; name a file with -o")
    tables = _reading(predict(run, source, top=top, device=device), source)
    if output is None:
        write_tables(tables, data_output(), chosen)
    elif output.exists() and not output.is_file():
        # A device or a pipe is written to; a file put in its place would be none.
        try:
            with output.open("wb") as sink:
                write_tables(tables, sink, chosen)
        except OSError as error:
            raise write_error(output, error) from None
    else:
        with atomic_path(output) as beside, beside.open("wb") as sink:
            write_tables(tables, sink, chosen)


def _reading(tables: Iterator[Table], source: str | Path) -> Iterator[Table]:
    """Pass tables on; an input that fails midway is not to be taken for an output that does."""
    try:
        yield from tables
    except OSError as error:
        raise InputOutputError(f"cannot read {source}: {error.strerror or error}") from None


def _run_of(run: Run | str | Path) -> Run | None:
    """Return the run; None for the path of a model file."""
    from dltool.runs.run import Run

    if isinstance(run, Run):
        return run
    return None if Path(run).suffix == ".keras" and not Path(run).is_dir() else Run.open(run)


def _model(opened: Run | None, run: Run | str | Path, device: str) -> tuple[Sequential, Deployed]:
    """Read the model of a run, or the model file ``run``."""
    from dltool.backend.start import start
    from dltool.runs.files import open_regular

    # A run may come from anywhere, and so may a link in it; a path that the user typed is the user's own.
    stream = opened.open_model() if opened else open_regular(Path(str(run)), follow_links=True)
    with stream:
        start(device)

        from dltool.inference.files import read_model
        from dltool.model.build import build

        return read_model(stream, str(opened.model_path if opened else run), build)
