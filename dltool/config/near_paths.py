"""Which file or folder was meant by a path that leads to none."""

from __future__ import annotations

import glob
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dltool.config.suggestions import closest

_MOST_TRIED = 10
"""Names of a folder's entries that are looked at, the likeliest first: there may be tens of thousands."""


def near_path(path: Path, fits: Callable[[Path], bool]) -> Path | None:
    """Return the existing path that one which leads nowhere may be a slip of, or that lacks its folder or its ending.

    Args:
        path: Of nothing.
        fits: Whether a path is of the kind that is wanted.
    """
    with suppress(OSError, ValueError):  # a name too long, a folder that may not be entered
        return _near_path(path, fits)
    return None


def _near_path(path: Path, fits: Callable[[Path], bool]) -> Path | None:
    folder = path.parent
    if not folder.is_dir():
        folder = _near_path(folder, Path.is_dir) or folder
        if not folder.is_dir():
            return None
        path = folder / path.name
        if path.exists() and fits(path):
            return path
    named: dict[str, list[Path]] = {}
    for entry in folder.iterdir():
        named.setdefault(entry.name if path.suffix else entry.stem, []).append(entry)
    for _ in range(_MOST_TRIED):
        if (likely := closest(path.name, named)) is None:
            break
        if fitting := [entry for entry in named.pop(likely) if fits(entry)]:
            return fitting[0]
    below = folder.glob(f"*/{glob.escape(path.name)}")
    return next((found for found in below if fits(found)), None)
