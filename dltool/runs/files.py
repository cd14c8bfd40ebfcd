"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dltool.errors import OutputError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Lend a path beside ``path`` to write to; afterwards the file takes its place, safe against power loss.

    If the writer fails, what stood at ``path`` before still stands there, and nothing is left beside it.

    Raises:
        OutputError: the file cannot be written; the message names it and the reason.
    """
    beside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield beside
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            beside.unlink()


def write_atomically(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all.

    Raises:
        OutputError: as ``atomic_path`` does.
    """
    with atomic_path(path) as beside:
        beside.write_text(text, encoding="utf-8")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
