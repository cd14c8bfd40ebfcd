"""How the next point is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from dltool.experiments.definition import Definition, Point
from dltool.experiments.optuna_search import OptunaSearch
from dltool.experiments.sweep_spec import Random, Tpe

_REPORTS = 20


class Search(Protocol):
    """Chooses points one by one. After a restart it gives the points of before once more, then new ones."""

    def count_known(self) -> int:
        """Return how many points can be asked for at once: the others depend on what these come to."""

    def ask(self) -> Point | None:
        """Return the next point, or None where there are no more."""

    def tell(self, point: int, objective: float | None, *, pruned: bool = False) -> None:
        """Take what a point came to: the mean of its repeats, or None where it has none."""

    def should_prune(self, point: int, epoch: int, value: float) -> bool:
        """Take the objective's metric at an epoch; returns whether the point is not worth going on with."""


class ListSearch:
    """Points that are known from the start."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._count = len(points)
        self._points = iter(points)

    def count_known(self) -> int:
        """Return how long the list is."""
        return self._count

    def ask(self) -> Point | None:
        """Return the next point of the list."""
        return next(self._points, None)

    def tell(self, point: int, objective: float | None, *, pruned: bool = False) -> None:
        """Take what a point came to, which changes nothing."""

    def should_prune(self, point: int, epoch: int, value: float) -> bool:
        """Return False: every point is trained to its end."""
        return False


def search_for(definition: Definition, journal: Path) -> Search:
    """Return what chooses the points of a definition.

    Args:
        definition: What is to be run.
        journal: The file in which Optuna notes the points that it draws.
    """
    if isinstance(definition.search, Random | Tpe):
        return OptunaSearch(definition, definition.search, journal)
    return ListSearch(definition.points)


def report_interval(epochs: int) -> int:
    """Return after how many epochs each a trial is judged, so that it is about twenty times."""
    return -(-epochs // _REPORTS)
