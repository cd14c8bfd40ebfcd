"""The lines of the log are JSON, and the same however the epochs came."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.contracts.events import EpochEnded, Epochs
from dltool.errors import DataError
from dltool.runs.epoch_rows import log_lines, read_row, read_rows

NUMBERS = st.floats() | st.sampled_from([0.001, 1e-5, 1e16, 1e22, 0.1 + 0.2, -0.0, 1.0]) | st.none()
NAMES = ["loss", "validation_loss", 'what % "anybody" {calls}, it']


@st.composite
def epochs(draw):
    count = draw(st.integers(1, 5))
    series = {name: draw(st.lists(NUMBERS, min_size=count, max_size=count)) for name in NAMES}
    rates = draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    seconds, speed, best = draw(st.floats(0, 1e6)), draw(st.floats(0)), ([1] * count, [0.5] * count)
    return Epochs(draw(st.integers(1, 10**6)), series, rates, seconds, speed, *best)


def finite(value):
    return None if value is not None and not math.isfinite(value) else value


@given(epochs())
def test_epochs_that_ended_together_have_the_lines_of_each(together):
    each = [*together]
    assert all(isinstance(event, EpochEnded) for event in each)
    lines = log_lines(together)
    assert lines == log_lines(each)
    for number, (event, line) in enumerate(zip(each, lines.splitlines(), strict=True), together.first):
        expected = {"epoch": number, **event.metrics, "learning_rate": event.learning_rate}
        expected |= {"seconds": event.seconds, "examples_per_second": event.examples_per_second}
        assert list(json.loads(line).items()) == [(name, finite(value)) for name, value in expected.items()]


@given(epochs())
def test_what_was_written_is_read(together):
    for event, line in zip(together, log_lines(together).splitlines(), strict=True):
        row = read_row(line, Path("metrics.jsonl"), event.epoch)
        assert row["epoch"] == event.epoch
        for name, value in event.metrics.items():
            assert math.isnan(row[name]) if finite(value) is None else row[name] == value


@given(epochs())
def test_many_are_read_as_each_is(together):
    together = replace(together, first=1)
    lines = log_lines(together).splitlines()
    each = [read_row(line, Path("metrics.jsonl"), number) for number, line in enumerate(lines, 1)]
    assert repr(read_rows(lines, Path("metrics.jsonl"))) == repr(each)


@pytest.mark.parametrize(
    "second", ["", "{}", "{}, {}", '{"epoch": 3}', '{"epoch": 2', '["epoch"]', '{"epoch": "2"}', "nan"]
)
def test_of_many_the_one_that_is_damaged_is_named(second):
    row = '{"epoch": %d, "loss": 1, "learning_rate": 0.1, "seconds": 1, "examples_per_second": 1}'
    lines = [row % 1, second, row % 3]
    with pytest.raises(DataError, match=r"^metrics\.jsonl:2: damaged: "):
        read_rows([line.encode() for line in lines], Path("metrics.jsonl"))


@given(epochs(), st.integers(-6, 6), st.integers(-6, 6))
def test_epochs_are_a_sequence_of_events(together, first, end):
    each = [together[i] for i in range(len(together))]
    assert repr(together[first:end]) == repr(each[first:end])
    assert repr([*reversed(together)]) == repr(each[::-1])
    assert [event.epoch for event in each] == list(range(together.first, together.first + len(together)))


def test_two_rows_in_a_line_are_damage():
    together = Epochs(1, {"loss": [0.5] * 3}, [0.1] * 3, 1.0, 4.0, [1] * 3, [0.5] * 3)
    first, second, third = log_lines(together).splitlines()
    cut = third.index(b",") + 1
    with pytest.raises(DataError, match="m:1: damaged"):
        read_rows([first + b"," + second, third[: cut - 1], third[cut:]], Path("m"))
