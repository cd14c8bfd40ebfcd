"""What a table's cells say of the config that it needs."""

import numpy as np
import pytest

from dltool.data.draft import draft_table
from dltool.errors import DataError, DataWarning, InputMissingError
from tests.support.tables import draft

RNG = np.random.default_rng(4)
ROWS = 60


NUMBERS = RNG.normal(size=ROWS).round(3)
CLASSES = RNG.choice(["good", "bad"], ROWS)


@pytest.mark.parametrize(
    ("target", "task"),
    [
        (NUMBERS, "numbers"),
        (CLASSES, "binary"),
        ([True, False] * 30, "binary"),
        ([0, 1] * 30, "binary"),
        ([1.0, 2.0] * 30, "binary"),
        (["a", "b", "c"] * 20, "classes"),
        ([0, 1, 2] * 20, "classes"),
        ([*range(10)] * 6, "classes"),
        ([0] * 40 + [1] * 14 + [2] * 5 + [3], "numbers"),  # counts
        ([3, 4, 5] * 20, "numbers"),  # grades, sizes
        ([10, 20, 35] * 20, "numbers"),
    ],
)
def test_what_is_to_be_predicted(tmp_path, target, task):
    assert draft(tmp_path, "a,y", NUMBERS, target).task == task


def test_what_is_left_out_and_declared(tmp_path):
    cylinders = ["rotary", *RNG.choice([4, 6, 8], ROWS - 1)]
    found = draft(tmp_path, ",id,a,cylinders,y", range(ROWS), range(7, 7 + ROWS), NUMBERS, cylinders, CLASSES)
    assert {name: what.split()[0] for name, what in found.declared.items()} == {
        "column_1": "ignore", "id": "ignore", "cylinders": "category",
    }  # fmt: skip


def test_rows_without_a_target_count_not(tmp_path):
    found = draft(tmp_path, "a,y", NUMBERS, [None, *NUMBERS[1:]])
    assert (found.rows, found.targets_missing) == (ROWS - 1, 1)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ([None] * ROWS, ["'y'", "every target is missing"]),
        (["a"] * ROWS, ["'y'", "every target is 'a'"]),
        ([f"name {i}" for i in range(ROWS)], ["'y'", "60 different texts", "no classes"]),
    ],
)
def test_what_cannot_be_predicted(tmp_path, target, words):
    with pytest.raises(DataError) as error:
        draft(tmp_path, "a,y", NUMBERS, target)
    assert all(word in str(error.value) for word in words), error.value


def test_a_wrong_name_and_a_missing_file(tmp_path):
    with pytest.raises(DataError, match="no column 'z'"):
        draft(tmp_path, "a,y", NUMBERS, CLASSES, target="z")
    with pytest.raises(InputMissingError):
        draft_table(str(tmp_path / "other.csv"), "y")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([f"{1 + i % 28:02d}.{1 + i % 12:02d}.2025" for i in range(ROWS)], '{type: date, format: "%d.%m.%Y"}'),
        ([f"{1 + i % 12}/{1 + i % 28}/2025" for i in range(ROWS)], '{type: date, format: "%m/%d/%Y"}'),
        ([f"{1 + i % 28}-Jun-25" for i in range(ROWS)], '{type: date, format: "%d-%b-%y"}'),
        ([f"06/{1 + i % 28}/2025 8:{i % 60:02d} PM" for i in range(ROWS)], '{type: time, format: "%m/%d/%Y %I:%M %p"}'),
    ],
)
def test_dates_in_other_formats(tmp_path, cells, expected):
    found = draft(tmp_path, "when,y", cells, CLASSES)
    assert found.declared["when"].startswith(expected)
    assert found.types[0].type in ("date", "time")


def test_days_and_months_that_may_be_swapped_are_named(tmp_path):
    found = draft(tmp_path, "when,y", [f"{1 + i % 12}/{1 + i % 9}/2025" for i in range(ROWS)], CLASSES)
    assert "%d/%m/%Y fits too" in found.declared["when"]


def test_what_is_left_out_is_said(tmp_path):
    with pytest.warns(DataWarning, match="2 columns: 'column_1', 'id' left out"):
        draft(tmp_path, ",id,a,y", range(ROWS), range(7, 7 + ROWS), NUMBERS, CLASSES)
