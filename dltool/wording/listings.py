"""What tables of metrics hold, cell by cell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dltool.config.metric_names import without_part
from dltool.contracts.signature import Signature
from dltool.inference.evaluation import Evaluation
from dltool.wording.formatting import number
from dltool.wording.history import Row, best_row, metric_names, row_of_epoch

if TYPE_CHECKING:
    from dltool.assessment.assess import ColumnSlices

MOST_CLASSES = 20
"""More of them make no confusion matrix that can be read."""


@dataclass(frozen=True)
class Listing:
    """A table's texts."""

    head: tuple[str, ...]
    body: Sequence[tuple[str, ...]]
    totals: Sequence[tuple[str, ...]]
    """Rows below the others: averages."""


def columns_listing(signature: Signature) -> Listing | None:
    """List the columns of a training table with what they were taken for; None for what is no table."""
    body = [
        (each.name, each.type, each.values, f"{each.holes:,}" if each.holes else "-", each.becomes or "-", each.why)
        for each in signature.table
    ]
    return Listing(("column", "taken for", "holds", "holes", "becomes", "because"), body, []) if body else None


def folds_listing(facts: Mapping[str, Any]) -> Listing | None:
    """List each metric over the folds with its standard error and the trivial answer's; None where there are none.

    Args:
        facts: what ``run.json`` holds.
    """
    body = []
    for name, score in facts["cross_validation"].items():
        known = [value for value in score["folds"] if value is not None]
        spread = (score["mean"], score["standard_error"], min(known, default=None), max(known, default=None))
        body.append((without_part(name), *map(number, spread), number(facts["trivial"].get(name))))
    head = ("metric", f"mean of {facts['rows']['folds']} folds", "standard error", "lowest", "highest", "trivial")
    return Listing(head, body, []) if body else None


def history_listing(facts: Mapping[str, Any], rows: Sequence[Row]) -> Listing | None:
    """List each metric in the epoch whose weights the model holds, where it was best, and the trivial answer's.

    Args:
        facts: what ``run.json`` holds.
        rows: what ``metrics.jsonl`` holds, a mapping an epoch.

    Returns:
        None where the model holds its initial weights.
    """
    held, trivial = row_of_epoch(facts["weights_epoch"], rows), facts["trivial"]
    if held is None:
        return None
    body = []
    for name in metric_names(rows):
        best = best_row(name, rows)
        values = (_stored(row[name], trivial.get(name)) for row in (held, best))
        body.append((name, *values, f"{best['epoch']:,}", number(trivial.get(name))))
    return Listing(("metric", f"epoch {held['epoch']:,}", "best", "in epoch", "trivial"), body, [])


def metrics_listing(evaluation: Evaluation) -> Listing:
    """List a metric, its value and the trivial answer's a row."""
    body = [(name, number(value), number(evaluation.trivial[name])) for name, value in evaluation.metrics.items()]
    if evaluation.assessment is None:
        return Listing(("metric", "value", "trivial"), body, [])
    intervals = {name: interval_text(each) for name, each in evaluation.assessment.intervals.items()}
    wider = [(name, value, intervals.get(name, "-"), trivial) for name, value, trivial in body]
    return Listing(("metric", "value", "95% interval", "trivial"), wider, [])


def slices_listing(slices: ColumnSlices) -> Listing:
    """List the score of all rows, and of each part of them, the worst first."""
    body = [
        (each.name, number(each.score), interval_text(each.interval) if each.interval else "-", f"{each.rows:,}")
        for each in (slices.all_rows, *slices.slices)
    ]
    return Listing((slices.column, slices.score, "95% interval", "rows"), body, [])


def interval_text(interval: tuple[float, float]) -> str:
    """Write the low and the high end of an interval."""
    return f"{number(interval[0])} to {number(interval[1])}"


def scores_listing(evaluation: Evaluation) -> Listing | None:
    """List the scores of each class, label or target where there are several, or how the errors of rows are spread."""
    if evaluation.labels:
        scored = [
            (s.name, *_rates(s.accuracy, s.trivial_accuracy, s.precision, s.recall, s.f1), f"{s.rows:,}")
            for s in evaluation.labels
        ]
        return Listing(("label", "accuracy", "trivial", "precision", "recall", "F1", "rows"), scored, [])
    if evaluation.targets:
        errors = [
            (s.name, *map(number, (s.mean_absolute_error, s.trivial, s.root_mean_squared_error, s.r2_score)))
            for s in evaluation.targets
        ]
        return Listing(("target", "mean absolute error", "trivial", "root mean squared error", "R²"), errors, [])
    if evaluation.row_errors:
        quantiles = evaluation.row_errors.quantiles
        spread = [(f"{part:.0%} of the rows" if part < 1 else "all rows", number(error)) for part, error in quantiles]
        return Listing(("error of a row", "at most"), spread, [])
    if not evaluation.classes:
        return None
    scores, averages = (
        [(s.name, *_rates(s.precision, s.recall, s.f1), f"{s.rows:,}") for s in of]
        for of in (evaluation.class_scores, evaluation.averages)
    )
    return Listing(("class", "precision", "recall", "F1", "rows"), scores, averages)


def pairs_listing(evaluation: Evaluation) -> Listing:
    """List the classes that are confused most often."""
    pairs = evaluation.confused_pairs
    body = [(pair.true, pair.predicted, f"{pair.rows:,}", f"{pair.share:.1%}") for pair in pairs]
    return Listing(("most confused", "taken for", "rows", "share"), body, [])


def _stored(value: float, trivial: float | None) -> str:
    """Write a metric of a stored epoch, where None is NaN; a dash if it does not exist, as then for any answer."""
    return number(None if trivial is None and math.isnan(value) else value)


def _rates(*values: float | None) -> tuple[str, ...]:
    return tuple("-" if value is None else f"{value:.4f}" for value in values)
