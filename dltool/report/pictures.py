"""Pictures that matplotlib draws: of one drawing an SVG for the page, in the page's own colours, and files.

Curves of every training are drawn by ``drawing`` instead: importing matplotlib takes as long as a short training.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

from dltool.wording.formatting import truncated

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

INK, DIM, GUIDE, PAPER = "#1f2933", "#5f7183", "#dde3e9", "#ffffff"
ON_COLOUR = "#101418"
"""Of texts on a strong colour, which is as light on a dark page."""
FIRST, SECOND, THIRD, FOURTH, FIFTH = "#2f6fde", "#e07b1f", "#1b9e77", "#b5489a", "#8c6d1f"
"""Colours of lines, told apart whatever a reader's eyes tell apart: their lightness differs too."""
SERIES = (FIRST, SECOND, THIRD, FOURTH, FIFTH)
_ON_THE_PAGE = {
    INK: "ink", DIM: "dim", GUIDE: "line", PAPER: "paper",
    FIRST: "training", SECOND: "validation", THIRD: "third", FOURTH: "fourth", FIFTH: "fifth",
}  # fmt: skip
"""The variable of the page's style that stands for each colour, light or dark as the reader has it."""
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # texts stay texts, in the page's fonts
    "text.parse_math": False,  # a name may hold dollars
    "font.size": 10,
    "axes.edgecolor": DIM,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GUIDE,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": DIM,
    "ytick.color": DIM,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "lines.linewidth": 1.6,
}
_DOTS_PER_INCH = 144


@dataclass(frozen=True)
class Picture:
    """A drawing with what it shows in words."""

    name: str
    """Of its files, without an ending."""
    title: str
    description: str
    """What it shows, for those who cannot see it too."""
    inline: str
    """SVG for a page that has the variables of ``style.css``."""
    svg: bytes
    """SVG that stands alone."""
    png: bytes


def picture(
    name: str,
    title: str,
    description: str,
    draw: Callable[[Axes], None],
    *,
    width: float = 5.4,
    height: float = 3.6,
    png: bool = True,
) -> Picture:
    """Draw a picture: the same arguments give the same bytes.

    Args:
        name: of its files, without an ending; distinct on a page.
        title: a few words.
        description: what it shows.
        draw: draws on the axes that it is given, in the colours of this module.
        width: in inches.
        height: in inches.
        png: whether a PNG is wanted, which takes as long as all else; it is empty otherwise.
    """
    with _quietly():
        import matplotlib as mpl
        from matplotlib.figure import Figure

        with mpl.rc_context():
            mpl.rcdefaults()  # whatever the user's matplotlibrc says
            mpl.rcParams.update({**_STYLE, "svg.hashsalt": name})
            figure = Figure(figsize=(width, height), layout="constrained")
            axes = figure.add_subplot()
            draw(axes)
            _separate_thousands(axes)
            svg, dots = BytesIO(), BytesIO()
            figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
            if png:
                figure.savefig(dots, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return Picture(
        name, title, description, _inline(svg.getvalue().decode(), description), svg.getvalue(), dots.getvalue()
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Let matplotlib tell nothing of caches and fonts: who reads it cannot help it."""
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # What its own fonts lack, those of whoever looks at the SVG may have.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            yield
    finally:
        log.setLevel(level)


def divide(axis: Axis, parts: int) -> None:
    """Divide an axis into at most so many parts, where its labels are wider than matplotlib thinks."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(parts, steps=[1, 2, 2.5, 5, 10]))


def _separate_thousands(axes: Axes) -> None:
    """Write large numbers of axes as 10,000; those below may be years."""
    from matplotlib.ticker import AutoLocator, ScalarFormatter

    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        is_plain = isinstance(axis.get_major_formatter(), ScalarFormatter)
        if is_plain and 10_000 <= max(abs(low), abs(high)) < 1e9 and abs(high - low) > 100:
            axis.set_major_formatter("{x:,.0f}")
            if isinstance(axis.get_major_locator(), AutoLocator):
                divide(axis, 4)


def legend_label(name: str, most: int) -> str:
    """Return up to ``most`` characters of a name for a legend: matplotlib leaves out what begins with an underscore."""
    shown = truncated(name, most)
    return f"\N{ZERO WIDTH SPACE}{shown}" if shown.startswith("_") else shown


def _inline(svg: str, description: str) -> str:
    """Return an SVG for a page: in its colours and fonts, as wide as there is room, described in words."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<(metadata|style).*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]*;", "", svg)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    # A hundredth of a point is finer than any screen.
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), svg)
    for colour, variable in _ON_THE_PAGE.items():
        svg = svg.replace(colour, f"var(--{variable})")
    # Its size in inches becomes the most that it takes; a narrow page has less.
    inches = r'width="([0-9.]+)pt" height="[0-9.]+pt"'
    said = escape(description)
    return re.sub(
        inches,
        lambda found: f'class="drawn" style="max-width: {found[1]}pt" role="img" aria-label="{said}"',
        svg,
        count=1,
    )
