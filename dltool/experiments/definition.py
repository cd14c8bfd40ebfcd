"""What is to be run: the points of a sweep, all of them checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dltool.config.config import Config
from dltool.config.metric_names import part_of
from dltool.config.value_text import short_names
from dltool.experiments.axes import count_points
from dltool.experiments.sweep_spec import AnySearch, Axis, Grid, Range
from dltool.runs.trials import Values

MakeConfig = Callable[[Values], Config]
"""Makes the config of a point's values; raises ConfigError where they make none."""


@dataclass(frozen=True)
class Point:
    """One combination of values, and the config that it makes."""

    number: int
    """Counted from 1."""
    values: Values
    make_config: MakeConfig = field(repr=False)

    @cached_property
    def config(self) -> Config:
        """The config, made once; raises ConfigError where the values make none."""
        return self.make_config(self.values)


@dataclass(frozen=True)
class Definition:
    """What is to be run, all of it checked."""

    name: str
    plain: dict[str, Any]
    """The sweep file, everything filled in, the base inlined."""
    search: AnySearch
    axes: dict[str, Axis]
    repeats: int
    metric: str
    """The metric that tells a good point from a bad one."""
    direction: str
    """``minimize`` or ``maximize``."""
    seed: int
    """What the search follows from."""
    points: Sequence[Point]
    """The points, as far as they are known before the first of them was run."""
    make_config: MakeConfig
    """Makes the config of any point."""
    ranks: bool = True
    """Whether one point can be said to be the best; a list of configs may hold losses of several kinds."""

    def __repr__(self) -> str:
        axes = ", ".join(short_names(list(self.axes)).values())
        return f"<Definition {self.name}: {self.total:,} trials over {axes}, by {self.metric}>"

    @property
    def selected_on(self) -> str:
        """The part of the data that the best point is chosen by: ``validation`` or ``training``."""
        return part_of(self.metric)

    @property
    def total(self) -> int:
        """How many trials it has."""
        asked = math.inf if isinstance(self.search, Grid) else self.search.trials
        return self.repeats * int(min(asked, count_points(self.axes)))

    def point(self, number: int, values: Values) -> Point:
        """Return the point of a number: the one that was checked, or one of other values that were drawn for it.

        Args:
            number: Counted from 1.
            values: What the search has for it, which may follow from a journal that another version of Optuna wrote.
        """
        checked = self.points[number - 1 : number]
        return checked[0] if checked and checked[0].values == values else Point(number, values, self.make_config)

    def facts(self) -> dict[str, Any]:
        """Return what ``sweep.json`` says of it."""
        return {
            "name": self.name,
            "search": self.plain["search"],
            "repeats": self.repeats,
            "total": self.total,
            "objective": {"metric": self.metric, "direction": self.direction},
            "ranks": self.ranks,
            "axes": self.axes_facts(),
        }

    def axes_facts(self) -> dict[str, Any]:
        """Return the axes as plain data."""
        facts: dict[str, Any] = {}
        for name, axis in self.plain["axes"].items():
            kind = "values" if isinstance(axis, list) else None if isinstance(self.axes[name], Range) else "choices"
            facts[name] = {kind: axis} if kind else axis
        return facts
