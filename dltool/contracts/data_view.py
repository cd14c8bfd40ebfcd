"""What a person looks at before training: some training rows, and how values are spread over each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dltool.contracts.signature import Signature

_LEAST_WIDTH = 8


@dataclass(frozen=True)
class Sample:
    """A training row."""

    label: str
    """What is to be answered to it, in words; empty where the input itself is learnt."""
    features: Mapping[str, np.ndarray]
    """What the network takes, by input."""
    name: str = ""
    """Where it stands in its table."""
    cells: Mapping[str, str | None] = field(default_factory=dict)
    """What stands there, by feature column: None where a value is missing; empty for what is no table."""


@dataclass(frozen=True)
class Distribution:
    """How the values of a column are spread over each part."""

    name: str
    counts: Mapping[str, np.ndarray]
    """By part: the rows in each bin, or of each label."""
    rows: Mapping[str, int]
    """By part: the rows, or values, that were looked at."""
    edges: np.ndarray | None = None
    """Of the bins of numbers, float64 of shape (bins + 1,): days since 1970 for dates. None for labels."""
    labels: tuple[str, ...] = ()
    """Categories, classes or tokens."""
    is_date: bool = False
    note: str = ""
    """What is left out or filled, in words."""


def is_picture(signature: Signature) -> bool:
    """Tell whether an example can be looked at as an image: it has a height, a width and channels, or is wide enough.

    Of two axes the second must have eight entries; fewer are channels of a sequence.
    """
    sizes = signature.input_shape
    return len(sizes) == 3 or (len(sizes) == 2 and sizes[1] >= _LEAST_WIDTH)
