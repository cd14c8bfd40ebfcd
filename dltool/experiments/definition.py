"""A sweep file, or a list of configs, becomes checked points: every one of them before anything runs."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dltool.config.document import Document
from dltool.config.field_types import resolve
from dltool.config.merging import set_value
from dltool.config.overrides import keys_of
from dltool.config.plan import Plan, unknown_metric
from dltool.config.reading import extended, is_file, read_file
from dltool.config.schema import Config
from dltool.config.validation import validate, validate_as
from dltool.config.value_text import short_names, values_text
from dltool.errors import ConfigError, DataWarning, DltoolError, KeyPath, Position, Problem, dotted
from dltool.experiments.spec import (
    MOST_POINTS,
    MOST_TRIALS,
    AnySearch,
    Axis,
    Grid,
    Objective,
    Random,
    Range,
    Sweep,
    combinations,
    corners,
    grid,
    settings,
)
from dltool.experiments.spec import values as values_of
from dltool.runs.trials import Values
from dltool.training.watch import direction, part_of

Check = Callable[[Config], Plan]
"""Works out what a config would do with its data; raises a DltoolError where it cannot."""

_COUNTLESS = 10**15


@dataclass(frozen=True)
class Point:
    """One combination of values, and the config that it makes."""

    number: int
    """Counted from 1."""
    values: Values
    config: Config


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
    ranks: bool = True
    """Whether one point can be said to be the best; a list of configs may hold losses of several kinds."""
    make: Callable[[int, Values], Point] | None = None
    """Makes a point that was not known before, of its number and values; raises ConfigError."""

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
        return self.repeats * int(min(asked, combinations(self.axes)))

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


def read_sweep(path: Path, check: Check) -> Definition:
    """Read a sweep file and check every point of it.

    A search that chooses later points by earlier ones is checked at every listed value and every end of a range.

    Raises:
        InputMissingError: the file cannot be read.
        ConfigError: anything in it, in its base or in a point is wrong; the message names every problem.
        DltoolError: the data cannot be used.
    """
    return _Reader(path, check).definition()


def define_list(name: str, files: Sequence[str], load: Callable[[str], Config], check: Check) -> Definition:
    """Check a list of configs, which become the named choices of one axis, ``config``.

    Args:
        name: of the whole.
        files: the configs, by the name that each is to be known by.
        load: reads one of them.
        check: works out what a config would do.

    Raises:
        ConfigError: a config is wrong, or does not fit its data.
        DltoolError: a file, or the data, cannot be used; the message says so of every config.
    """
    configs: dict[str, Config] = {}
    plans: list[Plan] = []
    errors: list[DltoolError] = []
    for file in files:
        try:
            configs[file] = load(file)
            plans.append(check(configs[file]))
        except DltoolError as error:
            errors.append(error)
    if errors:
        raise _together(errors)
    choices = {file: config.plain() for file, config in configs.items()}
    metric = "validation_loss" if all(plan.rows.validation for plan in plans) else "loss"
    sweep = Sweep(
        name=name, base={}, axes={"config": choices}, objective=Objective(metric=metric, direction="minimize")
    )
    return Definition(
        name=name,
        plain=sweep.model_dump(mode="json"),
        search=sweep.search,
        axes=sweep.axes,
        repeats=sweep.repeats,
        metric=metric,
        direction="minimize",
        seed=0,
        points=[Point(number, {"config": file}, config) for number, (file, config) in enumerate(configs.items(), 1)],
        ranks=False,
    )


class _Reader:
    """Reads one sweep file."""

    def __init__(self, path: Path, check: Check) -> None:
        self.check = check
        self.document = read_file(path)
        if isinstance(self.document.value, dict) and {"model", "training"} <= self.document.value.keys():
            hint = "`dltool train` trains it; a sweep file names it as its base"
            raise self.document.error([Problem("this is a config, not a sweep file", ("model",), hint, at_key=True)])
        self.sweep = validate_as(Sweep, self.document)
        self.base = self._base()
        self.places = set(self.document.part(("axes",)).value_positions.values())
        self.places |= set(self.document.part(("axes",)).key_positions.values())
        # 1, 1.0 and true are three values.
        self.positions = {
            name: {repr(value): i for i, value in enumerate(axis)}
            for name, axis in self.sweep.axes.items()
            if isinstance(axis, list)
        }

    def definition(self) -> Definition:
        sweep = self.sweep
        problems = [*self._axis_problems()]
        if problems:
            raise self.document.error(problems)
        if isinstance(sweep.search, Grid):
            checked = known = list(grid(sweep.axes))
        else:
            from dltool.experiments.search import drawn, require_optuna

            require_optuna()
            self._warn_of_few_points(sweep.search.trials)
            known = list(drawn(sweep.search, sweep.axes, self._seed())) if isinstance(sweep.search, Random) else []
            checked = [*known, *corners(sweep.axes)]
        points, plans = self._checked(checked)
        metric, better = self._objective(points, plans)
        return Definition(
            name=sweep.name,
            plain=self._plain(points, metric, better),
            search=sweep.search,
            axes=sweep.axes,
            repeats=sweep.repeats,
            metric=metric,
            direction=better,
            seed=self._seed(),
            points=points[: len(known)],
            make=self._made,
        )

    def _warn_of_few_points(self, trials: int) -> None:
        count = combinations(self.sweep.axes)
        if count < trials:
            message = (
                f"{self.document.origin}: {trials:,} points are asked for, and the axes have {count:,} combinations; "
                "each of those is tried once"
            )
            warnings.warn(message, DataWarning, stacklevel=2)

    def _base(self) -> Document:
        if isinstance(self.sweep.base, dict):
            return extended(self.document.part(("base",)))
        written = self.document.value["base"]
        path = written.folder / Path(written).expanduser()
        if not is_file(path):
            raise self.document.error([Problem(f"there is no config {path}", ("base",))])
        return read_file(path)

    def _seed(self) -> int:
        seed = self.base.value.get("seed", 0)
        # What is wrong with it is reported by the first point.
        return seed if isinstance(seed, int) and seed >= 0 else 0

    def _axis_problems(self) -> Iterator[Problem]:
        axes, search = self.sweep.axes, self.sweep.search
        taken: dict[KeyPath, str] = {}
        above: dict[KeyPath, str] = {}
        listed = 0
        for axis in axes.values():
            listed += len(values_of(axis))
            if listed > MOST_POINTS:
                message = f"the axes list more than {MOST_POINTS:,} values"
                yield Problem(message, ("axes",), "leave some out, or draw from a range", at_key=True)
                return
        for name, axis in axes.items():
            paths = list(dict.fromkeys(path for setting in settings(name, axis) for path in setting))
            for path in paths:
                keys = keys_of(path)
                at = ("axes", name) if path == name else self._choice_keys(name, path)
                if not keys:
                    hint = "expected the path of a value, such as training.epochs"
                    yield Problem(f"{path!r} is no path", at, hint, at_key=True)
                    continue
                begins = [keys[:depth] for depth in range(1, len(keys))]
                owners = [above.get(keys), *map(taken.get, [*begins, keys])]
                owner = next((owner for owner in owners if owner not in (None, name)), None)
                if owner is not None:
                    yield Problem(f"{path} is set by two axes, {owner} and {name}", at, at_key=True)
                taken[keys] = name
                above.update(dict.fromkeys(begins, name))
            if isinstance(search, Grid) and isinstance(axis, Range) and axis.step is None:
                hint = "add a step, or list the values; search: {type: random, trials: 20} draws from ranges"
                yield Problem("a grid needs the values of a range", ("axes", name), hint)
            elif values_twice := _twice(values_of(axis)):
                yield Problem(f"{values_twice[0]!r} is listed twice", ("axes", name))
        points = (
            math.prod(len(values_of(axis)) for axis in axes.values()) if isinstance(search, Grid) else search.trials
        )
        if points > MOST_POINTS:
            # Python writes no number of thousands of digits.
            shown = f"{points:,}" if points < _COUNTLESS else f"over {_COUNTLESS:,}"
            hint = "leave values out, or use search: {type: random, trials: 100}"
            yield Problem(f"the grid has {shown} points; at most {MOST_POINTS:,} can be run", ("axes",), hint, True)
        elif points * self.sweep.repeats > MOST_TRIALS:
            message = f"{self.sweep.repeats:,} repeats of {points:,} points; at most {MOST_TRIALS:,} models are trained"
            yield Problem(message, ("repeats",), "repeat less often, or leave points out")

    def _choice_keys(self, name: str, path: str) -> KeyPath:
        choices = self.sweep.axes[name]
        assert isinstance(choices, dict)  # noqa: S101  (other axes set the path that is their name)
        return "axes", name, next(choice for choice, setting in choices.items() if path in setting), path

    def _document(self, values: Values) -> tuple[Document, list[Problem]]:
        """Return the base with the values of a point set, and what could not be set."""
        document, problems = self.base.copy(), []
        document.origin = self.document.origin
        for name, value in values.items():
            for path, part, key in self._parts(name, value):
                problem = set_value(document, keys_of(path), part, key)
                problems += [problem] if problem else []
        return document, problems

    def _parts(self, name: str, value: Any) -> Iterator[tuple[str, Document, Position]]:
        """Yield each path that a value of an axis sets, with the value and its places, and the path's place."""
        axis, document = self.sweep.axes[name], self.document
        if isinstance(axis, dict):
            for path in axis[value]:
                keys: KeyPath = ("axes", name, value, path)
                yield path, document.part(keys), document.key_positions[keys]
        elif isinstance(axis, Range):
            place = document.value_positions["axes", name]
            yield name, Document(document.origin, value, {(): place}), document.key_positions["axes", name]
        else:
            keys = ("axes", name, self.positions[name][repr(value)])
            yield name, document.part(keys), document.key_positions["axes", name]

    def _made(self, number: int, values: Values) -> Point:
        document, problems = self._document(values)
        return Point(number, values, validate(document, problems))

    def _checked(self, combinations: Sequence[Values]) -> tuple[list[Point], list[Plan]]:
        points, plans = [], []
        failures: dict[Problem, list[int]] = {}
        errors: list[DltoolError] = []
        for index, values in enumerate(combinations):
            problems: Iterable[Problem] = ()
            try:
                point = self._made(index + 1, values)
                plan = self.check(point.config)
                points.append(point)
                plans.append(plan)
                problems = self._seed_problems(point.config)
            except ConfigError as error:
                problems = error.problems or [Problem(str(error))]
            except DltoolError as error:
                errors.append(error)
                problems = [Problem(str(error))]
            for problem in problems:
                failures.setdefault(problem, []).append(index)
        if failures:
            if len(errors) == len(combinations) and len(failures) == 1:
                raise errors[0]  # most likely the base's own, and said best in its own words
            raise self.document.error(self._blamed(failures, combinations))
        return points, plans

    def _seed_problems(self, config: Config) -> list[Problem]:
        if config.seed + self.sweep.repeats <= 2**31:
            return []
        return [Problem(f"seed {config.seed} leaves no seeds for {self.sweep.repeats} repeats", ("repeats",))]

    def _blamed(self, failures: Mapping[Problem, list[int]], combinations: Sequence[Values]) -> list[Problem]:
        """Return the problems, each at the value in this file that brings it about, if one does; each value once."""
        found: dict[Any, Problem] = {}
        having = Counter(each for values in combinations for each in _written(values))
        for problem, indexes in failures.items():
            if problem.position in self.places or len(indexes) == len(combinations):
                found.setdefault((problem.position, problem.message), problem)
                continue
            bad = Counter(each for index in indexes for each in _written(combinations[index]))
            first = combinations[indexes[0]]
            name, _ = max(_written(first), key=lambda each: bad[each] / having[each])
            place = self._place(name, first[name])
            where = f" ({dotted(problem.keys)})" if problem.keys else ""
            message = f"a point with {values_text(first)} cannot be: {problem.message}{where}"
            found.setdefault((place, problem.keys), Problem(message, hint=problem.hint, position=place))
        return list(found.values())

    def _place(self, name: str, value: Any) -> Position:
        axis = self.sweep.axes[name]
        if isinstance(axis, dict):
            return self.document.key_positions["axes", name, value]
        if isinstance(axis, Range):
            return self.document.value_positions["axes", name]
        return self.document.value_positions["axes", name, self.positions[name][repr(value)]]

    def _objective(self, points: Sequence[Point], plans: Sequence[Plan]) -> tuple[str, str]:
        asked = self.sweep.objective
        metric = asked.metric
        with_validation = {plan.rows.validation > 0 for plan in plans}
        if len(with_validation) > 1:
            message = "some points have a validation part and others have none, so they cannot be compared"
            raise self.document.error([Problem(message, ("axes",), at_key=True)])
        if with_validation == {True} and not metric.startswith("validation_"):
            metric = f"validation_{metric}"
        for point, plan in zip(points, plans, strict=True):
            problem = unknown_metric(metric, point.config, plan.rows, ("objective", "metric"))
            if problem:
                raise self.document.error([problem])
        losses = {
            (point.config.training.loss.model_dump_json(), plan.standardized, point.config.data.target_transform)
            for point, plan in zip(points, plans, strict=True)
        }
        if metric.removeprefix("validation_") == "loss" and len(losses) > 1:
            message = "the points' losses are of different kinds or in different units, so they cannot be ranked by it"
            hint = "name another metric under objective, one that all of them have"
            raise self.document.error([Problem(message, ("axes",), hint, at_key=True)])
        better = asked.direction or ("maximize" if direction(metric) == "max" else "minimize")
        return metric, better

    def _plain(self, points: Sequence[Point], metric: str, better: str) -> dict[str, Any]:
        """Return the file with everything filled in: read from any folder, it says the same."""
        sweep = self.sweep.model_dump(mode="json")
        base = _absolute(self.base.value, points[0].config.plain())
        axes: dict[str, Any] = {}
        for name, axis in self.sweep.axes.items():
            made = {repr(point.values[name]): point.config for point in points}
            if isinstance(axis, dict):
                axes[name] = {
                    choice: {path: _absolute(value, _at(made[repr(choice)], path)) for path, value in setting.items()}
                    for choice, setting in axis.items()
                }
            elif isinstance(axis, list):
                axes[name] = [_absolute(value, _at(made[repr(value)], name)) for value in axis]
            else:
                axes[name] = sweep["axes"][name]
        return {**sweep, "base": base, "axes": axes, "objective": {"metric": metric, "direction": better}}


