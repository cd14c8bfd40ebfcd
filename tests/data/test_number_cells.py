"""Numbers as tables write them, against Python's own formatting."""

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.config.table_format import TableFormat
from dltool.data.number_cells import extremes, first_without_number, is_number, is_word, plain_numbers

NUMBERS = st.lists(st.decimals(-(10**9), 10**9, places=2, allow_nan=False), min_size=1)


@given(NUMBERS, st.sampled_from([(".", None), (",", None), (".", ","), (",", "."), (",", " "), (".", "'")]))
def test_numbers_come_back(numbers, marks):
    decimal, thousands = marks
    swap = str.maketrans({",": thousands or "", ".": decimal})
    cells = pa.chunked_array([pa.array([f" {number:,.2f} ".translate(swap) for number in numbers])])
    plain = plain_numbers(cells, TableFormat(decimal=decimal, thousands=thousands))
    assert plain.cast(pa.float64()).to_pylist() == [float(number) for number in numbers]


@pytest.mark.parametrize("row", [0, 3, 6])
def test_the_first_cell_that_is_no_number_is_found(row):
    cells = ["1", "2.5", None, "-3e2", "0", "7", "8"]
    cells[row] = "x"
    assert first_without_number(pa.array([*cells, "y"])) == row


def test_a_name_is_a_word_unless_it_is_a_number():
    assert [is_number(text) for text in (" 1.5 ", "1e3", "x1", "")] == [True, True, False, False]
    assert [is_word(text) for text in ("1.5", "x1")] == [False, True]


@given(st.lists(st.lists(st.none() | st.floats(), max_size=4), max_size=4))
def test_extremes_are_those_that_python_finds(pieces):
    numbers = [cell for piece in pieces for cell in piece if cell is not None]
    known = [number for number in numbers if number == number]  # noqa: PLR0124  (NaN is not)
    expected = (min(known), max(known)) if known else (math.nan, math.nan) if numbers else None
    column = pa.chunked_array(pieces, pa.float64())
    for each in (column, column.combine_chunks()):
        assert extremes(each) == (pytest.approx(expected, rel=0, abs=0, nan_ok=True) if expected else None)
