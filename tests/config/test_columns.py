"""What a config may say of a table's columns."""

from pathlib import Path

import pytest

from dltool.errors import ConfigError
from tests.support.examples import config_from

TEXT = """name: t
data:
  source: csv
  path: t.csv
  targets: y
  columns: {COLUMNS}
model: {type: mlp, hidden_units: [4]}
training: {loss: mean_squared_error, epochs: 1}
"""


def columns(text, more=""):
    return config_from(TEXT.replace("{COLUMNS}", text).replace("  targets: y\n", f"  targets: y\n{more}"), Path())


def test_a_column_is_a_name_or_a_mapping():
    spec = columns("{a: ignore, b: {type: number, missing: median}, c: {type: number, missing: -1}, d: date}").data
    assert {name: each.type for name, each in spec.columns.items()} == {
        "a": "ignore", "b": "number", "c": "number", "d": "date",
    }  # fmt: skip
    assert spec.ignored == ["a"]
    assert [spec.missing_in(name) for name in "abcdey"] == ["refuse", "median", -1.0, "refuse", "refuse", "refuse"]


def test_a_missing_target_is_dropped_where_either_key_says_so():
    for more, expected in (("  missing: mean\n", "refuse"), ("  missing: drop\n", "drop")):
        assert columns("{a: number}", more).data.missing_in("y") == expected
    assert columns("{a: number}", "  missing: mean\n  missing_targets: drop\n").data.missing_in("y") == "drop"


def test_a_missing_weight_is_dropped_as_other_holes_are_and_never_filled():
    for way, expected in (("mean", "refuse"), ("drop", "drop"), ("refuse", "refuse")):
        assert columns("{}", f"  missing: {way}\n  weights: w\n").data.missing_in("w") == expected


def test_an_indicator_needs_holes_that_are_filled():
    spec = columns("{a: {type: number, indicator: true}, b: {type: date, indicator: true}}", "  missing: mean\n").data
    assert all(each.indicator for each in spec.columns.values())
    assert columns("{a: {type: number, missing: 0, indicator: true, transform: none}}").data.columns["a"].indicator


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("{a: numbr}", "", ["test.yaml:6:", "numbr", "number"]),
        ("{a: {type: number, mising: mean}}", "", ["mising", "missing"]),
        ("{a: {type: number, missing: average}}", "", ["test.yaml:6:", "mean", "median"]),
        ("{y: number}", "", ["test.yaml:6:", "column 'y' is a target"]),
        ("{a: {type: date, format: YYYY-MM-DD}}", "", ["test.yaml:6:", "codes of strftime", "%d.%m.%Y"]),
        ("{a: ignore}", "  features: [a, b]\n", ["test.yaml:7:", "ignored here and listed by features"]),
        ("{a: number}", "  features: [b]\n", ["test.yaml:7:", "no feature: features lacks it"]),
        ("{a: {type: number, indicator: true}}", "", ["test.yaml:6:", "'a' has an indicator", "missing is refuse"]),
        ("{a: {type: time, indicator: true}}", "  missing: drop\n", ["'a' has an indicator", "missing is drop"]),
        ("{a: number}", "  weights: a\n", ["column 'a' weighs the rows", "none of targets, features and columns"]),
        ("{}", "  weights: y\n", ["column 'y' weighs the rows"]),
        ("{a: {type: number, transform: sqrt}}", "", ["test.yaml:6:", "sqrt", "log, none"]),
        ("{a: {type: number, transform: log, missing: 0}}", "", ["test.yaml:6:", "missing is 0", "above 0"]),
        ("{a: number}", "  thousands: ','\n  decimal: ','\n", ["thousands and decimal are one mark"]),
    ],
)
def test_slips(text, more, words):
    with pytest.raises(ConfigError) as error:
        columns(text, more)
    assert all(word in str(error.value) for word in words), error.value
