"""Pictures of how metrics went from epoch to epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from dltool.console.history import Row, metric_names, thinned

if TYPE_CHECKING:
    from pygal.style import Style

_MOST_POINTS = 250


def curves(rows: Sequence[Row]) -> list[str]:
    """Return an SVG picture for each metric, and for the learning rate where it varies.

    Training and validation share a picture. Values that are not finite are left out. The pictures load nothing and
    run nothing; their colours are the page's CSS variables ``--ink``, ``--line``, ``--training`` and ``--validation``,
    or fit a white page where there are none.
    """
    names = [name for name in metric_names(rows) if any(math.isfinite(row[name]) for row in rows)]
    if len({row["learning_rate"] for row in rows}) > 1:
        names.append("learning_rate")
    titles = dict.fromkeys(name.removeprefix("validation_") for name in names)
    return [_curve(title, rows, [name for name in (title, f"validation_{title}") if name in names]) for title in titles]


def _curve(title: str, rows: Sequence[Row], names: Sequence[str]) -> str:
    # Half a second on a cold disk; only those who draw shall wait for it.
    import pygal

    chart = pygal.XY(
        style=_style(),
        js=[],
        width=640,
        height=360,
        margin=16,
        title=title.replace("_", " "),
        show_dots=len(rows) == 1,
        show_legend=names != [title],
        legend_at_bottom=True,
        legend_at_bottom_columns=2,
        truncate_legend=-1,
        x_title="epoch",
        x_labels=epoch_ticks(int(rows[0]["epoch"]), int(rows[-1]["epoch"])),
        x_value_formatter=_label,
        value_formatter=_label,
        max_scale=8,
        show_x_guides=False,
        disable_xml_declaration=True,
    )
    chart.uuid = title
    chart.add_xml_filter(_bare)
    for name in names:
        points = [(row["epoch"], row[name]) for row in thinned(rows, _MOST_POINTS) if math.isfinite(row[name])]
        chart.add("validation" if name.startswith("validation_") else "training", points)
    svg: str = chart.render(is_unicode=True)
    return svg


def epoch_ticks(first: int, last: int) -> list[int]:
    """Return about five to ten round epochs to be named on the axis."""
    step = next(step for step in (n * 10**k for k in range(20) for n in (1, 2, 5)) if last - first <= 10 * step)
    return [epoch for epoch in range(0, last + 1, step) if epoch >= first]


def _label(value: float) -> str:
    return f"{value:g}"


def _style() -> Style:
    from pygal.style import Style

    return Style(
        background="transparent",
        plot_background="transparent",
        foreground="var(--ink, #1f2933)",
        foreground_strong="var(--ink, #1f2933)",
        foreground_subtle="var(--line, #d9e0e6)",
        guide_stroke_color="var(--line, #d9e0e6)",
        major_guide_stroke_color="var(--line, #d9e0e6)",
        guide_stroke_dasharray="none",
        major_guide_stroke_dasharray="none",
        colors=("var(--training, #2f6fde)", "var(--validation, #e8862e)"),
        font_family="system-ui, sans-serif",
        title_font_size=15,
        label_font_size=13,
        major_label_font_size=13,
        legend_font_size=13,
        stroke_width="2",
        opacity="1",
        stroke_opacity="1",
        transition="none",
    )


def _bare(root: ElementTree.Element) -> ElementTree.Element:
    """Take out what only pygal's scripts would use."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {"script", "desc"} or not isinstance(child.tag, str):
                parent.remove(child)
    return root
