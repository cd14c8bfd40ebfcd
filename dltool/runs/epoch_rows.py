"""The lines of ``metrics.jsonl``, one an epoch: written, and read back strictly."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from dltool.contracts.events import EpochEnded
from dltool.errors import DataError, first_fault
from dltool.runs.stored_json import Number

_ROW = TypeAdapter(dict[str, Number | None], config=ConfigDict(strict=True))
_COLUMNS = {"epoch", "loss", "learning_rate", "seconds", "examples_per_second"}


def epoch_row(event: EpochEnded) -> dict[str, Any]:
    """Return an epoch's line of ``metrics.jsonl``."""
    return {
        "epoch": event.epoch,
        **event.metrics,
        "learning_rate": event.learning_rate,
        "seconds": event.seconds,
        "examples_per_second": event.examples_per_second,
    }


def read_row(line: bytes, path: Path, number: int) -> dict[str, float]:
    """Return a line of ``metrics.jsonl``, that of an epoch counted from 1; what was not finite becomes NaN.

    Raises:
        DataError: It is damaged.
    """
    try:
        row: dict[str, Any] = _ROW.validator.validate_json(line)
    except ValidationError as error:
        raise DataError(f"{path}:{number}: damaged: {first_fault(error)}") from None
    if row.get("epoch") != number or not row.keys() >= _COLUMNS:
        lacks = sorted(_COLUMNS - row.keys())
        what = f"{lacks[0]!r} is missing" if lacks else f"expected epoch {number}"
        raise DataError(f"{path}:{number}: damaged: {what}")
    if None in row.values():
        row = {name: math.nan if value is None else value for name, value in row.items()}
    row["epoch"] = number
    return row
