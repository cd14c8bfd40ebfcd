from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.report.drawing import (
    Line,
    epoch_scale,
    labelled,
    linear_scale,
    logarithmic_scale,
    number_scale,
    plot,
    text,
)

NUMBERS = st.floats(-1e12, 1e12).map(lambda value: round(value, 3))


@given(NUMBERS, NUMBERS)
def test_a_linear_scale_has_two_to_seven_ticks_where_their_labels_say(a, b):
    low, high = sorted((a, b))
    scale = linear_scale(low, high)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        assert [position for _, position in scale.ticks] == [0.5]
        return
    assert (scale.position(low), scale.position(high)) == (0, 1)
    assert 2 <= len(scale.ticks) <= 7
    # A label of more than nine characters is rounded to six digits.
    rounding = 1e-5 * max(abs(low), abs(high)) / (high - low)
    for label, position in scale.ticks:
        assert -1e-9 <= position <= 1 + 1e-9
        assert scale.position(float(label)) == pytest.approx(position, abs=rounding)


def test_a_logarithmic_scale_has_a_tick_an_order_of_magnitude():
    scale = logarithmic_scale(0.01, 100)
    assert scale.ticks == [("0.01", 0), ("0.1", 0.25), ("1", 0.5), ("10", 0.75), ("100", 1)]
    assert scale.position(0) == 0


@pytest.mark.parametrize(("low", "high", "middle"), [(1, 100, 50.5), (1, 10_000, 100), (-1, 10_000, 4999.5)])
def test_numbers_over_more_than_two_orders_of_magnitude_are_drawn_by_them(low, high, middle):
    assert number_scale(low, high).position(middle) == pytest.approx(0.5)


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_epochs_have_at_most_eleven_ticks_in_order(first, count):
    scale = epoch_scale(first, first + count)
    assert len(scale.ticks) <= 11
    named = [int(label) for label, _ in scale.ticks]
    assert named == sorted(set(named))
    assert all(first <= epoch <= first + count for epoch in named)


@given(st.integers(0, 500))
def test_an_axis_has_no_more_labels_than_there_is_room_for(count):
    found = labelled(range(count))
    assert len(found) <= 12
    assert len(found) >= min(count, 6)
    assert len({b - a for a, b in pairwise(found)}) <= 1


def test_texts_are_escaped():
    assert ElementTree.fromstring(text("0", 0, "<b>&\"'", "start")).text == "<b>&\"'"
    line = Line([(0, 0), (1, 1)], "training", tooltip="</title><script>")
    picture = plot([line], linear_scale(0, 1), linear_scale(0, 1), "<x>", '"><script>', marks=[(0.5, "<mark>")])
    root = ElementTree.fromstring(picture)
    assert root.get("aria-label") == '"><script>'
    assert {"<x>", "<mark>", "</title><script>"} <= set(root.itertext())
    assert not [element for element in root.iter() if element.tag.endswith("script")]
