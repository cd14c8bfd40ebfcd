"""Finding files that a person named."""

from __future__ import annotations

import difflib
from pathlib import Path

from dltool.config.words import plain
from dltool.errors import InputMissingError, RefusedError


def nearest(word: str, known: list[str]) -> str:
    """Return a hint that names the known word nearest to ``word``, or else some known words."""
    alike = [name for name in known if plain(name) == plain(word)]
    near = alike or difflib.get_close_matches(word, known, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    return f"; there is: {', '.join(known[:12])}{more}" if known else ""


def find_file(path: str) -> Path:
    """Return the path of a readable file.

    Raises InputMissingError if it does not exist, is a folder, or may not be read, and RefusedError if it is a pipe
    or a device.
    """
    return _find(path, "file")


def find_folder(path: str) -> Path:
    """Return the path of a readable folder.

    Raises InputMissingError if it does not exist, is a file, or may not be read.
    """
    return _find(path, "folder")


def refuse_special(path: Path) -> None:
    """Raise RefusedError if a path is a pipe or a device: reading those might wait for ever, or never end."""
    if not path.is_file():
        raise RefusedError(f"{path}: neither a file nor a folder, and not opened; for a table, - reads standard input")


def _find(path: str, kind: str) -> Path:
    found = Path(path)
    try:
        if not found.exists():
            raise InputMissingError(f"{path}: no such {kind}{_neighbour(found)}")
        if found.is_dir() != (kind == "folder"):
            other = "file" if kind == "folder" else "folder"
            raise InputMissingError(f"{path}: expected a {kind}, found a {other}")
        if kind == "file":
            refuse_special(found)
            found.open("rb").close()
    except OSError as error:
        raise InputMissingError(f"{path}: cannot be read: {error.strerror}") from error
    return found


def _neighbour(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"; the folder {folder} does not exist either"
    near = difflib.get_close_matches(path.name, [entry.name for entry in folder.iterdir()], n=1)
    return f"; did you mean {str(folder / near[0])!r}?" if near else ""
