"""Settings of the command line: ``--set PATH=VALUE``."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from dltool.config.document import Document, is_utf8
from dltool.config.merging import set_value
from dltool.config.yaml_reader import read_text
from dltool.errors import ConfigError, KeyPath, Position, Problem

_OPTION = "--set "
_PATH = re.compile(r"[^.\[\]\s]+(\.[^.\[\]\s]+|\[[0-9]+\])*")


def apply_override(document: Document, override: str) -> Problem | None:
    """Set one value from the command line: ``training.optimizer.learning_rate=0.01``.

    Returns:
        The problem, if the words cannot be read; whether the key exists is for validation to say.
    """
    name, equals, text = override.partition("=")
    keys, words = keys_of(name), f"{_OPTION}{override}"

    def position(begin: int, width: int) -> Position:
        return Position("command line", 0, len(_OPTION) + begin + 1, max(1, width), words)

    of_key, of_value = position(0, len(name)), position(len(name) + 1, len(text))
    if not equals or not keys:
        message = "expected PATH=VALUE, such as training.epochs=5 or model.layers[0].units=16"
        return Problem(message, position=of_key)
    try:
        part = read_text(text, "", Path())
    except ConfigError:
        if not is_utf8(text):
            return Problem("the value is not UTF-8", hint="rename the file or folder", position=of_value)
        return Problem("the value is not YAML", position=of_value)
    document.without_overrides = document.without_overrides or document.copy()
    document.overrides.append((keys, of_value))
    document.problems += [replace(p, keys=(*keys, *p.keys), position=of_value) for p in part.problems]
    for positions in (part.value_positions, part.key_positions):
        for inner, found in positions.items():
            shown = position(len(name) + found.column, found.width) if found.line == 1 else of_value
            positions[inner] = replace(shown, is_scalar=found.is_scalar)
    part.value_positions.setdefault((), of_value)
    return set_value(document, keys, part, of_key)


def keys_of(name: str) -> KeyPath:
    """Return the keys of ``model.layers[0].units`` or ``model.layers.0.units``; none if it is no such path."""
    name = name.strip()
    if not _PATH.fullmatch(name):
        return ()
    return tuple(int(part) if part.isdecimal() else part for part in re.findall(r"[^.\[\]]+", name))
