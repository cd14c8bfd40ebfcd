"""Columns that hold one value alone, and lists of names in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from dltool.errors import warn

_MOST_NAMES = 8


def warn_of_constants(where: str, columns: Sequence[str]) -> None:
    """Say which columns hold one value alone, if any do."""
    if columns:
        warn(f"{where}: every training row has the same value in {listed(columns, 'column')}")


def listed(names: Sequence[str], what: str) -> str:
    """Return ``column 'a'``, or ``3 columns: 'a', 'b', 'c'``."""
    if len(names) == 1:
        return f"{what} {names[0]!r}"
    plural = f"{what}es" if what.endswith("s") else f"{what}s"
    shown = ", ".join(map(repr, names[:_MOST_NAMES])) + (", …" if len(names) > _MOST_NAMES else "")
    return f"{len(names)} {plural}: {shown}"
