"""Which rows of a table validate and test, where that follows from what a column holds, or from turns."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dltool.config.field_types import NUMBERS_ONLY, Fraction, PositiveInteger, Spec

Name = Annotated[str, Field(min_length=1)]
FoldCount = Annotated[int, Field(ge=2, le=100), NUMBERS_ONLY]


class GroupPart(Spec):
    """Whole groups of rows, such as all visits of a patient, about as many rows as asked for."""

    by: Literal["group"]
    fraction: Fraction
    """How large a part of the rows; groups are not divided, so that it can only be about as large."""
    column: Name
    """The column that names the group. It is no feature, unless ``features`` or ``columns`` names it."""


class TimePart(Spec):
    """The latest rows: what a model will meet is later than what it was trained on."""

    by: Literal["time"]
    fraction: Fraction
    """How large a part of the rows; rows of one moment are not divided."""
    column: Name
    """The column of dates, times or numbers that puts rows in order."""


class FoldPart(Spec):
    """One of several parts of equal size into which the rows are divided: what ``folds`` writes for each of them."""

    by: Literal["fold"]
    fold: PositiveInteger
    """Which of them, counted from 1."""
    folds: FoldCount
    """How many there are."""
    column: Name | None = None
    """The column that names the group of a row, where rows of one group are to stay together."""

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if self.fold > self.folds:
            raise PydanticCustomError(
                "no_fold",
                "fold {fold} of {folds}; expected one of 1 to {folds}",
                {"fold": self.fold, "folds": self.folds},
            )
        return self


class Folds(Spec):
    """Folds that keep groups of rows together."""

    number: FoldCount
    """How many."""
    column: Name
    """The column that names the group of a row; rows of one group are all of one fold. It is no feature, unless
    ``features`` or ``columns`` names it."""


PARTS: tuple[type[Spec], ...] = (GroupPart, TimePart, FoldPart)
