"""Scales, axes and lines: what every picture is drawn with.

Pictures are SVG that loads nothing and runs nothing; the page's CSS has their classes and colours. A plot is as wide
as its place on the page: its lines stretch, its texts keep their size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

HEIGHT = 320
"""Of a picture, in pixels."""
VIEW_WIDTH = 1000
"""Of the coordinates in which lines are drawn before they are stretched."""
_TOP, _RIGHT, _BOTTOM = 16, 24, 52
_MARK_HEIGHT = 17
_MOST_LABELS = 12


@dataclass(frozen=True)
class Scale:
    """Where values lie on an axis, from 0, the low end, to 1."""

    position: Callable[[Any], float | None]
    """Of a value; None where the axis does not have it."""
    ticks: Sequence[tuple[str, float]]
    """Labels and their positions."""


@dataclass(frozen=True)
class Line:
    """A line through points, or a dot where there is one."""

    points: Sequence[tuple[float, float]]
    kind: str
    """The CSS class beside ``line``."""
    tooltip: str = ""
    attributes: str = ""
    """More of them, as SVG."""


@dataclass(frozen=True)
class Band:
    """The area between two lines."""

    points: Sequence[tuple[float, float, float]]
    """x, the lower y and the upper y."""
    kind: str
    """The CSS class beside ``band``."""


def number_scale(low: float, high: float) -> Scale:
    """Return a scale for numbers, logarithmic where they span more than two orders of magnitude."""
    return logarithmic_scale(low, high) if low > 0 and high / low > 100 else linear_scale(low, high)


def linear_scale(low: float, high: float) -> Scale:
    """Return a scale with two to seven round ticks; one whose ends are equal has them in the middle."""
    span = high - low
    if span <= 1e-9 * max(abs(low), abs(high)):
        return Scale(lambda value: 0.5 if low <= value <= high else float(value > low), [(f"{low:g}", 0.5)])
    # Steps of 1, 2 or 5 times a power of ten.
    size = 10.0 ** math.floor(math.log10(span / 3))
    step = next(step for step in (size, 2 * size, 5 * size, 10 * size) if span / step <= 6.5)
    ticks = [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return Scale(lambda value: (value - low) / span, [(_tick_label(tick, step), (tick - low) / span) for tick in ticks])


def logarithmic_scale(low: float, high: float) -> Scale:
    """Return a scale with a tick an order of magnitude.

    Args:
        low: above 0; values below it have its position.
        high: the other end.
    """
    first, last = math.log10(low), math.log10(high)

    def position(value: float) -> float:
        return (math.log10(max(value, low)) - first) / (last - first)

    powers = [10.0**power for power in range(math.ceil(first), math.floor(last) + 1)]
    return Scale(position, [(f"{value:g}", position(value)) for value in labelled(powers or [low, high])])


def epoch_scale(first: int, last: int) -> Scale:
    """Return a scale for epochs, with about five to ten round ticks."""
    step = next(step for step in (n * 10**k for k in range(20) for n in (1, 2, 5)) if last - first <= 10 * step)

    def position(epoch: float) -> float:
        return (epoch - first) / (last - first) if last > first else 0.5

    return Scale(position, [(str(epoch), position(epoch)) for epoch in range(0, last + 1, step) if epoch >= first])


def labelled(values: Sequence[Any]) -> Sequence[Any]:
    """Return as many values, evenly chosen, as an axis has room for labels."""
    return values[:: math.ceil(len(values) / _MOST_LABELS) or 1]


def plot(
    lines: Sequence[Line],
    x_scale: Scale,
    y_scale: Scale,
    x_title: str,
    description: str,
    *,
    bands: Sequence[Band] = (),
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """Return an SVG picture of lines between two axes; what lies outside of the scales is clipped.

    Args:
        lines: from the back to the front.
        x_scale: of the points' first numbers.
        y_scale: of the second ones.
        x_title: stands below the x axis.
        description: of the picture, for those who cannot see it.
        bands: lie behind the lines.
        marks: vertical lines, by x, with the labels that stand above the plot.
    """
    top, left = _TOP + _MARK_HEIGHT * len(marks), 24 + max((text_width(label) for label, _ in y_scale.ticks), default=0)
    height = HEIGHT - top - _BOTTOM

    def pixel(x: float, y: float) -> tuple[float, float]:
        return VIEW_WIDTH * (x_scale.position(x) or 0.0), height * (1 - (y_scale.position(y) or 0.0))

    drawn = []
    for band in bands:
        outline = [pixel(x, upper) for x, _, upper in band.points]
        outline += [pixel(x, lower) for x, lower, _ in reversed(band.points)]
        drawn.append(f'<polygon class="band {band.kind}" points="{_points(outline)}"/>')
    # Not among the lines: stretching would make ellipses of dots.
    dots = []
    for line in lines:
        pixels = [pixel(x, y) for x, y in line.points]
        if len(pixels) > 1:
            drawn.append(polyline(Line(pixels, line.kind, line.tooltip, line.attributes)))
        elif pixels and 0 <= pixels[0][1] <= height:
            place = f'cx="{percent(pixels[0][0] / VIEW_WIDTH)}" cy="{top + pixels[0][1]:.1f}" r="3.5"'
            dots.append(f"<circle {_attributes(line)} {place}>{_title(line)}</circle>")
    behind = [*_axes(x_scale, y_scale, x_title, top, height), *_marks(marks, x_scale, top + height)]
    return frame("".join([*behind, stretched("".join(drawn), top, height), *dots]), left, _RIGHT, description)


def _axes(x_scale: Scale, y_scale: Scale, x_title: str, top: float, height: float) -> Iterator[str]:
    for label, position in y_scale.ticks:
        y = top + height * (1 - position)
        yield f'<line class="guide" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield text("-8", y + 4, label, "end")
    for label, position in x_scale.ticks:
        yield text(percent(position), top + height + 18, label, "middle", "tick")
    yield text("50%", top + height + 38, x_title, "middle")


def _marks(marks: Sequence[tuple[float, str]], x_scale: Scale, bottom: float) -> Iterator[str]:
    for i, (x, label) in enumerate(marks):
        position, baseline = x_scale.position(x) or 0.0, _MARK_HEIGHT * (i + 1)
        ends = f'x1="{percent(position)}" x2="{percent(position)}"'
        yield f'<line class="mark" {ends} y1="{baseline - 12}" y2="{bottom}"/>'
        # Written towards the middle, where there is room.
        anchor, gap = ("start", 6) if position < 0.5 else ("end", -6)
        yield text(percent(position), baseline, label, anchor, "mark", gap)


def polyline(line: Line) -> str:
    """Return the SVG of a line whose points are in the coordinates of ``stretched``."""
    return f'<polyline {_attributes(line)} points="{_points(line.points)}">{_title(line)}</polyline>'


def text(x: str, y: float, words: str, anchor: str, kind: str = "", gap: float = 0) -> str:
    """Return the SVG of a text.

    Args:
        x: in pixels or percent.
        y: of the baseline, in pixels.
        words: the text, which is escaped here.
        anchor: SVG's ``text-anchor``.
        kind: a CSS class.
        gap: pixels to the right of ``x``.
    """
    shift = f' dx="{gap}"' if gap else ""
    return f'<text x="{x}" y="{y:.1f}"{shift} text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def text_width(words: str) -> int:
    """Return how many pixels a text takes, rather too many than too few: the fonts are the reader's."""
    return sum(9 if character.isascii() and not character.isupper() else 13 for character in words)


