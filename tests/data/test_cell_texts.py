"""Typed columns as texts, against Python's own spellings."""

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.data.cell_texts import cell_texts, no_cells
from dltool.errors import DataError

DAY, NOON = datetime.date(2026, 3, 1), datetime.datetime(2026, 3, 1, 12, 30)
BERLIN = pa.timestamp("ns", "Europe/Berlin")

TIMES = [datetime.time(8, 5), datetime.time(10, 0, 20), datetime.time(8, 5, 0, 120_000)]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1, -(2**63), None]), ["1", "-9223372036854775808", None]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([0.1, 2.0, float("nan"), None]), ["0.1", "2", None, None]),
        (pa.array([0.1, 1e-3], pa.float32()), ["0.1", "0.001"]),
        (pa.array(np.array([0.5, np.nan], np.float16)), ["0.5", None]),
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.array([DAY, None]), ["2026-03-01", None]),
        (pa.array([DAY], pa.date64()), ["2026-03-01"]),
        (pa.array([NOON], pa.timestamp("s")), ["2026-03-01 12:30:00.000000"]),
        (pa.array([NOON], pa.timestamp("ns")), ["2026-03-01 12:30:00.000000"]),
        (pa.array([NOON], BERLIN), ["2026-03-01 12:30:00.000000Z"]),
        *((pa.array(TIMES[:2], pa.time32(unit)), [str(time) for time in TIMES[:2]]) for unit in ("s", "ms")),
        *((pa.array(TIMES, pa.time64(unit)), [str(time) for time in TIMES]) for unit in ("us", "ns")),
        (pa.array([Decimal("1.50"), None]), ["1.50", None]),
        (pa.array(["a", "", "NA", None]), ["a", "", None, None]),
        (pa.array(["a", "NA"], pa.large_string()), ["a", None]),
        (pa.array(["a", "NA"], pa.string_view()), ["a", None]),
        (pa.array(["b", "a", None, "NA", "b"]).dictionary_encode(), ["b", "a", None, None, "b"]),
        (pa.array([2.5, None, 2.5]).dictionary_encode(), ["2.5", None, "2.5"]),
        (pa.nulls(2), [None, None]),
    ],
    ids=lambda value: str(value.type).partition("<")[0] if isinstance(value, pa.Array) else "",
)
def test_a_column_as_texts(values, texts):
    found = cell_texts(values, "a", ["NA"])
    assert (found.type, found.to_pylist()) == (pa.string(), texts)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_numbers_come_back_to_the_bit(double, single):
    (text,) = cell_texts(pa.array([double]), "a").to_pylist()
    assert float(text).hex() == double.hex()
    (text,) = cell_texts(pa.array([single], pa.float32()), "a").to_pylist()
    assert np.float32(text) == np.float32(single)


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (pa.array([[1, 2]]), "lists"),
        (pa.array([[1, 2]], pa.large_list(pa.int8())), "lists"),
        (pa.array([{"x": 1}]), "records"),
        (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8())), "mappings"),
        (pa.array([b"\xff"]), "bytes"),
        (pa.array([b"12"], pa.binary(2)), "bytes"),
        (pa.array([b"\xff"]).dictionary_encode(), "bytes"),
        (pa.array([b"1" * 16], pa.uuid()), "bytes"),
        (pa.array([datetime.timedelta(1)]), "durations"),
    ],
    ids=str,
)
def test_values_that_no_cell_holds(values, what):
    assert what in no_cells(values.type)
    with pytest.raises(DataError, match=f"column 'a': {what}.*one value a row"):
        cell_texts(values, "t, column 'a'")
