"""The axes of a sweep: their values, and the points that those make."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.experiments.axes import corner_points, count_points, grid_points
from dltool.experiments.sweep_spec import Range, Sweep

axes = st.dictionaries(
    st.text("abc.", min_size=1, max_size=5),
    st.one_of(
        st.lists(st.integers(), min_size=1, max_size=4, unique=True),
        st.builds(lambda low: {"low": low, "high": low + 3, "step": 1}, st.integers(0, 9)),
        st.dictionaries(st.text("xyz", min_size=1), st.just({"a": 1}), min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=3,
)


def listed(axis):
    if isinstance(axis, dict) and "low" in axis:
        return list(range(axis["low"], axis["high"] + 1))
    return list(axis)


@given(axes)
def test_a_grid_is_the_product_of_its_axes(written):
    found = list(grid_points(Sweep(name="s", base={}, axes=written).axes))
    assert [tuple(values.values()) for values in found] == list(itertools.product(*map(listed, written.values())))
    assert all(list(values) == list(written) for values in found)


@given(axes)
def test_the_corners_hold_every_value(written):
    found = list(corner_points(Sweep(name="s", base={}, axes=written).axes))
    for name, axis in written.items():
        assert {values[name] for values in found} == set(listed(axis))
    assert len(found) == 1 + sum(len(listed(axis)) - 1 for axis in written.values())


@pytest.mark.parametrize(
    ("axis", "count"),
    [
        ([1, 2, 3], 3),
        ({"small": {"a": 1}, "large": {"a": 2}}, 2),
        (Range(low=1, high=10), 10),
        (Range(low=1, high=10, log=True), 10),
        (Range(low=1, high=10, step=4), 3),
        (Range(low=0.1, high=0.3, step=0.1), 3),
        (Range(low=0.1, high=0.3), math.inf),
    ],
)
def test_the_number_of_values_on_an_axis(axis, count):
    assert count_points({"axis": axis, "other": [1, 2]}) == 2 * count
