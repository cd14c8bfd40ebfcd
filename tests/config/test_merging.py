"""One document on top of another: mappings merge, anything else replaces."""

from pathlib import Path

import pytest

from dltool.config.merging import merge_base, set_value
from dltool.config.yaml_reader import read_text
from dltool.errors import Position

SETTING = Position("sweep.yaml", 3, 5, 4, "    a.b: [1, 2]")


def read(text, origin="top.yaml"):
    return read_text(text, origin, Path())


def merged(top, base):
    document = read(top)
    merge_base(document, read(base, "base.yaml"))
    return document


@pytest.mark.parametrize(
    ("top", "base", "value"),
    [
        ("a: {x: 1}\nl: [9]", "a: {x: 0, y: 2}\nl: [1, 2, 3]\nother: kept",
         {"a": {"x": 1, "y": 2}, "l": [9], "other": "kept"}),
        ("optimizer: {type: sgd}", "optimizer: {type: adam, beta_1: 0.5}", {"optimizer": {"type": "sgd"}}),
        ("optimizer: {learning_rate: 1}", "optimizer: adam", {"optimizer": {"type": "adam", "learning_rate": 1}}),
        ("optimizer: adam", "optimizer: {type: adam, beta_1: 0}", {"optimizer": {"type": "adam", "beta_1": 0}}),
        ("optimizer: sgd", "optimizer: {type: adam, beta_1: 0}", {"optimizer": {"type": "sgd"}}),
        ("optimizer: {type: sgd}", "optimizer: adam", {"optimizer": {"type": "sgd"}}),
        ("optimizer: sgd", "optimizer: adam", {"optimizer": "sgd"}),
        ("data: {validation: 0.1}", "data: mnist", {"data": {"source": "mnist", "validation": 0.1}}),
        ("data: mnist", "data: {source: csv, path: x}", {"data": {"source": "mnist"}}),
        ("data: {test: t.csv}", "data: {test: {features: [1]}}", {"data": {"test": "t.csv"}}),
        ("a: {a: {a: {a: {a: {a: {a: {a: {b: 1}}}}}}}}", "a: {a: {a: {a: {a: {a: {a: {a: c}}}}}}}",
         {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"type": "c", "b": 1}}}}}}}}}),
    ],
)  # fmt: skip
def test_mappings_and_names_that_stand_for_them_merge_and_all_else_replaces(top, base, value):
    assert merged(top, base).value == value


def test_what_comes_from_the_base_has_its_position_there():
    document = merged("a: {x: 1}\no: {rate: 1}\n", "a:\n  y: 2\no: adam\n")
    origins = {keys: (p.origin, p.line) for keys, p in document.value_positions.items()}
    assert origins[("a", "x")] == ("top.yaml", 1)
    assert origins[("a", "y")] == ("base.yaml", 2)
    assert origins[("o", "type")] == ("base.yaml", 3)


def test_problems_of_the_base_are_problems_of_the_whole():
    assert [p.position.origin for p in merged("a: 1", "b: 010\nb: 2").problems] == ["base.yaml"] * 2


def test_a_value_that_is_set_takes_its_positions_along_and_leaves_none_of_the_old():
    document = read("a: {b: {c: 1, d: 2}}\n")
    assert set_value(document, ("a", "b"), read("[1, 2]", "sweep.yaml"), SETTING) is None
    assert document.value == {"a": {"b": [1, 2]}}
    assert document.key_positions["a", "b"] == SETTING
    assert document.value_positions["a", "b", 1].origin == "sweep.yaml"
    assert ("a", "b", "c") not in document.value_positions


def test_a_value_that_can_be_set_nowhere_is_a_problem_where_it_was_written():
    document = read("a: {b: [1]}\n")
    problem = set_value(document, ("a", "b", 7), read("2", "sweep.yaml"), SETTING)
    assert (problem.message, problem.position) == ("there is no a.b[7] to set", SETTING)
    assert document.value == {"a": {"b": [1]}}
