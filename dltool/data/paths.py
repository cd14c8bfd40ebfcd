"""Finding files that a person named."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from dltool.config.near_paths import near_path
from dltool.errors import DataError, InputMissingError, RefusedError


def find_file(path: str) -> Path:
    """Return the path of a readable file.

    Raises:
        InputMissingError: It does not exist, is a folder, or may not be read.
        RefusedError: It is a pipe or a device.
    """
    return _find(path, "file")


def paths_of(path: str | Sequence[str]) -> list[Path]:
    """Return what a path names: itself, all of several, or what fits a pattern such as ``part-*.parquet``, sorted."""
    if not isinstance(path, str):
        return [Path(each) for each in path]
    if not glob.has_magic(path) or Path(path).exists():
        return [Path(path)]
    return [Path(each) for each in sorted(glob.glob(path, recursive=True))]  # noqa: PTH207 - from any folder


def find_folder(path: str) -> Path:
    """Return the path of a readable folder.

    Raises:
        InputMissingError: It does not exist, is a file, or may not be read.
    """
    return _find(path, "folder")


def refuse_special(path: Path) -> None:
    """Refuse a pipe or a device: reading those might wait for ever, or never end.

    Raises:
        RefusedError: The path is one.
    """
    if not path.is_file():
        raise RefusedError(f"{path}: neither a file nor a folder, and not opened; for a table, - reads standard input")


def refuse_broken_link(path: Path) -> None:
    """Refuse a link to nothing.

    Raises:
        DataError: The path is one.
    """
    if not path.exists():
        raise DataError(f"{path}: a broken link; mend or remove it")


def _find(path: str, kind: str) -> Path:
    found = Path(path)
    try:
        if not found.exists():
            raise InputMissingError(f"{path}: no such {kind}{_neighbour(found, kind)}")
        if found.is_dir() != (kind == "folder"):
            other = "file" if kind == "folder" else "folder"
            raise InputMissingError(f"{path}: expected a {kind}, found a {other}")
        if kind == "file":
            refuse_special(found)
            found.open("rb").close()
    except OSError as error:
        raise InputMissingError(f"{path}: cannot be read: {error.strerror}") from error
    return found


def _neighbour(path: Path, kind: str) -> str:
    likely = near_path(path, Path.is_dir if kind == "folder" else Path.is_file)
    missing = "" if path.parent.is_dir() else f"; the folder {path.parent} does not exist either"
    return missing + (f"; did you mean {str(likely)!r}?" if likely else "")
