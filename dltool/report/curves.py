"""Pictures of how metrics went from epoch to epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dltool.config.metric_names import on_validation, part_of, without_part
from dltool.report.drawing import Line, epoch_scale, number_scale, plot
from dltool.wording.history import Row, metric_names, thinned

_MOST_POINTS = 250


@dataclass(frozen=True)
class Figure:
    """A picture with its caption."""

    title: str
    parts: Sequence[str]
    """``training`` and ``validation``, where their lines have to be told apart."""
    note: str
    picture: str
    """SVG."""


def curves(
    rows: Sequence[Row], best_epoch: int = 0, weights_epoch: int = 0, folds: Sequence[Sequence[Row]] = ()
) -> list[Figure]:
    """Return a figure for each metric, and for the learning rate where it varies.

    Training and validation share a figure; of folds, each has a validation line of its own. Values that are not finite
    are left out.

    Args:
        rows: a mapping an epoch.
        best_epoch: is marked as the best; 0 for none.
        weights_epoch: is marked as the one whose weights the model holds; 0 for none.
        folds: of each a mapping an epoch.
    """
    names = [name for name in metric_names(rows) if any(math.isfinite(row[name]) for row in rows)]
    labels = {best_epoch: f"best: epoch {best_epoch:,}", weights_epoch: f"kept: epoch {weights_epoch:,}"}
    if best_epoch == weights_epoch:
        labels = {best_epoch: f"best and kept: epoch {best_epoch:,}"}
    marks = [(epoch, label) for epoch, label in labels.items() if epoch]
    titles = dict.fromkeys(without_part(name) for name in names)
    figures = [
        _metric(title, rows, [name for name in (title, on_validation(title)) if name in names], marks, folds)
        for title in titles
    ]
    if len({row["learning_rate"] for row in rows}) > 1:
        figures.append(_learning_rate(rows, marks))
    return figures


def _metric(
    metric: str,
    rows: Sequence[Row],
    names: Sequence[str],
    marks: Sequence[tuple[int, str]],
    folds: Sequence[Sequence[Row]],
) -> Figure:
    marked_epochs = {epoch for epoch, _ in marks}
    lines, dots = [], []
    for name in names:
        part = part_of(name)
        finite = [row for row in rows if math.isfinite(row[name])]
        marked = [row for row in finite if row["epoch"] in marked_epochs]
        drawn = {row["epoch"]: row for row in (*thinned(finite, _MOST_POINTS), *marked)}
        lines.append(Line([(epoch, drawn[epoch][name]) for epoch in sorted(drawn)], part))
        dots += [Line([(row["epoch"], row[name])], part) for row in marked]
    lines += [Line(points, "validation") for fold in folds if (points := _points(fold, on_validation(metric)))]
    parts = list(dict.fromkeys(line.kind for line in lines)) if len(lines) > 1 else []
    title = metric.replace("_", " ")
    note = "validation: a line a fold" if folds else ""
    return Figure(title, parts, note, _picture(title, rows, [*lines, *dots], marks))


def _points(rows: Sequence[Row], name: str) -> list[tuple[float, float]]:
    """Return the finite values of a metric by epoch, not too many of them."""
    found = [(row["epoch"], row[name]) for row in rows if math.isfinite(row[name])]
    return thinned(found, _MOST_POINTS)


def _learning_rate(rows: Sequence[Row], marks: Sequence[tuple[int, str]]) -> Figure:
    """Draw the rate as steps, which lie in the middle between the epochs before and behind a change."""
    rates = [(row["epoch"], row["learning_rate"]) for row in rows]
    changes = [
        (rates[i][0], rates[i][1])
        for i in range(len(rates))
        if i in (0, len(rates) - 1) or not rates[i - 1][1] == rates[i][1] == rates[i + 1][1]
    ]
    changes = thinned(changes, _MOST_POINTS)
    points = [changes[0]]
    for (epoch, rate), (next_epoch, next_rate) in pairwise(changes):
        if next_rate != rate:
            middle = (epoch + next_epoch) / 2
            points += [(middle, rate), (middle, next_rate)]
    points.append(changes[-1])
    title = "learning rate"
    return Figure(title, [], "as each epoch ended", _picture(title, rows, [Line(points, "training")], marks))


def _picture(title: str, rows: Sequence[Row], lines: Sequence[Line], marks: Sequence[tuple[int, str]]) -> str:
    values = [value for line in lines for _, value in line.points]
    last = max(epoch for line in lines for epoch, _ in line.points)
    x_scale = epoch_scale(int(rows[0]["epoch"]), max(int(rows[-1]["epoch"]), int(last)))
    return plot(lines, x_scale, number_scale(min(values), max(values)), "epoch", title, marks=marks)
