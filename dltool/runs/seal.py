"""Whether a run was made here: its config bears a seal that only this user's key makes.

A run directory may come from anybody, and its config may name any file of yours as its data. Those are read again, to
measure or to repeat the run, only where the config is one that this user's own training wrote.
"""

from __future__ import annotations

import hmac
import os
import warnings
from contextlib import suppress
from pathlib import Path

from dltool.errors import DataError, DataWarning, DltoolError, OutputError
from dltool.runs.stored_files import read_regular, write_error

_BYTES = 32


def seal(config: str) -> str:
    """Return the seal of a config as it is written; empty, with a warning, where no key can be kept.

    It is HMAC-SHA256 (RFC 2104) under this user's key, which is made if there is none.
    """
    try:
        key = _key() or _make_key()
    except (DltoolError, OSError) as error:
        said = error if isinstance(error, DltoolError) else write_error(_path(), error)
        warnings.warn(
            f"{said}: without a key, this run cannot be known as yours, so that `evaluate` and `reproduce` will not "
            "read its data unless they are named; set XDG_STATE_HOME to a folder that can be written to",
            DataWarning,
            2,
        )
        return ""
    return _seal(key, config)


def is_sealed(config: str, found: str) -> bool:
    """Whether a config bears this user's seal."""
    try:
        key = _key()
    except DltoolError:
        return False
    return key is not None and hmac.compare_digest(_seal(key, config), found)


def _seal(key: bytes, config: str) -> str:
    return hmac.new(key, config.encode("utf-8", "surrogateescape"), "sha256").hexdigest()


def _path() -> Path:
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():
        try:
            state = Path("~/.local/state").expanduser()
        except RuntimeError:
            raise OutputError("this user has no home folder to keep a key in") from None
    return state / "dltool" / "key"


def _key() -> bytes | None:
    path = _path()
    if not os.path.lexists(path):
        return None
    key = read_regular(path, _BYTES)
    if len(key) < _BYTES:
        raise DataError(f"{path} holds no key of {_BYTES} bytes; remove it")
    return key


def _make_key() -> bytes:
    """Make the key: of several processes that do so at once, all get the same."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{os.getpid()}-{os.urandom(8).hex()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, os.urandom(_BYTES))
        os.fsync(descriptor)
        with suppress(FileExistsError):
            path.hardlink_to(beside)
    finally:
        os.close(descriptor)
        beside.unlink()
    return read_regular(path, _BYTES)
