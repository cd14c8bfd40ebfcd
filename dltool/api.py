"""Each command's story on one screen; the command line is a face of this module.

TensorFlow is loaded inside the functions that need it, so that the others stay quick.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.config.plan import Plan, plan
from dltool.config.schema import Config
from dltool.config.validation import load_config
from dltool.errors import DataError, UsageError
from dltool.training.events import EpochEnded, Event, Finished

if TYPE_CHECKING:
    from dltool.inference.evaluate import Evaluation
    from dltool.inference.predict import Table
    from dltool.runs.run import Run

__all__ = ["check", "evaluate", "load_config", "predict", "train", "write_predictions"]


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
    device: str = "auto",
    observe: Callable[[Event], None] = lambda event: None,
) -> Run:
    """Train a model and leave a run directory behind.

    Args:
        config: what to do.
        run_dir: the directory to create; by default ``runs/<name>-<number>``.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.
        observe: called with every event as it happens.

    Returns:
        The finished run; ``run.facts["status"]`` says how it ended.

    Raises:
        DltoolError: the config, the data, the device or the run directory cannot be used.
    """
    from dltool import data
    from dltool.backend.start import start
    from dltool.runs.run import Run, refuse_used

    dataset = data.load(config.data, config.training.loss.task, config.seed)
    planned = plan(config, dataset.signature, dataset.rows)
    if run_dir is not None:
        refuse_used(Path(run_dir))
    device_name = start(device, config.seed)

    from dltool.console.report import report_html
    from dltool.inference.evaluate import evaluate as measured
    from dltool.inference.files import save_model
    from dltool.model.build import build, compile_model, measure
    from dltool.training.train import train as training_events

    model = build(planned, config.training.dtype_policy)
    measure(model, planned, dataset.train.features)
    compile_model(model, config.training)
    run = Run.create(config.name, run_dir)
    run.start(
        config.plain(),
        device=device_name,
        seed=config.seed,
        data_fingerprint=dataset.fingerprint,
        rows=vars(dataset.rows),
        parameters=planned.parameters,
    )
    try:
        for events in training_events(model, planned, config.training, dataset, config.seed, device_name):
            run.append_metrics([event for event in events if isinstance(event, EpochEnded)])
            for event in events:
                if isinstance(event, Finished):
                    run.write_model(lambda path: save_model(model, dataset.signature, path))
                    run.finish(event)
                observe(event)
    except KeyboardInterrupt:
        run.write_model(lambda path: save_model(model, dataset.signature, path))
        run.stop("interrupted", "interrupted from the keyboard")
        raise
    except BaseException as error:
        run.stop("failed", f"{type(error).__name__}: {error}")
        raise
    confusion = None
    if dataset.validation and dataset.signature.classes:
        confusion = measured(model, dataset.signature, config.training.loss, dataset.validation, "validation")
    text = run.config_path.read_text("utf-8")
    run.write_report(report_html(run.facts, run.metrics(), planned, text, config.name, confusion))
    return run


def evaluate(
    run: Run | str | Path, *, split: str = "test", file: str | Path | None = None, device: str = "auto"
) -> Evaluation:
    """Measure the model of a run.

    Args:
        run: the run, or its directory.
        split: ``test``, ``validation`` or ``train`` of the run's own data.
        file: labelled data to measure on instead: a CSV, an NPZ or a folder of images, like the training data.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Raises:
        DltoolError: the run, the data or the device cannot be used.
    """
    from dltool import data
    from dltool.backend.start import start
    from dltool.data.inputs import load_labelled

    run, config = _open(run)
    loss = config.training.loss
    if file is None:
        dataset = data.load(config.data, loss.task, config.seed)
        if dataset.fingerprint != run.facts.get("data_fingerprint"):
            raise DataError(
                "the data have changed since the run was trained, so its parts cannot be drawn again; "
                "name a labelled file with --data"
            )
        part = getattr(dataset, split)
        if part is None:
            raise DataError(f"the run has no {split} part; set data.{split} in the config, or name a file with --data")
    start(device, config.seed)

    from dltool.inference.evaluate import evaluate as measured
    from dltool.inference.files import load_model
    from dltool.model.build import compile_model

    model, signature = load_model(run.model_path)
    if file is not None:
        part = load_labelled(str(file), signature, config.data)
    compile_model(model, config.training)
    return measured(model, signature, loss, part, split if file is None else str(file))


def predict(run: Run | str | Path, source: str | Path, *, top: int = 1, device: str = "auto") -> Iterator[Table]:
    """Yield tables of predictions, a batch at a time.

    Args:
        run: the run, or its directory.
        source: a CSV, an NPZ, an image, a folder of images, or ``-`` for CSV on standard input; labels are not needed.
        top: for classes, how many of the likeliest to name.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Raises:
        DltoolError: the run, the input or the device cannot be used.
    """
    from dltool.backend.start import start
    from dltool.data.inputs import open_inputs

    run, config = _open(run)
    start(device, config.seed)

    from dltool.inference.files import load_model
    from dltool.inference.predict import predict as tables

    model, signature = load_model(run.model_path)
    batches = open_inputs(str(source), signature, getattr(config.data, "delimiter", ","))
    return tables(model, signature, config.training.loss, batches, top)


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
    from dltool.inference.write import form_of, write_tables
    from dltool.runs.files import atomic_path

    form = form or form_of(output)
    if output is None:
        if form not in ("csv", "jsonl"):
            raise UsageError(f"{form} cannot go to standard output; name a file with -o")
        write_tables(predict(run, source, top=top, device=device), sys.stdout.buffer, form)
        return
    with atomic_path(output) as beside, beside.open("wb") as sink:
        write_tables(predict(run, source, top=top, device=device), sink, form)


def _open(run: Run | str | Path) -> tuple[Run, Config]:
    from dltool.runs.run import Run

    opened = run if isinstance(run, Run) else Run.open(run)
    return opened, load_config(opened.config_path)
