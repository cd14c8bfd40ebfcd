"""Calibrating a model that is trained."""

from __future__ import annotations

import shlex
import warnings
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.api.evaluating import evaluation_on, measure
from dltool.api.measured_part import MeasuredPart, measured_part, refuse_header_alone
from dltool.api.trained import run_of
from dltool.backend.settings import given_back
from dltool.config.status import SUCCESSFUL
from dltool.config.training import ChosenThreshold
from dltool.contracts.calibration import Calibration, temperature_refusal
from dltool.contracts.model_description import ModelDescription
from dltool.errors import DataError, DataNote, DltoolError, UsageError, warn
from dltool.tasks import task_of_model
from dltool.tasks.calibration import at_temperature, logits_of, threshold_at

if TYPE_CHECKING:
    from dltool.api.measured_part import LabelledData
    from dltool.contracts.dataset import Part
    from dltool.contracts.plan import Plan
    from dltool.runs.predictions import Predictions
    from dltool.runs.run import Run


@given_back()
def calibrate(
    run: Run | str | Path, *, data: LabelledData | None = None, header: bool | None = None, device: str = "auto"
) -> Calibration:
    """Give the model of a run the temperature that suits its validation part, or its folds, best.

    The run's model, predictions and report become those of the calibrated model. A temperature that it had is replaced.

    Args:
        run: the run, its directory, or that of a sweep, for its best run.
        data: labelled data to choose it on instead, such as training did not see; as for ``evaluate``.
        header: whether the first row of a CSV names its columns; by default as in training.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Raises:
        UsageError: it is no run; its model gives no probabilities; a header without a file.
        DltoolError: the run, the data or the device cannot be used, no temperature suits the rows, or a file cannot be
            written.
    """
    from dltool.interruptions import interruptions
    from dltool.runs.run import Run

    opened = run_of(run)
    if opened is None:
        raise UsageError(f"{run} is a model file; name the directory of its run")
    refuse_header_alone(header, data)
    with interruptions(), Run.resume(opened.path) as locked:
        return _calibrated(locked, data, header, device)


def _calibrated(run: Run, data: LabelledData | None, header: bool | None, device: str) -> Calibration:
    facts = run.read_facts()
    if facts.status not in SUCCESSFUL:
        raise DataError(f"{run.path} has not come to its end ({facts.status}), so there is nothing to calibrate")
    if not (data is not None or facts.rows.validation or facts.rows.folds):
        raise DataError(
            f"{run.path} has no validation part to choose the temperature on; name a labelled file with --data"
        )
    by_folds = bool(facts.rows.folds and data is None)
    found = measured_part(run, run.path, "train" if by_folds else "validation", data, header, device)
    trained = found.description
    if reason := temperature_refusal(trained.layers[-1], trained.training.loss):
        raise UsageError(f"a temperature is for probabilities that softmax or sigmoid makes, and {reason}")

    from dltool.api.calibration import decision_facts
    from dltool.inference.evaluate import decoded_outputs
    from dltool.inference.model_file import save_model
    from dltool.model.calibrated import calibrated

    kept = _folds_predictions(run, found.part) if by_folds else run.predictions()
    calibration = _chosen(found, kept if by_folds else None)
    temperature = calibration.temperature
    description = _described(trained, temperature)
    model, task = calibrated(found.model, description), task_of_model(description)
    run.write_model(lambda path: save_model(model, description, path))
    if kept:
        if data is not None or by_folds:
            outputs = at_temperature(kept.outputs, kept.targets, temperature / kept.temperature)
        else:
            outputs = decoded_outputs(model, task, found.part)
        run.write_predictions(kept._replace(outputs=outputs, temperature=temperature))
    decision = decision_facts(task, trained.training, folds=bool(facts.rows.folds))
    run.record(calibration=asdict(calibration), **decision)
    own = None if data is not None or by_folds else replace(found, model=model, description=description, task=task)
    _write_report(run, description.plan, own, device)
    _note_old_pages(run)
    return calibration


