"""Numbers in spellings that are no numbers here: what they may mean, and how to write them."""

from __future__ import annotations

import re

from dltool.preprocessing.booleans import boolean_of

_SIGN = "[-+\u2212]?"
_SPACES = " \u00a0\u2009\u202f"
_SEPARATOR = rf"[,.'\u2019{_SPACES}]"
_GROUPS = "|".join(
    rf"[1-9][0-9]{{0,2}}(?:{separator}[0-9]{{3}})+(?:{point}[0-9]+)?"
    for separator, point in ((",", "[.]"), ("[.]", ","), (f"[{_SPACES}]", "[.,]"), ("['\u2019]", "[.,]"))
)
_DECIMAL_COMMA = "[0-9]*,[0-9]+(?:[eE][-+]?[0-9]+)?"
_PLAIN = "(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][-+]?[0-9]+)?"
_UNITS = "%$€£¥"
_ANY = f"(?:{_GROUPS}|{_DECIMAL_COMMA}|{_PLAIN})"

# Arrow takes these patterns too.
OTHER_SPELLING = f"^(?:{_SIGN}(?:{_GROUPS}|{_DECIMAL_COMMA})|\u2212{_PLAIN})$"
"""Digits in groups, a decimal comma, or a typographic minus."""
NUMBER_WITH_UNIT = f"^{_SIGN}(?:[{_UNITS}] ?{_SIGN}{_ANY}|{_ANY} ?[{_UNITS}])$"
"""A number with a percent sign or a currency."""


def readings(text: str) -> list[str]:
    """Return what a number in another spelling may mean, as plain numbers; [] for what is no such thing.

    A comma before exactly three digits has two readings: ``13,880`` is 13880 or 13.880.
    """
    bare = text.strip()
    if not re.fullmatch(OTHER_SPELLING, bare):
        return []
    sign = "-" if bare[0] in "-\u2212" else ""
    digits = bare.lstrip("-+\u2212")
    found = []
    if re.fullmatch(_GROUPS, digits):
        separators = re.findall(_SEPARATOR, digits)
        *groups, last = re.split(_SEPARATOR, digits)
        found.append("".join(groups) + ("." if separators[-1] != separators[0] else "") + last)
    if re.fullmatch(_DECIMAL_COMMA, digits):
        found.append(digits.replace(",", "."))
    return [sign + number for number in found or [digits]]


def advice(text: str) -> str:
    """Return how to write a cell that is no number, to stand behind the complaint; "" if there is no telling."""
    bare = text.strip()
    if (truth := boolean_of(bare)) is not None:
        return f"; if it means {truth:d}, write {truth:d}"
    if re.fullmatch(NUMBER_WITH_UNIT, bare):
        number = re.sub(f"[{_UNITS}]", "", bare).replace("- ", "-").strip()
        written = " or ".join(readings(number) or [number])
        if "%" in bare:
            return f"; write {written} without the percent sign, or a hundredth of it, in every row alike"
        return f"; write {written} without the currency"
    plain = readings(bare)
    if len(plain) > 1:
        return f"; write {plain[0]} if the comma groups thousands, {plain[1]} if it is a decimal comma"
    return f"; write {plain[0]}" if plain else ""
