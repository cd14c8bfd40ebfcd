"""What is to be run, and its points."""

from dltool import api
from dltool.experiments.definition import Point


def test_a_point_makes_its_config_once_and_only_when_it_is_asked_for():
    made = []
    point = Point(1, {"seed": 3}, lambda values: made.append(values) or "a config")
    assert made == []
    assert (point.config, point.config) == ("a config", "a config")
    assert made == [{"seed": 3}]


def test_a_point_that_was_checked_is_taken_unless_other_values_were_drawn_for_it(write):
    definition = api.read_sweep(write())
    first, third = definition.points[0], definition.points[2]
    assert definition.point(1, dict(first.values)) is first
    drawn = definition.point(1, third.values)
    assert drawn.number == 1
    assert drawn.config.plain() == third.config.plain() != first.config.plain()
    assert definition.point(99, third.values).config.plain() == third.config.plain()
