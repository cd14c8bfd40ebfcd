"""What a column of a table is, said in the config where its cells do not tell."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator
from pydantic_core import PydanticCustomError

from dltool.config.field_types import Boolean, Number, PositiveInteger, Spec, by_shape, one_of

Missing = Literal["refuse", "drop", "mean", "median", "most_frequent"]


class _Measured(Spec):
    indicator: Boolean = False
    """Whether the network is told which cells are missing: one number more, 1 where a cell is, 0 elsewhere. For columns
    whose missing cells are filled."""


class NumberColumn(_Measured):
    """Numbers."""

    type: Literal["number"]
    transform: Literal["none", "log"] = "none"
    """``log`` shows the network the logarithm of numbers that are positive and skewed, such as incomes; the ``mean``
    that stands in for missing ones is then that of the logarithms."""
    missing: Annotated[str | float, by_shape(text=Missing, number=Number)] | None = None
    """What to do about missing cells: ``refuse`` the file, ``drop`` the row, take the ``mean``, the ``median`` or the
    ``most_frequent`` number of the training rows, or a number written here; by default as ``data.missing`` says."""

    @model_validator(mode="after")
    def _a_number_with_a_logarithm(self) -> Self:
        if self.transform == "log" and isinstance(self.missing, float) and self.missing <= 0:
            message = "missing is {missing}, which has no logarithm; expected a number above 0, as transform: log wants"
            raise PydanticCustomError("no_logarithm", message, {"missing": f"{self.missing:g}"})
        return self


class CategoryColumn(Spec):
    """Texts, or whole numbers that are codes: each is a category of its own."""

    type: Literal["category"]
    max_categories: PositiveInteger = 1000
    """The categories that are told apart, the most frequent ones of the training rows; the others are "unknown"
    together."""


class BooleanColumn(Spec):
    """Two categories in any spelling of theirs: true and false, yes and no, t and f, y and n, on and off, 1 and 0."""

    type: Literal["boolean"]


def _check_format(text: str) -> str:
    if not all(re.search(codes, text) for codes in ("%[dj]", "%[mbBj]", "%[yY]")):
        raise PydanticCustomError("date_format", "expected codes of strftime for day, month and year, such as %d.%m.%Y")
    return text


class _Moment(_Measured):
    format: Annotated[str, AfterValidator(_check_format)] | None = None
    """How cells are written, in the codes of ``strftime``, such as ``%d.%m.%Y``; by default as ISO 8601 has it,
    ``2026-03-01`` and ``2026-03-01T12:30:00+01:00``."""


class DateColumn(_Moment):
    """Dates: the network sees how many days they are from 1970 on, and where in the year and in the week."""

    type: Literal["date"]


class TimeColumn(_Moment):
    """Dates with a time of day, brought to UTC where they name a zone: seen as dates are, and where in the day."""

    type: Literal["time"]


class IgnoredColumn(Spec):
    """A column that is left out."""

    type: Literal["ignore"]


ColumnSpec = NumberColumn | CategoryColumn | BooleanColumn | DateColumn | TimeColumn | IgnoredColumn
COLUMNS: tuple[type[Spec], ...] = (
    NumberColumn, CategoryColumn, BooleanColumn, DateColumn, TimeColumn, IgnoredColumn,
)  # fmt: skip
AnyColumn = Annotated[ColumnSpec, one_of(*COLUMNS)]
