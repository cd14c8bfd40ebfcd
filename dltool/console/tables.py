"""Tables for a person: coloured on a terminal, aligned plain text in a pipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from dltool.console.formatting import number, shape, size
from dltool.console.scores import Confusion, average_scores, class_scores, confused_pairs
from dltool.console.trivial import trivial_text

if TYPE_CHECKING:
    from dltool.config.plan import Plan
    from dltool.inference.evaluate import LabelScores, TargetScores

STATUS_COLOURS = {
    "completed": "green", "stopped_early": "green", "running": "cyan", "interrupted": "yellow", "pruned": "yellow",
    "diverged": "red", "failed": "red", "killed": "red",
}  # fmt: skip
_MOST_CLASSES = 20


def table(*columns: str) -> Table:
    """Return an empty table: the first column is text, the others are numbers."""
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for i, column in enumerate(columns):
        made.add_column(Text(column), justify="right" if i else "left", no_wrap=i > 0)
    return made


def metrics_table(metrics: Mapping[str, float], trivial: Mapping[str, float]) -> Table:
    """Return a metric, its value and the trivial answer's a row."""
    made = table("metric", "value", "trivial")
    for name, value in metrics.items():
        made.add_row(Text(name), number(value), Text(trivial_text(trivial[name]), "bright_black"))
    return made


def targets_table(targets: Sequence[TargetScores]) -> Table:
    """Return the scores of each of several numbers to predict, in its own unit."""
    made = table("target", "mean absolute error", "trivial", "root mean squared error", "R²")
    for target in targets:
        trivial = Text(number(target.trivial), "bright_black")
        errors = number(target.mean_absolute_error), trivial, number(target.root_mean_squared_error)
        made.add_row(Text(target.name), *errors, number(target.r2_score))
    return made


def labels_table(labels: Sequence[LabelScores]) -> Table:
    """Return the scores of each of several labels."""
    made = table("label", "accuracy", "trivial", "precision", "recall", "F1", "rows")
    for label in labels:
        values = (f"{value:.4f}" for value in (label.precision, label.recall, label.f1))
        trivial = Text(f"{label.trivial_accuracy:.4f}", "bright_black")
        made.add_row(Text(label.name), f"{label.accuracy:.4f}", trivial, *values, f"{label.rows:,}")
    return made


def classes_table(classes: Sequence[str], confusion: Confusion) -> Table:
    """Return precision, recall, F1 and number of rows of each class, the averages below."""
    made = table("class", "precision", "recall", "F1", "rows")
    scores = class_scores(classes, confusion)
    for score in scores + average_scores(classes, confusion):
        values = (f"{value:.4f}" for value in (score.precision, score.recall, score.f1))
        style = "bright_black" if score not in scores else None
        made.add_row(Text(score.name), *values, f"{score.rows:,}", style=style)
    return made


def confusion_table(classes: Sequence[str], confusion: Confusion, width: int) -> Table:
    """Return the confusion matrix or, where it is too large to be read, the pairs confused most often.

    Args:
        classes: names by index.
        confusion: rows by true class (first index) and predicted class.
        width: columns of text that fit.
    """
    corner = "true \\ predicted"
    needed = max(map(len, (corner, *classes))) + sum(
        2 + max(len(name), *(len(f"{row[i]:,}") for row in confusion)) for i, name in enumerate(classes)
    )
    if len(classes) > _MOST_CLASSES or needed > width:
        return _pairs_table(classes, confusion)
    made = table(corner, *classes)
    for i, (name, row) in enumerate(zip(classes, confusion, strict=True)):
        made.add_row(Text(name), *(_cell(count, right=i == j) for j, count in enumerate(row)))
    return made


def _cell(count: int, *, right: bool) -> Text:
    return Text(f"{count:,}", "bold green" if right else "red" if count else "bright_black")


def _pairs_table(classes: Sequence[str], confusion: Confusion) -> Table:
    made = table("most confused", "taken for", "rows", "share")
    made.columns[1].justify, made.columns[1].no_wrap = "left", False
    for pair in confused_pairs(classes, confusion, _MOST_CLASSES):
        made.add_row(Text(pair.true), Text(pair.predicted), f"{pair.rows:,}", f"{pair.share:.1%}")
    return made


def layers_table(plan: Plan) -> Table:
    """Return the layers with their output shapes, parameters and memory of the weights, the total below."""
    made = table("layer", "output shape", "parameters", "memory")
    made.add_row("input", shape(plan.signature.input_shape), "0", "0 B", style="bright_black")
    for layer in plan.layers:
        parameters = Text(f"{layer.parameters:,}", "default" if layer.parameters else "bright_black")
        memory = Text(size(layer.bytes), "default" if layer.parameters else "bright_black")
        made.add_row(Text(layer.type, "cyan"), shape(layer.output_shape), parameters, memory)
    total = sum(layer.bytes for layer in plan.layers)
    made.add_row("total", "", f"{plan.parameters:,}", size(total), style="bold")
    return made
