"""Scales, axes and lines: what every picture is drawn with.

Pictures are SVG that loads nothing and runs nothing; their classes and colours are in the CSS of ``page``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, BOTTOM = 64, 24, 44
_TOP, _TOP_WITH_TITLE = 16, 40
_MOST_LABELS = 12
_LONGEST_LABEL = 18


@dataclass(frozen=True)
class Scale:
    """Where values lie between 0, the low end, and 1; and which of them are named."""

    place: Callable[[Any], float | None]
    ticks: Sequence[tuple[str, float]]


@dataclass(frozen=True)
class Line:
    """A line through points, or a dot where there is one."""

    points: Sequence[tuple[float, float]]
    kind: str
    """The CSS class beside ``line``."""
    said: str = ""
    """What it stands for, for those who point at it."""
    attributes: str = ""
    """More of them, as SVG."""


def numbers(low: float, high: float) -> Scale:
    """Return a scale for numbers, by orders of magnitude where they span more than two."""
    return logarithmic(low, high) if low > 0 and high / low > 100 else linear(low, high)


def linear(low: float, high: float) -> Scale:
    """Return a scale with three to seven round numbers on it; one whose ends are equal has them in the middle."""
    span = high - low
    if span <= 1e-9 * max(abs(low), abs(high)):
        return Scale(lambda value: 0.5 if low <= value <= high else float(value > low), [(_short(low), 0.5)])
    # Steps of 1, 2 or 5 times a power of ten.
    size = 10.0 ** math.floor(math.log10(span / 3))
    step = next(step for step in (size, 2 * size, 5 * size, 10 * size) if span / step <= 6.5)
    ticks = [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return Scale(lambda value: (value - low) / span, [(_short(tick), (tick - low) / span) for tick in ticks])


def logarithmic(low: float, high: float) -> Scale:
    """Return a scale by orders of magnitude; what is below ``low``, which is above 0, lies there too."""
    first, last = math.log10(low), math.log10(high)

    def place(value: float) -> float:
        return (math.log10(max(value, low)) - first) / (last - first)

    powers = [10.0**power for power in range(math.ceil(first), math.floor(last) + 1)]
    return Scale(place, [(_short(value), place(value)) for value in named(powers or [low, high])])


def epochs(first: int, last: int) -> Scale:
    """Return a scale for epochs, about five to ten round ones of which are named."""
    step = next(step for step in (n * 10**k for k in range(20) for n in (1, 2, 5)) if last - first <= 10 * step)

    def place(epoch: float) -> float:
        return (epoch - first) / (last - first) if last > first else 0.5

    return Scale(place, [(str(epoch), place(epoch)) for epoch in range(0, last + 1, step) if epoch >= first])


def named(values: Sequence[Any]) -> Sequence[Any]:
    """Return as many values, evenly chosen, as an axis has room for their names."""
    return values[:: math.ceil(len(values) / _MOST_LABELS) or 1]


def plot(
    lines: Sequence[Line], x: Scale, y: Scale, x_title: str, *, title: str = "", legend: Sequence[str] = ()
) -> str:
    """Return an SVG picture of lines between two axes; what lies outside of the scales is cut off.

    Args:
        lines: from the back to the front.
        x: the scale of the points' first numbers.
        y: that of the second ones.
        x_title: what stands below the first axis.
        title: what stands above the picture.
        legend: kinds of lines to be named beside the title, in their colours.
    """
    top = _TOP_WITH_TITLE if title else _TOP
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - top - BOTTOM
    parts = [f'<text x="{LEFT}" y="24" class="name">{escape(title)}</text>'] if title else []
    for i, kind in enumerate(reversed(legend)):
        parts.append(text(WIDTH - RIGHT - 90 * i, 24, kind, "end", f"legend {kind}"))
    for label, place in y.ticks:
        up = top + height * (1 - place)
        parts.append(f'<line class="guide" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up:.1f}" y2="{up:.1f}"/>')
        parts.append(text(LEFT - 8, up + 4, label, "end"))
    parts += [text(LEFT + width * place, HEIGHT - BOTTOM + 18, label, "middle", "tick") for label, place in x.ticks]
    parts.append(text(LEFT + width / 2, HEIGHT - 6, x_title, "middle"))
    # An SVG within an SVG cuts off what lies outside of it; a line on its very edge is seen whole.
    box = f'viewBox="-2 -2 {width + 4} {height + 4}"'
    parts.append(f'<svg x="{LEFT - 2}" y="{top - 2}" width="{width + 4}" height="{height + 4}" {box}>')
    for line in lines:
        at = [(width * (x.place(a) or 0.0), height * (1 - (y.place(b) or 0.0))) for a, b in line.points]
        parts.append(path(Line(at, line.kind, line.said, line.attributes)))
    return svg("".join(parts) + "</svg>", WIDTH, title or x_title)


def path(line: Line) -> str:
    """Return the SVG of a line whose points are in the picture's own coordinates; empty where it has none."""
    attributes = f'class="{" ".join(filter(None, ("line", line.kind)))}" {line.attributes}'
    inside = f"<title>{escape(line.said)}</title>" if line.said else ""
    if len(line.points) == 1:
        ((x, y),) = line.points
        return f'<circle {attributes} cx="{x:.1f}" cy="{y:.1f}" r="3">{inside}</circle>'
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in line.points)
    return f'<polyline {attributes} points="{points}">{inside}</polyline>' if points else ""


def text(x: float, y: float, words: str, anchor: str, kind: str = "") -> str:
    """Return the SVG of a text, cut off where it is long; those who point at it see it whole."""
    short = words if len(words) <= _LONGEST_LABEL else words[: _LONGEST_LABEL - 1] + "…"
    whole = f"<title>{escape(words)}</title>" if short != words else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(short)}{whole}</text>'


def svg(inside: str, width: int, label: str) -> str:
    """Return a picture; ``label`` says what it shows to those who cannot see it."""
    size = f'viewBox="0 0 {width} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(label)}">{inside}</svg>'


def _short(value: float) -> str:
    return f"{value:g}"
