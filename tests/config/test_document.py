"""A problem is placed where it was written, as near as that is known."""

from pathlib import Path

import pytest

from dltool.config.overrides import apply_override
from dltool.config.yaml_reader import read_text
from dltool.errors import Problem

TEXT = "a: {b: 1}\no: adam\nl:\n  - x\n"


def read(text=TEXT):
    return read_text(text, "c.yaml", Path())


@pytest.mark.parametrize(
    ("problem", "position"),
    [
        (Problem("", ("a", "b")), (1, 8)),
        (Problem("", ("a", "b"), at_key=True), (1, 5)),
        (Problem("", ("a", "missing")), (1, 1)),  # a key that was not written: the mapping's own key
        (Problem("", ("o", "rate")), (2, 4)),  # within a name that stands for a mapping: the name
        (Problem("", ("l", 0, "type")), (4, 5)),
        (Problem("", ("missing",)), (1, 1)),
    ],
)
def test_a_problem_has_the_most_precise_position_that_is_known(problem, position):
    found = read().position(problem)
    assert (found.line, found.column) == position


def test_problems_are_told_in_the_order_of_the_file_and_counted():
    problems = [Problem("second", ("o",)), Problem("first", ("a", "b"))]
    lines = str(read().error(problems)).split("\n")
    assert [line for line in lines if "error" in line] == ["c.yaml:1:8: error: first (a.b)",
                                                           "c.yaml:2:4: error: second (o)"]  # fmt: skip
    assert lines[-1] == "2 problems in c.yaml"


def test_of_many_problems_twenty_are_shown():
    said = str(read().error([Problem(f"no. {i}", ("a", "b")) for i in range(1001)]))
    assert said.count("error:") == 20
    assert said.endswith("1,001 problems in c.yaml; the first 20 are shown")


def test_what_was_valid_without_an_override_is_reported_of_the_override():
    document = read()
    assert apply_override(document, "o={rate: 1}") is None
    old = Problem("wrong before", ("a", "b"))
    error = document.error([old, Problem("wrong by it", ("o", "type"))], before=[old])
    positions = {problem.message: problem.position.origin for problem in error.problems}
    assert positions == {"wrong before": "c.yaml", "wrong by it": "command line"}


def test_a_part_knows_its_values_and_their_positions():
    part = read().part(("l",))
    assert part.value == ["x"]
    assert (part.value_positions[(0,)].line, part.key_positions[()].line) == (4, 3)
    assert (0, "x") not in part.value_positions


def test_a_copy_is_changed_alone():
    document = read()
    apply_override(document.copy(), "a.b=2")
    assert document.value["a"] == {"b": 1}
    assert document.overrides == []
    assert document.value_at(("a", "b")) == 1
    assert document.value_at(("a", 0, "c")) is None
