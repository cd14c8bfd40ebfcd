"""How a table is written, as its cells tell."""

import numpy as np
import pytest
import yaml

from dltool.data.dialect import first_format
from dltool.data.draft import draft_table
from dltool.data.draft_text import draft_text
from dltool.errors import DataError
from tests.support.tables import draft

RNG = np.random.default_rng(4)
ROWS = 60
NUMBERS = RNG.normal(size=ROWS).round(3)
CLASSES = RNG.choice(["good", "bad"], ROWS)


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


@pytest.mark.parametrize(
    ("cells", "delimiter", "decimal", "thousands"),
    [
        ([f'"{i},{i:03d}"' for i in range(1, 61)], ",", ".", ","),
        ([f'"0,{i:02d}"' for i in range(1, 61)], ",", ",", None),
        ([f"{i}.{i:03d},50" for i in range(1, 61)], ";", ",", "."),
        ([f"{i}.{i:03d}" for i in range(1, 61)], ";", ".", None),
    ],
)
def test_marks_in_numbers(tmp_path, cells, delimiter, decimal, thousands):
    found = draft(tmp_path, f"a{delimiter}y", cells, CLASSES, delimiter=delimiter)
    assert (found.format.decimal, found.format.thousands) == (decimal, thousands)
    assert [each.type for each in found.types] == ["number"]


def test_a_marker_in_the_target_is_a_hole(tmp_path):
    found = draft(tmp_path, "a,y", NUMBERS, ["?", *["yes", "no"] * 29, "?"])
    assert (found.task, found.targets_missing) == ("binary", 2)


def test_infinite_numbers_are_holes(tmp_path):
    found = draft(tmp_path, "a,y", ["inf", *NUMBERS[1:]], CLASSES)
    assert (found.types[0].type, found.holed) == ("number", 1)


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "the file is empty"), (b"PK\x03\x04\xff\xfe\x90", "a ZIP archive")]
)
def test_what_is_no_table_is_named_for_what_it_is(tmp_path, content, said):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError, match=said):
        draft_table(str(tmp_path / "t.csv"), "y")


TABLE = "id,size,kind,y\n" + "".join(f"{i},{i / 7:.3f},{'ab'[i % 2]},{i % 2}\n" for i in range(40))


@pytest.mark.parametrize(
    ("content", "comment", "skip_rows"),
    [
        (TABLE, None, 0),
        ("A report\nof 2024, by us\n\n" + TABLE, None, 3),
        ('"A report\nof two lines"\n' + TABLE, None, 2),
        ("# A report\n# of 2024, by us\n" + TABLE, "#", 0),
        (TABLE + "# 40 rows\n", "#", 0),
        ("#" + TABLE, None, 0),  # the header's own mark
        ("# A report\n" + TABLE + "#1,0.5,a,1\n", None, 1),  # a row's
        ("A report\n# with a comment\n" + TABLE, None, 2),
        ("1,2,3\n" * 5 + TABLE, None, 0),
    ],
)
def test_what_stands_before_the_header(tmp_path, content, comment, skip_rows):
    (tmp_path / "t.csv").write_text(content)
    found = first_format(str(tmp_path / "t.csv"))
    assert (found.delimiter, found.comment, found.skip_rows) == (",", comment, skip_rows)


def test_a_header_that_lacks_the_name_of_the_rows_is_no_title(tmp_path):
    (tmp_path / "t.csv").write_text("size,kind,y\n" + TABLE.partition("\n")[2])
    assert first_format(str(tmp_path / "t.csv")).skip_rows == 0


def test_spaces_between_cells(tmp_path):
    (tmp_path / "t.txt").write_text(TABLE.replace(",", " "))
    assert first_format(str(tmp_path / "t.txt")).delimiter == " "
    (tmp_path / "t.txt").write_text("".join(f"{i:4d}  {i / 7:.3f}   {i % 2}\n" for i in range(40)))
    with pytest.raises(DataError, match=r"t\.txt: runs of spaces divide its cells.*sed 's/\^ \*//; s/  \*/,/g'"):
        first_format(str(tmp_path / "t.txt"))


def test_what_was_found_is_written_and_read(tmp_path, make_spec):
    (tmp_path / "t.csv").write_text("# none\n" + TABLE)
    data = yaml.safe_load(draft_text(draft_table(str(tmp_path / "t.csv"), "y")))["data"]
    assert data["comment"] == "#"
    (tmp_path / "t.csv").write_text("A report\n" + TABLE)
    data = yaml.safe_load(draft_text(draft_table(str(tmp_path / "t.csv"), "y")))["data"]
    assert make_spec(**data).table_format.skip_rows == 1
