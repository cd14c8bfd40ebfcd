"""Pictures of a sweep: the learning curves of its trials, and its points across all axes.

Like those of ``curves`` they load nothing and run nothing, and take their colours from the page's CSS variables.
Each line has the class ``line`` and its point's number as ``data-point``; the best point's have ``best`` too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from dltool.console.curves import epoch_ticks
from dltool.console.formatting import mean_text
from dltool.console.history import Row, thinned
from dltool.experiments.definition import short_names, value_text, values_text
from dltool.experiments.trials import PointResult

_MOST_EPOCHS = 80
_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 16, 44
_AXIS_WIDTH = 150
_MOST_LABELS = 12
_LONGEST_LABEL = 18


@dataclass(frozen=True)
class Curve:
    """The history of one trial of a point."""

    point: PointResult
    rows: Sequence[Row]


@dataclass(frozen=True)
class _Scale:
    """Where values lie between 0, the low end, and 1; and which of them are named."""

    place: Callable[[Any], float | None]
    ticks: Sequence[tuple[str, float]]


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
    scale = _numbers(values[low], values[high])
    last = int(max(epoch for _, points in lines for epoch, _ in points))
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def across(epoch: float) -> float:
        return width * (epoch - 1) / (last - 1) if last > 1 else width / 2

    parts = []
    for label, place in scale.ticks:
        y = _TOP + height * (1 - place)
        parts.append(f'<line class="guide" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 8, y + 4, label, "end"))
    for epoch in epoch_ticks(1, last):
        parts.append(_text(_LEFT + across(epoch), _HEIGHT - _BOTTOM + 18, f"{epoch:g}", "middle"))
    parts.append(_text(_LEFT + width / 2, _HEIGHT - 6, "epoch", "middle"))
    # An SVG within an SVG cuts off what lies outside of it.
    parts.append(f'<svg x="{_LEFT}" y="{_TOP}" width="{width}" height="{height}">')
    for point, points in sorted(lines, key=lambda line: _is(line[0], best)):
        if points:
            at = [(across(epoch), height * (1 - (scale.place(value) or 0.0))) for epoch, value in points]
            parts.append(_line(at, point, best, "0.45"))
    return _svg("".join(parts) + "</svg>", _WIDTH, f"{metric} by epoch, a line a trial")


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
    result = _numbers(min(means), max(means))
    gap = max(_AXIS_WIDTH, (_WIDTH - 2 * _LEFT) // len(scales))
    width, height = 2 * _LEFT + gap * len(scales), _HEIGHT - 2 * _BOTTOM
    lines = []
    for rank, point in reversed(list(enumerate(shown))):
        places = [scale.place(point.values.get(name)) for name, scale in scales.items()] + [result.place(point.mean)]
        known = [place for place in places if place is not None]
        if len(known) == len(places):
            at = [(_LEFT + gap * i, _BOTTOM + height * (1 - place)) for i, place in enumerate(known)]
            lines.append(_line(at, point, best, f"{0.75 - 0.6 * rank / len(shown):.2f}"))
    parts = []
    for i, (title, scale) in enumerate([*((names[name], each) for name, each in scales.items()), (metric, result)]):
        x = _LEFT + gap * i
        parts.append(f'<line class="axis" x1="{x}" x2="{x}" y1="{_BOTTOM}" y2="{_BOTTOM + height}"/>')
        parts.append(_text(x, _BOTTOM - 16, title, "middle", "name"))
        for label, place in scale.ticks:
            parts.append(_text(x + 6, _BOTTOM + height * (1 - place) + 4, label, "start", "halo"))
    return _svg("".join(lines + parts), width, f"points across the axes, and their {metric}")


def _drawable(row: Row, metric: str) -> bool:
    return isinstance(row.get(metric), int | float) and math.isfinite(row[metric])


def _numbers(low: float, high: float) -> _Scale:
    """Return a scale for numbers, by orders of magnitude where they span more than two."""
    if low > 0 and high / low > 100:
        return _logarithmic(low, high)
    return _linear(low, high)


def _linear(low: float, high: float) -> _Scale:
    if high <= low:
        return _Scale(lambda value: 0.5 if value == low else float(value > low), [(_short(low), 0.5)])
    span = high - low
    # Steps of 1, 2 or 5 times a power of ten, so that there are three to seven of them.
    size = 10.0 ** math.floor(math.log10(span / 3))
    step = next(step for step in (size, 2 * size, 5 * size, 10 * size) if span / step <= 6.5)
    ticks = [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return _Scale(lambda value: (value - low) / span, [(_short(tick), (tick - low) / span) for tick in ticks])


def _logarithmic(low: float, high: float) -> _Scale:
    first, last = math.log10(low), math.log10(high)

    def place(value: float) -> float:
        return (math.log10(max(value, low)) - first) / (last - first)

    powers = [10.0**power for power in range(math.ceil(first), math.floor(last) + 1)]
    step = math.ceil(len(powers) / _MOST_LABELS) or 1
    return _Scale(place, [(_short(value), place(value)) for value in (powers[::step] or [low, high])])


def _axis(axis: Mapping[str, Any]) -> _Scale:
    if "low" in axis:
        scale = (_logarithmic if axis.get("log") else _linear)(axis["low"], axis["high"])
        return _Scale(lambda value: scale.place(value) if isinstance(value, int | float) else None, scale.ticks)
    values = list(axis.get("values", axis.get("choices", ())))
    if all(isinstance(value, int | float) for value in values):
        values.sort()
    places = {json.dumps(value): (i + 0.5) / len(values) for i, value in enumerate(values)}
    step = math.ceil(len(values) / _MOST_LABELS) or 1
    ticks = [(value_text(value), places[json.dumps(value)]) for value in values[::step]]
    return _Scale(lambda value: places.get(json.dumps(value)), ticks)


def _is(point: PointResult, best: PointResult | None) -> bool:
    return best is not None and point.point == best.point


def _short(value: float) -> str:
    return f"{value:.4g}"


def _line(at: Sequence[tuple[float, float]], point: PointResult, best: PointResult | None, opacity: str) -> str:
    is_best = _is(point, best)
    mean = mean_text(point.mean, point.standard_error)
    said = escape(f"point {point.point}: {mean}; {values_text(point.values)}")
    attributes = f'class="line{" best" if is_best else ""}" data-point="{point.point}"'
    if not is_best:
        attributes += f' stroke-opacity="{opacity}"'
    if len(at) == 1:
        ((x, y),) = at
        return f'<circle {attributes} cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{said}</title></circle>'
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    return f'<polyline {attributes} points="{points}"><title>{said}</title></polyline>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    short = text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"
    whole = f"<title>{escape(text)}</title>" if short != text else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(short)}{whole}</text>'


def _svg(inside: str, width: int, label: str) -> str:
    size = f'viewBox="0 0 {width} {_HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(label)}">{inside}</svg>'