def _note_old_pages(run: Run) -> None:
    """Say which pages in a run's folder are still of the model as it was, and what makes them anew."""
    from dltool.runs.page_folder import page_folders

    for folder in page_folders(run.path):
        said = f"{folder} is of the model as it was before; `{_call_for(folder, run)}` makes it anew"
        warnings.warn(said, DataNote, stacklevel=4)


def _call_for(folder: Path, run: Run) -> str:
    """Return the command that makes a page, or what makes it in Python."""
    from dltool.api.folds import FOLDS

    kind, _, of = folder.name.partition("-")
    explains = kind == "explanation"
    if of == "data":
        path = repr(str(run.path))
        more = f"dltool.explain({path}, ...)" if explains else "data=..."
        return f"dltool.write_{kind}({path}, {more})"
    words = ["dltool", "explain" if explains else "evaluate", shlex.quote(str(run.path))]
    if of.startswith("file-") or of == "standard-input":
        words += ["INPUT"] if explains else ["--data", "FILE"]
    elif of:
        words += ["--split", "validation" if of == FOLDS else of]
    return " ".join(words)


def _folds_predictions(run: Run, part: Part) -> Predictions:
    """Return what the networks of the folds make of the rows that the run was trained on; no temperature changed it."""
    from dltool.api.folds import CrossValidation, fold_runs

    predictions = CrossValidation(fold_runs(run)).predictions()
    if predictions.rows is None or part.rows is None or predictions.rows.tolist() != part.rows.tolist():
        raise DataError(f"{run.folds_path}: the folds are not of the rows that the run was trained on; train anew")
    return predictions


def _chosen(found: MeasuredPart, folds: Predictions | None) -> Calibration:
    """Choose the temperature on what the folds' networks make of the rows, or else on what the model makes of them."""
    from dltool.api.calibration import chosen_calibration, logits_of_part
    from dltool.api.folds import FOLDS

    part = found.part
    if folds:
        logits, name = logits_of(folds.outputs, folds.targets), FOLDS
    else:
        logits, name = logits_of_part(found.model, found.description, part), found.name
    return chosen_calibration(logits, part.targets, part.weights, name)


def _described(trained: ModelDescription, temperature: float) -> ModelDescription:
    """Say what a model is at another temperature. A threshold that was chosen parts rows as it did before."""
    description = trained.changed(temperature=temperature)
    if trained.threshold is None or not isinstance(trained.training.threshold, ChosenThreshold):
        return description
    moved = threshold_at(trained.threshold, temperature / (trained.temperature or 1.0))
    return description.changed(threshold=moved)


def _write_report(run: Run, plan: Plan, own: MeasuredPart | None, device: str) -> None:
    """Write the report anew, with what the model achieves on the rows that training reports: validation, or folds.

    Args:
        run: whose model is calibrated by now.
        plan: of that model.
        own: it and the validation rows, where those are at hand.
        device: where it is measured if they are not.
    """
    from dltool.api.calibration import still_worse
    from dltool.api.folds import fold_runs
    from dltool.report.run import report_html

    facts, evaluation = run.read_facts(), None
    if own:
        evaluation = evaluation_on(own, run, "validation")
    elif facts.rows.validation or facts.rows.folds:
        try:
            evaluation = measure(run, run, "validation", None, (), None, device).evaluation
        except DltoolError as error:
            # The temperature may come from another file, and these rows be gone by now.
            warn(f"{error}; {run.report_path} says nothing of that part any more")
    if evaluation:
        run.record(worse_than_trivial=still_worse(facts.worse_than_trivial, evaluation))
    rows, folds_rows = run.metrics(), [fold.metrics() for fold in fold_runs(run)]
    text, name = run.config_text(), run.config().name
    run.write_report(report_html(run.facts, rows, plan, text, name, evaluation, folds_rows))
