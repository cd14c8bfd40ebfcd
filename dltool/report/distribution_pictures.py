"""Pictures of how the values of a column are spread over the parts of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.config.counts import counted
from dltool.contracts.data_view import Distribution
from dltool.report.pictures import FIRST, SECOND, THIRD, Picture, picture
from dltool.wording.formatting import truncated

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {"train": FIRST, "validation": SECOND, "test": THIRD}
_STYLES = {"train": "-", "validation": "-", "test": (0, (4, 2))}
_WIDTH, _HEIGHT, _BAR = 3.8, 2.5, 0.085
"""In inches; a bar is that of one part."""
_LONGEST_LABEL, _TICKS = 18, 5


def distribution_picture(distribution: Distribution, name: str) -> Picture:
    """Return the picture of a distribution: for each part, the share of its rows in each bin or of each label.

    Args:
        distribution: what was counted.
        name: of the picture's files, distinct on a page.
    """
    draw, height = _draw_numbers, _HEIGHT
    if distribution.edges is None:
        bars = len(distribution.labels) * (1 + len(distribution.counts))
        draw, height = _draw_labels, max(_HEIGHT, 0.9 + _BAR * bars)

    def drawn(axes: Axes) -> None:
        draw(axes, distribution)
        if len(distribution.counts) > 1:
            axes.figure.legend(loc="outside lower center", ncols=3, handlelength=1.4)

    return picture(name, distribution.name, _description(distribution), drawn, width=_WIDTH, height=height, png=False)


def _shares(distribution: Distribution) -> dict[str, np.ndarray]:
    return {part: counts / max(distribution.rows[part], 1) for part, counts in distribution.counts.items()}


def _description(distribution: Distribution) -> str:
    """Return what the picture shows in words, by what is most frequent in the training rows."""
    said = []
    for part, shares in _shares(distribution).items():
        most = int(shares.argmax())
        if distribution.edges is None:
            what = f"{distribution.labels[most]} in {shares[most]:.0%}"
        else:
            edges = [_written(edge, distribution) for edge in distribution.edges[[most, most + 1]]]
            what = f"{edges[0]} to {edges[1]} in {shares[most]:.0%}"
        said.append(f"{what} of {counted(distribution.rows[part], f'{part} value')}")
    return f"{distribution.name}: most frequent are {', '.join(said)}"


def _written(value: float, distribution: Distribution) -> str:
    return str(_date(value)) if distribution.is_date else f"{value:.4g}"


def _date(days: float) -> np.datetime64:
    return np.datetime64(0, "D") + np.timedelta64(int(days // 1), "D")


def _draw_numbers(axes: Axes, distribution: Distribution) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for part, shares in _shares(distribution).items():
        colour = _COLOURS[part]
        if part == "train":
            axes.stairs(shares, distribution.edges, fill=True, color=(colour, 0.35))
        axes.stairs(shares, distribution.edges, color=colour, label=part, linestyle=_STYLES[part], linewidth=1.4)
    axes.set(ylabel="share", ylim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(3 if distribution.is_date else _TICKS))
    if distribution.is_date:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: str(_date(value))))


def _draw_labels(axes: Axes, distribution: Distribution) -> None:
    from matplotlib.ticker import MaxNLocator

    places, count = np.arange(len(distribution.labels)), len(distribution.counts)
    for i, (part, shares) in enumerate(_shares(distribution).items()):
        width = 0.8 / count
        axes.barh(places - 0.4 + width * (i + 0.5), shares, 0.85 * width, color=_COLOURS[part], label=part)
    axes.set_yticks(places, [truncated(label, _LONGEST_LABEL) for label in distribution.labels])
    axes.set(xlabel="share", ylim=(len(places) - 0.4, -0.6))
    axes.margins(x=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(_TICKS))
    axes.grid(visible=False, axis="y")
