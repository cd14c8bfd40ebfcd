"""One process at a time in a run directory."""

from __future__ import annotations

import fcntl
import os
import platform
import time
from contextlib import suppress
from pathlib import Path

from dltool.errors import DltoolError, LockedError
from dltool.runs.stored_files import open_to_lock, read_regular

LOCK = ".lock"
_MAX_BYTES = 1000


def is_held(directory: Path) -> bool:
    """Tell whether a process works in a directory, as far as can be told without taking the lock from anybody."""
    try:
        owner = read_regular(directory / LOCK, _MAX_BYTES)
    except DltoolError:
        return False
    return _may_be_alive(owner.decode("utf-8", "replace"))


def _may_be_alive(owner: str) -> bool:
    words = owner.split()
    if len(words) < 4 or words[3] != platform.node():
        return True  # on another machine, of which nothing is known here
    try:
        os.kill(max(1, int(words[1])), 0)  # 0 and less are groups of processes
    except (OverflowError, ProcessLookupError, ValueError):
        return False
    except PermissionError:
        pass
    return True


class Lock:
    """The right to write into a directory; the system takes it back when the process ends, however it ends."""

    def __init__(self, directory: Path) -> None:
        """Take the right.

        Raises:
            LockedError: Another process has it; the message names it.
            RefusedError: The file that says so is a link, a pipe or a device.
            OSError: The directory does not exist, or cannot be written to.
        """
        self.path = directory / LOCK
        while True:
            self._descriptor = open_to_lock(self.path)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = self._owner()
                os.close(self._descriptor)
                raise LockedError(f"{directory} is in use by {owner}; wait for it, or stop it") from None
            except OSError:
                os.close(self._descriptor)
                raise
            if self._is_in_place():
                break
            os.close(self._descriptor)  # its owner removed the file between the two calls: there may be a new one
        with suppress(OSError):  # on a full disk, the lock is one all the same
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"process {os.getpid()} on {platform.node()}".encode(), 0)

    def release(self) -> None:
        """Give the right back."""
        with suppress(OSError):
            self.path.unlink()
        os.close(self._descriptor)

    def _owner(self) -> str:
        """Return who has the right; a process that has just taken it may not have signed yet."""
        owner = ""
        for _ in range(20):
            owner = os.pread(self._descriptor, _MAX_BYTES, 0).decode(errors="replace")
            if owner and _may_be_alive(owner):
                return owner
            time.sleep(0.01)
        return owner or "another process"

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._descriptor), self.path.lstat())
        except FileNotFoundError:
            return False
