"""Pictures of a sweep: the learning curves of its trials, and its points across all axes.

Each line has the class ``line`` and its point's number as ``data-point``; the best point's have ``best`` too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.console.drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    WIDTH,
    Line,
    Scale,
    epochs,
    linear,
    logarithmic,
    named,
    numbers,
    path,
    plot,
    svg,
    text,
)
from dltool.console.formatting import mean_text
from dltool.console.history import Row, thinned
from dltool.experiments.definition import short_names, value_text, values_text
from dltool.experiments.trials import PointResult

_MOST_EPOCHS = 80
_AXIS_WIDTH = 150


@dataclass(frozen=True)
class Curve:
    """The history of one trial of a point."""

    point: PointResult
    rows: Sequence[Row]


def learning_curves(curves: Sequence[Curve], metric: str, direction: str, best: PointResult | None) -> str:
    """Return an SVG picture of a metric over the epochs, a line a trial; empty where there is nothing to draw.

    One trial that went astray does not flatten the others: the worst twentieth of the values may lie outside.

    Args:
        curves: the trials.
        metric: the objective's.
        direction: ``minimize`` or ``maximize``.
        best: the best of all points; its lines are on top.
    """
    lines = [
        (
            curve.point,
            [(row["epoch"], row[metric]) for row in thinned(curve.rows, _MOST_EPOCHS) if _drawable(row, metric)],
        )
        for curve in curves
    ]
    values = sorted(value for _, points in lines for _, value in points)
    if not values:
        return ""
    outside = len(values) // 20
    low, high = (outside, -1) if direction == "maximize" else (0, -1 - outside)
    last = int(max(epoch for _, points in lines for epoch, _ in points))
    on_top = sorted(lines, key=lambda line: _is(line[0], best))
    return plot(
        [_line(points, point, best, "0.45") for point, points in on_top],
        epochs(1, last),
        numbers(values[low], values[high]),
        "epoch",
        title=metric.replace("_", " "),
    )


def parallel_coordinates(
    ranked: Sequence[PointResult], axes: Mapping[str, Any], metric: str, best: PointResult | None
) -> str:
    """Return an SVG picture with a line a point, through its value on each axis to what it came to.

    Empty where there is nothing to draw. The better a point, the stronger its line.

    Args:
        ranked: the points, the best first.
        axes: as ``SweepRecord`` has them.
        metric: the objective's.
        best: the best of all points.
    """
    shown = [point for point in ranked if point.mean is not None and math.isfinite(point.mean)]
    if not shown:
        return ""
    means = [point.mean for point in shown if point.mean is not None]
    names = short_names(list(axes))
    scales = {name: _axis(axis) for name, axis in axes.items()}
    result = numbers(min(means), max(means))
    gap = max(_AXIS_WIDTH, (WIDTH - 2 * LEFT) // len(scales))
    width, height = 2 * LEFT + gap * len(scales), HEIGHT - 2 * BOTTOM
    lines = []
    for rank, point in reversed(list(enumerate(shown))):
        places = [scale.place(point.values.get(name)) for name, scale in scales.items()] + [result.place(point.mean)]
        known = [place for place in places if place is not None]
        if len(known) == len(places):
            at = [(LEFT + gap * i, BOTTOM + height * (1 - place)) for i, place in enumerate(known)]
            lines.append(path(_line(at, point, best, f"{0.75 - 0.6 * rank / len(shown):.2f}")))
    parts = []
    for i, (title, scale) in enumerate([*((names[name], each) for name, each in scales.items()), (metric, result)]):
        x = LEFT + gap * i
        parts.append(f'<line class="axis" x1="{x}" x2="{x}" y1="{BOTTOM}" y2="{BOTTOM + height}"/>')
        parts.append(text(x, BOTTOM - 16, title, "middle", "name"))
        for label, place in scale.ticks:
            parts.append(text(x + 6, BOTTOM + height * (1 - place) + 4, label, "start", "halo"))
    return svg("".join(lines + parts), width, f"points across the axes, and their {metric}")


def _drawable(row: Row, metric: str) -> bool:
    return isinstance(row.get(metric), int | float) and math.isfinite(row[metric])


def _axis(axis: Mapping[str, Any]) -> Scale:
    if "low" in axis:
        scale = (logarithmic if axis.get("log") else linear)(axis["low"], axis["high"])
        return Scale(lambda value: scale.place(value) if isinstance(value, int | float) else None, scale.ticks)
    values = list(axis.get("values", axis.get("choices", ())))
    if all(isinstance(value, int | float) for value in values):
        values.sort()
    places = {json.dumps(value): (i + 0.5) / len(values) for i, value in enumerate(values)}
    ticks = [(value_text(value), places[json.dumps(value)]) for value in named(values)]
    return Scale(lambda value: places.get(json.dumps(value)), ticks)


def _is(point: PointResult, best: PointResult | None) -> bool:
    return best is not None and point.point == best.point


def _line(at: Sequence[tuple[float, float]], point: PointResult, best: PointResult | None, opacity: str) -> Line:
    is_best = _is(point, best)
    said = f"point {point.point}: {mean_text(point.mean, point.standard_error)}; {values_text(point.values)}"
    attributes = f'data-point="{point.point}"'
    return Line(at, "best" if is_best else "", said, attributes + ("" if is_best else f' stroke-opacity="{opacity}"'))
