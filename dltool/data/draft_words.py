"""Words of files and folders in a drafted config: as YAML reads them back."""

from __future__ import annotations

import json
import re

_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_PLAIN = re.compile(r"[A-Za-z_/.][A-Za-z0-9_/.-]*")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", ".nan", ".inf"}


def quoted(text: str) -> str:
    """Write a text as YAML reads it back, in quotes unless it is a plain word."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    # YAML takes few characters that cannot be printed, and JSON's escapes of others than those of 16 bits not at all.
    return "".join(
        letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in json.dumps(text, ensure_ascii=False)
    )


def in_comment(text: str) -> str:
    """Return a text without what would end a comment, or not be seen in it."""
    return "".join(filter(str.isprintable, text))


def run_name(text: str, otherwise: str) -> str:
    """Return what of a text can name a run, or another name if that is nothing."""
    return _NO_NAME.sub("_", text).strip("._-")[:100] or otherwise
