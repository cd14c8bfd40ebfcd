"""Texts that a person would take for one: they differ in spaces, case or Unicode form alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_MOST = 3


def near_duplicates(known: Iterable[str], others: Iterable[str] | None = None) -> list[str]:
    """Say which texts differ in spaces, case or Unicode form alone, and in what; a few of them.

    Args:
        known: The texts that others may be taken for.
        others: What to compare them with; by default each other.
    """
    folded: dict[str, str] = {}
    found = []
    for text in known:
        if others is None and (other := folded.get(_folded(text))):
            found.append(_difference(other, text))
        folded.setdefault(_folded(text), text)
    for text in others or ():
        if other := folded.get(_folded(text)):
            found.append(_difference(text, other))
    return found[:_MOST]


def _difference(text: str, other: str) -> str:
    if _spaced(other) == _spaced(text):
        what = "spaces"
    elif _formed(other) == _formed(text):
        what = "their Unicode form"
    else:
        what = "upper and lower case" if _spaced(other.casefold()) == _spaced(text.casefold()) else "form"
    return f"{text!r} and {other!r} differ in {what} alone"


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _formed(text: str) -> str:
    return _spaced(unicodedata.normalize("NFKC", text))


def _folded(text: str) -> str:
    return _spaced(unicodedata.normalize("NFKC", text).casefold())
