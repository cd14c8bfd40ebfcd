"""The formats in which predictions are written. Loads nothing, so that the command line may name them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from dltool.errors import UsageError


class OutputFormat(StrEnum):
    """How predictions are written."""

    CSV = "csv"
    JSONL = "jsonl"
    NPZ = "npz"
    PARQUET = "parquet"

    @property
    def is_text(self) -> bool:
        """Whether it can go to standard output."""
        return self in (OutputFormat.CSV, OutputFormat.JSONL)


def output_format_of(path: Path | None) -> OutputFormat:
    """Return the format that a file's ending asks for; CSV where it has none.

    Raises:
        UsageError: no format has that ending.
    """
    ending = path.suffix.lstrip(".").lower() if path else ""
    if ending and ending not in list(OutputFormat):
        known = ", ".join(f".{each}" for each in OutputFormat)
        raise UsageError(f"{path}: no predictions are written as .{ending}; expected {known}, or say --format")
    return OutputFormat(ending) if ending else OutputFormat.CSV
