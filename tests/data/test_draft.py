"""What a table's cells say of the config that it needs."""

import datetime
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from dltool.config.needs import TaskName
from dltool.config.table_format import MISSING_VALUES, TableFormat
from dltool.data.draft import draft_table
from dltool.data.draft_text import draft_text
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


def test_a_table_in_parquet(tmp_path, make_spec):
    table = pa.table(
        {
            "a": [None, *NUMBERS[1:]], "day": [datetime.date(2024, 1, 1) + datetime.timedelta(i) for i in range(ROWS)],
            "tags": [[1]] * ROWS, "raw": [b"x"] * ROWS, "b": ["?", *map(str, NUMBERS[1:])],
            "german": ["1,5", *(f"{i % 7},25" for i in range(ROWS - 1))], "y": CLASSES,
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.warns(DataWarning, match="2 columns: 'tags', 'raw' left out"):
        found = draft_table(str(tmp_path / "t.parquet"), "y", "parquet")
    assert found.declared == {
        "tags": "ignore   # lists", "raw": "ignore   # bytes, no text",
        "german": "category   # numbers and words, such as '1,5': 8 different cells",  # texts, whatever they look like
    }  # fmt: skip
    assert [column.type for column in found.types] == ["number", "date", "number", "category"]
    assert found.format == TableFormat(missing_values=(*MISSING_VALUES, "?"))
    data = yaml.safe_load(draft_text(found))["data"]
    assert (data["source"], data["path"]) == ("parquet", str(tmp_path / "t.parquet"))
    assert make_spec(**data).table_format == found.format


@pytest.mark.parametrize("way", ["missing_values", "errors"])
def test_a_word_that_makes_categories_of_numbers_is_named_and_both_ways_out_lead_to_numbers(tmp_path, load_data, way):
    rows = ["n/a?" if i == 40 else i % 4 for i in range(ROWS)]
    classes = [None if i == 7 else each for i, each in enumerate(CLASSES)]
    said = r"t\.csv, row 41 \(line 42\), column 'a': 'n/a\?' makes categories of a column of numbers \(1 of 59 cells"
    with pytest.warns(DataWarning, match=said) as caught:
        found = draft(tmp_path, "a,b,y", rows, NUMBERS, classes)
    assert found.declared == {"a": "category   # numbers and words, such as 'n/a?': 5 different cells"}
    assert "list it under data.missing_values if it marks a hole, or set data.errors: skip" in str(caught[0].message)
    data = yaml.safe_load(draft_text(found))["data"]
    del data["columns"], data["folds"]
    data |= {"missing_values": [*MISSING_VALUES, "n/a?"]} if way == "missing_values" else {"errors": "skip"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        signature = load_data(TaskName.BINARY, **data).signature
    assert [column.type for column in signature.table] == ["number", "number", "target"]


def test_a_few_words_among_numbers_mark_holes_and_values_in_another_spelling_do_not(tmp_path):
    numbers = [f"{i * 0.37:.2f}" for i in range(100)]
    words = ["k.A." if i % 20 == 3 else number for i, number in enumerate(numbers)]
    bounds = ["<0.5" if i % 20 == 3 else number for i, number in enumerate(numbers)]
    found = draft(tmp_path, "a,b,y", words, bounds, [i % 7 * 1.5 for i in range(100)])
    assert found.format.missing_values == (*MISSING_VALUES, "k.A.")
    assert [(column.name, column.type, column.cells.null_count) for column in found.types] == [
        ("a", "number", 5), ("b", "ignore", 0),
    ]  # fmt: skip
    assert "'<0.5'" in found.declared["b"]


def test_a_word_that_is_a_class_marks_no_hole(tmp_path):
    numbers = ["none" if i % 20 == 3 else f"{i * 0.37:.2f}" for i in range(100)]
    found = draft(tmp_path, "a,b,y", numbers, range(0, 200, 2), ["none" if i % 2 else "some" for i in range(100)])
    assert "none" not in found.format.missing_values
