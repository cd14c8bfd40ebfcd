"""A trained model from Python: evaluated by hand's count, and what goes in comes out in the same order."""

import csv
import shutil

import numpy as np
import pyarrow as pa
import pytest

import dltool
from dltool.errors import DataError, DataWarning, UsageError
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
    evaluation = dltool.evaluate(iris, file=TABLE, device="cpu")
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


@pytest.mark.parametrize("kind", ["run", "directory", "model file"])
def test_a_run_may_be_named_in_three_ways(iris, kind):
    from dltool.runs.run import Run

    run = {"run": Run.open(iris), "directory": str(iris), "model file": iris / "model.keras"}[kind]
    assert dltool.evaluate(run, file=TABLE, device="cpu").rows == 150


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"split": "test", "file": TABLE}, "not both"),
        ({"header": True}, "go with a file"),
        ({"split": "test", "header": False}, "go with a file"),
    ],
)
def test_what_does_not_go_together_is_refused(iris, asked, said):
    with pytest.raises(UsageError, match=said):
        dltool.evaluate(iris, **asked)


def test_a_model_file_has_no_data_of_its_own(iris):
    with pytest.raises(UsageError, match="is a model without its data; name a labelled file with --data"):
        dltool.evaluate(iris / "model.keras")


def test_rows_that_have_changed_since_are_not_evaluated(iris, tmp_path):
    config = dltool.load_config(
        {
            "name": "changing", "data": {"source": "csv", "path": str(tmp_path / "t.csv"), "targets": "species",
                                         "test": 0.2},
            "model": {"type": "mlp", "hidden_units": [4]},
            "training": {"loss": "categorical_crossentropy", "epochs": 1},
        }
    )  # fmt: skip
    shutil.copy(TABLE, tmp_path / "t.csv")
    run = dltool.train(config, tmp_path / "run", device="cpu")
    assert dltool.evaluate(run, device="cpu").rows == 30
    (tmp_path / "t.csv").write_text(TABLE.read_text().replace("5.1,3.5", "5.2,3.5"))
    with pytest.raises(DataError, match=r"the (test part of the data has|training rows have) changed since"):
        dltool.evaluate(run, device="cpu")
    with pytest.raises(DataError, match="the run has no validation part"):
        dltool.evaluate(run, split="validation", device="cpu")


def test_only_classes_are_ranked_and_only_text_goes_to_standard_output(iris, tmp_path):
    from dltool.api import write_predictions

    (table,) = dltool.predict(iris, TABLE, top=3, device="cpu")
    likeliest = np.stack([table["probability"], table["probability_2"], table["probability_3"]], 1)
    np.testing.assert_allclose(likeliest.sum(1), 1, rtol=1e-5)
    assert (np.diff(likeliest, axis=1) <= 0).all()
    with pytest.raises(UsageError, match="npz cannot go to standard output"):
        write_predictions(iris, TABLE, None, "npz")
    with pytest.raises(UsageError, match=r"no predictions are written as \.txt"):
        write_predictions(iris, TABLE, tmp_path / "p.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_was_interrupted_is_used_with_a_warning(iris, tmp_path):
    run = shutil.copytree(iris, tmp_path / "run")
    facts = run / "run.json"
    facts.write_text(
        facts.read_text().replace('"completed"', '"interrupted"').replace('"stopped_early"', '"interrupted"')
    )
    with pytest.warns(DataWarning, match="is interrupted: its model is that of the last sound moment"):
        dltool.evaluate(run, file=TABLE, device="cpu")
