"""Which word was meant: by another name, by another spelling, or but for a slip.

None of them is accepted: a word that is not known is refused, and answered with the one that is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache, lru_cache

from dltool.config.metric_names import is_on_validation, on_validation, without_part
from dltool.config.vocabulary import ADVICE, OTHER_NAMES

_MOST_WORDS = 8
_MOST_NAMES = 12
_ENDINGS = ("optimizer", "optimiser", "layer", "loss", "metric", "callback", "activation", "function", "decay", "rate")
_MOST_SLIPS = 5
_LEAST_WORD, _LEAST_BEGINNING = 3, 4
"""Letters that are no accident."""
_PARTS = re.compile(r"[\W_]+")
_VALIDATION = re.compile(r"(val|valid|validation|dev)[_/ -]", re.IGNORECASE)


@lru_cache(4096)
def plain(word: str) -> str:
    """Return what is left of a word where spelling does not count: ``keras.layers.Conv2D(3)`` is ``conv2d``."""
    word = word.partition("(")[0].rstrip(". ")
    return re.sub(r"[\W_]", "", word.rpartition(".")[2]).casefold()


@cache
def _names_by_other_name() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ours, others in OTHER_NAMES.items():
        for other in others.split():
            found.setdefault(other, []).append(ours)
    return found


def synonym(word: str, known: Collection[str]) -> str | None:
    """Return the known word that ``word`` is another spelling or another name of."""
    bare = plain(word)
    spelt = {plain(name): name for name in reversed(list(known))}
    for form in (bare, *(bare.removesuffix(end) for end in _ENDINGS if bare.endswith(end))):
        if form in spelt:
            return spelt[form]
        for ours in _names_by_other_name().get(form, ()):
            if ours in known:
                return ours
    if prefix := _VALIDATION.match(word):
        parts = [without_part(name) for name in known if is_on_validation(name)]
        found = synonym(word[prefix.end() :], parts)
        return found and on_validation(found)
    return None


def closest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that ``word`` may be a slip of, the likeliest of several.

    About every fourth letter at most is another, missing, one too many, or in its neighbour's place; or one of the two
    is the beginning of the other, or has all its words: ``rate`` and ``learning_rate``. Upper and lower case are alike.
    """
    folded, likeliest, fewest = word.casefold(), None, None
    for name in known:
        slips = _slips(folded, name.casefold(), _MOST_SLIPS if fewest is None or fewest[0] else fewest[1] - 1)
        if slips is not None and (fewest is None or slips < fewest):
            likeliest, fewest = name, slips
    return likeliest


def _slips(word: str, other: str, enough: int) -> tuple[bool, int] | None:
    """Return how far two words are from one another; None where one is no slip of the other, or by more than enough."""
    most = min((max(len(word), len(other)) + 1) // 4, enough)
    if abs(len(word) - len(other)) <= most and (distance := _distance(word, other, most)) <= most:
        return False, distance
    shorter, longer = sorted((word, other), key=len)
    begins = len(shorter) >= _LEAST_BEGINNING and longer.startswith(shorter)
    if begins or (len(shorter) >= _LEAST_WORD and {*_PARTS.split(shorter)} <= {*_PARTS.split(longer)}):
        return True, len(longer) - len(shorter)
    return None


def _distance(word: str, other: str, most: int) -> int:
    """Return how many letters are changed, left out, put in or swapped with the next between two words.

    More than ``most`` are not counted on: a table may have thousands of columns to compare a word with.
    """
    alike = next(
        (i for i, pair in enumerate(zip(word, other, strict=False)) if len({*pair}) > 1), min(len(word), len(other))
    )
    word, other = word[alike:], other[alike:]
    while word and other and word[-1] == other[-1]:
        word, other = word[:-1], other[:-1]
    # Each letter that the other lacks is changed, left out or put in.
    if max(len({*word} - {*other}), len({*other} - {*word})) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        row = [i] + [most + 1] * len(other)
        for j in range(max(1, i - most), min(len(other), i + most) + 1):
            against = other[j - 1]
            row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == against:
                row[j] = min(row[j], before[j - 2] + 1)
        if min(row) > most and min(last) > most:
            break
        before, last = last, row
    else:
        return last[-1]
    return most + 1


def advice_on(word: str) -> str:
    """Return how that is had for which the language has no key; empty where nothing is known of the word."""
    bare = plain(word)
    return next((advice for others, advice in ADVICE.items() if bare in others.split()), "")


def listed(known: Sequence[str], first: str | None = None, most: int = _MOST_WORDS) -> str:
    """Return the first of some words, the likely one at their head, and how many more there are."""
    words = sorted(known, key=lambda name: (name != first, name))
    more = len(words) - most
    # "and 1 more" is no shorter than a word.
    return ", ".join(words) if more <= 1 else ", ".join(words[:most]) + f" and {more} more"


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return a hint that names the likeliest word of the language, and some of the others."""
    likely = synonym(word, known) or closest(word, known)
    if likely:
        return f"did you mean {likely!r}? one of: {listed(known, likely)}"
    return f"expected one of: {listed(known)}" if known else ""


def did_you_mean_name(word: str, names: Sequence[str]) -> str:
    """Return the end of a message that names the likeliest of the user's own names, of columns say, or some of them."""
    likely = next((name for name in names if plain(name) == plain(word)), None) or closest(word, names)
    if likely is not None:
        return f"; did you mean {likely!r}?"
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"; there is: {', '.join(names[:_MOST_NAMES])}{more}" if names else ""
