"""``predict`` as scripts see it."""

import csv
import io
import json
import subprocess

import numpy as np
import pytest

from tests.support.places import REPOSITORY
from tests.support.program import COMMAND

TABLE = REPOSITORY / "data" / "iris.csv"


def lines_of(path):
    return path.read_text("utf-8").splitlines()


def test_predict_takes_a_table_without_labels_in_any_order_of_columns(trainer, iris):
    rows = list(csv.DictReader(lines_of(TABLE)))
    names = ["petal_width", "sepal_length", "petal_length", "sepal_width"]
    table = "\n".join([",".join(names), *(",".join(row[name] for name in names) for row in rows)])
    done = trainer.run(["predict", iris, "-", "--top", "2"], iris.parent, stdin=table + "\n")
    assert done.code == 0, done.err
    predicted = list(csv.DictReader(io.StringIO(done.out)))
    assert list(predicted[0]) == ["id", "label", "probability", "label_2", "probability_2"]
    right = sum(p["label"] == row["species"] for p, row in zip(predicted, rows, strict=True))
    assert right >= 140
    assert all(float(p["probability"]) >= float(p["probability_2"]) for p in predicted)


@pytest.mark.parametrize("form", ["csv", "jsonl", "npz", "parquet"])
def test_predictions_are_the_same_in_every_form(trainer, iris, form):
    import pyarrow.parquet

    output = iris.parent / f"predictions.{form}"
    done = trainer.run(["predict", iris, TABLE, "-o", output], iris.parent)
    assert done.code == 0, done.err
    if form == "csv":
        labels = [row["label"] for row in csv.DictReader(lines_of(output))]
    elif form == "jsonl":
        labels = [json.loads(line)["label"] for line in lines_of(output)]
    elif form == "npz":
        with np.load(output, allow_pickle=False) as arrays:
            labels = arrays["label"].tolist()
    else:
        labels = pyarrow.parquet.read_table(output)["label"].to_pylist()
    species = [row["species"] for row in csv.DictReader(lines_of(TABLE))]
    assert sum(a == b for a, b in zip(labels, species, strict=True)) >= 140


def test_predict_names_a_missing_column(trainer, iris):
    done = trainer.run(["predict", iris, "-"], iris.parent, stdin="sepal_length,sepal_width,petal_lenth\n1,2,3\n")
    assert done.code == 65
    assert "petal_length" in done.err
    assert done.out == ""


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_columns_of_the_input_are_carried_through(trainer, iris, form):
    import pyarrow.parquet

    lines = lines_of(TABLE)
    table = "\n".join([f"id,{lines[0]}", *(f"007-{i},{line}" for i, line in enumerate(lines[1:]))])
    words = ["--keep", "id", "--keep", "sepal_width", "-o", f"kept.{form}"]
    done = trainer.run(["predict", iris, "-", *words], iris.parent, stdin=table + "\n")
    assert done.code == 0, done.err
    path = iris.parent / f"kept.{form}"
    rows = list(csv.DictReader(lines_of(path))) if form == "csv" else pyarrow.parquet.read_table(path).to_pylist()
    assert list(rows[0]) == ["id", "sepal_width", "label", "probability"]
    assert [row["id"] for row in rows] == [f"007-{i}" for i in range(150)]
    assert [row["sepal_width"] for row in rows] == [row["sepal_width"] for row in csv.DictReader(lines)]
    done = trainer.run(["predict", iris, TABLE, "-o", "plain.csv"], iris.parent)
    plain = list(csv.DictReader(lines_of(iris.parent / "plain.csv")))
    assert [row["label"] for row in rows] == [row["label"] for row in plain]


@pytest.mark.parametrize(("name", "said"), [("specie", "mean 'species'"), ("label", "cannot be kept")])
def test_what_cannot_be_kept(trainer, iris, name, said):
    table = TABLE.read_text("utf-8").replace("species", "label") if name == "label" else TABLE.read_text("utf-8")
    done = trainer.run(["predict", iris, "-", "--keep", name], iris.parent, stdin=table)
    assert (done.code, done.out) == (65, "")
    assert said in done.err


def test_intervals_are_columns_and_refused_where_there_are_none(trainer, iris, tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{i % 7},{i % 7 + i % 3}\n" for i in range(60)))
    (tmp_path / "c.yaml").write_text(
        "name: t\ndata: {source: csv, path: t.csv, targets: y, validation: 0.5}\n"
        "model: {type: mlp, hidden_units: [2]}\ntraining: {loss: mean_squared_error, epochs: 1}\n"
    )
    done = trainer.run(["train", "c.yaml", "-q", "--run-dir", "run"], tmp_path)
    assert done.code == 0, done.err
    done = trainer.run(["predict", "run", "t.csv", "--interval", "0.9", "--keep", "x"], tmp_path)
    assert done.code == 0, done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert list(rows[0]) == ["id", "x", "prediction_y", "y_low", "y_high"]
    assert all(float(row["y_low"]) <= float(row["prediction_y"]) <= float(row["y_high"]) for row in rows)
    done = trainer.run(["predict", "run", "t.csv", "--interval", "0.99", "-o", "p.csv"], tmp_path)
    assert (done.code, done.out, (tmp_path / "p.csv").exists()) == (2, "", False)
    assert "at least 99 validation rows; there were 30" in done.err
    done = trainer.run(["predict", iris, TABLE, "--interval", "0.9"], iris.parent)
    assert (done.code, done.out) == (2, "")
    assert "predicts classes" in done.err


def test_standard_input_is_read_as_the_training_table_was(trainer, tmp_path):
    (tmp_path / "t.csv").write_bytes(("größe,y\n" + "".join(f"{i % 7},{i % 2}\n" for i in range(30))).encode("latin-1"))
    (tmp_path / "c.yaml").write_text(
        "name: t\ndata: {source: csv, path: t.csv, targets: y, encoding: latin-1}\n"
        "model: {type: mlp, hidden_units: [2]}\ntraining: {loss: binary_crossentropy, epochs: 1}\n"
    )
    done = trainer.run(["train", "c.yaml", "-q", "--run-dir", "run"], tmp_path)
    assert done.code == 0, done.err
    with (tmp_path / "t.csv").open("rb") as table:
        piped = subprocess.run(
            [*COMMAND, "predict", "run", "-"], cwd=tmp_path, stdin=table, capture_output=True, check=False
        )
    assert piped.returncode == 0, piped.stderr
    assert len(piped.stdout.splitlines()) == 31


def test_a_kept_column_without_a_value_is_empty(trainer, iris):
    import pyarrow.parquet

    header, *rows = lines_of(TABLE)
    table = "\n".join([f"{header},note", *(f"{row}," for row in rows)])
    for form in ("parquet", "npz"):
        words = ["predict", iris, "-", "--keep", "note", "-o", f"empty.{form}"]
        done = trainer.run(words, iris.parent, stdin=table + "\n")
        assert done.code == 0, done.err
    assert set(pyarrow.parquet.read_table(iris.parent / "empty.parquet")["note"].to_pylist()) == {""}
    with np.load(iris.parent / "empty.npz") as arrays:
        assert set(arrays["note"]) == {""}
