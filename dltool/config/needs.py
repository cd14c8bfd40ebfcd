"""What a config asks of its data."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class TaskName(StrEnum):
    """The kind of task: what is learnt. It follows from the model and the loss."""

    BINARY = "binary"
    """One of two classes, one output; or several yes/no targets at once (multi-label)."""
    CATEGORICAL = "categorical"
    """One of several classes, an output each."""
    REGRESSION = "regression"
    """One or more numbers."""
    RECONSTRUCTION = "reconstruction"
    """The input itself, as it is scaled."""

    @property
    def has_targets(self) -> bool:
        """Whether examples have targets beside their features; where the input itself is learnt, none are looked at."""
        return self is not TaskName.RECONSTRUCTION


class Needs(NamedTuple):
    """What a config asks of its data, whatever the source."""

    task: TaskName
    tokens: int | None = None
    """How many tokens there are, where examples are to be sequences of such; else None."""
    non_negative: bool = False
    """Whether the loss has no meaning for targets below 0."""
