"""What columns are taken for, by their cells and by the config."""

import pyarrow as pa
import pytest
from pydantic import TypeAdapter

from dltool.config.columns import AnyColumn
from dltool.config.table_format import TableFormat
from dltool.data.column_types import column_type
from dltool.errors import DataError

SPEC = TypeAdapter(AnyColumn)
MANY = range(40)


def column(cells):
    return pa.chunked_array([pa.array([None if cell is None else str(cell) for cell in cells], pa.string())])


def found(cells, name="a", spec=None, **more):
    declared = None if spec is None else SPEC.validate_python(spec)

    def place(row, name):
        return f"row {row + 1}, column {name!r}"

    return column_type(name, column(cells), place, TableFormat(), declared, **more)


@pytest.mark.parametrize(
    ("cells", "name", "expected", "why"),
    [
        ([1, 2.5, None, 3], "a", "number", "number"),
        ([1, 0, 1, 1], "a", "number", "number"),
        (["red", "blue", "red"], "a", "category", "texts"),
        (["yes", "no", "Yes", None], "a", "boolean", "true and false"),
        (["01234", "99999", "10115"], "a", "category", "after a zero"),
        (["2026-03-01", None, "2026-03-02"], "a", "date", "date"),
        (["2026-03-01 10:00", "2026-03-02T11:30:00"], "a", "time", "all times"),
        ([None, None, None], "a", "ignore", "empty"),
        ([7] * 40, "a", "ignore", "same value, '7'"),
        (["7", "7.0"] * 20, "a", "ignore", "same value, 7"),
        (["2026-03-01"] * 40, "a", "ignore", "same value, '2026-03-01'"),
        (["x"] * 40, "a", "ignore", "same value, 'x'"),
        ([7] * 10, "a", "number", "number"),  # too few to tell
        ([7, None] * 20, "a", "number", "number"),  # where it is missing tells rows apart
        (MANY, "a", "ignore", "numbers the rows"),
        (range(1001, 1041), "a", "ignore", "numbers the rows"),
        (range(1950, 1990), "year", "number", "number"),
        ([i * i for i in MANY], "a", "number", "number"),
        ([(i * 7919) % 4001 for i in MANY], "customer_id", "ignore", "name of an id"),
        ([(i * 7919) % 4001 for i in MANY], "customerId", "ignore", "name of an id"),
        ([(i * 7919) % 4001 for i in MANY], "humid", "number", "number"),
        ([i % 5 for i in MANY], "group_id", "number", "number"),
        ([i / 7 for i in MANY], "id", "number", "number"),
        ([f"AB-{i:04d}" for i in MANY], "a", "ignore", "of one form: an id"),
        ([f"some words about {i}" for i in MANY], "a", "ignore", "free text"),
        ([f"c{i % 30}" for i in range(200)], "a", "category", "texts"),
        ([f"c{i}" for i in range(15)], "a", "category", "texts"),  # too few to tell
    ],
)
def test_what_cells_say(cells, name, expected, why):
    of = found(cells, name)
    assert (of.type, why in of.why) == (expected, True), of


@pytest.mark.parametrize(
    ("cells", "expected", "why"),
    [
        ([3, 4, 9, 12], "ignore", "numbers the rows"),  # some rows of a longer table
        ([f"row {i}" for i in range(5)], "ignore", "names of the rows"),
        ([f"Mazda RX{i}" for i in MANY], "ignore", "names of the rows"),
        ([3, 1, 2], "number", "number"),
        ([0.5, 1.5], "number", "number"),
    ],
)
def test_a_column_without_a_name(cells, expected, why):
    of = found(cells, named=False)
    assert (of.type, why in of.why) == (expected, True), of


def test_what_the_config_lists_as_a_feature_is_not_left_out():
    assert found(MANY, wanted=True).type == "number"
    assert found([7] * 40, wanted=True).type == "number"
    assert found([f"AB-{i:04d}" for i in MANY], wanted=True).type == "category"
    with pytest.raises(DataError, match="every value is missing"):
        found([None, None], wanted=True)


def test_the_config_has_the_last_word():
    assert found(MANY, spec="number").type == "number"
    assert found([1, 2, 1], spec="category").cells.to_pylist() == ["1", "2", "1"]
    assert found([1, 0, None, "true"], spec="boolean").type == "boolean"
    assert found(["1.3.2026"], spec={"type": "date", "format": "%d.%m.%Y"}).type == "date"


@pytest.mark.parametrize(
    ("cells", "spec", "words"),
    [
        ([1, "many"], "number", ["'many'", "not a number"]),
        (["red", "blue"], "number", ["row 1", "'red' is not a number", "data.columns"]),
        (["yes", "no", "perhaps"], "boolean", ["row 3", "'perhaps' is neither true nor false"]),
        (["red"], "date", ["row 1", "'red' is no date"]),
        ([1, 2, 3, "many"], None, ["row 4", "'many'", "3 of 4", "missing_values"]),
    ],
)
def test_cells_that_are_not_what_the_config_says(cells, spec, words):
    with pytest.raises(DataError) as error:
        found(cells, spec=spec)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize("cells", [["[1, 2]", None, "[3]"], ['{"a": 1}', "{}"]])
def test_lists_in_cells_are_refused(cells):
    with pytest.raises(DataError, match="most cells hold lists"):
        found(cells)
    assert found(cells, spec="category").type == "category"


def test_words_in_brackets_are_none():
    assert found(["(see below)", "red", "blue"]).type == "category"


def test_a_declared_boolean_is_of_one_pair():
    for cells, names in ((["yes", "NO", "1"], ["yes", "no", "yes"]), (["0", "1", None], ["false", "true", None])):
        assert found(cells, spec="boolean").cells.to_pylist() == names
    with pytest.raises(DataError, match="'yes', 'off' are words of several pairs"):
        found(["yes", "off"], spec="boolean")


def test_with_a_decimal_comma_a_point_is_no_decimal():
    comma = TableFormat(decimal=",")

    def place(row, name):
        return f"row {row + 1}, column {name!r}"

    for spec in (None, SPEC.validate_python("number")):
        with pytest.raises(DataError, match=r"row 1, column 'a': '2.5' is not written .* a comma before the decimals"):
            column_type("a", column(["2.5", "3.5"]), place, comma, spec)
        with pytest.raises(DataError, match=r"row 3, column 'a': 'k.A.'"):
            column_type("a", column(["1,5", "2,5", "k.A."]), place, comma, spec)
