"""What a model achieves: tables for a person, plain data for a program."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from dltool.config.counts import counted
from dltool.console.streams import messages, print_blocks, results
from dltool.console.tables import listing_table, table
from dltool.inference.evaluation import Evaluation
from dltool.runs.texts import json_safe
from dltool.wording.listings import MOST_CLASSES, metrics_listing, pairs_listing, scores_listing, slices_listing
from dltool.wording.notes import assessment_notes, evaluation_notes, worse_than_trivial_answer

if TYPE_CHECKING:
    from dltool.assessment.assess import Assessment
    from dltool.assessment.mistakes import Mistake
    from dltool.assessment.ranking import RankingCurve

_MOST_POINTS = 500


def print_evaluation(evaluation: Evaluation) -> None:
    """Print metrics beside the trivial answer's; for classes and labels the scores of each, and what is confused."""
    out = results()
    head = Text(f"{evaluation.split}: {counted(evaluation.rows, 'row')}", "bold")
    notes = [Text(note, "bright_black") for note in evaluation_notes(evaluation)]
    print_blocks(out, head, Text(), listing_table(metrics_listing(evaluation)), Text(), *notes)
    if worse := worse_than_trivial_answer(evaluation.worse_than_trivial, evaluation.metrics, evaluation.trivial):
        print_blocks(messages(), Text(f"warning: {worse}", "yellow"))
    if scores := scores_listing(evaluation):
        print_blocks(out, Text(), listing_table(scores))
    if evaluation.classes:
        print_blocks(out, Text(), confusion_table(evaluation, out.width))
    if assessment := evaluation.assessment:
        if said := assessment_notes(assessment):
            print_blocks(out, Text(), *(Text(each) for each in said))
        for slices in assessment.slices:
            print_blocks(out, Text(), listing_table(slices_listing(slices)))


def print_page(page: Path | None) -> None:
    """Say where a page is; nothing where there is none."""
    if page:
        print_blocks(messages(), Text(f"page: {page}", "bright_black"))


def evaluation_facts(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as plain data; what is not a finite number is None."""
    facts: dict[str, Any] = {
        "split": evaluation.split,
        "rows": evaluation.rows,
        "metrics": json_safe(evaluation.metrics),
        "trivial": json_safe(evaluation.trivial),
        "trivial_answer": evaluation.trivial_answer,
        "worse_than_trivial": list(evaluation.worse_than_trivial),
        "loss_unit": evaluation.loss_unit,
        "weighted_rows": evaluation.weighted_rows,
    }
    if evaluation.threshold is not None:
        facts["threshold"] = evaluation.threshold
    for key, each in (("labels", evaluation.labels), ("targets", evaluation.targets)):
        if each:
            facts[key] = {one.name: json_safe({k: v for k, v in vars(one).items() if k != "name"}) for one in each}
    if evaluation.interval_coverage:
        facts["interval_coverage"] = list(evaluation.interval_coverage)
    if evaluation.calibration:
        facts["calibration"] = json_safe(asdict(evaluation.calibration))
    if evaluation.row_errors:
        facts["row_errors"] = json_safe({f"{part:g}": error for part, error in evaluation.row_errors.quantiles})
    if evaluation.classes:
        for key, scores in (("classes", evaluation.class_scores), ("averages", evaluation.averages)):
            facts[key] = {score.name: {k: v for k, v in vars(score).items() if k != "name"} for score in scores}
        facts["confusion"] = evaluation.confusion
    return facts | (_assessment_facts(evaluation.assessment) if evaluation.assessment else {})


def _assessment_facts(assessment: Assessment) -> dict[str, Any]:
    from dltool.assessment.ranking import thinned

    facts: dict[str, Any] = {"intervals": {name: list(each) for name, each in assessment.intervals.items()}}
    if assessment.ranked:
        facts["ranked"] = {
            each.name: {
                "prevalence": each.prevalence,
                "roc": _curve_facts(each.roc, "false_positive_rate", "true_positive_rate"),
                "precision_recall": _curve_facts(each.precision_recall, "recall", "precision"),
            }
            for each in assessment.ranked
        }
    if reliability := assessment.reliability:
        bins = [vars(each) for each in reliability.bins]
        facts["reliability"] = {
            "expected_calibration_error": reliability.error,
            "overconfidence": reliability.overconfidence,
            "bins": bins,
        }
    if assessment.abstaining:
        parts, accuracy = assessment.abstaining
        kept = thinned(parts, accuracy, _MOST_POINTS)
        facts["abstaining"] = {"answered": parts[kept].tolist(), "accuracy": accuracy[kept].tolist()}
    if assessment.slices:
        facts["slices"] = {
            each.column: {
                "score": each.score,
                "all_rows": vars(each.all_rows),
                "slices": [vars(one) for one in each.slices],
            }
            for each in assessment.slices
        }
    facts["left_out"] = list(assessment.left_out)
    facts["mistakes"] = json_safe([_mistake_facts(each) for each in assessment.mistakes])
    return facts


def _mistake_facts(mistake: Mistake) -> dict[str, Any]:
    return {"id": mistake.id, "true": mistake.true, "predicted": mistake.predicted, "severity": mistake.severity}


def _curve_facts(curve: RankingCurve, x: str, y: str) -> dict[str, Any]:
    from dltool.assessment.ranking import thinned

    arrays = {x: curve.x, y: curve.y, "threshold": curve.thresholds}
    kept = thinned(curve.x, curve.y, _MOST_POINTS)
    safe: dict[str, Any] = json_safe(
        {"area": curve.area} | {name: each[kept].tolist() for name, each in arrays.items()}
    )
    return safe


def confusion_table(evaluation: Evaluation, width: int) -> Table:
    """Return the confusion matrix or, where it is too large to be read, the pairs confused most often.

    Args:
        evaluation: of a model of classes.
        width: columns of text that fit.
    """
    classes, confusion, corner = evaluation.classes, evaluation.confusion, "true \\ predicted"
    needed = max(map(len, (corner, *classes))) + sum(
        2 + max(len(name), *(len(f"{row[i]:,}") for row in confusion)) for i, name in enumerate(classes)
    )
    if len(classes) > MOST_CLASSES or needed > width:
        made = listing_table(pairs_listing(evaluation))
        made.columns[1].justify, made.columns[1].no_wrap = "left", False
        return made
    made = table(corner, *classes)
    for i, (name, row) in enumerate(zip(classes, confusion, strict=True)):
        made.add_row(Text(name), *(_cell(count, right=i == j) for j, count in enumerate(row)))
    return made


def _cell(count: int, *, right: bool) -> Text:
    return Text(f"{count:,}", "bold green" if right else "red" if count else "bright_black")
