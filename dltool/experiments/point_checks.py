"""Every point of a sweep is checked before anything runs, and what is wrong put down to the value that causes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence

from dltool.config.config import Config
from dltool.config.value_text import values_text
from dltool.contracts.plan import Plan
from dltool.errors import ConfigError, DltoolError, Problem, dotted
from dltool.experiments.definition import Point
from dltool.experiments.point_configs import PointConfigs
from dltool.runs.trials import Values

Check = Callable[[Config], Plan]
"""Works out what a config would do with its data; raises a DltoolError where it cannot."""

_LARGEST_SEED = 2**31 - 1


def check_points(
    combinations: Sequence[Values], configs: PointConfigs, check: Check, repeats: int
) -> tuple[list[Point], list[Plan]]:
    """Return the points of some combinations of values, and what each would do.

    Args:
        combinations: The values of each point.
        configs: Makes the config of a point.
        check: Works out what a config would do.
        repeats: How many runs, each with a seed of its own, every point has.

    Raises:
        ConfigError: Some points cannot be trained; the message names every problem.
        DltoolError: None of them can, for the same reason: the data cannot be used.
    """
    points, plans = [], []
    failures: dict[Problem, list[int]] = {}
    data_errors: list[DltoolError] = []
    for index, values in enumerate(combinations):
        point = Point(index + 1, values, configs.make)
        problems: Sequence[Problem] = ()
        try:
            plans.append(check(point.config))
            points.append(point)
            problems = _seed_problems(point.config.seed, repeats)
        except ConfigError as error:
            problems = error.problems or [Problem(str(error))]
        except DltoolError as error:
            data_errors.append(error)
            problems = [Problem(str(error))]
        for problem in problems:
            failures.setdefault(problem, []).append(index)
    if failures:
        if len(data_errors) == len(combinations) and len(failures) == 1:
            raise data_errors[0]  # the base's own, most likely, which no value of the sweep file causes
        raise configs.document.error(_attributed(failures, combinations, configs))
    return points, plans


def _seed_problems(seed: int, repeats: int) -> list[Problem]:
    if seed + repeats - 1 <= _LARGEST_SEED:
        return []
    return [Problem(f"seed {seed} leaves no seeds for {repeats} repeats", ("repeats",))]


def _attributed(
    failures: Mapping[Problem, list[int]], combinations: Sequence[Values], configs: PointConfigs
) -> list[Problem]:
    """Return the problems, each at the value of the sweep file that causes it, if one does; each value once.

    Args:
        failures: The indexes of the points that have a problem.
        combinations: The values of all points.
        configs: Knows where each value was written.
    """
    found: dict[Hashable, Problem] = {}
    used = Counter(each for values in combinations for each in _axis_values(values))
    for problem, indexes in failures.items():
        if configs.is_in_axes(problem.position) or len(indexes) == len(combinations):
            found.setdefault((problem.position, problem.message), problem)
            continue
        # The value that the largest share of its points fail with.
        failed = Counter(each for index in indexes for each in _axis_values(combinations[index]))
        first = combinations[indexes[0]]
        name, _ = max(_axis_values(first), key=lambda each: failed[each] / used[each])
        position = configs.position(name, first[name])
        where = f" ({dotted(problem.keys)})" if problem.keys else ""
        message = f"a point with {values_text(first)} cannot be: {problem.message}{where}"
        found.setdefault((position, problem.keys), Problem(message, hint=problem.hint, position=position))
    return list(found.values())


def _axis_values(values: Values) -> list[tuple[str, str]]:
    """Return each axis with its value's text: 1, 1.0 and true are three values."""
    return [(name, repr(value)) for name, value in values.items()]
