"""A folder that holds a page and the files that belong to it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from dltool.errors import DltoolError, OutputError, RefusedError, warn
from dltool.runs.stored_files import read_regular, refuse_no_folder, write_atomically, write_error

PAGE = "report.html"
_LIST = "page.json"
"""Says which files of the folder are a page's, so that no other is ever taken for one."""
_MOST_BYTES = 1 << 20


def write_page(folder: Path, html: str, files: Mapping[str, bytes]) -> Path:
    """Write a page and its files, in place of those that an earlier one left there; returns the page's path.

    Args:
        folder: is made where there is none; one that holds files, but no page of ours, is somebody else's.
        html: the page.
        files: by name.

    Raises:
        RefusedError: the folder is a link.
        OutputError, InputOutputError: it is not ours, or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        refuse_no_folder(folder)
        for name in _listed(folder):
            if name not in files and os.path.lexists(folder / name):
                (folder / name).unlink()
    except OSError as error:
        raise write_error(folder, error) from None
    write_atomically(folder / _LIST, json.dumps([PAGE, *files]))
    for name, content in files.items():
        write_atomically(folder / name, content)
    write_atomically(folder / PAGE, html)
    return folder / PAGE


def write_page_by_default(named: str | Path | None, usual: Path, html: str, files: Mapping[str, bytes]) -> Path | None:
    """Write a page into a folder that was named, or else into the usual one, if that can be written to.

    Args:
        named: the folder that the user wants, if one was named.
        usual: the folder otherwise.
        html: the page.
        files: by name.

    Returns:
        The page's path; None, after a warning, where the usual folder cannot be written to.

    Raises:
        RefusedError, OutputError, InputOutputError: as ``write_page``, of a folder that was named.
    """
    try:
        return write_page(usual if named is None else Path(named), html, files)
    except (OutputError, RefusedError) as error:
        if named is not None:
            raise
        warn(f"{error}; no page was made: name a folder for it with --report")
    return None


def page_folders(folder: Path) -> list[Path]:
    """Return the folders in a folder that hold a page and its files, sorted."""
    return sorted(path.parent for path in folder.glob(f"*/{_LIST}"))


def _listed(folder: Path) -> list[str]:
    """Return the names of the files that an earlier page left; none in an empty folder."""
    if not any(folder.iterdir()):
        return []
    try:
        found = json.loads(read_regular(folder / _LIST, _MOST_BYTES))
        if isinstance(found, list) and all(isinstance(name, str) and Path(name).name == name for name in found):
            return found
    except (DltoolError, ValueError):
        pass
    raise OutputError(f"{folder} holds other files, and no page of an earlier call; name another folder")
