"""The picture of a sequence of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dltool.config.counts import counted
from dltool.report.pictures import SERIES, Picture, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES = ("-", (0, (6, 2)), (0, (2, 2)), (0, (6, 2, 2, 2)), (0, (1, 1)))
_MOST_STEPS = 500


def sequence_picture(values: np.ndarray, label: str, name: str) -> Picture:
    """Return the picture of a sequence, a line a channel, of up to five channels and 500 steps.

    Args:
        values: shape (steps, channels).
        label: what is to be answered, in words.
        name: of the picture's files, distinct on a page.
    """
    shown = values[:_MOST_STEPS, : len(SERIES)]
    steps, channels = shown.shape
    what = f"{steps:,} of {counted(len(values), 'step')}, {channels} of {counted(values.shape[1], 'channel')}"

    def draw(axes: Axes) -> None:
        for i, channel in enumerate(shown.T):
            style: dict[str, Any] = {"color": SERIES[i], "linestyle": _STYLES[i], "linewidth": 1.2}
            axes.plot(np.arange(1, steps + 1), channel, label=f"channel {i + 1}", **style)
        axes.set_xlabel("step")
        if channels > 1:
            axes.figure.legend(loc="outside lower center", ncols=3, handlelength=1.4, columnspacing=1)

    title = label or "a training row"
    return picture(name, title, f"a sequence: {what}", draw, width=3.8, height=2.5, png=False)
