"""Pictures of how metrics went from epoch to epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dltool.report.drawing import Line, epochs, numbers, plot
from dltool.wording.history import Row, metric_names, thinned

_MOST_POINTS = 250


@dataclass(frozen=True)
class Figure:
    """A picture with what its caption says."""

    title: str
    parts: Sequence[str]
    """``training`` and ``validation``, where their lines have to be told apart."""
    note: str
    picture: str
    """SVG."""


def curves(rows: Sequence[Row], best: int = 0, kept: int = 0) -> list[Figure]:
    """Return a figure for each metric, and for the learning rate where it varies.

    Training and validation share a figure. Values that are not finite are left out.

    Args:
        rows: a mapping an epoch.
        best: the epoch to be marked as the best; 0 for none.
        kept: the epoch to be marked as the one whose weights the model holds; 0 for none.
    """
    names = [name for name in metric_names(rows) if any(math.isfinite(row[name]) for row in rows)]
    marked = {best: f"best: epoch {best:,}", kept: f"kept: epoch {kept:,}"}
    if best == kept:
        marked = {best: f"best and kept: epoch {best:,}"}
    marks = [(epoch, said) for epoch, said in marked.items() if epoch]
    titles = dict.fromkeys(name.removeprefix("validation_") for name in names)
    figures = [
        _curve(title, rows, [name for name in (title, f"validation_{title}") if name in names], marks)
        for title in titles
    ]
    if len({row["learning_rate"] for row in rows}) > 1:
        figures.append(_learning_rate(rows, marks))
    return figures


def _curve(title: str, rows: Sequence[Row], names: Sequence[str], marks: Sequence[tuple[int, str]]) -> Figure:
    epochs_marked = {epoch for epoch, _ in marks}
    lines, dots = [], []
    for name in names:
        kind = "validation" if name.startswith("validation_") else "training"
        finite = [row for row in rows if math.isfinite(row[name])]
        marked = [row for row in finite if row["epoch"] in epochs_marked]
        shown = {row["epoch"]: row for row in (*thinned(finite, _MOST_POINTS), *marked)}
        lines.append(Line([(epoch, shown[epoch][name]) for epoch in sorted(shown)], kind))
        dots += [Line([(row["epoch"], row[name])], kind) for row in marked]
    parts = [] if names == [title] else [line.kind for line in lines]
    words = title.replace("_", " ")
    return Figure(words, parts, "", _picture(words, rows, [*lines, *dots], marks))


def _learning_rate(rows: Sequence[Row], marks: Sequence[tuple[int, str]]) -> Figure:
    """Draw the rate as steps, each from half an epoch before to half an epoch behind where it held."""
    rates = [(row["epoch"], row["learning_rate"]) for row in rows]
    turns = [
        (rates[i][0], rates[i][1])
        for i in range(len(rates))
        if i in (0, len(rates) - 1) or not rates[i - 1][1] == rates[i][1] == rates[i + 1][1]
    ]
    turns = thinned(turns, _MOST_POINTS)
    points = [turns[0]]
    for (epoch, rate), (next_epoch, next_rate) in pairwise(turns):
        if next_rate != rate:
            middle = (epoch + next_epoch) / 2
            points += [(middle, rate), (middle, next_rate)]
    points.append(turns[-1])
    title = "learning rate"
    return Figure(title, [], "as each epoch ended", _picture(title, rows, [Line(points, "training")], marks))


def _picture(title: str, rows: Sequence[Row], lines: Sequence[Line], marks: Sequence[tuple[int, str]]) -> str:
    values = [value for line in lines for _, value in line.points]
    x = epochs(int(rows[0]["epoch"]), int(rows[-1]["epoch"]))
    return plot(lines, x, numbers(min(values), max(values)), "epoch", title, marks=marks)
