"""Calibrating a model that is trained."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.api.evaluating import evaluate
from dltool.api.measured_part import measured_part
from dltool.api.trained import run_of
from dltool.config.folds import number_of_folds
from dltool.config.status import SUCCESSFUL
from dltool.config.training import ChosenThreshold
from dltool.contracts.calibration import Calibration, temperature_refusal
from dltool.errors import DataError, UsageError
from dltool.tasks import task_of_model
from dltool.tasks.calibration import at_temperature, logits_of, threshold_at

if TYPE_CHECKING:
    from dltool.runs.run import Run


def calibrate(
    run: Run | str | Path, *, file: str | Path | None = None, header: bool | None = None, device: str = "auto"
) -> Calibration:
    """Give the model of a run the temperature that suits its validation part, or its folds, best.

    The run's model, predictions and report become those of the calibrated model. A temperature that it had is replaced.

    Args:
        run: the run, its directory, or that of a sweep, for its best run.
        file: labelled data to choose it on instead, such as training did not see.
        header: whether the first row of a CSV names its columns; by default as in training.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Raises:
        UsageError: it is no run; its model gives no probabilities; a header without a file.
        DltoolError: the run, the data or the device cannot be used, or a file cannot be written.
    """
    from dltool.interruptions import interruptions
    from dltool.runs.run import Run

    opened = run_of(run)
    if opened is None:
        raise UsageError(f"{run} is a model file; name the directory of its run")
    if header is not None and file is None:
        raise UsageError("--header and --no-header go with a file (--data)")
    with interruptions(), Run.resume(opened.path) as locked:
        return _calibrated(locked, file, header, device)


def _calibrated(run: Run, file: str | Path | None, header: bool | None, device: str) -> Calibration:
    facts, config = run.read_facts(), run.config()
    if facts.status not in SUCCESSFUL:
        raise DataError(f"{run.path} has not come to its end ({facts.status}), so there is nothing to calibrate")
    if not (file or facts.rows.validation or facts.rows.folds):
        raise DataError(
            f"{run.path} has no validation part to choose the temperature on; name a labelled file with --data"
        )
    by_folds = bool(facts.rows.folds and not file)
    split = "train" if by_folds else "validation"
    found = measured_part(run, run.path, split, file, header, device)
    model, trained, part = found.model, found.description, found.part
    if reason := temperature_refusal(trained.layers[-1], trained.training.loss):
        raise UsageError(f"a temperature is for probabilities that softmax or sigmoid makes, and {reason}")

    from dltool.api.calibration import decision_facts, logits_of_part, measured, still_worse
    from dltool.api.folds import FOLDS, CrossValidation
    from dltool.inference.evaluate import decoded_outputs
    from dltool.inference.model_file import save_model
    from dltool.model.calibrated import calibrated
    from dltool.report.run import report_html
    from dltool.runs.run import Run

    kept, before = run.predictions(), trained.temperature or 1.0
    fold_runs = tuple(Run(run.folds_path / str(fold)) for fold in range(1, number_of_folds(config) + 1))
    if by_folds:
        # The folds' own predictions, which no temperature has changed.
        kept, before = CrossValidation(fold_runs).predictions(), 1.0
        if kept.rows is None or part.rows is None or kept.rows.tolist() != part.rows.tolist():
            raise DataError(f"{run.folds_path}: the folds are not of the rows that the run was trained on; train anew")
        logits, name = logits_of(kept.outputs, kept.targets), FOLDS
    else:
        logits, name = logits_of_part(model, trained, part), found.name
    calibration = measured(logits, part.targets, part.weights, name)
    if calibration is None:
        raise DataError(f"what the model makes of some rows ({name}) is no finite number; no temperature would suit it")
    temperature = calibration.temperature
    description, threshold = trained.changed(temperature=temperature), trained.threshold
    if threshold is not None and isinstance(trained.training.threshold, ChosenThreshold):
        # It moves with the probabilities: rows are told apart as they were.
        moved = threshold_at(threshold, temperature / (trained.temperature or 1.0))
        description = description.changed(threshold=moved)
    task, model = task_of_model(description), calibrated(model, description)
    run.write_model(lambda path: save_model(model, description, path))
    if kept:
        if not (file or by_folds):
            outputs = decoded_outputs(model, task, part)
        else:
            outputs = at_temperature(kept.outputs, kept.targets, temperature / before)
        run.write_predictions(kept._replace(outputs=outputs))
    decision = decision_facts(task, trained.training, folds=bool(facts.rows.folds))
    run.record(calibration=asdict(calibration), **decision)
    evaluation = evaluate(run, split=None if file else "validation", file=file, header=header, device=device)
    run.record(worse_than_trivial=still_worse(facts.worse_than_trivial, evaluation))
    rows, folds_rows = run.metrics(), [fold.metrics() for fold in fold_runs]
    text = run.config_text()
    run.write_report(report_html(run.facts, rows, description.plan, text, config.name, evaluation, folds_rows))
    return calibration
