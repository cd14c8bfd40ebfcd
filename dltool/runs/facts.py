"""What ``run.json`` and ``metrics.jsonl`` hold, read strictly: whoever made them, nothing else reaches the program."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from dltool.config.status import Status
from dltool.errors import DataError, first_fault
from dltool.runs.files import read_regular

Count = Annotated[int, Field(ge=0, le=2**53)]
Number = Annotated[float, Field(allow_inf_nan=False)]
"""Of what is not finite, JSON says null."""
Seconds = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Part = Literal["train", "validation", "test"]
RunStatus = Literal[
    Status.RUNNING,
    Status.COMPLETED,
    Status.STOPPED_EARLY,
    Status.DIVERGED,
    Status.PRUNED,
    Status.INTERRUPTED,
    Status.FAILED,
]

_MOST_BYTES = 1 << 28
_MOST_THREADS = 4096


class Stored(BaseModel):
    """A file of JSON with known keys, each of a known type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Rows(Stored):
    """How many rows each part of the data has."""

    train: Count = 0
    validation: Count = 0
    test: Count = 0


class RunFacts(Stored):
    """``run.json``; a run that has just begun says less than one that is over."""

    status: RunStatus
    created: str = ""
    command: str = ""
    seed: Count = 0
    data_fingerprint: dict[Part, str] = {}
    versions: dict[str, str] = {}
    device: Annotated[str, Field(pattern=r"^(cpu|gpu:[0-9]{1,3})($| )")] = ""
    threads: Annotated[int, Field(ge=1, le=_MOST_THREADS)] | None = None
    environment: dict[str, str] | None = None
    """Variables that could not be kept from changing a number; None where there were none."""
    trivial: dict[str, Number | None] = {}
    trivial_answer: str = ""
    loss_unit: str = ""
    monitor: str = ""
    rows: Rows = Rows()
    parameters: Count = 0
    resumed: list[str] = []
    ended: str = ""
    reason: str = ""
    epochs: Count = 0
    training_seconds: Seconds | None = None
    best_epoch: Count | None = None
    best: Number | None = None
    weights_epoch: Count | None = None
    worse_than_trivial: list[str] = []
    seal: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""
    """What shows that the run was made here; see ``seal``."""


AnyStored = TypeVar("AnyStored", bound=Stored)


def read_stored(path: Path, kind: type[AnyStored]) -> AnyStored:
    """Return what a file of JSON holds.

    Raises:
        InputMissingError: it cannot be read.
        RefusedError: it is a link, a pipe or a device, or too large.
        DataError: it is damaged, or holds something else.
    """
    content = read_regular(path, _MOST_BYTES)
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise DataError(f"{path}: damaged: {first_fault(error)}") from None


_ROW = TypeAdapter(dict[str, Number | None], config=ConfigDict(strict=True))
_COLUMNS = {"epoch", "loss", "learning_rate", "seconds", "examples_per_second"}


def read_row(line: bytes, place: str, number: int) -> dict[str, float]:
    """Return a line of ``metrics.jsonl``, that of an epoch counted from 1; what was not finite becomes NaN.

    Raises:
        DataError: it is damaged.
    """
    try:
        row = _ROW.validate_json(line)
    except ValidationError as error:
        raise DataError(f"{place}: damaged: {first_fault(error)}") from None
    if row.get("epoch") != number or not row.keys() >= _COLUMNS:
        lacks = sorted(_COLUMNS - row.keys())
        raise DataError(f"{place}: damaged: " + (f"{lacks[0]!r} is missing" if lacks else f"expected epoch {number}"))
    return {name: math.nan if value is None else value for name, value in row.items()} | {"epoch": number}
