"""Measuring a trained model: how good it is, how sure that is, and where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.api.measured_part import MeasuredPart, measured_part
from dltool.api.trained import model_of, run_of, table_format_of
from dltool.config.config import Config
from dltool.config.metric_names import is_on_validation, without_part
from dltool.config.tables import Csv, TableSource
from dltool.errors import DataError, DltoolError, OutputError, UsageError, warn
from dltool.tasks import task_of_model
from dltool.wording.formatting import escape_controls

if TYPE_CHECKING:
    import numpy as np

    from dltool.assessment.mistakes import Mistake
    from dltool.contracts.calibration import Calibration
    from dltool.contracts.dataset import Inputs
    from dltool.contracts.model_description import ModelDescription
    from dltool.inference.evaluation import Evaluation
    from dltool.report.evaluation import Background, ShownMistake
    from dltool.report.examples import Example
    from dltool.report.pictures import Picture
    from dltool.runs.run import Run

_MOST_CELLS = 40
"""Columns of a row that a page shows."""


@dataclass(frozen=True)
class _Measured:
    """An evaluation with what it was made of."""

    evaluation: Evaluation
    description: ModelDescription
    targets: np.ndarray
    rows: np.ndarray | None
    """Where the rows stand in their table."""
    cells: _Cells | None
    """None where they are of no table."""
    part: MeasuredPart | None
    """None for the rows of folds, each of which another network answered."""


class _Cells:
    """The table that rows stand in."""

    def __init__(self, description: ModelDescription, config: Config | None, file: str, header: bool | None) -> None:
        self._spec = config.data if config and isinstance(config.data, TableSource) else None
        self._description, self._file, self._header = description, file, header

    def read(self, rows: np.ndarray, names: Sequence[str] | None = None) -> dict[str, list[str | None]]:
        """Return cells of rows as they stand there; by default of all columns."""
        from dltool.data.raw_cells import cells_of, own_cells

        if self._spec and not self._file:
            return own_cells(self._spec, rows, names)
        format_ = table_format_of(self._description, self._header)
        skips = isinstance(self._spec, Csv) and self._spec.errors == "skip" and self._header is None
        return cells_of(self._file, self._description.signature, format_, rows, names, skips=skips)


def evaluate(
    run: Run | str | Path,
    *,
    split: str | None = None,
    file: str | Path | None = None,
    by: Sequence[str] = (),
    header: bool | None = None,
    device: str = "auto",
) -> Evaluation:
    """Measure a trained model.

    Args:
        run: the run, its directory, that of a sweep (for its best run), or the ``.keras`` file of a run.
        split: ``test``, ``validation`` or ``train`` of the run's own data; by default the first that there is.
        file: labelled data to evaluate it on instead: a table, an NPZ or a folder of images, like the training data.
        by: columns of the table, features or not, by whose cells the rows are to be scored part by part.
        header: whether the first row of a CSV names its columns; by default as in training.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Raises:
        UsageError: both a split and a file are named, or neither beside a model file; a header without a file;
            columns of what is no table.
        DltoolError: the run, the data or the device cannot be used.
    """
    return _measure(run_of(run), run, split, file, by, header, device).evaluation


def write_evaluation(
    run: Run | str | Path,
    folder: str | Path | None = None,
    *,
    split: str | None = None,
    file: str | Path | None = None,
    by: Sequence[str] = (),
    header: bool | None = None,
    device: str = "auto",
) -> tuple[Evaluation, Path | None]:
    """Measure a trained model, and write a page about it with its pictures, as SVG and PNG.

    Args:
        run: as for ``evaluate``.
        folder: is made, or held such a page before. By default ``evaluation-<part or file>`` in the run's directory,
            where that can be written to; of a model file no page is made unless a folder is named.
        split: as for ``evaluate``.
        file: as for ``evaluate``.
        by: as for ``evaluate``.
        header: as for ``evaluate``.
        device: as for ``evaluate``.

    Returns:
        What ``evaluate`` does, and the path of the page; None where there is none.

    Raises:
        DltoolError: as for ``evaluate``, or a folder that was named cannot be written to.
    """
    from dltool.runs.page_folder import write_page

    opened = run_of(run)
    measured = _measure(opened, run, split, file, by, header, device)
    if folder is None and opened is None:
        return measured.evaluation, None
    where = Path(folder) if folder else opened.path / _folder_name(measured.evaluation.split)  # type: ignore[union-attr]
    page, files = _page(measured, opened, run)
    try:
        return measured.evaluation, write_page(where, page, files)
    except OutputError as error:
        if folder is not None:
            raise
        warn(f"{error}; no page was made: name a folder for it with --report")
    return measured.evaluation, None


def _folder_name(split: str) -> str:
    """Return the name of a folder for the page of a part, or of a file."""
    stem = Path(split).name.split(".")[0]
    return "evaluation-" + "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in stem)


def _measure(
    opened: Run | None,
    run: Run | str | Path,
    split: str | None,
    file: str | Path | None,
    by: Sequence[str],
    header: bool | None,
    device: str,
) -> _Measured:
    if file is not None and split is not None:
        raise UsageError("name a part of the run's own data (--split) or a file (--data), not both")
    if header is not None and file is None:
        raise UsageError("--header and --no-header go with a file (--data)")
    if opened is not None and file is None and split is None:
        split = _usual_split(opened)
    if opened is not None and split == "validation" and opened.read_facts().cross_validation:
        return _of_folds(opened, by, device)
    measured = measured_part(opened, run, split or "test", file, header, device)
    model, description, task, part = measured.model, measured.description, measured.task, measured.part

    from dltool.inference.evaluate import evaluate as evaluate_on
    from dltool.model.build import compile_model
    from dltool.model.trivial import trivial_scores

    compile_model(model, description.training, task, len(part))
    trivial = trivial_scores(model, description.training, task, part.features, part.targets, part.weights)
    weighted = description.training.class_weight is not None
    residuals = None if split in ("train", "validation") else description.residuals
    evaluation = evaluate_on(model, task, part, measured.name, trivial, weighted=weighted, residuals=residuals)
    if description.temperature is not None:
        evaluation = replace(evaluation, calibration=_calibration(measured, opened))
    cells = None
    if part.rows is not None:
        cells = _Cells(description, measured.config, measured.file, header)
    made = _Measured(evaluation, description, part.targets, part.rows, cells, measured)
    return _assessed(made, by, part.weights)


def _usual_split(opened: Run) -> str:
    """Return the part that says most of a model: ``test``, or what comes nearest to it."""
    rows = opened.read_facts().rows
    if rows.test:
        return "test"
    validates = bool(rows.validation or rows.folds)
    if validates:
        said = "the validation rows: what was chosen by them, such as the epoch or a setting, flatters"
    else:
        said = "the rows that it was trained on"
    warn(f"{opened.path} has no test part (data.test in its config); measured are {said}")
    return "validation" if validates else "train"


def _of_folds(run: Run, by: Sequence[str], device: str) -> _Measured:
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
    evaluation = evaluate_folds(task, description.training, predictions, scores, trivial, facts.worse_than_trivial)
    cells = _Cells(description, run.own_config(), "", None) if by else None
    evaluation = replace(evaluation, calibration=facts.calibration)
    return _assessed(_Measured(evaluation, description, predictions.targets, predictions.rows, cells, None), by, None)


def _calibration(measured: MeasuredPart, opened: Run | None) -> Calibration | None:
    """Return what the temperature that a model has is good for on the rows."""
    from dltool.api.calibration import logits_of_part
    from dltool.api.calibration import measured as calibration_on

    description, part = measured.description, measured.part
    logits = logits_of_part(measured.model, description, part)
    found = calibration_on(logits, part.targets, part.weights, measured.name, description.temperature)
    known = opened.read_facts().calibration if opened else None
    return found and replace(found, chosen=known is not None and known.part == measured.name)


def _assessed(measured: _Measured, by: Sequence[str], weights: np.ndarray | None) -> _Measured:
    """Add to an evaluation how sure it is, and where answers are wrong."""
    from dltool.assessment.assess import assess

    columns = None
    if by:
        if measured.cells is None or measured.rows is None:
            raise UsageError(f"--by {by[0]}: scores are by the columns of a table, and these rows are of none")
        columns = measured.cells.read(measured.rows, list(dict.fromkeys(by)))
    found, description = measured.evaluation, measured.description
    task = task_of_model(description)
    assessment = assess(description.training, task, measured.targets, found.outputs, found.metrics, weights, columns)
    return replace(measured, evaluation=replace(found, assessment=assessment))


def _page(measured: _Measured, opened: Run | None, run: Run | str | Path) -> tuple[str, Mapping[str, bytes]]:
    """Return the page, and its pictures by the names of their files."""
    from dltool.report.assessment_pictures import assessment_pictures
    from dltool.report.evaluation import evaluation_html

    evaluation, description = measured.evaluation, measured.description
    if evaluation.assessment is None:
        raise ValueError("an evaluation that was not assessed")
    pictures = [
        *_surfaces(measured),
        *assessment_pictures(evaluation, evaluation.assessment, measured.targets),
    ]
    shown, left_out = _mistakes(measured, evaluation.assessment.mistakes)
    name = escape_controls(opened.path.resolve().name if opened else Path(str(run)).name)
    background = _background(opened) if opened else None
    html = evaluation_html(
        evaluation, evaluation.assessment, description.plan, name, pictures, shown, background, left_out
    )
    files = {f"{each.name}.{ending}": getattr(each, ending) for each in pictures for ending in ("svg", "png")}
    return html, files


def _surfaces(measured: _Measured) -> list[Picture]:
    """Return what a network of two numbers answers over their plane, and the rows on it; of other networks nothing."""
    from dltool.inference.surface import surfaces
    from dltool.report.surface_picture import surface_picture

    found = measured.part
    if found is None:
        return []
    parts = {"train": found.train} if found.train else {}
    made = surfaces(found.model, found.task, parts | {found.name: found.part})
    return [surface_picture(each, f"surface_{place}") for place, each in enumerate(made, 1)]


def _background(opened: Run) -> Background | None:
    from dltool.report.evaluation import Background

    try:
        return Background(opened.facts, opened.metrics(), opened.config_text())
    except DltoolError as error:
        warn(f"{error}; the page says nothing of the training")
    return None


def _mistakes(measured: _Measured, mistakes: Sequence[Mistake]) -> tuple[list[ShownMistake], list[str]]:
    """Return the worst rows as a page shows them, and what cannot be shown, in words."""
    from dltool.report.evaluation import ShownMistake

    if not mistakes:
        return [], []
    if measured.part is None:
        return [], ["single mistakes: each fold was answered by another network"]
    import numpy as np

    part, train, left_out = measured.part.part, measured.part.train, []
    places = np.array([each.row for each in mistakes])
    show = partial(_examples, measured)
    examples = show(part.features, part.rows, places, "")
    nearest: Sequence[Example | None] = [None] * len(places)
    names = [""] * len(places)
    if measured.evaluation.split == "train":
        left_out = ["the training rows nearest to mistakes: these are training rows"]
    elif train is None:
        left_out = ["the training rows nearest to mistakes: training rows are not at hand, or not as they were"]
    else:
        from dltool.assessment.mistakes import nearest_rows

        found = nearest_rows({name: values[places] for name, values in part.features.items()}, train.features)
        nearest = show(train.features, train.rows, found, "train")
        names = [_named(train.rows, int(row), _truth(measured.description, train.targets[row])) for row in found]
    shown = [
        ShownMistake(mistake, _named(part.rows, mistake.row), example, near, name)
        for mistake, example, near, name in zip(mistakes, examples, nearest, names, strict=True)
    ]
    return shown, left_out


def _named(rows: np.ndarray | None, place: int, truth: str = "") -> str:
    name = f"example {place}" if rows is None else f"row {rows[place] + 1:,}"
    return f"{name}, {truth}" if truth else name


def _truth(description: ModelDescription, target: np.ndarray) -> str:
    """Say what is true of a row."""
    signature = description.signature
    if signature.classes:
        return signature.classes[int(target)]
    return ", ".join(f"{number:.6g}" for number in target)


def _examples(
    measured: _Measured, features: Inputs, rows: np.ndarray | None, places: np.ndarray, part: str
) -> list[Example]:
    """Return examples as a page shows them: images, rows of the table, or numbers as the network takes them."""
    from dltool.report.examples import image_example, numbers_example, row_example

    if rows is not None and measured.cells is not None and measured.part is not None:
        cells = measured.cells if part != "train" else _Cells(measured.description, measured.part.config, "", None)
        read = cells.read(rows[places])
        names = list(read)[:_MOST_CELLS]
        return [row_example({name: read[name][i] for name in names}) for i in range(len(places))]
    (values,) = features.values()
    make = image_example if values.dtype == "uint8" and values.ndim == 4 else numbers_example
    return [make(values[place]) for place in places]
