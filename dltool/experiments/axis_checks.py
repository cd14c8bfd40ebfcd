"""What can be wrong with the axes of a sweep before any point is made of them."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator

from dltool.config.overrides import keys_of
from dltool.errors import KeyPath, Problem
from dltool.experiments.axes import axis_settings, axis_values
from dltool.experiments.sweep_spec import MAX_POINTS, MAX_TRIALS, Axis, Grid, Range, Sweep

# Larger ones are shown as "over" it: Python refuses to write numbers of more than 4,300 digits.
_LARGEST_SHOWN = 10**15


def axis_problems(sweep: Sweep) -> Iterator[Problem]:
    """Yield what is wrong with the axes, each by itself and all together.

    Args:
        sweep: The sweep file, whose parts are each of the right type.
    """
    listed = itertools.accumulate(len(axis_values(axis)) for axis in sweep.axes.values())
    if any(count > MAX_POINTS for count in listed):  # as soon as one is: ranges list thousands of values each
        message = f"the axes list more than {MAX_POINTS:,} values"
        yield Problem(message, ("axes",), "leave some out, or draw from a range", at_key=True)
        return
    owners = _PathOwners()
    for name, axis in sweep.axes.items():
        yield from _path_problems(name, axis, owners)
        yield from _value_problems(name, axis, sweep)
    yield from _count_problems(sweep)


class _PathOwners:
    """Which axis sets which path."""

    def __init__(self) -> None:
        self._by_path: dict[KeyPath, str] = {}
        self._by_prefix: dict[KeyPath, str] = {}

    def claim(self, keys: KeyPath, name: str) -> str | None:
        """Note that an axis sets a path; returns another axis that sets it too, something in it or what it is in."""
        prefixes = [keys[:depth] for depth in range(1, len(keys))]
        owners = [self._by_prefix.get(keys), *map(self._by_path.get, [*prefixes, keys])]
        self._by_path[keys] = name
        self._by_prefix.update(dict.fromkeys(prefixes, name))
        return next((owner for owner in owners if owner not in (None, name)), None)


def _path_problems(name: str, axis: Axis, owners: _PathOwners) -> Iterator[Problem]:
    for path in dict.fromkeys(path for setting in axis_settings(name, axis) for path in setting):
        keys, written_at = keys_of(path), _path_keys(name, axis, path)
        if not keys:
            hint = "expected the path of a value, such as training.epochs"
            yield Problem(f"{path!r} is no path", written_at, hint, at_key=True)
        elif owner := owners.claim(keys, name):
            yield Problem(f"{path} is set by two axes, {owner} and {name}", written_at, at_key=True)


def _path_keys(name: str, axis: Axis, path: str) -> KeyPath:
    """Return where in the sweep file a path that an axis sets is written."""
    if not isinstance(axis, dict) or path == name:
        return "axes", name
    return "axes", name, next(choice for choice, setting in axis.items() if path in setting), path


def _value_problems(name: str, axis: Axis, sweep: Sweep) -> Iterator[Problem]:
    if isinstance(sweep.search, Grid) and isinstance(axis, Range) and axis.step is None:
        hint = "add a step, or list the values; search: {type: random, trials: 20} draws from ranges"
        yield Problem("a grid needs the values of a range", ("axes", name), hint)
        return
    values = axis_values(axis)
    counts = Counter(map(repr, values))  # by their texts, since 1, 1.0 and true are three values
    for value in values:
        if counts[repr(value)] > 1:
            yield Problem(f"{value!r} is listed twice", ("axes", name))
            return


def _count_problems(sweep: Sweep) -> Iterator[Problem]:
    if isinstance(sweep.search, Grid):
        points = math.prod(len(axis_values(axis)) for axis in sweep.axes.values())
    else:
        points = sweep.search.trials
    if points > MAX_POINTS:
        shown = f"{points:,}" if points < _LARGEST_SHOWN else f"over {_LARGEST_SHOWN:,}"
        hint = "leave values out, or use search: {type: random, trials: 100}"
        yield Problem(f"the grid has {shown} points; at most {MAX_POINTS:,} can be run", ("axes",), hint, at_key=True)
    elif points * sweep.repeats > MAX_TRIALS:
        message = f"{sweep.repeats:,} repeats of {points:,} points; at most {MAX_TRIALS:,} models are trained"
        yield Problem(message, ("repeats",), "repeat less often, or leave points out")
