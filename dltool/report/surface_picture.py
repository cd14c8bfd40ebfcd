"""The picture of what a network answers over the plane of its two numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dltool.config.counts import counted
from dltool.contracts.surface import Surface
from dltool.report.pictures import DIM, FIRST, INK, PAPER, SECOND, SERIES, Picture, legend_label, picture
from dltool.wording.formatting import truncated

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.contour import ContourSet

_MARKERS = "osD^vP*Xhp"
"""One a class: with the colours, of which there are fewer, no two are alike."""
_STEPS = 10
_STRONGEST = 0.65
"""How much of a colour the paper takes at most: points in the full colour are still seen on it."""
_LONGEST_NAME, _LINE = 40, 56
"""In letters: of a name, and of a line below the axes."""


def surface_picture(surface: Surface, name: str = "surface") -> Picture:
    """Return the picture of a surface, with its rows on top.

    Args:
        surface: what is answered.
        name: of the picture's files, distinct on a page.
    """
    draw = {"classes": _draw_classes, "probability": _draw_probability, "number": _draw_number}[surface.kind]

    def drawn(axes: Axes) -> None:
        draw(axes, surface)
        if surface.logarithmic[0]:
            axes.set_xscale("log")
            _write_out(axes.xaxis)
        if surface.logarithmic[1]:
            axes.set_yscale("log")
            _write_out(axes.yaxis)
        axes.set(xlabel=truncated(surface.names[0], _LONGEST_NAME), ylabel=truncated(surface.names[1], _LONGEST_NAME))
        axes.set(xlim=surface.x[[0, -1]], ylim=surface.y[[0, -1]])
        _add_legend(axes, surface)

    return picture(name, _title(surface), _description(surface), drawn, width=5.4, height=4.4)


def _title(surface: Surface) -> str:
    x, y = surface.names
    what = {"classes": "predicted class", "probability": f"probability of {surface.answer}", "number": surface.answer}
    return f"{what[surface.kind]} by {x} and {y}"


def _description(surface: Surface) -> str:
    """Return what the picture shows in words."""
    grid, part = surface.answers, "of the plane"
    if surface.kind == "classes":
        shares = np.bincount(grid.argmax(axis=-1).ravel(), minlength=len(surface.classes)) / grid[..., 0].size
        told = ", ".join(f"{name} in {share:.0%}" for name, share in zip(surface.classes, shares, strict=True))
        said = f"predicted are {told} {part}"
    elif surface.kind == "probability":
        said = f"above {surface.threshold:.4g} in {(grid > surface.threshold).mean():.0%} {part}"
    else:
        said = f"from {np.nanmin(grid):.4g} to {np.nanmax(grid):.4g}"
    points = " and ".join(
        f"{len(points):,} of {counted(surface.rows[name], f'{name} row')}" for name, points in surface.points.items()
    )
    return f"{_title(surface)}: {said}; points are {points}"


def _write_out(axis: Axis) -> None:
    """Write the numbers of a logarithmic axis as the others are, not as powers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _draw_classes(axes: Axes, surface: Surface) -> None:
    for i in range(len(surface.classes)):
        own, others = surface.answers[..., i], np.delete(surface.answers, i, axis=-1).max(axis=-1)
        axes.contourf(surface.x, surface.y, own - others, levels=[0, np.inf], colors=[_colour(i)], alpha=0.3)
    for name, points in surface.points.items():
        _draw_points_of_classes(axes, surface, name, points)


def _draw_probability(axes: Axes, surface: Surface) -> None:
    levels = np.linspace(0, 1, _STEPS + 1)
    middles = (levels[1:] + levels[:-1]) / 2
    colours = [(SECOND if middle > 0.5 else FIRST, _STRONGEST * abs(2 * middle - 1)) for middle in middles]
    filled = axes.contourf(surface.x, surface.y, np.ma.masked_invalid(surface.answers), levels=levels, colors=colours)
    known = surface.answers[np.isfinite(surface.answers)]
    if known.min() < surface.threshold < known.max():
        axes.contour(surface.x, surface.y, surface.answers, levels=[surface.threshold], colors=[INK], linewidths=1.2)
    _add_scale(axes, filled, f"probability of {surface.answer}")
    for name, points in surface.points.items():
        _draw_points_of_classes(axes, surface, name, points)


def _draw_number(axes: Axes, surface: Surface) -> None:
    from matplotlib.ticker import MaxNLocator

    known = np.concatenate([surface.answers[np.isfinite(surface.answers)], *surface.targets.values()])
    levels = MaxNLocator(_STEPS).tick_values(known.min(), known.max())
    colours = [(FIRST, _STRONGEST * (i + 0.5) / (len(levels) - 1)) for i in range(len(levels) - 1)]
    filled = axes.contourf(surface.x, surface.y, np.ma.masked_invalid(surface.answers), levels=levels, colors=colours)
    _add_scale(axes, filled, surface.answer)
    for name, points in surface.points.items():
        edge = INK if name == "train" else SECOND
        targets = surface.targets[name]
        axes.scatter(points[:, 0], points[:, 1], s=26, color=PAPER, edgecolors="none")
        inside = [colours[min(np.searchsorted(levels, of, "right") - 1, len(colours) - 1)] for of in targets]
        axes.scatter(points[:, 0], points[:, 1], s=26, facecolors=inside or "none", edgecolors=edge, linewidths=1)


def _draw_points_of_classes(axes: Axes, surface: Surface, name: str, points: np.ndarray) -> None:
    for i in range(len(surface.classes)):
        some = points[surface.targets[name] == i]
        axes.scatter(some[:, 0], some[:, 1], s=30, marker=_MARKERS[i], **_paint(_colour(i), name))


def _paint(colour: str, name: str) -> dict[str, Any]:
    """Return how a point is painted: full where it was trained on, else hollow."""
    if name == "train":
        return {"facecolors": colour, "edgecolors": INK, "linewidths": 0.7}
    return {"facecolors": PAPER, "edgecolors": colour, "linewidths": 1.4}


def _add_scale(axes: Axes, filled: ContourSet, label: str) -> None:
    bar = axes.figure.colorbar(filled, ax=axes, label=truncated(label, _LONGEST_NAME))
    bar.outline.set_edgecolor(DIM)


def _add_legend(axes: Axes, surface: Surface) -> None:
    """Say what shapes and fillings mean, below the axes."""
    for i, label in enumerate(surface.classes):
        paint = _paint(_colour(i), "train")
        axes.scatter([], [], s=30, marker=_MARKERS[i], label=legend_label(label, _LONGEST_NAME), **paint)
    if len(surface.points) > 1:
        for name in surface.points:
            paint = _paint(DIM, name)
            if not surface.classes:
                paint = {"facecolors": "none", "edgecolors": INK if name == "train" else SECOND}
            axes.scatter([], [], s=30, label=legend_label(f"{name} rows", _LONGEST_NAME), **paint)
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        columns = max(1, min(4, _LINE // (4 + max(map(len, labels)))))
        axes.figure.legend(handles, labels, loc="outside lower center", ncols=columns, handletextpad=0.2)


def _colour(i: int) -> str:
    return SERIES[i % len(SERIES)]
