"""The types of the fields of a config: sections, numbers, paths, and choices by name or by shape."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, GetCoreSchemaHandler, Strict, Tag
from pydantic_core import CoreSchema, PydanticCustomError


class Spec(BaseModel):
    """A mapping of the YAML file: frozen, no unknown keys, no infinities."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        defer_build=True,
    )


_LEAST, _MOST = 1e-37, 1e38


def _numbers_only(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("number_expected", "expected a number, not true or false")
    if isinstance(value, str) and _reads_as_number(value):
        raise PydanticCustomError("number_quoted", "expected a number")
    if isinstance(value, int | float) and not (value == 0 or _LEAST <= abs(value) <= _MOST or not math.isfinite(value)):
        # It would train as infinity, or as 0.
        raise PydanticCustomError("beyond_float32", "expected 0 or a number from 1e-37 to 1e38, which float32 can hold")
    return value


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# Pydantic would read `true` as 1 and the text "5" as 5.
# The bounds stand before the validator: behind it, Pydantic's JSON Schema would not know them.
NUMBERS_ONLY = BeforeValidator(_numbers_only)
Boolean = Annotated[bool, Strict()]
"""True or false; Pydantic would take 1, "yes" and "off" as well."""
_LARGEST = 2**31 - 1  # what TensorFlow's counters hold
Integer = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST), NUMBERS_ONLY]
Number = Annotated[float, NUMBERS_ONLY]
PositiveInteger = Annotated[int, Field(gt=0, le=_LARGEST), NUMBERS_ONLY]
NonNegativeInteger = Annotated[int, Field(ge=0, le=_LARGEST), NUMBERS_ONLY]
PositiveNumber = Annotated[float, Field(gt=0), NUMBERS_ONLY]
NonNegativeNumber = Annotated[float, Field(ge=0), NUMBERS_ONLY]
TWO = Field(min_length=2, max_length=2)
"""Of a list: two values."""
Fraction = Annotated[float, Field(gt=0, lt=1), NUMBERS_ONLY]
"""A part of a whole: more than 0 and less than 1."""
Rate = Annotated[float, Field(ge=0, lt=1), NUMBERS_ONLY]
"""Zero is allowed, one is not: a dropout rate, a momentum."""

# Pydantic puts the tag of a union into an error's location. The brackets tell it from a key.
TAG_OPEN, TAG_CLOSE = "<", ">"


def tag(name: str) -> Tag:
    """Mark a member of a union whose discriminator is a function of this module."""
    return Tag(TAG_OPEN + name + TAG_CLOSE)


def is_tag(part: int | str) -> bool:
    """Tell whether a part of Pydantic's error location is a union's tag."""
    return isinstance(part, str) and part.startswith(TAG_OPEN)


def kind_of(spec: type[Spec], key: str = "type") -> str:
    """Return the name by which a spec is chosen, e.g. ``conv2d``."""
    return kinds_of(spec, key)[0]


def kinds_of(spec: type[Spec], key: str = "type") -> tuple[str, ...]:
    """Return all the names by which a spec may be chosen."""
    return get_args(spec.model_fields[key].annotation)


@dataclass(frozen=True, eq=False)
class ValidatedAs:
    """Within ``Annotated``, the type that Pydantic validates by, where a type checker sees a simpler one.

    ``Annotated[Layer, ValidatedAs(union)]`` is a ``Layer`` for mypy, and a member of the union for Pydantic.
    """

    type: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        del source
        return handler.generate_schema(self.type)


def one_of(*specs: type[Spec], key: str = "type") -> ValidatedAs:
    """Say within ``Annotated`` that a value is one of ``specs``, chosen by its ``key``.

    Where only the name is given, the name alone may stand: ``adam`` for ``{type: adam}``.
    """

    def name_of(value: Any) -> str | None:
        name = value.get(key) if isinstance(value, dict) else getattr(value, key, None)
        return f"{TAG_OPEN}{name}{TAG_CLOSE}" if isinstance(name, str) else None

    def expand_name(value: Any) -> Any:
        return {key: value} if isinstance(value, str) else value

    union: Any = None
    for spec in specs:
        for name in kinds_of(spec, key):
            member: Any = Annotated[spec, tag(name)]
            union = member if union is None else union | member
    return ValidatedAs(Annotated[union, Discriminator(name_of), BeforeValidator(expand_name)])


def by_shape(**members: Any) -> ValidatedAs:
    """Say within ``Annotated`` that the shape of a value tells its type.

    A problem is then reported once, for the shape that the user wrote.

    Args:
        members: The type of a ``number``, ``text``, ``list`` and ``mapping``, as far as those are allowed.
    """
    union: Any = None
    for name, member in members.items():
        tagged: Any = Annotated[member, tag(name)]
        union = tagged if union is None else union | tagged

    def tag_of(value: Any) -> str:
        shape = _shape_of(value)
        return f"{TAG_OPEN}{shape if shape in members else next(iter(members))}{TAG_CLOSE}"

    def refuse_others(value: Any) -> Any:
        if value is not None and _shape_of(value) not in members:
            *others, last = (f"a {shape}" for shape in members)
            raise PydanticCustomError(
                "shape_expected", "expected {shapes}", {"shapes": f"{', '.join(others)} or {last}"}
            )
        return value

    return ValidatedAs(Annotated[union, Discriminator(tag_of), BeforeValidator(refuse_others)])


def _shape_of(value: Any) -> str:
    if isinstance(value, dict | Spec):
        return "mapping"
    if isinstance(value, list | tuple):
        return "list"
    return "text" if isinstance(value, str) else "number"


def resolve(value: Any) -> Any:
    """Return a path made absolute, from the folder of the file in which it was written; anything else as it is."""
    if not isinstance(value, str) or not value:
        return value
    if "\0" in value:
        raise PydanticCustomError("no_path", "expected a path, got a text with a NUL character")
    folder = getattr(value, "folder", Path()).resolve()
    try:
        return os.path.normpath(folder / Path(value).expanduser())
    except RuntimeError as error:  # ~name, where no user has that name
        raise PydanticCustomError("no_home", "{message}", {"message": f"no such home folder in {value!r}"}) from error


FilePath = Annotated[str, Field(min_length=1), BeforeValidator(resolve)]
"""A file or folder, made absolute; a relative path starts at the folder of the file in which it was written
(``TextWithFolder.folder``), or at the working directory where there is no such file."""
