"""Settings of the command line are put into a document, or are problems at their words."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dltool.config.overrides import apply_override
from dltool.config.yaml_reader import read_text


def read(text):
    return read_text(text, "test.yaml", Path())


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("a.b=2", {"a": {"b": 2, "c": [1, 2]}, "o": "adam"}),
        ("a.c.1=7", {"a": {"b": 1, "c": [1, 7]}, "o": "adam"}),
        ("a.c[0]=x", {"a": {"b": 1, "c": ["x", 2]}, "o": "adam"}),
        ("a={b: 5}", {"a": {"b": 5, "c": [1, 2]}, "o": "adam"}),
        ("o.rate=1e-3", {"a": {"b": 1, "c": [1, 2]}, "o": {"type": "adam", "rate": 0.001}}),
        ("new.key=[1, 2]", {"a": {"b": 1, "c": [1, 2]}, "o": "adam", "new": {"key": [1, 2]}}),
        ("a.b=", {"a": {"b": None, "c": [1, 2]}, "o": "adam"}),
    ],
)
def test_overrides_are_set_on_top(override, value):
    document = read("a: {b: 1, c: [1, 2]}\no: adam\n")
    assert apply_override(document, override) is None
    assert document.value == value


@pytest.mark.parametrize(
    ("text", "override", "value"),
    [
        ("data: mnist", "data.validation=0.1", {"data": {"source": "mnist", "validation": 0.1}}),
        ("data: mnist", "data={validation: 0.1}", {"data": {"source": "mnist", "validation": 0.1}}),
        ("data: {source: csv, path: x}", "data=mnist", {"data": {"source": "mnist"}}),
        ("o: {type: adam, rate: 1}", "o=adam", {"o": {"type": "adam", "rate": 1}}),
        ("o: {type: adam, rate: 1}", "o=sgd", {"o": {"type": "sgd"}}),
        ("l: [{type: a, n: 1}, b]", "l[1].n=2", {"l": [{"type": "a", "n": 1}, {"type": "b", "n": 2}]}),
    ],
)
def test_overrides_merge_with_names(text, override, value):
    document = read(text)
    assert apply_override(document, override) is None
    assert document.value == value


def test_an_override_that_is_not_utf_8_is_said_to_be_none():
    problem = apply_override(read("data: {path: a}\n"), "data.path=caf\udce9/b")
    assert (problem.message, problem.hint) == ("the value is not UTF-8", "rename the file or folder")


@settings(max_examples=200)
@given(st.text() | st.text("abc.[]=019²{}: ", max_size=12) | st.just("a=\udcff"))
def test_any_override_is_set_or_a_problem(override):
    document = read("a: {b: 1, c: [1, 2]}\n")
    problem = apply_override(document, override)
    assert problem is None or "error:" in problem.render()


@pytest.mark.parametrize(
    "override",
    ["a.b", "=3", "a..b=1", "a.c.9=1", "a.c.x=1", "a.b=[1", "a[b=3", "a]=1", "a.c[0=1", "a.c[]=1", "a.c[-1]=1",
     ".a=1", "a.=1", "a b=1", "a.c[0]x=1", "[0]=1"],
)  # fmt: skip
def test_overrides_that_cannot_be_set_are_problems_with_the_words_as_place(override):
    problem = apply_override(read("a: {b: 1, c: [1, 2]}\n"), override)
    assert problem is not None
    assert f"--set {override}" in problem.render()
