"""Predictions written in each format read back by programs that know nothing of them."""

import csv
import io
import json

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.inference.output_format import OutputFormat
from dltool.inference.write import write_tables

LABELS = ["plain", 'with "quotes", commas', "two\nlines", "naïve 🐟", "", "=2+2"]
PROBABILITIES = [0.1, 1 / 3, 1e-30, 1.0, 0.0, 0.5]
TABLES = [
    {"id": np.arange(4), "label": LABELS[:4], "probability": np.array(PROBABILITIES[:4], np.float32)},
    {"id": np.arange(4, 6), "label": LABELS[4:], "probability": np.array(PROBABILITIES[4:], np.float32)},
]


def written(output_format, tables=TABLES):
    sink = io.BytesIO()
    write_tables(iter(tables), sink, output_format)
    return sink.getvalue()


def test_csv():
    header, *rows = csv.reader(io.StringIO(written(OutputFormat.CSV).decode(), newline=""))
    assert header == ["id", "label", "probability"]
    assert [row[:2] for row in rows] == [[str(i), label] for i, label in enumerate(LABELS)]
    np.testing.assert_array_equal(np.array([row[2] for row in rows]).astype(np.float32), np.float32(PROBABILITIES))


def test_jsonl():
    rows = [json.loads(line) for line in written(OutputFormat.JSONL).decode().split("\n")[:-1]]
    assert [(row["id"], row["label"]) for row in rows] == list(enumerate(LABELS))
    np.testing.assert_array_equal(np.float32([row["probability"] for row in rows]), np.float32(PROBABILITIES))


@given(st.lists(st.floats(width=32), min_size=1))
def test_texts_spell_float32_in_as_few_digits_as_tell_it(numbers):
    table = {"id": np.arange(len(numbers)), "probability": np.array(numbers, np.float32)}
    lines = written(OutputFormat.JSONL, [table]).decode().splitlines()
    spelt = [row[1] for row in csv.reader(io.StringIO(written(OutputFormat.CSV, [table]).decode()))][1:]
    for number, line, cell in zip(table["probability"], lines, spelt, strict=True):
        expected = float(str(number))  # NumPy's shortest
        for found in (json.loads(line)["probability"], float(cell)):
            assert repr(found) == repr(expected)


def test_npz_holds_no_objects():
    with np.load(io.BytesIO(written(OutputFormat.NPZ)), allow_pickle=False) as arrays:
        assert arrays.files == ["id", "label", "probability"]
        assert arrays["id"].tolist() == list(range(6))
        assert arrays["label"].tolist() == LABELS
        np.testing.assert_array_equal(arrays["probability"], np.float32(PROBABILITIES))


def test_parquet():
    table = pyarrow.parquet.read_table(io.BytesIO(written(OutputFormat.PARQUET)))
    assert table.column_names == ["id", "label", "probability"]
    assert table["label"].to_pylist() == LABELS
    np.testing.assert_array_equal(table["probability"].to_numpy(), np.float32(PROBABILITIES))


@pytest.mark.parametrize("output_format", [OutputFormat.CSV, OutputFormat.JSONL])
def test_a_batch_is_written_before_the_next_is_asked_for(output_format):
    sink, before = io.BytesIO(), []

    def batches():
        for table in TABLES:
            before.append(sink.getvalue())
            yield table

    write_tables(batches(), sink, output_format)
    assert b"plain" not in before[0]
    assert b"plain" in before[1]


@pytest.mark.parametrize("output_format", OutputFormat)
def test_what_fails_midway_is_not_hidden(output_format):
    def batches():
        yield TABLES[0]
        raise OSError("the input ended")

    with pytest.raises(OSError, match="the input ended"):
        written(output_format, batches())
