"""The values on the axes of a sweep, and the points that they make."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from dltool.experiments.sweep_spec import Axis, Range
from dltool.runs.trials import Values


def axis_values(axis: Axis) -> list[Any]:
    """Return the values of an axis: those of the list, the steps or ends of the range, the names of the choices."""
    if isinstance(axis, Range):
        return axis.steps() if axis.step is not None else [axis.low, axis.high]
    return list(axis)


def axis_settings(name: str, axis: Axis) -> list[dict[str, Any]]:
    """Return what each value of an axis sets, path by path; of a range without a step, its ends."""
    if isinstance(axis, dict):
        return list(axis.values())
    return [{name: value} for value in axis_values(axis)]


def axis_size(axis: Axis) -> float:
    """Return how many values an axis has: infinitely many, where a range has no step and not whole numbers alone."""
    if isinstance(axis, Range) and axis.step is None:
        return axis.high - axis.low + 1 if axis.whole else math.inf
    return len(axis_values(axis))


def count_points(axes: Mapping[str, Axis]) -> float:
    """Return how many points the values of all axes make."""
    sizes = list(map(axis_size, axes.values()))
    return math.inf if math.inf in sizes else math.prod(sizes)


def grid_points(axes: Mapping[str, Axis]) -> Iterator[Values]:
    """Yield every combination of values, the last axis changing fastest."""
    for combination in itertools.product(*map(axis_values, axes.values())):
        yield dict(zip(axes, combination, strict=True))


def corner_points(axes: Mapping[str, Axis]) -> Iterator[Values]:
    """Yield combinations that hold every listed value and every end of a range at least once."""
    first = {name: axis_values(axis)[0] for name, axis in axes.items()}
    yield first
    for name, axis in axes.items():
        for value in axis_values(axis)[1:]:
            yield {**first, name: value}
