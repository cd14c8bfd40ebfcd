"""The lines of ``metrics.jsonl``, one an epoch: written, and read back strictly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import to_json

from dltool.contracts.events import EpochEnded, Epochs
from dltool.errors import DataError, first_fault
from dltool.runs.stored_json import Number

_ROW = TypeAdapter(dict[str, Number | None], config=ConfigDict(strict=True))
_ROWS = TypeAdapter(list[dict[str, Number | None]], config=ConfigDict(strict=True))
_COLUMNS = {"epoch", "loss", "learning_rate", "seconds", "examples_per_second"}


def log_lines(epochs: Sequence[EpochEnded]) -> bytes:
    """Return the lines of epochs in ``metrics.jsonl``. Numbers that are not finite become null."""
    if isinstance(epochs, Epochs):
        return _lines_of_columns(epochs)
    return b"".join(to_json(_row(event), inf_nan_mode="null") + b"\n" for event in epochs)


def _row(event: EpochEnded) -> dict[str, Any]:
    return {
        "epoch": event.epoch,
        **event.metrics,
        "learning_rate": event.learning_rate,
        "seconds": event.seconds,
        "examples_per_second": event.examples_per_second,
    }


def _lines_of_columns(epochs: Epochs) -> bytes:
    """Return the same bytes, a column at a time."""
    columns = {
        "epoch": list(range(epochs.first, epochs.first + len(epochs))),
        **epochs.metrics,
        "learning_rate": epochs.learning_rates,
    }
    of_each = {"seconds": epochs.seconds, "examples_per_second": epochs.examples_per_second}
    line = b"{%b%b\n" % (
        b"".join(to_json(name).replace(b"%", b"%%") + b":%b," for name in columns),
        to_json(of_each, inf_nan_mode="null")[1:],
    )
    texts = [to_json(column, inf_nan_mode="null")[1:-1].split(b",") for column in columns.values()]
    return b"".join([line % values for values in zip(*texts, strict=True)])


def read_rows(lines: Sequence[bytes], path: Path) -> list[dict[str, float]]:
    """Return the lines of ``metrics.jsonl`` from the first epoch on, each as ``read_row`` returns it.

    Raises:
        DataError: One is damaged.
    """
    rows: list[dict[str, Any]]
    try:
        rows = _ROWS.validator.validate_json(b"[%b]" % b",".join(lines))  # in half the time that they take one by one
    except ValidationError:
        rows = []
    # Two objects in a line and one in two would be as many.
    if len(rows) != len(lines) or not all(line.startswith(b"{") and line.endswith(b"}") for line in lines):
        return [read_row(line, path, number) for number, line in enumerate(lines, 1)]  # says which is damaged
    return [_checked(row, path, number) for number, row in enumerate(rows, 1)]


def read_row(line: bytes, path: Path, number: int) -> dict[str, float]:
    """Return a line of ``metrics.jsonl``, that of an epoch counted from 1; what was not finite becomes NaN.

    Raises:
        DataError: It is damaged.
    """
    try:
        row: dict[str, Any] = _ROW.validator.validate_json(line)
    except ValidationError as error:
        raise DataError(f"{path}:{number}: damaged: {first_fault(error)}") from None
    return _checked(row, path, number)


def _checked(row: dict[str, Any], path: Path, number: int) -> dict[str, float]:
    if row.get("epoch") != number or not row.keys() >= _COLUMNS:
        lacks = sorted(_COLUMNS - row.keys())
        what = f"{lacks[0]!r} is missing" if lacks else f"expected epoch {number}"
        raise DataError(f"{path}:{number}: damaged: {what}")
    if None in row.values():
        row = {name: math.nan if value is None else value for name, value in row.items()}
    row["epoch"] = number
    return row
