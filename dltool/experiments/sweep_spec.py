"""What a sweep file may say."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from dltool.config.field_types import Boolean, PositiveInteger, Spec, ValidatedAs, by_shape, one_of, resolve, tag

_MAX_STEPS = 10_000
_MAX_AXES = 1000
MAX_POINTS = 10_000
MAX_TRIALS = 100_000


def _check_number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PydanticCustomError("number_expected", "expected a finite number")
    return value


_WrittenNumber = Annotated[Any, AfterValidator(_check_number), WithJsonSchema({"type": "number"})]
Bound = Annotated[int | float, ValidatedAs(_WrittenNumber)]
"""A number that stays as it was written: 1 is whole, 1.0 is not."""


class Range(Spec):
    """Numbers from ``low`` to ``high``, both included. Whole bounds give whole numbers: write 1.0 for others."""

    low: Bound
    """The smallest value."""
    high: Bound
    """The largest value."""
    log: Boolean = False
    """Whether to search by orders of magnitude: as many values from 0.001 to 0.01 as from 0.01 to 0.1."""
    step: Bound | None = None
    """The distance between two values; a grid needs it."""

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.low >= self.high:
            message = "expected low < high, got {low} and {high}"
            raise PydanticCustomError("low_high", message, {"low": self.low, "high": self.high})
        if self.log and self.low <= 0:
            raise PydanticCustomError("log_low", "log needs a low above 0, got {low}", {"low": self.low})
        if self.log and self.step is not None:
            raise PydanticCustomError("log_step", "log and step cannot be used together; keep one of them")
        if self.step is not None and self.step <= 0:
            raise PydanticCustomError("step", "expected a step greater than 0, got {step}", {"step": self.step})
        if self.step is not None and (self.high - self.low) / self.step > _MAX_STEPS:
            raise PydanticCustomError("many_steps", "the range has more than {most} steps", {"most": _MAX_STEPS})
        return self

    @property
    def whole(self) -> bool:
        """Whether its values are whole numbers."""
        return all(isinstance(number, int) for number in (self.low, self.high, self.step or 1))

    def steps(self) -> list[int | float]:
        """Return the values of a range with a step, as they would be written down: 0.3, not 0.30000000000000004."""
        low, high, step = (Decimal(str(number)) for number in (self.low, self.high, self.step))
        values = [low + i * step for i in range(math.floor((high - low) / step) + 1)]
        return [int(value) if self.whole else float(value) for value in values]


def _shape_of(value: Any) -> str:
    if isinstance(value, Range):
        return "<range>"
    if not isinstance(value, dict):
        return "<list>"
    return "<choices>" if value and all(isinstance(item, dict) for item in value.values()) else "<range>"


_AxisByShape = Annotated[
    Annotated[list[Any], Field(min_length=1), tag("list")]
    | Annotated[Range, tag("range")]
    | Annotated[dict[str, Annotated[dict[str, Any], Field(min_length=1)]], tag("choices")],
    Discriminator(_shape_of),
]
Axis = Annotated[list[Any] | Range | dict[str, dict[str, Any]], ValidatedAs(_AxisByShape)]


def _check_path(path: Any) -> Any:
    resolve(path)
    return path


# Not resolved: the folder's name may hold bytes that no text can, and sweep.yaml has the base itself.
_File = Annotated[str, Field(min_length=1), BeforeValidator(_check_path)]
FileOrMapping = Annotated[str | dict[str, Any], by_shape(text=_File, mapping=dict[str, Any])]


class Grid(Spec):
    """Every combination of the axes' values."""

    type: Literal["grid"]


class _SampledSearch(Spec):
    trials: Annotated[PositiveInteger, Field(le=MAX_POINTS)]
    """How many points to try, at most 10,000."""
    pruning: Literal["median", "successive_halving"] | None = None
    """How hopeless trials are found, to be stopped early: ``median`` stops what is worse than the median of the
    earlier points at the same epoch, ``successive_halving`` lets the best quarter of the points pass each rung."""


class Random(_SampledSearch):
    """Points drawn at random."""

    type: Literal["random"]


class Tpe(_SampledSearch):
    """Points drawn where earlier ones were good: the tree-structured Parzen estimator."""

    type: Literal["tpe"]


SEARCHES = (Grid, Random, Tpe)
AnySearch = Annotated[Grid | Random | Tpe, one_of(*SEARCHES)]


class Objective(Spec):
    """What tells a good point from a bad one."""

    metric: str = "loss"
    """A metric of the config. Where the config has a validation part, it is taken there: ``loss`` is then
    ``validation_loss``. The test part never has a say."""
    direction: Literal["minimize", "maximize"] | None = None
    """Which way is better; by default what is known of the metric."""


class Sweep(Spec):
    """Many runs of one config with other values."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    """Names the directory, ``runs/<name>``; letters, digits, dots, dashes and underscores."""
    base: FileOrMapping
    """The config that is varied: a file, or the config itself."""
    search: AnySearch = Grid(type="grid")
    """How points are chosen."""
    axes: Annotated[dict[str, Axis], Field(min_length=1, max_length=_MAX_AXES)]
    """What is varied. The name of an axis is the path of a value, as ``--set`` takes it, with a list of values or a
    range; or any name, with named choices, each of which sets several paths. There are at most
    1,000 axes, which list at most 10,000 values together; a grid has at most 10,000 points."""
    repeats: PositiveInteger = 1
    """Runs a point, each with a seed of its own: the config's, and those that follow it. Points times repeats are at
    most 100,000."""
    objective: Objective = Objective()
    """What the best point is best at."""
