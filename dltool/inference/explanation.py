"""What explaining a model yields; loads nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Change:
    """What shuffling a column does to a metric: the mean over the shuffles, and half of its 95 % interval.

    The interval holds 0 in 95 of 100 columns that tell nothing.
    """

    mean: float
    half_width: float


@dataclass(frozen=True)
class Importance:
    """What the model owes to a column: how the loss and the metrics change where its values stand in other rows."""

    column: str
    changes: Mapping[str, Change]
    """By metric, the loss first; without those that a shuffle leaves undefined."""


@dataclass(frozen=True)
class Dependence:
    """What the model answers on average where a column has one value in all rows."""

    column: str
    is_category: bool
    labels: tuple[str, ...]
    """The column's values, in words; the last is "missing" where the model can tell that a value is, "other" or
    "missing or other" where rare categories are one with that."""
    positions: tuple[float, ...]
    """The values as numbers: dates in days since 1970, categories by their order; NaN for a number or date that is
    missing."""
    is_date: bool
    outputs: tuple[str, ...]
    """Which answers."""
    means: tuple[tuple[float, ...], ...]
    """Of each output, a mean a value."""
    low: tuple[tuple[float, ...], ...]
    """What a tenth of the rows stays below."""
    high: tuple[tuple[float, ...], ...]
    """What a tenth of the rows exceeds."""


@dataclass(frozen=True)
class Attribution:
    """How much each part of an example adds to an answer, against a baseline."""

    output: str
    """Which answer."""
    answer: float
    baseline: float
    """The answer to the baseline."""
    values: np.ndarray = field(compare=False)
    """float64: a number a column or step, shape (columns,), or a pixel, (height, width); their sum is the answer less
    that to the baseline."""
    error: float
    """How far their sum is off, as a part of the difference, or of what stands for one near 0: ``Integrated.error``."""
    steps: int
    """Points between baseline and example; 0 where the values are exact."""
    grad_cam: np.ndarray | None = field(compare=False)
    """float64 (height, width) from 0 to 1; None where there is none."""


@dataclass(frozen=True)
class Example:
    """An example with what explains the answer to it."""

    id: str
    why: str
    """Why it is explained, such as ``surest mistake``; empty where it was named."""
    true: str
    """What is true of it, in words; empty where that is not known."""
    values: tuple[str, ...]
    """What it holds, a text a column or step; empty for images."""
    image: np.ndarray | None = field(compare=False)
    """uint8 (height, width, 1 or 3); None for what is none."""
    attributions: tuple[Attribution, ...]
    """An answer each."""


@dataclass(frozen=True)
class Explanation:
    """Why a model answers what it does."""

    name: str
    """The part of the data, or the input, that the examples are of."""
    kind: Literal["columns", "steps", "pixels"]
    """What attributions are of: columns have no order, steps are drawn in theirs."""
    columns: tuple[str, ...]
    """The names of those columns or steps; empty for pixels."""
    measured: str
    """The part whose columns were shuffled; empty where none were."""
    measured_rows: int
    loss_unit: str
    """What the loss is of, in words; empty where that are the targets as they are."""
    importances: tuple[Importance, ...]
    """The most important column first."""
    dependences: tuple[Dependence, ...]
    examples: tuple[Example, ...]
    method: str
    """How attributions are worked out, in words."""
    left_out: tuple[str, ...]
    """What there is not, and why."""
    inputs: tuple[str, ...] = ()
    """What was named to be explained; empty where the examples are of a part."""

    def __repr__(self) -> str:
        columns = f", {len(self.importances)} columns by importance" if self.importances else ""
        return f"<Explanation of {self.name}: {len(self.examples)} examples{columns}>"
