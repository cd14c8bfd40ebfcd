"""Single examples on a page: images drawn, table rows with their cells, numbers as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dltool.report.thumbnails import thumbnail
from dltool.wording.formatting import truncated

_MOST_NUMBERS, _LONGEST_CELL = 12, 40


@dataclass(frozen=True)
class Example:
    """What a page shows of an example."""

    image: str = ""
    """A data URI; empty where it is no image."""
    pixels: bool = False
    """Whether the image is so small that its pixels are to be seen."""
    cells: Mapping[str, str] = field(default_factory=dict)
    """Of a table row, by column."""
    text: str = ""
    """Its numbers, where it is neither."""


def image_example(image: np.ndarray) -> Example:
    """Return an image, uint8 of shape (height, width, channels)."""
    made = thumbnail(image, "")
    return Example(made.address, made.is_exact)


def row_example(cells: Mapping[str, str | None]) -> Example:
    """Return a row of a table; None is a hole, and long texts are cut."""
    return Example(cells={name: truncated(cell or "", _LONGEST_CELL) for name, cell in cells.items()})


def numbers_example(values: np.ndarray) -> Example:
    """Return numbers or tokens of any shape, of many the first."""
    flat: Sequence[float] = values.ravel()[:_MOST_NUMBERS].tolist()
    more = ", …" if values.size > _MOST_NUMBERS else ""
    return Example(text=", ".join(f"{value:.4g}" for value in flat) + more)
