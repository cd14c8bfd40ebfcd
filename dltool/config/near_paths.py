"""Which file or folder was meant by a path that leads to none."""

from __future__ import annotations

import glob
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from dltool.config.suggestions import closest

_MOST_ENTRIES = 10_000
"""Of a folder that are looked at."""


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
    entries = [entry for entry in islice(folder.iterdir(), _MOST_ENTRIES) if fits(entry)]
    names = {entry.name if path.suffix else entry.stem: entry for entry in entries}
    if likely := closest(path.name, names):
        return names[likely]
    below = folder.glob(f"*/{glob.escape(path.name)}")
    return next((found for found in below if fits(found)), None)
