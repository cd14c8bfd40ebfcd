"""The forms in which predictions are written. Loads nothing, so that the command line may name them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from dltool.errors import UsageError


class Form(StrEnum):
    """How predictions are written."""

    CSV = "csv"
    JSONL = "jsonl"
    NPZ = "npz"
    PARQUET = "parquet"

    @property
    def is_text(self) -> bool:
        """Whether it can go to standard output."""
        return self in (Form.CSV, Form.JSONL)


def form_of(path: Path | None) -> Form:
    """Return the form that a file's ending asks for; CSV where it has none.

    Raises:
        UsageError: no form has that ending.
    """
    ending = path.suffix.lstrip(".").lower() if path else ""
    if ending and ending not in list(Form):
        known = ", ".join(f".{form}" for form in Form)
        raise UsageError(f"{path}: no predictions are written as .{ending}; expected {known}, or say --format")
    return Form(ending) if ending else Form.CSV
