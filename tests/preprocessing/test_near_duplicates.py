"""Texts that a person would take for one are named, with what they differ in."""

from __future__ import annotations

import re

import pytest

from dltool.preprocessing.near_duplicates import near_duplicates, padded_name


@pytest.mark.parametrize(
    ("known", "others", "found"),
    [
        (["Größe"], ["Gro\u0308ße"], ["their Unicode form"]),
        (["a b"], ["a  b "], ["spaces"]),
        (["red"], ["RED", "blue"], ["upper and lower case"]),
        (["red", "Red", "blue"], None, ["upper and lower case"]),
        (["red", "blue"], None, []),
    ],
)
def test_texts_that_differ_in_little_are_named_with_it(
    known: list[str], others: list[str] | None, found: list[str]
) -> None:
    said = near_duplicates(known, others)
    assert [re.search("differ in (.*) alone", each)[1] for each in said] == found  # type: ignore[index]


@pytest.mark.parametrize(
    ("names", "padded"), [(["red", "blue", "red "], "red "), ([" red"], None), (["red", "Red "], None)]
)
def test_spaces_around_a_name_that_is_there_without_them_are_a_slip(names: list[str], padded: str | None) -> None:
    assert padded_name(names) == padded
