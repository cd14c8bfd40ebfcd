"""Dates are written as ISO 8601 writes them, and by nothing that reads tables."""

import subprocess
import sys
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dltool.data.written_dates import date_text


@given(st.dates(), st.floats(0, 0.999))
def test_days_since_1970_are_written_as_their_date(day, time_of_day):
    assert date_text((day - date(1970, 1, 1)) / timedelta(days=1) + time_of_day) == day.isoformat()


def test_data_without_columns_load_no_pyarrow():
    program = "import sys, dltool.data.inline, dltool.data.npz; sys.exit('pyarrow' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
