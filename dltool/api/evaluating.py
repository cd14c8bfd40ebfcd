"""Measuring a trained model: how good it is, how sure that is, and where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.api.cells import Cells
from dltool.api.evaluation_page import Measured, evaluation_page
from dltool.api.measured_part import MeasuredPart, measured_part, refuse_header_alone, usual_part
from dltool.api.trained import model_of, run_of
from dltool.backend.settings import given_back
from dltool.config.metric_names import is_on_validation, without_part
from dltool.config.suggestions import did_you_mean_name
from dltool.config.tables import TableSource
from dltool.errors import DataError, UsageError, warn
from dltool.tasks import task_of_model

if TYPE_CHECKING:
    from dltool.api.measured_part import LabelledData
    from dltool.contracts.calibration import Calibration
    from dltool.inference.evaluation import Evaluation
    from dltool.runs.run import Run


_SPLITS = ("train", "validation", "test")


@given_back()
def evaluate(
    run: Run | str | Path,
    *,
    split: str | None = None,
    data: LabelledData | None = None,
    by: str | Sequence[str] = (),
    header: bool | None = None,
    device: str = "auto",
) -> Evaluation:
    """Measure a trained model.

    Args:
        run: the run, its directory, that of a sweep (for its best run), or the ``.keras`` file of a run.
        split: ``test``, ``validation`` or ``train`` of the run's own data; by default the first that there is.
        data: labelled data to evaluate it on instead: a table, an NPZ or a folder of images, like the training data.
            Or such data in memory: a data frame, a mapping of column name to values, or one of the arrays x and y.
        by: one or several columns of the table, features or not, by whose cells rows are to be scored part by part.
        header: whether the first row of a CSV names its columns; by default as in training.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Raises:
        UsageError: both a split and data are named, or neither beside a model file; a header without a file;
            columns of what is no table.
        DltoolError: the run, the data or the device cannot be used.
    """
    by = [by] if isinstance(by, str) else by
    return _assessed(measure(run_of(run), run, split, data, by, header, device), by).evaluation


@given_back()
def write_evaluation(
    run: Run | str | Path,
    folder: str | Path | None = None,
    *,
    split: str | None = None,
    data: LabelledData | None = None,
    by: str | Sequence[str] = (),
    header: bool | None = None,
    device: str = "auto",
) -> tuple[Evaluation, Path | None]:
    """Measure a trained model, and write a page about it with its pictures, as SVG and PNG.

    Args:
        run: as for ``evaluate``.
        folder: is made, or held such a page before. By default ``evaluation-<part or file>`` in the run's directory, of
            data in memory ``evaluation-data``,
            where that can be written to; of a model file no page is made unless a folder is named.
        split: as for ``evaluate``.
        data: as for ``evaluate``.
        by: as for ``evaluate``.
        header: as for ``evaluate``.
        device: as for ``evaluate``.

    Returns:
        What ``evaluate`` does, and the path of the page; None where there is none.

    Raises:
        DltoolError: as for ``evaluate``, or a folder that was named cannot be written to.
    """
    from dltool.runs.page_folder import write_page_by_default

    opened, by = run_of(run), [by] if isinstance(by, str) else by
    measured = _assessed(measure(opened, run, split, data, by, header, device), by)
    if folder is None and opened is None:
        return measured.evaluation, None
    page, files = evaluation_page(measured, opened, run)
    usual = (opened.path if opened else Path()) / _folder_name(measured.evaluation.split, data)
    return measured.evaluation, write_page_by_default(folder, usual, page, files)


def _folder_name(split: str, data: LabelledData | None) -> str:
    """Return the name of a folder for the page of a part, of a file, or of data in memory."""
    from dltool.api.folds import FOLDS

    if not isinstance(data, str | Path | None):
        return "evaluation-data"
    if split in (*_SPLITS, FOLDS):
        return f"evaluation-{split}"
    return f"evaluation-file-{Path(split).resolve().name}"


def measure(
    opened: Run | None,
    run: Run | str | Path,
    split: str | None,
    data: LabelledData | None,
    by: Sequence[str],
    header: bool | None,
    device: str,
) -> Measured:
    """Measure a model as ``evaluate`` does, without assessing what comes of it.

    Args:
        opened: the run; None where ``run`` is a model file.
        run: what the user named.
        split: as for ``evaluate``.
        data: as for ``evaluate``.
        by: as for ``evaluate``.
        header: as for ``evaluate``.
        device: as for ``evaluate``.

    Raises:
        DltoolError: as for ``evaluate``.
    """
    if data is not None and split is not None:
        raise UsageError("name a part of the run's own data (--split) or a file (--data), not both")
    refuse_header_alone(header, data)
    if split is not None and split not in _SPLITS:
        raise UsageError(f"unknown split {split!r}{did_you_mean_name(split, _SPLITS)}")
    if opened is not None and data is None and split is None:
        split = _usual_split(opened)
    if opened is not None and split == "validation" and opened.read_facts().cross_validation:
        return _of_folds(opened, by, device)
    measured = measured_part(opened, run, split or "test", data, header, device)
    part, cells = measured.part, None
    if part.rows is not None:
        cells = Cells(measured.description, measured.config, measured.file, header)
    return Measured(
        evaluation_on(measured, opened, split), measured.description, part.targets, part.rows, cells, measured
    )


def evaluation_on(measured: MeasuredPart, opened: Run | None, split: str | None) -> Evaluation:
    """Return what a model achieves on rows that are at hand.

    Args:
        measured: the model, which is compiled, and the rows.
        opened: the run; None where a model file stands alone.
        split: which part of the run's own data the rows are; None for others.
    """
    model, description, task, part = measured.model, measured.description, measured.task, measured.part

    from dltool.inference.evaluate import evaluate as evaluate_on
    from dltool.model.build import compile_model
    from dltool.model.trivial import trivial_scores

    compile_model(model, description.training, task, len(part))
    trivial = trivial_scores(model, description.training, task, part.features, part.targets, part.weights)
    weighted = description.training.class_weight is not None
    residuals = None if split in ("train", "validation") else description.residuals
    evaluation = evaluate_on(model, task, part, measured.name, trivial, weighted=weighted, residuals=residuals)
    return replace(evaluation, calibration=_calibration(measured, opened))


def _usual_split(opened: Run) -> str:
    """Return the part that says most of a model, and warn where that is not ``test``."""
    rows = opened.read_facts().rows
    split = "validation" if rows.folds and not rows.test else usual_part(rows)
    if split != "test":
        said = "the rows that it was trained on"
        if split == "validation":
            said = "the validation rows: what was chosen by them, such as the epoch or a setting, flatters"
        warn(f"{opened.path} has no test part (data.test in its config); measured are {said}")
    return split


def _of_folds(run: Run, by: Sequence[str], device: str) -> Measured:
    """Return what the networks of a run's folds make of the rows that each of them had not seen."""
    predictions, facts = run.predictions(), run.read_facts()
    if predictions is None:
        raise DataError(f"{run.predictions_path} is missing; measure a file with --data")
    _, description = model_of(run, run.path, device)

    from dltool.api.folds import evaluate_folds
    from dltool.tasks import check_predictions

    task = task_of_model(description)
    try:
        check_predictions(task, predictions.targets, predictions.outputs)
    except ValueError as error:
        raise DataError(f"{run.predictions_path} is damaged: {error}") from None
    scores = {name: estimate.mean for name, estimate in facts.cross_validation.items()}
    trivial = {without_part(name): value for name, value in facts.trivial.items() if is_on_validation(name)}
    config = run.own_config()
    weighted_rows = isinstance(config.data, TableSource) and config.data.weights is not None
    evaluation = evaluate_folds(
        task, description.training, predictions, scores, trivial, facts.worse_than_trivial, weighted_rows=weighted_rows
    )
    cells = Cells(description, config, "", None) if by else None
    evaluation = replace(evaluation, calibration=facts.calibration)
    return Measured(evaluation, description, predictions.targets, predictions.rows, cells, None)


