"""Making the folders of runs and sweeps, and finding runs in them."""

from __future__ import annotations

import re
from pathlib import Path

from dltool.config.near_paths import near_path
from dltool.errors import OutputError
from dltool.runs.lock import LOCK
from dltool.runs.stored_files import is_unfinished

ROOT = Path("runs")
"""Where runs without a directory of their own are put, relative to the working directory."""
_NEWEST = 3


def make_numbered(name: str, root: Path) -> Path:
    """Make the next free ``<root>/<name>-<number>``; of several processes that race for a number, one gets it."""
    pattern = re.compile(re.escape(name) + r"-([0-9]+)")
    taken = (int(match[1]) for path in root.iterdir() if (match := pattern.fullmatch(path.name)))
    number = max(taken, default=0)
    while True:
        number += 1
        path = root / f"{name}-{number:03d}"
        try:
            path.mkdir()  # atomic: of several processes, one gets the number
        except FileExistsError:
            continue
        return path


def make_folders(directory: Path) -> list[Path]:
    """Make a folder and those above it; returns those that were not there, innermost first."""
    made = [path for path in (directory, *directory.parents) if not path.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    return made


def is_unused(directory: Path) -> bool:
    """Tell whether a directory holds nothing but a lock and what a process left which was killed while it wrote."""
    return all(path.name == LOCK or is_unfinished(path) for path in directory.iterdir())


def refuse_used(directory: Path) -> None:
    """Raise OutputError if a directory cannot take a new run."""
    try:
        used = directory.is_dir() and not is_unused(directory)
        problem = "is not empty" if used else "is not a directory" if directory.is_file() else ""
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    if problem:
        raise OutputError(
            f"the run directory {directory} {problem}; name a new one with --run-dir, or go on with it by --resume"
        )


def likely_run(path: Path) -> Path | None:
    """Return the run or sweep that a path of nothing may be a slip of; none that differs in its number."""

    def fits(entry: Path) -> bool:
        is_one = any((entry / name).is_file() for name in ("run.json", "sweep.json"))
        return is_one and _numbers(entry) == _numbers(path)

    return near_path(path, fits)


def _numbers(path: Path) -> list[int]:
    return [int(digits) for digits in re.findall("[0-9]{1,9}", path.name)]


def newest_runs(folder: Path) -> list[Path]:
    """Return the directories of the newest three runs right below a folder."""
    found = sorted(folder.glob("*/run.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.parent for path in found[:_NEWEST]]
