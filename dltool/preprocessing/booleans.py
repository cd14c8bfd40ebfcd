"""Boolean words: ``True``, ``TRUE`` and, beside them, ``1`` are spellings of one value."""

from __future__ import annotations

from collections.abc import Sequence

_PAIRS = (("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"), ("off", "on"), ("0", "1"))
"""False and true in each way of saying so."""
_DIGITS = _PAIRS[-1]
_LABELS = ["0", "1"]


def _capitalizations(word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((word, word.capitalize(), word.upper())))


_VALUES = {spelling: bool(i) for pair in _PAIRS for i, word in enumerate(pair) for spelling in _capitalizations(word)}


def boolean_of(text: str) -> bool | None:
    """Return the value of a boolean word, whatever the spaces around it; None for another text."""
    return _VALUES.get(text.strip())


def spellings_of(known: Sequence[str]) -> dict[str, str]:
    """Return the categories of a boolean column by all the ways of spelling them; {} where ``known`` are not boolean.

    They are boolean if both values occur, in the words of one pair, such as yes and no, and perhaps as 0 and 1; 0 and
    1 alone are numbers.
    """
    stripped = {text.strip() for text in known}
    words = {text.lower() for text in stripped} - {*_DIGITS}
    pair = next((pair for pair in _PAIRS[:-1] if words and words <= {*pair}), None)
    if pair is None or {boolean_of(text) for text in stripped} != {False, True}:
        return {}
    names = {value: [text for text in stripped if boolean_of(text) is value] for value in (False, True)}
    # Where each value has exactly one spelling, and that a word, categories keep the file's own.
    is_plain = all(len(texts) == 1 and texts[0] not in _DIGITS for texts in names.values())
    chosen = [names[value][0] if is_plain else _PAIRS[0][value] for value in (False, True)]
    return {
        spelling: chosen[value]
        for value in (False, True)
        for word in dict.fromkeys((pair[value], _DIGITS[value], chosen[value]))
        for spelling in (*_capitalizations(word.lower()), word)
    }


def names_of(words: Sequence[str]) -> tuple[str, str] | None:
    """Return what to call false and true in a column of words of one pair, and of 0 and 1; None for other words."""
    bare = {text.strip().lower() for text in words}
    pair = next((pair for pair in _PAIRS[:-1] if bare <= {*pair, *_DIGITS} and bare & {*pair}), None)
    return _PAIRS[0] if pair is None and bare <= {*_DIGITS} else pair


def spellings(texts: Sequence[str], known: Sequence[str] | None = None) -> dict[str, str]:
    """Return the one spelling of every boolean word in a boolean column, by the spelling that it has; else {}.

    Args:
        texts: the distinct texts of a column, or of labels.
        known: the categories, or classes, that a model was trained with; they say what is boolean, and how it is
            spelt. 0 and 1 are labels that hold or not, whatever the words for it.
    """
    if known is not None and list(known) == _LABELS:
        return {text: _LABELS[value] for text in texts if (value := boolean_of(text)) is not None}
    spelt = spellings_of(texts if known is None else known)
    return {text: spelt[text.strip()] for text in texts if text.strip() in spelt}
