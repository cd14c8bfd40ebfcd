"""A trained model from Python: evaluated by hand's count, and what goes in comes out in the same order."""

import csv

import numpy as np
import pyarrow as pa
import pytest

import dltool
from dltool.errors import UsageError
from tests.support.places import REPOSITORY

TABLE = REPOSITORY / "data" / "iris.csv"


def rows():
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


def labels(tables):
    return [str(label) for table in tables for label in table["label"]]


def test_accuracy_is_the_part_of_the_rows_that_are_predicted_right(iris):
    predicted = labels(dltool.predict(iris, TABLE, device="cpu"))
    right = [label == row["species"] for label, row in zip(predicted, rows(), strict=True)]
    evaluation = dltool.evaluate(iris, data=TABLE, device="cpu")
    assert evaluation.rows == 150
    assert evaluation.metrics["accuracy"] == pytest.approx(np.mean(right))
    assert np.trace(np.array(evaluation.confusion)) == sum(right)


@pytest.mark.parametrize("held", [dict, pa.table], ids=["mapping", "frame"])
def test_columns_in_memory_are_predicted_as_those_of_a_file(iris, held):
    columns = {name: [float(row[name]) for row in rows()] for name in rows()[0] if name != "species"}
    (table,) = dltool.predict(iris, held(columns), device="cpu")
    (expected,) = dltool.predict(iris, TABLE, device="cpu")
    assert labels([table]) == labels([expected])
    np.testing.assert_allclose(table["probability"], expected["probability"], rtol=1e-6)


def test_only_classes_are_ranked_and_only_text_goes_to_standard_output(iris, tmp_path):
    from dltool.api import write_predictions

    (table,) = dltool.predict(iris, TABLE, top=3, device="cpu")
    likeliest = np.stack([table["probability"], table["probability_2"], table["probability_3"]], 1)
    np.testing.assert_allclose(likeliest.sum(1), 1, rtol=1e-5)
    assert (np.diff(likeliest, axis=1) <= 0).all()
    with pytest.raises(UsageError, match="top is 0; expected a whole number, 1 or more"):
        dltool.predict(iris, TABLE, top=0)
    (table,) = dltool.predict(iris, TABLE, keep="species", device="cpu")
    assert table["species"][0].as_py() == "setosa"
    with pytest.raises(UsageError, match="npz cannot go to standard output"):
        write_predictions(iris, TABLE, None, "npz")
    with pytest.raises(UsageError, match=r"no predictions are written as \.txt"):
        write_predictions(iris, TABLE, tmp_path / "p.txt")
    assert list(tmp_path.iterdir()) == []
