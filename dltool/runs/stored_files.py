"""Stored files: opened only if they are files; made under names that cannot be guessed; whole or not at all.

A directory may come from anybody. What lies in it may be a link to a file of yours, a pipe that waits for ever, a
device that never ends. So every file of a run or a sweep is opened by what is here, and by nothing else.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from dltool.errors import DltoolError, InputMissingError, InputOutputError, OutputError, RefusedError

_MIDWAY = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
_LONGEST_SUFFIX = 16


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Lend a path beside ``path`` (same suffix) to write to; afterwards that file takes its place, and its mode.

    The file survives a power cut. If the writer fails, what stood at ``path`` before still stands there, and
    nothing is left beside it.

    Raises:
        OutputError: The file cannot be created.
        InputOutputError: Writing failed midway, as on a full disk.
    """
    beside = None
    try:
        beside = _make_temporary(path)
        yield beside
        sync(beside)
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise write_error(path, error) from None
    finally:
        if beside:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def _make_temporary(path: Path) -> Path:
    """Make an empty file under a new name that fits beside any other, however long."""
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= _LONGEST_SUFFIX else ""
    beside = path.with_name(f".{os.getpid()}-{os.urandom(8).hex()}{suffix}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with suppress(FileNotFoundError):
            before = path.lstat().st_mode
            if stat.S_ISREG(before):
                os.fchmod(descriptor, stat.S_IMODE(before))
    finally:
        os.close(descriptor)
    return beside


def open_regular(path: Path, *, follow_links: bool = False) -> IO[bytes]:
    """Open a file to read, if it is a regular one: anything else might wait for ever, or never end.

    Raises:
        InputMissingError: It cannot be opened.
        InputOutputError: The disk failed.
        RefusedError: It is a link (unless those may be followed), a device, a pipe or a folder.
    """
    try:
        return os.fdopen(_regular(path, os.O_RDONLY, follow_links=follow_links), "rb")
    except OSError as error:
        raise _read_error(path, error) from None


def append_to(path: Path) -> IO[bytes]:
    """Open a file to write behind what it holds; it is made if there is none.

    Raises:
        RefusedError: It is a link, a device, a pipe or a folder.
        OutputError, InputOutputError: It cannot be opened.
    """
    try:
        return os.fdopen(_regular(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab")
    except OSError as error:
        raise write_error(path, error) from None


def open_to_lock(path: Path) -> int:
    """Return a descriptor of a file to read and write, which is made if there is none.

    Raises:
        RefusedError: It is a link, a device, a pipe or a folder.
        OSError: It cannot be opened.
    """
    return _regular(path, os.O_RDWR | os.O_CREAT)


def _regular(path: Path, flags: int, *, follow_links: bool = False) -> int:
    """Open a file if it is a regular one, or is made."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.stat(follow_symlinks=follow_links).st_mode):
            kind = "a link" if path.is_symlink() and not follow_links else "no regular file"
            raise RefusedError(f"{path} is {kind}; refused")
    # Without O_NONBLOCK, opening a pipe that was put there in between would wait for its other end.
    descriptor = os.open(path, flags | os.O_NONBLOCK | (0 if follow_links else os.O_NOFOLLOW), 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RefusedError(f"{path} is no regular file; refused")
    return descriptor


def read_regular(path: Path, most: int) -> bytes:
    """Return what a regular file holds, following no link.

    Raises:
        InputMissingError: It cannot be read.
        InputOutputError: The disk failed.
        RefusedError: It is not a regular file, or holds more than ``most`` bytes.
    """
    with open_regular(path) as stream:
        try:
            # Asking for the most that is allowed would take that much memory, however small the file.
            size = os.fstat(stream.fileno()).st_size
            if size > most:
                raise RefusedError(f"{path} holds {size:,} bytes; at most {most:,} are read")
            return stream.read(size)
        except OSError as error:
            raise _read_error(path, error) from None


def read_end(path: Path, most: int) -> bytes:
    """Return the last bytes of a regular file, however large. Raises as ``read_regular`` does."""
    with open_regular(path) as stream:
        try:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - most))
            return stream.read(most)
        except OSError as error:
            raise _read_error(path, error) from None


def refuse_no_folder(path: Path) -> None:
    """Raise RefusedError if a folder in the directory of a run or a sweep is a link, or none at all."""
    if os.path.lexists(path) and (path.is_symlink() or not path.is_dir()):
        raise RefusedError(f"{path} is {'a link' if path.is_symlink() else 'no folder'}; refused")


def remove_unfinished(folder: Path) -> None:
    """Remove the files beside that a process left which was killed while it wrote."""
    for path in folder.glob(".*"):
        if is_unfinished(path):
            with suppress(OSError):
                path.unlink()


def is_unfinished(path: Path) -> bool:
    """Tell, by its name, a file beside that was never finished."""
    return re.fullmatch(r"\.[0-9]+-[0-9a-f]{16}(\..{1,15})?", path.name) is not None


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file whole or not at all; text becomes UTF-8.

    Raises:
        OutputError: The file cannot be created.
        InputOutputError: Writing failed midway, as on a full disk.
    """
    with atomic_path(path) as beside:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)


def _read_error(path: Path, error: OSError) -> DltoolError:
    kind = InputOutputError if error.errno in _MIDWAY else InputMissingError
    return kind(f"cannot read {path}: {error.strerror}")


def write_error(path: Path, error: OSError) -> DltoolError:
    """Say in our own words that a file could not be written, and why."""
    # Libraries raise OSError without a number when a write of theirs failed.
    kind = InputOutputError if error.errno is None or error.errno in _MIDWAY else OutputError
    return kind(f"cannot write {path}: {error.strerror or error}")


def sync(path: Path) -> None:
    """Wait until a file is safe on the disk.

    Raises:
        OSError: It cannot be read, or the disk failed.
    """
    descriptor = _regular(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are safe on the disk.

    Raises:
        OSError: It cannot be opened, or the disk failed.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a folder; the file itself is safe by now.
        if error.errno in _MIDWAY:
            raise
    finally:
        os.close(descriptor)