def _together(errors: Sequence[DltoolError]) -> DltoolError:
    """Return one error that says what several say: of their kind, if they are of one."""
    kinds = {type(error) for error in errors}
    kind = kinds.pop() if len(kinds) == 1 else ConfigError
    # A ConfigError says `error:` itself, since it may list several; of others the program says it.
    lines = dict.fromkeys(str(error) if isinstance(error, ConfigError) else f"error: {error}" for error in errors)
    text = "\n".join(lines)
    return kind(text if kind is ConfigError else text.removeprefix("error: "))


def _written(values: Values) -> list[tuple[str, str]]:
    """Return each axis with the value on it; 1, 1.0 and true are three values."""
    return [(name, repr(value)) for name, value in values.items()]


def _twice(values: Sequence[Any]) -> list[Any]:
    counts = Counter(map(repr, values))
    return [value for value in values if counts[repr(value)] > 1]


def _at(config: Config, path: str) -> Any:
    """Return the plain value at a path of a config; None where a short form has nothing there."""
    plain: Any = config.plain()
    for key in keys_of(path):
        try:
            plain = plain[key]
        except (LookupError, TypeError):
            return None
    return plain


def _absolute(written: Any, checked: Any) -> Any:
    """Return what was written, with the paths of files as the checked config has them: absolute."""
    if isinstance(written, dict):
        inside = checked if isinstance(checked, dict) else {}
        return {key: _absolute(value, inside.get(key)) for key, value in written.items()}
    if isinstance(written, list):
        others = checked if isinstance(checked, list) and len(checked) == len(written) else [None] * len(written)
        return [_absolute(item, other) for item, other in zip(written, others, strict=True)]
    if isinstance(written, str):
        return checked if checked == resolve(written) else str(written)
    return written
