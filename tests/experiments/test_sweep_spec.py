"""What a sweep file may say."""

from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dltool.config.json_schema import json_schema
from dltool.experiments.sweep_spec import Range, Sweep

REPOSITORY = Path(__file__).parent.parent.parent

decimals = st.decimals(min_value="0.001", max_value=100, places=3)


@given(low=decimals, step=decimals, count=st.integers(1, 50), rest=st.fractions(0, Fraction(99, 100)))
def test_the_steps_of_a_range_are_the_numbers_that_one_would_write_down(low, step, count, rest):
    high = low + count * step + (step * rest.numerator / rest.denominator).quantize(low, "ROUND_DOWN")
    steps = Range(low=float(low), high=float(high), step=float(step)).steps()
    assert steps == [float(low + i * step) for i in range(count + 1)]


@given(low=st.integers(-50, 50), count=st.integers(1, 50), step=st.integers(1, 9))
def test_whole_bounds_give_whole_numbers(low, count, step):
    steps = Range(low=low, high=low + count * step, step=step).steps()
    assert steps == list(range(low, low + count * step + 1, step))
    assert all(type(value) is int for value in steps)


def test_a_step_of_a_tenth_gives_three_tenths():
    assert Range(low=0.1, high=0.5, step=0.1).steps() == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert [type(value) for value in Range(low=1.0, high=3, step=1).steps()] == [float] * 3


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({"low": 2, "high": 1}, "expected low < high, got 2 and 1"),
        ({"low": 1, "high": 1}, "expected low < high, got 1 and 1"),
        ({"low": 0, "high": 1, "log": True}, "log needs a low above 0, got 0"),
        ({"low": 1, "high": 2, "log": True, "step": 1}, "log and step cannot be used together"),
        ({"low": 1, "high": 2, "step": 0}, "expected a step greater than 0, got 0"),
        ({"low": 0.0, "high": 1.0, "step": 1e-9}, "more than 10000 steps"),
        ({"low": "a", "high": 2}, "expected a finite number"),
        ({"low": True, "high": 2}, "expected a finite number"),
        ({"low": 1, "high": float("inf")}, "expected a finite number"),
    ],
)
def test_ranges_that_mean_nothing_are_refused(bounds, said):
    with pytest.raises(ValidationError, match=said):
        Range(**bounds)


SWEEP = {"name": "s", "base": "base.yaml", "axes": {"training.epochs": [1, 2]}}
VALIDATOR = jsonschema.Draft202012Validator(json_schema(Sweep, "sweep"))


@pytest.mark.parametrize("path", sorted((REPOSITORY / "configs" / "sweeps").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_fits_the_schema(path):
    VALIDATOR.validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize(
    ("more", "fits"),
    [
        ({}, True),
        ({"search": "grid", "repeats": 3}, True),
        ({"search": "tpe"}, False),
        ({"search": {"type": "tpe", "trials": 5, "pruning": "median"}}, True),
        ({"search": {"type": "tpe", "trails": 5}}, False),
        ({"base": {"extends": "base.yaml"}}, True),
        ({"axes": {"size": {"small": {"training.epochs": 1}}}}, True),
        ({"axes": {"seed": {"low": 1, "high": 3, "step": 1}}}, True),
        ({"axes": {"seed": {"low": 1, "hihg": 3}}}, False),
        ({"axes": {"seed": {"low": "1", "high": 3}}}, False),
        ({"axes": {"seed": 3}}, False),
        ({"axes": {}}, False),
        ({"repeat": 3}, False),
        ({"repeats": 0}, False),
        ({"objective": {"direction": "up"}}, False),
    ],
)
def test_the_schema_knows_what_a_sweep_file_may_say(more, fits):
    assert VALIDATOR.is_valid(SWEEP | more) == fits


def test_the_schema_asks_for_what_no_other_file_provides():
    assert not VALIDATOR.is_valid({"name": "s", "base": "base.yaml"})
    assert VALIDATOR.is_valid({"extends": "sweep.yaml", "name": "s"})


def test_every_key_of_a_sweep_file_is_described():
    definitions = VALIDATOR.schema["$defs"]
    for described in (VALIDATOR.schema, *definitions.values()):
        assert all("description" in keys for name, keys in described["properties"].items() if name != "type")
