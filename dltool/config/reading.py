"""A config from a file or a mapping, on top of the files that it extends."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dltool.config.document import Document, TextWithFolder
from dltool.config.file_kinds import is_yaml, unlike_config
from dltool.config.merging import merge_base
from dltool.config.near_paths import near_path
from dltool.config.yaml_reader import MAX_BYTES, MAX_DEPTH, read_text
from dltool.errors import ConfigError, InputMissingError, KeyPath, Problem

_MOST_EXTENDED = 32


def read_file(path: Path) -> Document:
    """Read a YAML file and whatever it ``extends``.

    Raises:
        InputMissingError: The file does not exist or cannot be read.
        ConfigError: The file is not YAML, repeats a key, or extends itself or too long a chain of others.
    """
    return _read_extended(path, ())


def read_mapping(mapping: Mapping[str, Any]) -> Document:
    """Take a config from Python: what a file would hold, and whatever it ``extends``. Nothing of it has a position.

    Tuples and arrays count as lists, other mappings as mappings, paths as texts.

    Raises:
        InputMissingError: A file that it extends cannot be read.
        ConfigError: It holds something that a file could not hold.
    """
    document = Document("the mapping")
    document.value = _plain(mapping, (), document)
    return extended(document)


def _plain(value: Any, keys: KeyPath, document: Document) -> Any:
    """Return a value as ``read_text`` would have read it, noting what no file could hold."""
    if len(keys) > MAX_DEPTH:  # or without an end
        raise document.error([Problem(f"nested deeper than {MAX_DEPTH} levels", keys[:3])])
    if hasattr(value, "tolist"):  # an array, or a number of NumPy's
        value = value.tolist()
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                document.problems.append(Problem(f"a key must be a text, got {key!r}", keys))
        return {key: _plain(item, (*keys, key), document) for key, item in value.items() if isinstance(key, str)}
    if isinstance(value, list | tuple):
        return [_plain(item, (*keys, i), document) for i, item in enumerate(value)]
    if isinstance(value, str | os.PathLike):
        return TextWithFolder(os.fspath(value), Path())
    if isinstance(value, int) and abs(value) >= 10**39:
        return math.inf if value > 0 else -math.inf
    if not isinstance(value, bool | int | float | None):
        message = f"expected a mapping, a list, a text, a number, a truth value or None, got {type(value).__name__}"
        document.problems.append(Problem(message, keys))
        return None
    return value


def _read_extended(path: Path, seen: tuple[str, ...]) -> Document:
    document = read_text(_read(path), str(path), path.parent)
    if not isinstance(document.value, dict):
        raise document.error([Problem("a config is a mapping of keys, such as 'name', 'data' and 'model'")])
    return extended(document, (*seen, os.path.realpath(path)))


def extended(document: Document, trail: tuple[str, ...] = ()) -> Document:
    """Return a document, on top of the file that its ``extends`` names, if it has one.

    Args:
        document: Of a mapping.
        trail: The files that led here, by their real paths.

    Raises:
        InputMissingError: As ``read_file``.
        ConfigError: As ``read_file``.
    """
    base = document.value.get("extends")
    document.value = {key: value for key, value in document.value.items() if key != "extends"}
    if base is None:
        return document
    at = ("extends",)
    if not isinstance(base, TextWithFolder) or "\0" in base:
        raise document.error([Problem("expected the path of another config", at)])
    base_path = base.folder / base
    if os.path.realpath(base_path) in trail:
        raise document.error([Problem(f"cannot extend {base!r}: it leads back to this file", at)])
    if not is_file(base_path):
        raise document.error([Problem(f"cannot extend {base!r}: there is no file {base_path}", at)])
    if len(trail) >= _MOST_EXTENDED:
        names = [os.path.basename(path) for path in trail]  # noqa: PTH119  (real paths are texts)
        shown = ", ".join([*names[:3], "…", *names[-2:]])
        many = f"{len(trail)} files extend one another ({shown}); expected at most {_MOST_EXTENDED}"
        hint = "write what they share into one of them"
        raise document.error([Problem(f"cannot extend {base!r}: {many}", at, hint)])
    merge_base(document, _read_extended(base_path, trail))
    return document


def is_file(path: Path) -> bool:
    """Whether a file can be found at a path, which may be any text."""
    try:
        return path.is_file()
    except OSError:  # a name too long, a link to itself, a folder that may not be entered
        return False


def _read(path: Path) -> str:
    try:
        if path.exists():
            _refuse_other_kinds(path)
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path}: error: larger than {MAX_BYTES // 2**20} MiB; put the data into a file")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: error: not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        likely = near_path(path, is_yaml)
        hint = f"\nhint: did you mean {likely}?" if likely else ""
        raise InputMissingError(f"cannot read {path}: {error.strerror}{hint}") from None


def _refuse_other_kinds(path: Path) -> None:
    what, way_out = unlike_config(path)
    hint = f"\nhint: {way_out}" if way_out else ""
    if not path.is_file():
        raise InputMissingError(f"{path} is {what or 'not a file'}; expected a YAML config{hint}")
    if what:
        raise ConfigError(f"error: {path} is {what}; expected a YAML config{hint}")
