"""The forms in which predictions are written. Loads nothing, so that the command line may name them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


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
    """Return the form that a file's ending asks for; CSV where it asks for none."""
    ending = path.suffix.lstrip(".").lower() if path else ""
    return Form(ending) if ending in list(Form) else Form.CSV
