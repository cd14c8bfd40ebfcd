"""How far a model's answers were off, as far as intervals around new ones ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from dltool.config.table_format import CLOSED
from dltool.contracts.signature import Size

_FINEST, _MOST = 500, 5000


@dataclass(frozen=True)
class Residuals:
    """|target - answer| over rows that training did not learn from; of their logarithms where those are learnt."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    rows: Size
    """How many rows there were."""
    values: tuple[tuple[Annotated[float, Field(ge=0)], ...], ...]
    """Of each target, the residuals at the places ``kept_places``, the largest first."""

    def fits(self, targets: int) -> bool:
        """Whether there are as many as there should be for each of so many targets, in their order."""
        kept = len(kept_places(self.rows, targets))
        return len(self.values) == targets and all(
            len(each) == kept and all(larger >= smaller for larger, smaller in pairwise(each)) for each in self.values
        )


def kept_places(rows: int, targets: int) -> list[int]:
    """Return which residuals are stored, by their place from the largest, which is 1.

    All of a thousand rows; of more, ever fewer towards the small ones, each place at most 1/500 beyond the one before.
    Where there are more than ten targets they are thinned sooner, so that a model file stays small.
    """
    fineness = max(1, min(_FINEST, _MOST // targets))
    places, place = [], 1
    while place <= rows:
        places.append(place)
        place += max(1, place // fineness)
    return places
