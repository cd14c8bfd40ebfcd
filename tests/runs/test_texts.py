"""The texts of stored files."""

import json
import math

import pytest
import yaml

from dltool.runs.texts import json_text, yaml_text

# Each is something else than a text, to some reader of YAML, unless it is quoted.
TREACHEROUS = [
    "08",
    "1e3",
    "1_000",
    "0x1f",
    "yes",
    "NO",
    "null",
    "~",
    "12:30:00",
    "2026-01-01",
    "- a",
    "a: b",
    "#",
    "",
    " ",
]


@pytest.mark.parametrize("text", TREACHEROUS)
def test_a_text_that_might_be_taken_for_something_else_is_quoted(text):
    written = yaml_text({"key": text, "list": [text]})
    assert yaml.safe_load(written) == {"key": text, "list": [text]}
    assert f"key: {text}\n" not in written


@pytest.mark.parametrize("text", ["relu", "data/iris.csv", "mnist-001", "/tmp/a_b"])
def test_a_plain_word_or_path_is_not_quoted(text):
    assert yaml_text({"key": text, "list": [1]}) == f"key: {text}\nlist: [1]\n"


def test_keys_keep_their_order_and_letters_stay_letters():
    assert yaml_text({"z": [1], "a": "grün"}) == "z: [1]\na: 'grün'\n"


def test_json_holds_no_number_that_json_has_not():
    text = json_text({"a": math.nan, "b": [math.inf, 1.0], "c": {"d": (-math.inf, 2)}, "e": "grün"})
    written = json.loads(text, parse_constant=pytest.fail)
    assert written == {
        "a": None,
        "b": [None, 1.0],
        "c": {"d": [None, 2]},
        "e": "grün",
    }
    assert "grün" in text
    assert text.endswith("}\n")
