"""The page of an evaluation, and what it shows of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.api.cells import Cells
from dltool.api.measured_part import MeasuredPart
from dltool.errors import DltoolError, warn
from dltool.tasks.target_words import target_words
from dltool.wording.formatting import escape_controls

if TYPE_CHECKING:
    import numpy as np

    from dltool.assessment.mistakes import Mistake
    from dltool.contracts.dataset import Inputs
    from dltool.contracts.model_description import ModelDescription
    from dltool.inference.evaluation import Evaluation
    from dltool.report.evaluation import Background, ShownMistake
    from dltool.report.examples import Example
    from dltool.report.pictures import Picture
    from dltool.runs.run import Run


@dataclass(frozen=True)
class Measured:
    """An evaluation with what it was made of."""

    evaluation: Evaluation
    description: ModelDescription
    targets: np.ndarray
    rows: np.ndarray | None
    """Where the rows stand in their table."""
    cells: Cells | None
    """None where they are of no table."""
    part: MeasuredPart | None
    """None for the rows of folds, each of which another network answered."""


def evaluation_page(measured: Measured, opened: Run | None, run: Run | str | Path) -> tuple[str, Mapping[str, bytes]]:
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


def _surfaces(measured: Measured) -> list[Picture]:
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
    from dltool.api.folds import fold_runs
    from dltool.report.evaluation import Background

    try:
        folds = [fold.metrics() for fold in fold_runs(opened)]
        return Background(opened.facts, opened.metrics(), opened.config_text(), folds)
    except DltoolError as error:
        warn(f"{error}; the page says nothing of the training")
    return None


def _mistakes(measured: Measured, mistakes: Sequence[Mistake]) -> tuple[list[ShownMistake], list[str]]:
    """Return the worst rows as a page shows them, and what cannot be shown, in words."""
    from dltool.report.evaluation import ShownMistake

    if not mistakes:
        return [], []
    if measured.part is None:
        return [], ["single mistakes: each fold was answered by another network"]
    import numpy as np

    part, train, left_out = measured.part.part, measured.part.train, []
    places = np.array([each.row for each in mistakes])
    examples = _examples(measured.cells, part.features, part.rows, places)
    nearest: Sequence[Example | None] = [None] * len(places)
    names = [""] * len(places)
    if measured.evaluation.split == "train":
        left_out = ["the training rows nearest to mistakes: these are training rows"]
    elif measured.part.name not in ("validation", "test"):
        left_out = ["the training rows nearest to mistakes: they are looked for beside the run's own parts alone"]
    elif train is None:
        left_out = ["the training rows nearest to mistakes: training rows are not at hand, or not as they were"]
    else:
        from dltool.assessment.mistakes import nearest_rows

        found = nearest_rows({name: values[places] for name, values in part.features.items()}, train.features)
        cells = Cells(measured.description, measured.part.config, "", None) if measured.cells else None
        nearest = _examples(cells, train.features, train.rows, found)
        truths = [", ".join(target_words(train.targets[row], measured.description.signature)) for row in found]
        names = [_named(train.rows, int(row), truth) for row, truth in zip(found, truths, strict=True)]
    shown = [
        ShownMistake(mistake, _named(part.rows, mistake.row), example, near, name)
        for mistake, example, near, name in zip(mistakes, examples, nearest, names, strict=True)
    ]
    return shown, left_out


def _named(rows: np.ndarray | None, place: int, truth: str = "") -> str:
    name = f"example {place}" if rows is None else f"row {rows[place] + 1:,}"
    return f"{name}, {truth}" if truth else name


def _examples(cells: Cells | None, features: Inputs, rows: np.ndarray | None, places: np.ndarray) -> list[Example]:
    """Return examples as a page shows them: images, rows of the table, or numbers as the network takes them."""
    from dltool.report.examples import image_example, numbers_example, row_example

    if rows is not None and cells is not None:
        read = cells.shown(rows[places])
        return [row_example({name: each[i] for name, each in read.items()}) for i in range(len(places))]
    (values,) = features.values()
    make = image_example if values.dtype == "uint8" and values.ndim == 4 else numbers_example
    return [make(values[place]) for place in places]