def _calibration(measured: MeasuredPart, opened: Run | None) -> Calibration | None:
    """Return what a model's temperature is good for on the rows; None where it has none, or outputs are not finite."""
    import numpy as np

    from dltool.api.calibration import logits_of_part
    from dltool.api.calibration import measured as calibration_on

    description, part = measured.description, measured.part
    if description.temperature is None:
        return None
    logits = logits_of_part(measured.model, description, part)
    if not np.isfinite(logits).all():
        return None
    found = calibration_on(logits, part.targets, part.weights, measured.name, description.temperature)
    known = opened.read_facts().calibration if opened else None
    return replace(found, chosen=known is not None and _is_of_the_rows(known, found))


def _is_of_the_rows(known: Calibration, found: Calibration) -> bool:
    """Tell whether two calibrations are of the same rows: two files may have one name, and data frames have none."""
    likelihoods = known.negative_log_likelihood_before, found.negative_log_likelihood_before
    return (known.part, known.rows) == (found.part, found.rows) and isclose(*likelihoods, rel_tol=1e-4)


def _assessed(measured: Measured, by: Sequence[str]) -> Measured:
    """Add to an evaluation how sure it is, and where answers are wrong."""
    from dltool.assessment.assess import assess

    columns = None
    if by:
        if measured.cells is None or measured.rows is None:
            raise UsageError(f"--by {by[0]}: scores are by the columns of a table, and these rows are of none")
        columns = measured.cells.read(measured.rows, list(dict.fromkeys(by)))
    found, description = measured.evaluation, measured.description
    task, weights = task_of_model(description), measured.part.part.weights if measured.part else None
    assessment = assess(
        description.training, task, measured.targets, found.outputs, found.metrics, weights, columns, measured.rows
    )
    return replace(measured, evaluation=replace(found, assessment=assessment))
