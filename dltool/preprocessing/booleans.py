"""Words of truth: ``True``, ``TRUE`` and, beside them, ``1`` are spellings of one value."""

from __future__ import annotations

from collections.abc import Sequence

_PAIRS = (("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"), ("off", "on"), ("0", "1"))
"""False and true in each way of saying so."""
_DIGITS = _PAIRS[-1]
_LABELS = ["0", "1"]


def _spelt(word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((word, word.capitalize(), word.upper())))


_TRUTHS = {spelling: bool(i) for pair in _PAIRS for i, word in enumerate(pair) for spelling in _spelt(word)}


def truth_of(text: str) -> bool | None:
    """Return what a word of truth says, whatever the spaces around it; None for another text."""
    return _TRUTHS.get(text.strip())


def spellings_of(known: Sequence[str]) -> dict[str, str]:
    """Return the categories of a boolean column by all the ways of spelling them; {} where ``known`` are not boolean.

    They are boolean if both values occur, in the words of one pair, such as yes and no, and perhaps as 0 and 1; 0 and
    1 alone are numbers.
    """
    stripped = {text.strip() for text in known}
    words = {text.lower() for text in stripped} - {*_DIGITS}
    pair = next((pair for pair in _PAIRS[:-1] if words and words <= {*pair}), None)
    if pair is None or {truth_of(text) for text in stripped} != {False, True}:
        return {}
    names = {truth: [text for text in stripped if truth_of(text) is truth] for truth in (False, True)}
    # The file's own spelling is kept where each value has exactly one, and that a word.
    is_plain = all(len(texts) == 1 and texts[0] not in _DIGITS for texts in names.values())
    chosen = [names[truth][0] if is_plain else _PAIRS[0][truth] for truth in (False, True)]
    return {
        spelling: chosen[truth]
        for truth in (False, True)
        for word in dict.fromkeys((pair[truth], _DIGITS[truth], chosen[truth]))
        for spelling in (*_spelt(word.lower()), word)
    }


def spellings(texts: Sequence[str], known: Sequence[str] | None = None) -> dict[str, str]:
    """Return the one spelling of every word of truth in a boolean column, by the spelling that it has; else {}.

    Args:
        texts: the distinct texts of a column, or of labels.
        known: the categories, or classes, that a model was trained with; they say what is boolean, and how it is
            spelt. 0 and 1 are labels that hold or not, whatever the words for it.
    """
    if known is not None and list(known) == _LABELS:
        return {text: _LABELS[truth] for text in texts if (truth := truth_of(text)) is not None}
    spelt = spellings_of(texts if known is None else known)
    return {text: spelt[text.strip()] for text in texts if text.strip() in spelt}
