"""A folder that holds a page and the files that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dltool.errors import OutputError
from dltool.runs.stored_files import refuse_no_folder, write_atomically, write_error

PAGE = "report.html"


def write_page(folder: Path, html: str, files: Mapping[str, bytes]) -> Path:
    """Write a page and its files, in place of those that an earlier one left there; returns the page's path.

    Args:
        folder: is made where there is none; one that holds files, and no page, is somebody else's.
        html: the page.
        files: by name.

    Raises:
        OutputError, InputOutputError: The folder is not ours, or a file cannot be written.
    """
    page = folder / PAGE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        refuse_no_folder(folder)
        if any(folder.iterdir()) and not page.is_file():
            raise OutputError(f"{folder} holds other files, and no page of an earlier call; name another folder")
        for left in folder.iterdir():
            if left.suffix in (".svg", ".png") and left.name not in files:
                left.unlink()
    except OSError as error:
        raise write_error(folder, error) from None
    for name, content in files.items():
        write_atomically(folder / name, content)
    write_atomically(page, html)
    return page
