"""Cells that are dates, against the standard library's."""

from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.data.dates import are_dates, date_type, days_of
from dltool.errors import DataError


def column(*cells):
    return pa.chunked_array([pa.array(cells, pa.string())])


def place(row, name):
    return f"row {row + 1}, column {name!r}"


def days(cells, format_=None):
    return days_of(column(*cells), format_, "when", place).to_pylist()


@given(st.lists(st.dates(date(1700, 1, 1), date(2300, 1, 1)), min_size=1))
def test_dates(dates):
    cells = [each.isoformat() for each in dates]
    assert date_type(column(*cells, None)) == "date"
    epoch = date(1970, 1, 1).toordinal()
    assert days([*cells, None]) == [*(each.toordinal() - epoch for each in dates), None]
    written = [each.strftime("%d.%m.") + f"{each.year:04d}" for each in dates]
    assert days(written, "%d.%m.%Y") == [each.toordinal() - epoch for each in dates]


@given(st.lists(st.tuples(st.integers(1, 31), st.integers(1, 12), st.integers(1900, 2100)), min_size=1))
def test_a_day_that_no_month_has_is_no_date(numbers):
    def exists(day, month, year):
        try:
            date(year, month, day)
        except ValueError:
            return False
        return True

    for written in ("{}.{}.{}", "{:02}.{:02}.{}"):
        cells = [written.format(*each) for each in numbers]
        assert are_dates(column(*cells), "%d.%m.%Y").to_pylist() == [exists(*each) for each in numbers]
    with pytest.raises(DataError, match=r"row 2, column 'when': '30[.]02[.]2024' is no date"):
        days(["29.02.2024", "30.02.2024"], "%d.%m.%Y")


def test_midnights_are_dates():
    assert date_type(column("2026-03-01 00:00:00", "2026-03-02T00:00", None, "2026-03-03 00:00:00.000")) == "date"
    assert date_type(column("2026-03-01 00:00:00", "2026-03-02 00:00:01")) == "time"
    assert date_type(column("2026-03-01 00:00:00Z", "2026-03-02 00:00:00Z")) == "time"
    assert days(["2026-03-01 00:00:00"]) == [date(2026, 3, 1).toordinal() - date(1970, 1, 1).toordinal()]


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.lists(st.datetimes(datetime(1700, 1, 1), datetime(2300, 1, 1), timezones=ZONES), min_size=1))
def test_times_with_zones_are_brought_to_utc(moments):
    cells = [each.isoformat() for each in moments]
    assert date_type(column(*cells)) == "time"
    expected = [(each - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1) for each in moments]
    assert days(cells) == pytest.approx(expected, abs=1e-9)


def test_times_without_zones_are_taken_as_they_stand():
    assert days(["1970-01-02 12:00", " 1970-01-02T06:00:00 ", "1970-01-01 00:00:43.2"]) == [1.5, 1.25, 0.0005]


@pytest.mark.parametrize(
    ("cells", "format_", "words"),
    [
        (["2026-03-01", "2026-02-30"], None, ["row 2, column 'when'", "'2026-02-30' is no date", "YYYY-MM-DD"]),
        (["2026-03-01", None, "soon"], None, ["row 3", "'soon'"]),
        (["1.3.2026", "1.13.2026"], "%d.%m.%Y", ["row 2", "'1.13.2026'", "%d.%m.%Y"]),
        (["2026-03-01T10:00Z", "2026-03-01T10:00"], None, ["row 2", "names no zone"]),
    ],
)
def test_what_is_no_date_is_named(cells, format_, words):
    with pytest.raises(DataError) as error:
        days(cells, format_)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize("cells", [["2026-03-01", "later"], ["20260301"], ["1.3.2026"], [None, None], ["12:30"]])
def test_other_cells_are_not_taken_for_dates(cells):
    assert date_type(column(*cells)) == ""


CELLS = st.one_of(
    st.dates(date(1700, 1, 1), date(2300, 1, 1)).map(lambda day: (day.isoformat(), True)),
    st.sampled_from(
        [("soon", False), ("2024-02-30", False), ("31.12.2024", False), (" 2024-02-29 ", True), (None, None)]
    ),
)


@given(st.lists(CELLS, max_size=40))
def test_each_cell_is_a_date_or_not_whatever_the_others_are(cells):
    texts = column(*(cell for cell, _ in cells))
    assert are_dates(texts, None).to_pylist() == [is_one for _, is_one in cells]
    assert are_dates(texts, "%d.%m.%Y").to_pylist() == [cell and cell == "31.12.2024" for cell, _ in cells]


def test_a_cell_is_a_date_with_a_zone_or_without():
    cells = ["2024-01-01 10:00", "2024-01-01 10:00Z", "never", "2024-01-01 10:00+02:00", "2024-01-01 25:00"]
    assert are_dates(column(*cells), None).to_pylist() == [True, True, False, True, False]
