import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.wording.formatting import (
    clock,
    duration,
    escape_controls,
    metrics_text,
    number,
    shape,
    signed,
    size,
    truncated,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 😀\n", "plain é 😀\n"),
        ("\x1b[31mred", r"\x1b[31mred"),
        (os.fsdecode(b"caf\xe9.png"), r"caf\xe9.png"),
        ("\ud83d half a pair", r"\ud83d half a pair"),
    ],
)
def test_what_cannot_be_shown_is_written_out(text, shown):
    assert escape_controls(text) == shown


@pytest.mark.parametrize(
    "value, expected",
    [
        (0, "0.0000"),
        (0.0123456, "0.0123"),
        (-0.5, "-0.5000"),
        (0.001, "0.0010"),
        (0.000123456, "0.000123"),
        (1.2e-7, "1.2e-07"),
        (12.345, "12.35"),
        (999.994, "999.99"),
        (999.996, "1,000"),
        (99_999, "99,999"),
        (9.94e5, "994,000"),
        (-49e6, "-49,000,000"),
        (1.5e9, "1.5e+09"),
        (float("nan"), "nan"),
        (None, "-"),
        (float("-inf"), "-inf"),
    ],
)
def test_number(value, expected):
    assert number(value) == expected


@given(st.floats(-1e300, 1e300))
def test_a_number_stays_near_its_value_and_narrow(value):
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=0.06, abs=1e-300)
    assert len(number(value)) <= 14  # -1,000,000,000, rounded up


@pytest.mark.parametrize(
    "value, expected",
    [(0.0123456, "+0.01235"), (-0.00001, "-1e-05"), (9.94e5, "+994,000"), (-1234.5, "-1,234"), (12.0, "+12")],
)
def test_signed(value, expected):
    assert signed(value) == expected


@pytest.mark.parametrize(
    "seconds, expected",
    [
        (0, "0.0 ms"),
        (0.00034, "0.3 ms"),
        (0.0999, "99.9 ms"),
        (0.09996, "0.10 s"),
        (2.9, "2.90 s"),
        (9.996, "10.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (119.6, "2 min 00 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 00 min"),
        (7620, "2 h 07 min"),
        (360_000, "100 h 00 min"),
    ],
)
def test_duration(seconds, expected):
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    "seconds, expected", [(0, "0:00"), (6.1, "0:07"), (60, "1:00"), (3599.5, "1:00:00"), (7620, "2:07:00")]
)
def test_clock(seconds, expected):
    assert clock(seconds) == expected


@pytest.mark.parametrize(
    "count, expected",
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1.5 * 2**20, "1.5 MiB"),
        (2**40, "1.0 TiB"),
        (2**60, "1048576.0 TiB"),
    ],
)
def test_size(count, expected):
    assert size(count) == expected


def test_words():
    assert shape((28, 28, 1)) == "28 x 28 x 1"
    assert shape((10,)) == "10"
    assert metrics_text({"loss": 0.25, "accuracy": 1.0}) == "loss 0.2500  accuracy 1.0000"
    assert truncated("height", 6) == "height"
    assert truncated("heights", 6) == "heigh…"
