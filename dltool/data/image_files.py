"""Finding image files in folders."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from dltool.config.counts import are, counted
from dltool.config.file_kinds import IMAGE_ENDINGS
from dltool.data.paths import refuse_broken_link
from dltool.errors import DataError, warn


def is_image(path: Path) -> bool:
    """Tell by its suffix whether a file is an image."""
    return path.suffix.lower() in IMAGE_ENDINGS


def image_files(folder: Path) -> list[Path]:
    """Return the images in a folder and all below it, as ``files_below``. Others are skipped, with a warning."""
    files = files_below(folder)
    warn_of_skipped(folder, [path for path in files if not is_image(path)])
    return [path for path in files if is_image(path)]


def files_below(folder: Path) -> list[Path]:
    """Return the files in a folder and all below it, sorted, but for hidden ones.

    Links to folders are followed. A folder that is reached again, or that a link inside it leads back to, is skipped
    with a warning.

    Raises:
        DataError: There is a link to nothing, or a folder that may not be read.
    """
    found: list[Path] = []
    again: list[Path] = []
    seen: set[Path] = set()
    # Links wait until the end: a folder is found under its own name, if it has one here.
    folders, links = deque([folder]), deque[Path]()
    while folders or links:
        path = (folders or links).popleft()
        real = path.resolve()
        if real in seen or (path != folder and path.parent.resolve().is_relative_to(real)):
            again.append(path)
            continue
        seen.add(real)
        try:
            with os.scandir(path) as entries:
                listed = sorted(
                    (Path(entry), entry.is_dir(), entry.is_symlink())
                    for entry in entries
                    if not entry.name.startswith(".")
                )
        except OSError as error:
            raise DataError(f"{error.filename}: cannot be read: {error.strerror}") from error
        for entry, is_folder, is_link in listed:
            if is_folder:
                (links if is_link else folders).append(entry)
            else:
                if is_link:
                    refuse_broken_link(entry)
                found.append(entry)
    if again:
        count = f"{counted(len(again), 'folder')} {are(len(again))}"
        warn(f"{folder}: {count} skipped ({_first(folder, again)}): reached before, or a link that leads back up")
    return sorted(found)


def warn_of_skipped(folder: Path, files: Sequence[Path], reason: str = "") -> None:
    """Say how many files are left out, if any are."""
    if files:
        count = f"{counted(len(files), 'file')} {are(len(files))}"
        warn(f"{folder}: {count} skipped ({_first(folder, files)}): no JPEG, PNG, BMP, GIF or WebP{reason}")


def _first(folder: Path, paths: Sequence[Path]) -> str:
    return f"{paths[0].relative_to(folder)}{', …' if len(paths) > 1 else ''}"