def frame(inside: str, left: float, right: float, description: str, least: float = 0, height: float = HEIGHT) -> str:
    """Return a picture that fills its place on the page, or scrolls there.

    Args:
        inside: SVG; ``100%`` is the width that the margins leave.
        left: the margin, in pixels, in which texts may stand.
        right: that on the other side.
        description: of the picture, for those who cannot see it.
        least: how many pixels wide it is at least, between the margins.
        height: of the picture, in pixels.
    """
    style = f"width: calc(100% - {left + right}px); min-width: {least}px; height: {height}px; "
    style += f"margin: 0 {right}px 0 {left}px"
    root = 'xmlns="http://www.w3.org/2000/svg" role="img" class="plot"'
    return f'<svg {root} style="{style}" aria-label="{escape(description)}">{inside}</svg>'


def stretched(lines: str, top: float, height: float) -> str:
    """Return lines, drawn in ``VIEW_WIDTH`` and ``height``, as wide as the picture; what is outside is clipped.

    A line on the lower or upper edge is seen whole.
    """
    box = f'viewBox="0 -2 {VIEW_WIDTH} {height + 4}" preserveAspectRatio="none"'
    return f'<svg x="0" y="{top - 2}" width="100%" height="{height + 4}" {box}>{lines}</svg>'


def percent(position: float) -> str:
    """Write a position between 0 and 1 as SVG wants it."""
    return f"{100 * position:.3f}%"


def _attributes(line: Line) -> str:
    return f'class="{" ".join(filter(None, ("line", line.kind)))}" {line.attributes}'


def _title(line: Line) -> str:
    return f"<title>{escape(line.tooltip)}</title>" if line.tooltip else ""


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _tick_label(value: float, step: float) -> str:
    """Write a multiple of a step with as many digits as tell it from the next one."""
    digits = max(0, -math.floor(math.log10(step)))
    plain = f"{value:.{digits}f}"
    return plain if len(plain) <= 9 else f"{value:g}"
