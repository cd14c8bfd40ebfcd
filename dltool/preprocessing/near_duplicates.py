"""Texts that a person would take for one: they differ in spaces, case or Unicode form alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

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
        if others is None and (other := folded.get(_case_folded(text))):
            found.append(_difference(other, text))
        folded.setdefault(_case_folded(text), text)
    for text in others or ():
        if other := folded.get(_case_folded(text)):
            found.append(_difference(text, other))
    return found[:_MOST]


def padded_name(names: Sequence[str]) -> str | None:
    """Return a name that differs from another in the spaces around it alone, which is a slip of the pen."""
    known = set(names)
    return next((name for name in names if name != name.strip() and name.strip() in known), None)


def _difference(text: str, other: str) -> str:
    if _single_spaced(other) == _single_spaced(text):
        what = "spaces"
    elif _normalized(other) == _normalized(text):
        what = "their Unicode form"
    else:
        what = "upper and lower case" if _single_spaced(other.casefold()) == _single_spaced(text.casefold()) else "form"
    return f"{text!r} and {other!r} differ in {what} alone"


def _single_spaced(text: str) -> str:
    return " ".join(text.split())


def _normalized(text: str) -> str:
    return _single_spaced(unicodedata.normalize("NFKC", text))


def _case_folded(text: str) -> str:
    return _single_spaced(unicodedata.normalize("NFKC", text).casefold())
