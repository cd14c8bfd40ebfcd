"""Stored JSON, read strictly: whoever made a file, nothing but known keys of known types reaches the program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dltool.errors import DataError, first_fault
from dltool.runs.stored_files import read_regular

Count = Annotated[int, Field(ge=0, le=2**53)]
Number = Annotated[float, Field(allow_inf_nan=False)]
"""Of what is not finite, JSON says null."""
Seconds = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]

_MAX_BYTES = 1 << 28


class Stored(BaseModel):
    """A file of JSON with known keys, each of a known type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


AnyStored = TypeVar("AnyStored", bound=Stored)


def read_stored(path: Path, kind: type[AnyStored]) -> AnyStored:
    """Return what a file of JSON holds.

    Raises:
        InputMissingError: It cannot be read.
        RefusedError: It is a link, a pipe or a device, or too large.
        DataError: It is damaged, or holds something else.
    """
    content = read_regular(path, _MAX_BYTES)
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise DataError(f"{path}: damaged: {first_fault(error)}") from None
