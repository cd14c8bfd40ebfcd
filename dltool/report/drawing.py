"""Scales, axes and lines: what every picture is drawn with.

Pictures are SVG that loads nothing and runs nothing; their classes and colours are in the CSS of ``page``. A plot is
as wide as its place on the page: its lines stretch, its texts keep their size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

HEIGHT = 320
ACROSS = 1000
"""How wide lines are before they are stretched."""
_TOP, _RIGHT, _BOTTOM = 16, 24, 52
_MARK = 17
_MOST_LABELS = 12


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


@dataclass(frozen=True)
class Band:
    """What lies between two lines."""

    points: Sequence[tuple[float, float, float]]
    """Where along the first axis, and from where to where along the second."""
    kind: str
    """The CSS class beside ``band``."""


def numbers(low: float, high: float) -> Scale:
    """Return a scale for numbers, by orders of magnitude where they span more than two."""
    return logarithmic(low, high) if low > 0 and high / low > 100 else linear(low, high)


def linear(low: float, high: float) -> Scale:
    """Return a scale with three to seven round numbers on it; one whose ends are equal has them in the middle."""
    span = high - low
    if span <= 1e-9 * max(abs(low), abs(high)):
        return Scale(lambda value: 0.5 if low <= value <= high else float(value > low), [(f"{low:g}", 0.5)])
    # Steps of 1, 2 or 5 times a power of ten.
    size = 10.0 ** math.floor(math.log10(span / 3))
    step = next(step for step in (size, 2 * size, 5 * size, 10 * size) if span / step <= 6.5)
    ticks = [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return Scale(lambda value: (value - low) / span, [(_tick(tick, step), (tick - low) / span) for tick in ticks])


def logarithmic(low: float, high: float) -> Scale:
    """Return a scale by orders of magnitude; what is below ``low``, which is above 0, lies there too."""
    first, last = math.log10(low), math.log10(high)

    def place(value: float) -> float:
        return (math.log10(max(value, low)) - first) / (last - first)

    powers = [10.0**power for power in range(math.ceil(first), math.floor(last) + 1)]
    return Scale(place, [(f"{value:g}", place(value)) for value in named(powers or [low, high])])


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
    lines: Sequence[Line],
    x: Scale,
    y: Scale,
    x_title: str,
    label: str,
    *,
    bands: Sequence[Band] = (),
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """Return an SVG picture of lines between two axes; what lies outside of the scales is cut off.

    Args:
        lines: from the back to the front.
        x: the scale of the points' first numbers.
        y: that of the second ones.
        x_title: what stands below the first axis.
        label: what the picture shows, for those who cannot see it.
        bands: what lies behind the lines.
        marks: places on the first axis with what is to be said of them, above the lines.
    """
    top, left = _TOP + _MARK * len(marks), 24 + max((width_of(name) for name, _ in y.ticks), default=0)
    height = HEIGHT - top - _BOTTOM

    def across(value: float) -> float:
        return ACROSS * (x.place(value) or 0.0)

    def down(value: float) -> float:
        return height * (1 - (y.place(value) or 0.0))

    drawn = []
    for band in bands:
        edge = [(across(a), down(high)) for a, _, high in band.points]
        edge += [(across(a), down(low)) for a, low, _ in reversed(band.points)]
        drawn.append(f'<polygon class="band {band.kind}" points="{_points(edge)}"/>')
    # What is stretched would make ellipses of dots.
    dots = []
    for line in lines:
        at = [(across(a), down(b)) for a, b in line.points]
        if len(at) > 1:
            drawn.append(path(Line(at, line.kind, line.said, line.attributes)))
        elif at and 0 <= at[0][1] <= height:
            place = f'cx="{percent(at[0][0] / ACROSS)}" cy="{top + at[0][1]:.1f}" r="3.5"'
            dots.append(f"<circle {_attributes(line)} {place}>{_said(line)}</circle>")
    behind = [*_axes(x, y, x_title, top, height), *_marks(marks, x, top + height)]
    return frame("".join([*behind, stretched("".join(drawn), top, height), *dots]), left, _RIGHT, label)


def _axes(x: Scale, y: Scale, x_title: str, top: float, height: float) -> Iterator[str]:
    for name, place in y.ticks:
        up = top + height * (1 - place)
        yield f'<line class="guide" x1="0" x2="100%" y1="{up:.1f}" y2="{up:.1f}"/>'
        yield text("-8", up + 4, name, "end")
    for name, place in x.ticks:
        yield text(percent(place), top + height + 18, name, "middle", "tick")
    yield text("50%", top + height + 38, x_title, "middle")


def _marks(marks: Sequence[tuple[float, str]], x: Scale, bottom: float) -> Iterator[str]:
    for i, (at, said) in enumerate(marks):
        place, base = x.place(at) or 0.0, _MARK * (i + 1)
        across = f'x1="{percent(place)}" x2="{percent(place)}"'
        yield f'<line class="mark" {across} y1="{base - 12}" y2="{bottom}"/>'
        # Written towards the middle, where there is room.
        anchor, gap = ("start", 6) if place < 0.5 else ("end", -6)
        yield text(percent(place), base, said, anchor, "mark", gap)


def path(line: Line) -> str:
    """Return the SVG of a line whose points are in the coordinates of ``stretched``."""
    return f'<polyline {_attributes(line)} points="{_points(line.points)}">{_said(line)}</polyline>'


def text(x: str, y: float, words: str, anchor: str, kind: str = "", gap: float = 0) -> str:
    """Return the SVG of a text that is ``gap`` pixels to the right of ``x``, which is in pixels or percent."""
    shifted = f' dx="{gap}"' if gap else ""
    return f'<text x="{x}" y="{y:.1f}"{shifted} text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def width_of(words: str) -> int:
    """Return how many pixels a text takes, rather too many than too few: the fonts are the reader's."""
    return sum(9 if character.isascii() and not character.isupper() else 13 for character in words)


