"""Tables for a person: coloured on a terminal, aligned plain text in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from dltool.wording.formatting import shape, size
from dltool.wording.listings import MOST_CLASSES, Listing, pairs_listing

if TYPE_CHECKING:
    from dltool.config.plan import Plan
    from dltool.inference.evaluate import Evaluation

STATUS_COLOURS = {
    "completed": "green", "stopped_early": "green", "running": "cyan", "interrupted": "yellow", "pruned": "yellow",
    "diverged": "red", "failed": "red", "killed": "red",
}  # fmt: skip

_COLUMN_STYLES = {"best": "green", "trivial": "bright_black"}


def table(*columns: str) -> Table:
    """Return an empty table: the first column is text, the others are numbers."""
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for i, column in enumerate(columns):
        made.add_column(Text(column), justify="right" if i else "left", no_wrap=i > 0)
    return made


def listing_table(listing: Listing) -> Table:
    """Return a listing as a table, with the best values in green and what is only to compare with in grey."""
    made = table(*listing.head)
    styles = [_COLUMN_STYLES.get(name, "") for name in listing.head]
    for row in listing.body:
        made.add_row(*map(Text, row, styles))
    for row in listing.totals:
        made.add_row(*map(Text, row), style="bright_black")
    return made


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
