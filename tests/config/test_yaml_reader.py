"""YAML is read with positions, by the rules of version 1.2, and nothing is evaluated."""

import json
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dltool.config.yaml_reader import read_text
from dltool.errors import ConfigError


def read(text):
    return read_text(text, "test.yaml", Path())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("-1.5E+3", -1500.0), (".5", 0.5), ("7", 7), ("-0", 0), ("true", True), ("False", False),
        ("yes", "yes"), ("on", "on"), ("~", None), ("null", None), ("''", ""), ("'010'", "010"), ("1:30", "1:30"),
        ("2026-11-23", "2026-11-23"), ("0.0.1", "0.0.1"), ("+1", 1), ("1.", 1.0), (".inf", math.inf),
        ("-.Inf", -math.inf), ("n", "n"), ("<<", "<<"), ("=", "="), ("1_a", "1_a"), ("'1_000'", "1_000"),
    ],
)  # fmt: skip
def test_scalars_are_read_as_yaml_1_2_has_them(text, value):
    found = read(f"key: {text}\n")
    assert found.value == {"key": value}
    assert isinstance(found.value["key"], type(value))
    assert isinstance(found.value["key"], bool) == isinstance(value, bool)
    assert found.problems == []


def test_nan_is_read_for_validation_to_refuse():
    assert math.isnan(read("key: .nan").value["key"])


@pytest.mark.parametrize(
    "text", ["010", "-07", "0x1F", "-0X1f", "0o17", "0b11", "1_000", "-1__0", "0.1_0", "1_0.5", "1_0e3"]
)
def test_numbers_of_two_meanings_are_refused_at_their_place(text):
    (problem,) = read(f"a: 1\nkey: {text}\n").problems
    assert "may be read in several ways" in problem.message
    assert (problem.position.line, problem.position.column) == (2, 6)


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text("abc xyz", max_size=8) | st.floats(-10, 10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150)
@given(st.dictionaries(st.text("abcdef_", min_size=1), plain_values, min_size=1))
def test_what_pyyaml_writes_is_read_back(value):
    assert read(yaml.safe_dump(value)).value == value


# JSON is YAML 1.2. Line breaks other than \n are YAML 1.1's, and what cannot be printed is refused by both.
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cn", "Co"]), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150)
@given(st.dictionaries(words, json_values), st.sampled_from([None, 2]), st.booleans())
def test_what_json_writes_is_read_back(value, indent, ascii_only):
    if any(ord(letter) > 0xFFFF for letter in json.dumps(value, ensure_ascii=False)):
        ascii_only = False  # JSON escapes these as pairs of surrogates, YAML does not
    assert read(json.dumps(value, indent=indent, ensure_ascii=ascii_only)).value == value


@settings(max_examples=300)
@given(st.text() | st.text("{}[]:,&*!|>'\"#%@`- \n\tab01.", max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        read(text)
    except ConfigError as error:
        assert str(error).endswith("in test.yaml")


def test_every_value_has_its_position():
    document = read("a: 1\nb:\n  c: [10, 20]\n  d: {e: text}\n")
    positions = {keys: (position.line, position.column) for keys, position in document.value_positions.items()}
    assert positions[("a",)] == (1, 4)
    assert positions[("b", "c", 1)] == (3, 11)
    assert positions[("b", "d", "e")] == (4, 10)
    assert {k: (p.line, p.column) for k, p in document.key_positions.items()}[("b", "d", "e")] == (4, 7)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "test.yaml:2:1: error: key 'a' was given before, on line 1"),
        ("a: !!python/object:os.system {}\n", "tag 'tag:yaml.org,2002:python/object:os.system' is not allowed"),
        ("a: !!python/name:os.system x\n", "is not allowed"),
        ("a: !mine x\n", "tag '!mine' is not allowed"),
        ("a: 1\nb: !!str 5\n", "test.yaml:2:4: error: tag 'tag:yaml.org,2002:str' is not allowed"),
        ("a: !!binary aGk=\n", "tag 'tag:yaml.org,2002:binary' is not allowed"),
        ("a: {<<: {b: 1}}\n", "use 'extends'"),
        ("? [1, 2]\n: x\n", "a key must be a word"),
    ],
)
def test_what_plain_data_does_not_need_is_a_problem(text, said):
    document = read(text)
    assert document.problems
    assert said in str(document.error(document.problems))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\n---\nb: 2\n", "another document"),
        ("a: [1, 2\n", "test.yaml:2:1"),
        ("a:\tb: 1\n", "not valid YAML"),
        ("a: \x00\n", "not valid YAML"),
        ("a: *nowhere\n", "undefined alias"),
        ("a: " + "[" * 3000, "nested deeper than 64 levels"),
        ("{a: " * 100 + "1" + "}" * 100, "nested deeper than 64 levels"),
    ],
)
def test_what_is_no_yaml_is_named_with_its_place(text, said):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert said in str(caught.value)


def test_aliases_cannot_make_a_small_file_describe_a_huge_value():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(ConfigError, match="aliases make this file describe too many values"):
        read("\n".join(lines))


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a [*a, *a]", "a: &a {b: *a, c: *a}"])
def test_a_value_that_holds_itself_is_refused(text):
    with pytest.raises(ConfigError, match="aliases make this file describe too many values"):
        read(text)


def test_an_alias_stands_for_what_it_names():
    assert read("a: &x [1, {b: 2}]\nc: *x\n").value == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}


def test_many_values_are_no_bomb():
    rows = 25_000
    document = read("rows:\n" + "  - [1, 2, 3, 4]\n" * rows)
    assert document.problems == []
    assert document.value == {"rows": [[1, 2, 3, 4]] * rows}


def test_columns_count_letters():
    position = read("ä: {日本: [é, x]}\n").value_positions[("ä", "日本", 1)]
    assert (position.line, position.column, position.width) == (1, 13, 1)
