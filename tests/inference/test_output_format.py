"""The format of predictions follows from the name of the file."""

from pathlib import Path

import pytest

from dltool.errors import UsageError
from dltool.inference.output_format import output_format_of


@pytest.mark.parametrize(
    ("name", "output_format"),
    [
        ("a.csv", "csv"),
        ("a.CSV", "csv"),
        ("a.b.jsonl", "jsonl"),
        ("a.npz", "npz"),
        ("a.parquet", "parquet"),
        ("a", "csv"),
    ],
)
def test_an_ending_names_its_format(name, output_format):
    assert output_format_of(Path(name)) == output_format


def test_standard_output_gets_csv():
    assert output_format_of(None) == "csv"


@pytest.mark.parametrize("name", ["a.json", "a.csv.gz", "a.xlsx"])
def test_another_ending_is_refused_with_those_there_are(name):
    with pytest.raises(UsageError, match=r"expected \.csv, \.jsonl, \.npz, \.parquet, or say --format"):
        output_format_of(Path(name))
