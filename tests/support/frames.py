"""A table of every kind of column, as a CSV file and as what holds tables in memory."""

import csv
import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

DAYS = [datetime.date(2020, 1, 1) + datetime.timedelta(37 * i) for i in range(60)]
COLUMNS = {
    "size": [i % 7 + 0.1 for i in range(60)],
    "count": [i % 5 - 2 for i in range(60)],
    "price": [Decimal(i % 9) / 4 for i in range(60)],
    "colour": [["red", "green", "blue"][i % 3] for i in range(60)],
    "member": [i % 4 == 0 for i in range(60)],
    "day": DAYS,
    "at": [datetime.datetime(2021, 5, 1 + i % 28, i % 24, i) for i in range(60)],
    "y": [i % 2 for i in range(60)],
}


def as_csv(folder, columns, write=str):
    """Write columns by Python's own module."""
    path = folder / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = zip(*columns.values(), strict=True)
        csv.writer(stream).writerows([[*columns], *([write(cell) for cell in row] for row in rows)])
    return str(path)


FRAMES = {
    "pyarrow": pa.table,
    "chunked": lambda columns: pa.concat_tables([pa.table(columns).slice(0, 17), pa.table(columns).slice(17)]),
    "categories": lambda columns: pa.table(columns | {"colour": pa.array(columns["colour"]).dictionary_encode()}),
    "nanoseconds": lambda columns: pa.table(columns | {"day": pa.array(columns["day"]).cast(pa.timestamp("ns"))}),
    "mapping": lambda columns: columns | {"day": np.array(columns["day"], "M8[ns]")},
    "pandas": lambda columns: pytest.importorskip("pandas").DataFrame(columns),
    "polars": lambda columns: pytest.importorskip("polars").DataFrame(columns),
}
