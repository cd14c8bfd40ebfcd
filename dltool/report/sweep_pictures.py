"""Pictures of a sweep: the learning curves of its points, and its points across all axes.

Each line has the class ``line`` and its point's number as ``data-point``.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.config.value_text import short_names, value_text, values_text
from dltool.report.drawing import (
    HEIGHT,
    VIEW_WIDTH,
    Band,
    Line,
    Scale,
    epoch_scale,
    frame,
    labelled,
    linear_scale,
    logarithmic_scale,
    number_scale,
    percent,
    plot,
    polyline,
    stretched,
    text,
    text_width,
)
from dltool.runs.sweep_facts import Importance
from dltool.runs.trials import PointResult, standard_error_of
from dltool.wording.formatting import mean_text
from dltool.wording.history import Row, thinned
from dltool.wording.notes import REST, percent_text, share_text

HIGHLIGHTED = 5
"""So many curves can be told from one another."""
_MOST_EPOCHS = 80
_AXIS_WIDTH = 130
MOST_BARS = 20
"""So many axes are drawn by their importance."""
_BAR_HEIGHT = 44


@dataclass(frozen=True)
class Curve:
    """The histories of the trials of one point, at least one."""

    point: PointResult
    runs: Sequence[Sequence[Row]]


def learning_curves(curves: Sequence[Curve], metric: str, direction: str) -> str:
    """Return an SVG picture of a metric over the epochs; empty where there is nothing to draw.

    A point has a line: the mean of those of its trials that came that far. The first ``HIGHLIGHTED`` of them, on top,
    have the classes ``place-1`` and so on, and a band of one standard error to both sides; the others have ``other``.
    The worst twentieth of the values may be clipped, so that outliers do not flatten the rest.

    Args:
        curves: the points, the best first.
        metric: the objective's.
        direction: ``minimize`` or ``maximize``.
    """
    means = [_means(curve, metric) for curve in curves]
    values = sorted(mean for points in means for _, mean, _ in points)
    if not values:
        return ""
    lines, bands = [], []
    for i, (curve, points) in enumerate(zip(curves, means, strict=True)):
        kind = f"place-{i + 1}" if i < HIGHLIGHTED else "other"
        lines.append(_line([(epoch, mean) for epoch, mean, _ in points], curve.point, kind))
        edges = [(epoch, mean - error, mean + error) for epoch, mean, error in points if error is not None]
        if i < HIGHLIGHTED and edges:
            bands.append(Band(edges, kind))
    clipped = len(values) // 20
    low, high = (clipped, -1) if direction == "maximize" else (0, -1 - clipped)
    last = max(epoch for points in means for epoch, _, _ in points)
    scale = number_scale(values[low], values[high])
    return plot(lines[::-1], epoch_scale(1, last), scale, "epoch", f"{metric} over the epochs", bands=bands[::-1])


def _means(curve: Curve, metric: str) -> list[tuple[int, float, float | None]]:
    """Return an epoch, the mean of the trials that came that far, and its standard error, each."""
    values: dict[int, list[float]] = {}
    for rows in curve.runs:
        for row in rows:
            if isinstance(row.get(metric), int | float) and math.isfinite(row[metric]):
                values.setdefault(int(row["epoch"]), []).append(row[metric])
    epochs = thinned(sorted(values), _MOST_EPOCHS)
    return [(epoch, statistics.fmean(values[epoch]), standard_error_of(values[epoch])) for epoch in epochs]


def parallel_coordinates(
    ranked: Sequence[PointResult], axes: Mapping[str, Any], metric: str, best: PointResult | None
) -> str:
    """Return an SVG picture with a line a point, through its value on each axis to its mean objective.

    An axis on which all points have the same value is left out. Empty where there is nothing to draw. The better a
    point, the stronger its line; the best one's has the class ``best``.

    Args:
        ranked: the points, the best first.
        axes: as ``SweepRecord`` has them.
        metric: the objective's.
        best: the best of all points.
    """
    points = [point for point in ranked if point.mean is not None and math.isfinite(point.mean)]
    axes = {
        name: axis for name, axis in axes.items() if len({json.dumps(each.values.get(name)) for each in points}) > 1
    }
    if not axes:
        return ""
    means = [point.mean for point in points if point.mean is not None]
    scales = {name: _scale(axis) for name, axis in axes.items()}
    objective = number_scale(min(means), max(means))
    top, height = 48, HEIGHT - 80
    lines = []
    for rank, point in reversed(list(enumerate(points))):
        positions = [scale.position(point.values.get(name)) for name, scale in scales.items()]
        positions.append(objective.position(point.mean))
        pixels = [
            (VIEW_WIDTH * i / len(scales), height * (1 - position))
            for i, position in enumerate(positions)
            if position is not None
        ]
        if len(pixels) < len(positions):
            continue
        if best is not None and point.point == best.point:
            lines.append(polyline(_line(pixels, point, "best")))
        else:
            strength = f'stroke-opacity="{0.75 - 0.6 * rank / len(points):.2f}"'
            lines.append(polyline(_line(pixels, point, "", strength)))
    titles = [*short_names(list(axes)).values(), metric]
    titled = list(zip(titles, [*scales.values(), objective], strict=True))
    inside = [stretched("".join(lines), top, height), *_axes(titled, top, height)]
    title_widths = [text_width(title) for title in titles]
    label_widths = [max((text_width(label) for label, _ in scale.ticks), default=0) + 16 for _, scale in titled]
    left, right = title_widths[0] / 2 + 16, max(title_widths[-1] / 2 + 16, label_widths[-1])
    least = len(scales) * max(_AXIS_WIDTH, max(title_widths) + 8, *label_widths[:-1])
    return frame("".join(inside), left, right, f"points across the axes, and their {metric}", least)


def importance_bars(importance: Importance, names: Mapping[str, str]) -> str:
    """Return an SVG picture with a bar an axis, as long as its share, and a line over its interval.

    Args:
        importance: of the axes, the most important first; no more than ``MOST_BARS`` are drawn.
        names: of the axes, as they are to be shown.
    """
    shown, drawn = importance.axes[:MOST_BARS], []
    titles = [f"{names[each.axis]}  {share_text(each.share, each.low, each.high)}" for each in shown]
    titles.append(f"{REST}  {percent_text(importance.rest)}")
    bottom = _BAR_HEIGHT * len(titles)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = percent(share)
        drawn.append(f'<line class="guide" x1="{x}" x2="{x}" y1="0" y2="{bottom}"/>')
        drawn.append(text(x, bottom + 18, percent_text(share), "middle", "tick"))
    for i, title in enumerate(titles):
        middle, is_axis = _BAR_HEIGHT * i + 30, i < len(shown)
        kind, share = ("bar", shown[i].share) if is_axis else ("bar rest", importance.rest)
        drawn.append(text("0", middle - 14, title, "start", "halo", 4))
        drawn.append(f'<rect class="{kind}" x="0" y="{middle - 6}" width="{percent(share)}" height="12"/>')
        if is_axis:
            low, high = percent(shown[i].low), percent(shown[i].high)
            for x1, x2, half in ((low, high, 0), (low, low, 5), (high, high, 5)):
                ends = f'x1="{x1}" x2="{x2}" y1="{middle - half}" y2="{middle + half}"'
                drawn.append(f'<line class="interval" {ends}/>')
    least = max(map(text_width, titles))
    return frame("".join(drawn), 24, 32, "how much each axis matters", least, bottom + 32)


def _axes(titled: Sequence[tuple[str, Scale]], top: float, height: float) -> Iterator[str]:
    """Yield the SVG of vertical axes, from the left edge to the right one."""
    for i, (title, scale) in enumerate(titled):
        x = percent(i / (len(titled) - 1))
        yield f'<line class="axis" x1="{x}" x2="{x}" y1="{top}" y2="{top + height}"/>'
        yield text(x, top - 16, title, "middle", "name")
        for label, position in scale.ticks:
            yield text(x, top + height * (1 - position) + 4, label, "start", "halo", 6)


def _scale(axis: Mapping[str, Any]) -> Scale:
    if "low" in axis:
        scale = (logarithmic_scale if axis.get("log") else linear_scale)(axis["low"], axis["high"])
        return Scale(lambda value: scale.position(value) if isinstance(value, int | float) else None, scale.ticks)
    values = list(axis.get("values", axis.get("choices", ())))
    if all(isinstance(value, int | float) for value in values):
        values.sort()
    positions = {json.dumps(value): (i + 0.5) / len(values) for i, value in enumerate(values)}
    ticks = [(value_text(value), positions[json.dumps(value)]) for value in labelled(values)]
    return Scale(lambda value: positions.get(json.dumps(value)), ticks)


def _line(pixels: Sequence[tuple[float, float]], point: PointResult, kind: str, attributes: str = "") -> Line:
    tooltip = f"point {point.point}: {mean_text(point.mean, point.standard_error)}; {values_text(point.values)}"
    return Line(pixels, kind, tooltip, f'data-point="{point.point}" {attributes}'.strip())
