"""Words of a drafted config come back as they were."""

import re

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from dltool.data.draft_words import in_comment, quoted, run_name

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXTS)
@example("yes")
@example("a: b # c")
@example("1e3")
@example("~")
def test_what_is_written_is_read_back(text):
    assert yaml.safe_load(f"{{a: {quoted(text)}}}") == {"a": text}


@given(TEXTS)
@example("a\nmodel: b")
def test_a_comment_stays_one(text):
    assert yaml.safe_load(f"a: 1   # {in_comment(text)}\nb: 2") == {"a": 1, "b": 2}


@given(TEXTS)
def test_a_run_has_a_name_that_a_config_may_have(text):
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}|_[A-Za-z0-9._-]*", run_name(text, "table"))


@pytest.mark.parametrize(("text", "expected"), [("my table", "my_table"), ("ü", "table"), ("..a..", "a")])
def test_what_a_run_is_called(text, expected):
    assert run_name(text, "table") == expected
