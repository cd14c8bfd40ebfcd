"""The rows that a model is measured on are those that were set apart for it, whoever asks."""

import csv
import shutil

import numpy as np
import pytest

from dltool.api.measured_part import measured_part, usual_part
from dltool.errors import DataError, UsageError
from dltool.runs.run import Run
from dltool.runs.run_facts import Rows
from tests.support.places import REPOSITORY

TABLE = REPOSITORY / "data" / "iris.csv"


def table():
    with TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    species = sorted({row["species"] for row in rows})
    numbers = np.array([[float(cell) for name, cell in row.items() if name != "species"] for row in rows])
    return numbers, np.array([species.index(row["species"]) for row in rows])


def test_the_part_that_says_most_is_the_first_with_rows_enough():
    assert usual_part(Rows(train=9, validation=4, test=1)) == "test"
    assert usual_part(Rows(train=9, validation=4, test=1), least=2) == "validation"
    assert usual_part(Rows(train=1, validation=1), least=2) == "train"


@pytest.mark.parametrize("split", ["test", "train"])
def test_a_part_of_the_runs_own_data(iris, split):
    found = measured_part(Run.open(iris), iris, split, None, None, "cpu")
    numbers, species = table()
    assert found.name == split
    assert len(found.part) == {"test": 30, "train": 90}[split]
    np.testing.assert_array_equal(found.part.targets, species[found.part.rows])
    # Scaled as the model has it: the same column, moved and stretched.
    for column in range(4):
        scaled = np.polyfit(numbers[found.part.rows, column], found.part.features["numbers"][:, column], 1)
        known = found.description.signature.input_numbers
        assert scaled == pytest.approx([known.scale[column], -known.offset[column] * known.scale[column]], abs=1e-5)


def test_a_file(iris):
    found = measured_part(None, iris / "model.keras", "test", TABLE, None, "cpu")
    assert (found.name, len(found.part)) == (str(TABLE), 150)
    assert found.model.count_params() == found.description.plan.parameters


def test_what_is_not_there_is_refused(iris, tmp_path):
    with pytest.raises(UsageError, match="name a labelled file"):
        measured_part(None, iris / "model.keras", "test", None, None, "cpu")
    run = Run.open(shutil.copytree(iris, tmp_path / "run"))
    run.facts_path.write_text(run.facts_path.read_text().replace(run.facts["data_fingerprint"]["test"], "0" * 64))
    with pytest.raises(DataError, match="the test part of the data has changed"):
        measured_part(run, iris, "test", None, None, "cpu")
