"""What is stored of residuals is little, and is held to what it says of itself."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dltool.contracts.residuals import Residuals, kept_places

READER = TypeAdapter(Residuals)


@given(st.integers(1, 2**31 - 1), st.integers(1, 5000))
def test_places_go_up_from_the_largest_and_are_few(rows, targets):
    places = kept_places(rows, targets)
    assert places[0] == 1
    assert places[-1] <= rows
    assert all(a < b for a, b in pairwise(places))
    assert len(places) * targets < 200_000
    if targets <= 10:
        assert places[:1000] == list(range(1, min(rows, 1000) + 1))
        assert all(b - a <= 1 + a / 500 for a, b in pairwise([*places, rows]))


def test_a_residual_a_place_and_target_from_the_largest():
    assert Residuals(3, ((3.0, 2.0, 2.0), (0.0, 0.0, 0.0))).fits(2)


@pytest.mark.parametrize(
    ("rows", "values", "targets"),
    [
        (3, ((3.0, 2.0, 1.0),), 2),
        (3, ((3.0, 2.0, 1.0), (1.0, 1.0, 1.0)), 1),
        (4, ((3.0, 2.0, 1.0),), 1),
        (2, ((3.0, 2.0, 1.0),), 1),
        (3, ((1.0, 2.0, 3.0),), 1),
    ],
    ids=["a target too few", "one too many", "a row too few", "a row too many", "the smallest first"],
)
def test_what_does_not_fit(rows, values, targets):
    assert not Residuals(rows, values).fits(targets)


@pytest.mark.parametrize(
    "stored",
    [
        {"rows": 0, "values": []},
        {"rows": 2**31, "values": [[1.0]]},
        {"rows": 1.5, "values": [[1.0]]},
        {"rows": 1, "values": [[-1.0]]},
        {"rows": 1, "values": [["1"]]},
        {"rows": 1, "values": [[float("nan")]]},
        {"rows": 1, "values": [[float("inf")]]},
        {"rows": 1, "values": [[1.0]], "path": "/etc/passwd"},
    ],
    ids=["no rows", "too many rows", "half a row", "negative", "a text", "not a number", "infinite", "more keys"],
)
def test_what_a_file_cannot_hold(stored):
    with pytest.raises(ValidationError):
        READER.validate_json(json.dumps(stored))
