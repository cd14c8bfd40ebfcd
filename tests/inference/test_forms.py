"""The form of predictions follows from the name of the file."""

from pathlib import Path

import pytest

from dltool.errors import UsageError
from dltool.inference.forms import form_of


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", "csv"),
        ("a.CSV", "csv"),
        ("a.b.jsonl", "jsonl"),
        ("a.npz", "npz"),
        ("a.parquet", "parquet"),
        ("a", "csv"),
    ],
)
def test_an_ending_names_its_form(name, form):
    assert form_of(Path(name)) == form


def test_standard_output_gets_csv():
    assert form_of(None) == "csv"


@pytest.mark.parametrize("name", ["a.json", "a.csv.gz", "a.xlsx"])
def test_another_ending_is_refused_with_those_there_are(name):
    with pytest.raises(UsageError, match=r"expected \.csv, \.jsonl, \.npz, \.parquet, or say --format"):
        form_of(Path(name))
