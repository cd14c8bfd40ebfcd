"""What a table's cells say of the config that it needs."""

import numpy as np
import pytest

from dltool.data.draft import draft_table
from dltool.errors import DataError, InputMissingError

RNG = np.random.default_rng(4)
ROWS = 60


def draft(folder, header, *columns, target="y", delimiter=","):
    lines = [
        header,
        *(delimiter.join("" if cell is None else str(cell) for cell in row) for row in zip(*columns, strict=True)),
    ]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    return draft_table(str(folder / "t.csv"), target)


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


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter(tmp_path, delimiter):
    words = ['"one, two; three"'] * ROWS
    found = draft(tmp_path, delimiter.join(("a", "w", "y")), NUMBERS, words, CLASSES, delimiter=delimiter)
    assert found.format.delimiter == delimiter
    assert found.rows == ROWS


def test_what_marks_a_hole(tmp_path):
    questioned = [*NUMBERS[:-2], "?", "?"]
    dashed = ["-", *NUMBERS[1:]]
    dash_is_a_word = ["-", *["x", "y"] * 29, "-"]
    found = draft(tmp_path, "a,b,c,y", questioned, dashed, dash_is_a_word, CLASSES)
    assert found.format.missing_values[-2:] == ("?", "-")
    assert [each.type for each in found.types] == ["number", "number", "category"]
    assert found.holed == 3
    found = draft(tmp_path, "a,c,y", NUMBERS, dash_is_a_word, CLASSES)
    assert "-" not in found.format.missing_values


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


def test_decimal_commas_and_another_encoding(tmp_path):
    lines = ["größe;y", *(f"{number:.3f};{i % 2}".replace(".", ",") for i, number in enumerate(NUMBERS))]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", "latin-1")
    found = draft_table(str(tmp_path / "t.csv"), "y")
    assert (found.format.decimal, found.format.encoding, found.format.delimiter) == (",", "windows-1252", ";")
    assert [each.type for each in found.types] == ["number"]


def test_a_class_that_is_called_like_a_marker_is_no_hole(tmp_path):
    found = draft(tmp_path, "a,b,y", ["None", *NUMBERS[1:]], NUMBERS, ["None", "Some"] * 30)
    assert (found.targets_missing, found.task) == (0, "binary")


def test_holes_among_decimal_commas(tmp_path):
    cells = ["-", *(f"{number:.3f}".replace(".", ",") for number in NUMBERS[1:])]
    found = draft(tmp_path, "a;y", cells, CLASSES, delimiter=";")
    assert found.format.missing_values[-1] == "-"
    assert [(each.type, each.cells.null_count) for each in found.types] == [("number", 1)]
