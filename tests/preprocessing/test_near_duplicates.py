"""Texts that a person would take for one are named, with what they differ in."""

from __future__ import annotations

import re

import pytest

from dltool.preprocessing.near_duplicates import near_duplicates


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
