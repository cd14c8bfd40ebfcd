"""Pictures of how metrics went from epoch to epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dltool.console.drawing import Line, epochs, numbers, plot
from dltool.console.history import Row, metric_names, thinned

_MOST_POINTS = 250


def curves(rows: Sequence[Row]) -> list[str]:
    """Return an SVG picture for each metric, and for the learning rate where it varies.

    Training and validation share a picture. Values that are not finite are left out.
    """
    names = [name for name in metric_names(rows) if any(math.isfinite(row[name]) for row in rows)]
    if len({row["learning_rate"] for row in rows}) > 1:
        names.append("learning_rate")
    titles = dict.fromkeys(name.removeprefix("validation_") for name in names)
    return [_curve(title, rows, [name for name in (title, f"validation_{title}") if name in names]) for title in titles]


def _curve(title: str, rows: Sequence[Row], names: Sequence[str]) -> str:
    lines = []
    for name in names:
        finite = [row for row in rows if math.isfinite(row[name])]
        points = [(row["epoch"], row[name]) for row in thinned(finite, _MOST_POINTS)]
        lines.append(Line(points, "validation" if name.startswith("validation_") else "training"))
    values = [value for line in lines for _, value in line.points]
    x = epochs(int(rows[0]["epoch"]), int(rows[-1]["epoch"]))
    legend = [] if names == [title] else [line.kind for line in lines]
    return plot(lines, x, numbers(min(values), max(values)), "epoch", title=title.replace("_", " "), legend=legend)
