"""The page of an evaluation: how good, how sure, and where wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.assessment.assess import Assessment
from dltool.assessment.mistakes import Mistake
from dltool.contracts.plan import Plan
from dltool.inference.evaluation import Evaluation
from dltool.report.curves import curves
from dltool.report.examples import Example
from dltool.report.pictures import Picture
from dltool.report.rendering import render
from dltool.report.run import confusion_cells, layers_listing, overview, provenance
from dltool.wording.formatting import number
from dltool.wording.history import Row, headline_metric
from dltool.wording.listings import (
    MOST_CLASSES,
    columns_listing,
    interval_text,
    metrics_listing,
    pairs_listing,
    scores_listing,
)
from dltool.wording.notes import evaluation_notes, worse_than_trivial_answer

_NOT_NEW = {
    "train": "these are the rows that the network was trained on: others say how good it is",
    "validation": "these are validation rows: what was chosen by them, such as the epoch or a setting, flatters",
}
"""What a reader has to know of rows that are not set apart."""


@dataclass(frozen=True)
class ShownMistake:
    """A row that is wrong, as the page shows it."""

    mistake: Mistake
    name: str
    """Which row it is."""
    example: Example
    nearest: Example | None
    """The training example that is nearest to it; None where training data are not at hand."""
    nearest_name: str = ""
    """Which one that is, and what is true of it."""


@dataclass(frozen=True)
class Background:
    """What is known of the run that an evaluated model is of."""

    facts: Mapping[str, Any]
    """What ``run.json`` holds."""
    rows: Sequence[Row]
    """What ``metrics.jsonl`` holds, a mapping an epoch."""
    config: str
    """As YAML."""
    folds: Sequence[Sequence[Row]] = ()
    """Of each, what its ``metrics.jsonl`` holds."""


def evaluation_html(
    evaluation: Evaluation,
    assessment: Assessment,
    plan: Plan,
    name: str,
    pictures: Sequence[Picture],
    mistakes: Sequence[ShownMistake],
    background: Background | None,
    left_out: Sequence[str] = (),
) -> str:
    """Return the page, which loads nothing from anywhere and runs no script.

    Args:
        evaluation: what the model achieves.
        assessment: how sure that is, and where it is wrong.
        plan: the layers.
        name: of the run, or the model file.
        pictures: to be shown.
        mistakes: the worst first.
        background: of the run; None where a model file stands alone.
        left_out: what is not on the page, and why, a sentence each.
    """
    worse = worse_than_trivial_answer(evaluation.worse_than_trivial, evaluation.metrics, evaluation.trivial)
    notes = evaluation_notes(evaluation)
    notes += [_NOT_NEW[evaluation.split]] if evaluation.split in _NOT_NEW else []
    return render(
        "evaluation.html.jinja",
        name=name,
        split=evaluation.split,
        row_count=evaluation.rows,
        headline=_headline(evaluation, assessment),
        worse=worse,
        metrics=metrics_listing(evaluation),
        scores=scores_listing(evaluation),
        notes=notes,
        matrix=confusion_cells(evaluation) if 1 < len(evaluation.classes) <= MOST_CLASSES else None,
        classes=evaluation.classes,
        pairs=pairs_listing(evaluation) if evaluation.confused_pairs else None,
        pictures=pictures,
        mistakes=mistakes,
        mistakes_title="Surest mistakes" if evaluation.classes or evaluation.labels else "Largest errors",
        columns=columns_listing(plan.signature),
        layers=layers_listing(plan),
        figures=_curves(background) if background else [],
        overview=overview(background.facts) if background else {},
        config=background.config if background else "",
        provenance=provenance(background.facts) if background else "",
        left_out=[*assessment.left_out, *left_out],
    )


def _headline(evaluation: Evaluation, assessment: Assessment) -> dict[str, str]:
    """Return the number that a person would quote."""
    name = headline_metric(list(evaluation.metrics))
    interval = assessment.intervals.get(name)
    return {
        "value": number(evaluation.metrics[name]),
        "metric": name.replace("_", " "),
        "where": f"95 % interval {interval_text(interval)}" if interval else "",
        "beside": f"trivial answer {number(evaluation.trivial[name])}",
    }


def _curves(background: Background) -> list[Any]:
    facts = background.facts
    return curves(background.rows, facts["best_epoch"] or 0, facts["weights_epoch"] or 0, background.folds)
