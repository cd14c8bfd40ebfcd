"""Words of truth: ``True``, ``yes``, ``Y``, ``on`` and ``1`` are spellings of one value."""

from __future__ import annotations

from collections.abc import Sequence

_WORDS = {"true": True, "t": True, "yes": True, "y": True, "on": True, "1": True}
_WORDS |= {"false": False, "f": False, "no": False, "n": False, "off": False, "0": False}
_DIGITS = {"0", "1"}


def truth_of(text: str) -> bool | None:
    """Return what a word of truth says, whatever its case and the spaces around it; None for another text."""
    return _WORDS.get(text.strip().lower())


def spellings(texts: Sequence[str], known: Sequence[str] | None = None) -> dict[str, str]:
    """Return the one spelling of every word of truth in a boolean column, by the spelling that it has.

    ``texts`` are the distinct texts of a column or of labels. They are boolean if all of them are words of truth
    and not all are 0 and 1, which stay numbers. The file's own spelling is kept where each value has exactly one
    that is a word, else it is ``false`` and ``true``. With ``known``, the words that a model was trained with,
    these say whether the column is boolean, and how it is spelt. Returns {} where it is not.
    """
    basis = texts if known is None else known
    stripped = {text.strip() for text in basis}
    truths = {truth_of(text) for text in basis}
    if not truths or None in truths or (known is None and stripped <= _DIGITS):
        return {}
    if known is not None:
        names = {truth_of(text): text for text in known}
    elif len(stripped) == len(truths) and not stripped & _DIGITS:
        names = {truth_of(text): text for text in stripped}
    else:
        names = {False: "false", True: "true"}
    return {text: names[truth] for text in texts if (truth := truth_of(text)) in names}
