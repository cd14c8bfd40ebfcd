"""What all data sources share."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from dltool.config.field_types import FilePath, Fraction, Spec, by_shape

Scaling = Literal["rescaling", "normalization", "none"]


def check_distinct(names: list[str]) -> list[str]:
    """Return names if each stands there once; raises PydanticCustomError otherwise."""
    if len(set(names)) < len(names):
        raise PydanticCustomError("names_repeated", "expected every name once")
    return names


ClassNames = Annotated[list[str], Field(min_length=2), AfterValidator(check_distinct)]
ColumnNames = Annotated[list[str], Field(min_length=1), AfterValidator(check_distinct)]


def _no_fraction(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\s*[\d.]+\s*%?\s*", value):
        raise PydanticCustomError("fraction_as_text", "expected a fraction, or a path (./ before one of digits)")
    return value


PartPath = Annotated[FilePath, BeforeValidator(_no_fraction)]
FractionOrPath = Annotated[float | str, by_shape(number=Fraction, text=PartPath)]


class Source(Spec):
    """What all data sources share."""

    files: ClassVar[tuple[str, ...]] = ()
    """The fields that may say where a file or a folder lies."""
    scaling: Scaling = "none"
    """What is done to the input first: ``rescaling`` multiplies by 1/255, ``normalization`` takes the mean and
    variance of the training rows out of each feature, ``none`` leaves the input as it is."""
    target_scaling: Literal["standardization", "none"] | None = None
    """How numbers to predict are learnt: ``standardization`` takes the mean and variance of the training rows out of
    each target, so that the loss is measured in its standard deviations; predictions and metrics stay in the target's
    own unit. By default so for mean_squared_error, mean_absolute_error, huber and log_cosh with a linear output; for
    everything else ``none``."""
    target_transform: Literal["none", "log"] = "none"
    """``log`` learns the logarithm of targets that are positive and skewed, such as prices: errors then count as parts
    of the target, and the answer is its median rather than its mean. For the same losses as ``target_scaling``."""

    def moved(self, to: Source) -> Self:
        """Return the source with its files where another one has them; as it is, if that is of another kind."""
        if type(self) is not type(to):
            return self
        pairs = {name: (getattr(self, name), getattr(to, name)) for name in self.files}
        places = {name: pair[1] for name, pair in pairs.items() if all(isinstance(each, str | list) for each in pair)}
        return self.model_copy(update=places)

    @model_validator(mode="after")
    def _leave_rows_to_train(self) -> Self:
        parts = [getattr(self, name, None) for name in ("validation", "test")]
        total = sum(part if isinstance(part, float) else getattr(part, "fraction", 0) for part in parts)
        if total >= 1:
            raise PydanticCustomError(
                "nothing_to_train",
                "validation and test take {total} of the rows together; expected less than 1",
                {"total": f"{total:g}"},
            )
        return self