def frame(inside: str, left: float, right: float, label: str, least: float = 0) -> str:
    """Return a picture that fills its place on the page, or scrolls there.

    Args:
        inside: SVG; ``100%`` is the width that the margins leave.
        left: the margin, in pixels, in which texts may stand.
        right: that on the other side.
        label: what the picture shows, for those who cannot see it.
        least: how many pixels wide it is at least, between the margins.
    """
    style = f"width: calc(100% - {left + right}px); min-width: {least}px; height: {HEIGHT}px; "
    style += f"margin: 0 {right}px 0 {left}px"
    root = 'xmlns="http://www.w3.org/2000/svg" role="img" class="plot"'
    return f'<svg {root} style="{style}" aria-label="{escape(label)}">{inside}</svg>'


def stretched(lines: str, top: float, height: float) -> str:
    """Return lines, drawn from 0 to ``ACROSS`` and to ``height``, as wide as the picture; what is outside is cut off.

    A line on the lower or upper edge is seen whole.
    """
    box = f'viewBox="0 -2 {ACROSS} {height + 4}" preserveAspectRatio="none"'
    return f'<svg x="0" y="{top - 2}" width="100%" height="{height + 4}" {box}>{lines}</svg>'


def percent(place: float) -> str:
    """Write a place between 0 and 1 as SVG wants it."""
    return f"{100 * place:.3f}%"


def _attributes(line: Line) -> str:
    return f'class="{" ".join(filter(None, ("line", line.kind)))}" {line.attributes}'


def _said(line: Line) -> str:
    return f"<title>{escape(line.said)}</title>" if line.said else ""


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _tick(value: float, step: float) -> str:
    """Write a multiple of a step with as many digits as tell it from the next one."""
    digits = max(0, -math.floor(math.log10(step)))
    plain = f"{value:.{digits}f}"
    return plain if len(plain) <= 9 else f"{value:g}"
