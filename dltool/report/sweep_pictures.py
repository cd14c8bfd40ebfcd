"""Pictures of a sweep: the learning curves of its points, and its points across all axes.

Each line has the class ``line`` and its point's number as ``data-point``.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.config.value_text import short_names, value_text, values_text
from dltool.report.drawing import (
    ACROSS,
    HEIGHT,
    Band,
    Line,
    Scale,
    epochs,
    frame,
    linear,
    logarithmic,
    named,
    numbers,
    path,
    percent,
    plot,
    stretched,
    text,
    width_of,
)
from dltool.runs.trials import PointResult, standard_error_of
from dltool.wording.formatting import mean_text
from dltool.wording.history import Row, thinned

HIGHLIGHTED = 5
"""So many curves can be told from one another."""
_MOST_EPOCHS = 80
_AXIS_WIDTH = 130


@dataclass(frozen=True)
class Curve:
    """The histories of the trials of one point, at least one."""

    point: PointResult
    runs: Sequence[Sequence[Row]]


def learning_curves(curves: Sequence[Curve], metric: str, direction: str) -> str:
    """Return an SVG picture of a metric over the epochs; empty where there is nothing to draw.

    A point has a line: the mean of those of its trials that came that far. The first ``HIGHLIGHTED`` of them, on top,
    have the classes ``place-1`` and so on, and a band of one standard error to both sides; the others have ``other``.
    What went astray does not flatten the rest: the worst twentieth of the values may lie outside.

    Args:
        curves: the points, the best first.
        metric: the objective's.
        direction: ``minimize`` or ``maximize``.
    """
    spreads = [_spread(curve, metric) for curve in curves]
    values = sorted(mean for spread in spreads for _, mean, _ in spread)
    if not values:
        return ""
    lines, bands = [], []
    for i, (curve, spread) in enumerate(zip(curves, spreads, strict=True)):
        kind = f"place-{i + 1}" if i < HIGHLIGHTED else "other"
        lines.append(_line([(epoch, mean) for epoch, mean, _ in spread], curve.point, kind))
        edges = [(epoch, mean - error, mean + error) for epoch, mean, error in spread if error is not None]
        if i < HIGHLIGHTED and edges:
            bands.append(Band(edges, kind))
    outside = len(values) // 20
    low, high = (outside, -1) if direction == "maximize" else (0, -1 - outside)
    last = max(epoch for spread in spreads for epoch, _, _ in spread)
    scale = numbers(values[low], values[high])
    return plot(lines[::-1], epochs(1, last), scale, "epoch", f"{metric} over the epochs", bands=bands[::-1])


def _spread(curve: Curve, metric: str) -> list[tuple[int, float, float | None]]:
    """Return an epoch, the mean of the trials that came that far, and its standard error, each."""
    values: dict[int, list[float]] = {}
    for rows in curve.runs:
        for row in rows:
            if isinstance(row.get(metric), int | float) and math.isfinite(row[metric]):
                values.setdefault(int(row["epoch"]), []).append(row[metric])
    shown = [(epoch, values[epoch]) for epoch in thinned(sorted(values), _MOST_EPOCHS)]
    return [(epoch, statistics.fmean(found), standard_error_of(found)) for epoch, found in shown]


def parallel_coordinates(
    ranked: Sequence[PointResult], axes: Mapping[str, Any], metric: str, best: PointResult | None
) -> str:
    """Return an SVG picture with a line a point, through its value on each axis to what it came to.

    Empty where there is nothing to draw. The better a point, the stronger its line; the best one's has the class
    ``best``.

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
    top, height = 48, HEIGHT - 80
    lines = []
    for rank, point in reversed(list(enumerate(shown))):
        places = [scale.place(point.values.get(name)) for name, scale in scales.items()] + [result.place(point.mean)]
        known = [place for place in places if place is not None]
        if len(known) == len(places):
            at = [(ACROSS * i / len(scales), height * (1 - place)) for i, place in enumerate(known)]
            if best is not None and point.point == best.point:
                lines.append(path(_line(at, point, "best")))
            else:
                strength = f'stroke-opacity="{0.75 - 0.6 * rank / len(shown):.2f}"'
                lines.append(path(_line(at, point, "", strength)))
    parts = [stretched("".join(lines), top, height)]
    titled = [*((names[name], scale) for name, scale in scales.items()), (metric, result)]
    for i, (title, scale) in enumerate(titled):
        x = percent(i / len(scales))
        parts.append(f'<line class="axis" x1="{x}" x2="{x}" y1="{top}" y2="{top + height}"/>')
        parts.append(text(x, top - 16, title, "middle", "name"))
        for label, place in scale.ticks:
            parts.append(text(x, top + height * (1 - place) + 4, label, "start", "halo", 6))
    title_widths = [width_of(title) for title, _ in titled]
    label_widths = [max((width_of(label) for label, _ in scale.ticks), default=0) + 16 for _, scale in titled]
    left, right = title_widths[0] / 2 + 16, max(title_widths[-1] / 2 + 16, label_widths[-1])
    least = len(scales) * max(_AXIS_WIDTH, max(title_widths) + 8, *label_widths[:-1])
    return frame("".join(parts), left, right, f"points across the axes, and their {metric}", least)


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


def _line(at: Sequence[tuple[float, float]], point: PointResult, kind: str, attributes: str = "") -> Line:
    said = f"point {point.point}: {mean_text(point.mean, point.standard_error)}; {values_text(point.values)}"
    return Line(at, kind, said, f'data-point="{point.point}" {attributes}'.strip())
