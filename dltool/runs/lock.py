"""One process at a time in a run directory."""

from __future__ import annotations

import fcntl
import os
import platform
from contextlib import suppress
from pathlib import Path

from dltool.errors import LockedError

LOCK = ".lock"


class Lock:
    """The right to write into a directory; the system takes it back when the process ends, however it ends."""

    def __init__(self, directory: Path) -> None:
        """Take the right.

        Raises:
            LockedError: another process has it; the message names it.
            OSError: the directory does not exist, or cannot be written to.
        """
        self.path = directory / LOCK
        while True:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = os.read(self._descriptor, 1000).decode(errors="replace") or "another process"
                os.close(self._descriptor)
                raise LockedError(f"{directory} is in use by {owner}; wait for it, or stop it") from None
            except OSError:
                os.close(self._descriptor)
                raise
            if self._is_in_place():
                break
            os.close(self._descriptor)  # its owner removed the file between the two calls: there may be a new one
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"process {os.getpid()} on {platform.node()}".encode(), 0)

    def release(self) -> None:
        """Give the right back."""
        with suppress(OSError):
            self.path.unlink()
        os.close(self._descriptor)

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._descriptor), self.path.lstat())
        except FileNotFoundError:
            return False
