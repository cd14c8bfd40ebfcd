"""What is noted when a run or a sweep begins: when, by which command, with which versions."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

_PACKAGES = ("dltool", "tensorflow", "keras", "numpy")


def beginning() -> dict[str, Any]:
    """Return what is noted when something begins: when, and by which command."""
    # A path that is not UTF-8 is written with escapes, as the shell's $'…' takes them.
    command = os.fsencode(shlex.join(sys.argv)).decode("utf-8", "backslashreplace")
    return {"created": now(), "command": command}


def now() -> str:
    """Return the time of day, as files note it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Return the versions that a run's numbers depend on."""
    return {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}}


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"  # as in a checkout that was not installed
