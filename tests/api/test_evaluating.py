"""Pages of evaluations: what stands on them is what the data and the predictions say."""

import json
import os
import shutil

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

import dltool
from dltool.errors import DataError, DataWarning, OutputError, UsageError
from tests.support.examples import config_of
from tests.support.page import Page
from tests.support.places import REPOSITORY

TABLE = REPOSITORY / "data" / "iris.csv"


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """Two classes that a number tells, but for a third of those of one town; an id and a town that are no features."""
    folder, rng = tmp_path_factory.mktemp("shops"), np.random.default_rng(2)
    x, town = rng.normal(size=300), rng.choice(["Ulm", "Köln"], 300)
    y = (x > 0) ^ ((town == "Ulm") & (rng.random(300) < 0.35))
    lines = [
        f"s{i * 8 % 301},{a:.4f},{b},{'open' if c else 'shut'}"
        for i, (a, b, c) in enumerate(zip(x, town, y, strict=True))
    ]
    (folder / "t.csv").write_text("\n".join(["id,x,town,state", *lines]) + "\n")
    config = config_of(
        folder,
        "name: t\ndata: {source: csv, path: t.csv, targets: state, test: 0.4, columns: {id: ignore, town: ignore}}\n"
        "model: {type: mlp, hidden_units: []}\n"
        "training: {loss: binary_crossentropy, metrics: [accuracy], epochs: 30,\n"
        "           optimizer: {type: adam, learning_rate: 0.1}}\n",
    )
    return dltool.train(config, folder / "run", device="cpu")


def predicted(run, evaluation):
    classes = np.array(evaluation.classes)
    return classes[(evaluation.outputs[:, 1] > 0.5).astype(int)]


def table_of(run):
    lines = (run.path.parent / "t.csv").read_text().splitlines()[1:]
    return np.array([line.split(",") for line in lines])


def test_rows_are_scored_by_columns_that_are_no_features(shops):
    found = dltool.evaluate(shops, by="town")
    (slices,) = found.assessment.slices
    from dltool.data import load

    config = dltool.load_config(shops.config_path)
    rows = load(config.data, config.needs, config.seed).test.rows
    table, said = table_of(shops)[rows], predicted(shops, found)
    for each in slices.slices:
        inside = table[:, 2] == each.name
        assert each.rows == inside.sum()
        assert each.score == pytest.approx((said == table[:, 3])[inside].mean())
    assert [each.name for each in slices.slices] == ["Ulm", "Köln"]
    assert slices.all_rows.rows == found.rows
    assert slices.all_rows.score == pytest.approx(found.metrics["accuracy"])
    assert slices.all_rows.interval == found.assessment.intervals["accuracy"]


def test_a_page_shows_rows_as_they_stand_in_their_table(shops):
    found, page = dltool.write_evaluation(shops, by=["town"])
    assert page == shops.path / "evaluation-test" / "report.html"
    cells = Page(page.read_text()).cells
    table = table_of(shops)
    ids = {row[0]: row for row in table}
    shown = [row for row in cells if row[0] == "id" and len(row) == 3]
    assert len(shown) == len(found.assessment.mistakes) == 12
    for mistake, (_, wrong, nearest) in zip(found.assessment.mistakes, shown, strict=True):
        assert ids[wrong][3] == mistake.true
        assert abs(float(ids[wrong][1]) - float(ids[nearest][1])) < 0.3
    names = {path.name for path in page.parent.iterdir()}
    assert {"roc.svg", "roc.png", "slices_1.svg", "report.html"} <= names
    with Image.open(page.parent / "roc.png") as image:
        assert image.width > 500
    assert page.stat().st_size < 300_000


def test_a_file_and_a_model_alone(shops, tmp_path):
    (tmp_path / "neu.csv").write_text("state,x,town,id\nopen,1,Ulm,a\nopen,-2,Ulm,b\nshut,-1,Bonn,c\n")
    found, page = dltool.write_evaluation(shops, data=tmp_path / "neu.csv", by=["town"])
    assert page.parent.name == "evaluation-file-neu.csv"
    assert {each.name: each.score for each in found.assessment.slices[0].slices} == {"Ulm": 0.5, "Bonn": 1}
    text = Page(page.read_text()).text
    assert "row 2" in text
    assert "Left out: the training rows nearest" in text
    assert dltool.write_evaluation(shops.model_path, data=tmp_path / "neu.csv")[1] is None
    _, alone = dltool.write_evaluation(shops.model_path, tmp_path / "page", data=tmp_path / "neu.csv")
    assert alone == tmp_path / "page" / "report.html"


@pytest.mark.parametrize("held", [pa.table, dict], ids=["frame", "mapping"])
def test_a_table_in_memory_is_measured_as_its_file(shops, tmp_path, held):
    path = tmp_path / "new.csv"
    path.write_text("state,x,town,id\nopen,1,Ulm,a\nopen,-2,Ulm,b\nshut,-1,Bonn,c\n")
    columns = {"town": ["Ulm", "Ulm", "Bonn"], "x": [1.0, -2.0, -1.0], "state": ["open", "open", "shut"]}
    of_file, found = (dltool.evaluate(shops, data=each, by="town") for each in (path, held(columns)))
    assert found.metrics == of_file.metrics
    assert found.assessment.slices == of_file.assessment.slices
    assert found.split == {pa.table: "the data frame", dict: "the mapping"}[held]
    assert dltool.evaluate(shops.model_path, data=held(columns)).metrics == of_file.metrics
    _, page = dltool.write_evaluation(shops, data=held(columns))
    assert page.parent.name == "evaluation-data"
    shown = [row for row in Page(page.read_text()).cells if row[0] == "x" and len(row) == 2]
    assert [float(row[1]) for row in shown] == [-2]
    with pytest.raises(DataError, match="row 2, column 'x': 'a' is not a number"):
        dltool.evaluate(shops, data=held(columns | {"x": ["1", "a", "2"]}))
    with pytest.raises(UsageError, match="go with a file"):
        dltool.evaluate(shops, data=held(columns), header=False)


def test_arrays_in_memory_are_measured_as_their_file(tmp_path):
    rng = np.random.default_rng(4)
    arrays = {"x": rng.normal(size=(30, 3)).astype("f4"), "y": np.arange(30) % 2}
    np.savez(tmp_path / "a.npz", **arrays)
    config = config_of(
        tmp_path,
        "name: t\ndata: {source: npz, path: a.npz, features: x, targets: y}\nmodel: {type: mlp, hidden_units: [2]}\n"
        "training: {loss: binary_crossentropy, epochs: 1}\n",
    )
    run = dltool.train(config, tmp_path / "run", device="cpu")
    of_file, found = (dltool.evaluate(run, data=each, device="cpu") for each in (tmp_path / "a.npz", arrays))
    assert found.metrics == of_file.metrics
    with pytest.raises(DataError, match="expected arrays x_test and y_test or x and y"):
        dltool.evaluate(run, data={"x": arrays["x"]}, device="cpu")
    with pytest.raises(DataError, match=r"takes a mapping of the names in it to arrays, .* got a Table"):
        dltool.evaluate(run, data=pa.table({"a": [1]}), device="cpu")


def test_a_part_of_its_own_file_may_have_other_columns_than_training(tmp_path):
    rng = np.random.default_rng(3)
    train = [f"{a:.3f},{'p' if a > 0 else 'q'},n{i}" for i, a in enumerate(rng.normal(size=40))]
    test = [f"x{i},{'p' if a < 0 else 'q'},{a:.3f}" for i, a in enumerate(rng.normal(size=9))]
    (tmp_path / "train.csv").write_text("\n".join(["x,y,note", *train]) + "\n")
    (tmp_path / "test.csv").write_text("\n".join(["other,y,x", *test]) + "\n")
    config = config_of(
        tmp_path,
        "name: t\ndata: {source: csv, path: train.csv, targets: y, test: test.csv, columns: {note: ignore}}\n"
        "model: {type: mlp, hidden_units: [2]}\ntraining: {loss: binary_crossentropy, epochs: 9}\n",
    )
    run = dltool.train(config, tmp_path / "run", device="cpu")
    found, page = dltool.write_evaluation(run, by=["other", "y"])
    assert [each.column for each in found.assessment.slices] == ["y"]
    assert "scores by other: 9 values in 9 rows" in found.assessment.left_out[0]
    shown = [row for row in Page(page.read_text()).cells if row[0] == "x" and len(row) == 3]
    assert len(shown) == len(found.assessment.mistakes)
    assert [row[1] for row in shown] == [test[each.row].split(",")[2] for each in found.assessment.mistakes]


def test_names_that_are_no_text_are_written_with_escapes(iris, tmp_path):
    run = shutil.copytree(iris, tmp_path / os.fsdecode(b"caf\xe9"))
    table = shutil.copy(TABLE, tmp_path / os.fsdecode(b"\xe8.csv"))
    found, page = dltool.write_evaluation(run, data=table, device="cpu")
    assert found.split == f"{tmp_path}/\\xe8.csv"
    assert "<h1>caf\\xe9" in page.read_text()


def test_columns_of_what_is_no_table_are_refused(tmp_path):
    config = config_of(
        tmp_path,
        "name: t\ndata: {source: inline, features: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0]}\n"
        "model: {type: mlp, hidden_units: [2]}\ntraining: {loss: binary_crossentropy, epochs: 2}\n",
    )
    run = dltool.train(config, tmp_path / "run", device="cpu")
    with pytest.raises(UsageError, match=r"--by a: .*columns of a table"):
        dltool.evaluate(run, split="train", by=["a"])
    _, page = dltool.write_evaluation(run, split="train")
    assert "these are training rows" in Page(page.read_text()).text or "mistake" not in page.read_text()


def test_a_folder_that_cannot_be_written_to_costs_the_page_and_no_figure(shops, tmp_path):
    folder = shops.path / "evaluation-train"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.warns(DataWarning, match="no page was made"):
        found, page = dltool.write_evaluation(shops, split="train")
    assert page is None
    assert found.rows == 180
    with pytest.raises(OutputError, match="holds other files"):
        dltool.write_evaluation(shops, folder, split="train")


def test_rows_count_by_their_weights_and_what_counts_them_alike_says_so(tmp_path):
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=80), rng.integers(1, 5, 80)
    y = (x + rng.normal(size=80) > 0).astype(int)
    lines = [f"{a:.3f},{'nq'[b]},{c}" for a, b, c in zip(x, y, weights, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["x,y,w", *lines]) + "\n")
    config = config_of(
        tmp_path,
        "name: t\ndata: {source: csv, path: t.csv, targets: y, weights: w}\n"
        "model: {type: mlp, hidden_units: []}\n"
        "training: {loss: binary_crossentropy, metrics: [accuracy], epochs: 9}\n",
    )
    found, page = dltool.write_evaluation(dltool.train(config, tmp_path / "run"), split="train", by=["w"])
    scores, right = found.outputs[:, 1], (found.outputs[:, 1] > 0.5) == y
    assert found.weighted_rows
    assert found.metrics["accuracy"] == pytest.approx(np.average(right, weights=weights))
    low, high = found.assessment.intervals["accuracy"]
    assert low < found.metrics["accuracy"] < high
    pairs = weights[y == 1][:, None] * weights[y == 0]
    wins = pairs * (scores[y == 1][:, None] > scores[y == 0])
    (ranked,) = found.assessment.ranked
    assert ranked.roc.area == pytest.approx(wins.sum() / pairs.sum())
    assert ranked.prevalence == pytest.approx(weights @ y / weights.sum())
    assert found.assessment.slices[0].all_rows.score == pytest.approx(right.mean())
    assert "weights: metrics, curves and calibration count rows by their weights" in Page(page.read_text()).text


def test_folds_are_assessed_too(tmp_path):
    rng = np.random.default_rng(0)
    lines = [f"{a:.3f},{'p' if a > 0 else 'q'},{i % 3},{i % 5}" for i, a in enumerate(rng.normal(size=60))]
    (tmp_path / "t.csv").write_text("\n".join(["x,y,g,w", *lines]) + "\n")
    config = config_of(
        tmp_path,
        "name: t\ndata: {source: csv, path: t.csv, targets: y, folds: 3, weights: w, columns: {g: ignore}}\n"
        "model: {type: mlp, hidden_units: [2]}\n"
        "training: {loss: binary_crossentropy, metrics: [accuracy], epochs: 2}\n",
    )
    run = dltool.train(config, tmp_path / "run", device="cpu")
    with pytest.warns(DataWarning, match="no test part"):
        found, page = dltool.write_evaluation(run, by=["g"])
    assert sum(each.rows for each in found.assessment.slices[0].slices) == 60
    text = Page(page.read_text()).text
    assert "each fold was answered by another network" in text
    assert "weights: metrics and what a temperature gains count rows by their weights" in text


def test_scripts_get_all_of_it(shops):
    from dltool.console.evaluation import evaluation_facts

    facts = json.loads(json.dumps(evaluation_facts(dltool.evaluate(shops, by=["town"])), allow_nan=False))
    assert facts["intervals"]["accuracy"][0] < facts["metrics"]["accuracy"] < facts["intervals"]["accuracy"][1]
    roc = facts["ranked"]["shut"]["roc"]
    area = np.trapezoid(roc["true_positive_rate"], roc["false_positive_rate"])
    assert area == pytest.approx(roc["area"], abs=1e-9)
    assert [each["name"] for each in facts["slices"]["town"]["slices"]] == ["Ulm", "Köln"]
    assert facts["slices"]["town"]["all_rows"]["score"] == pytest.approx(facts["metrics"]["accuracy"])
    assert len(facts["mistakes"]) == 12


@pytest.mark.parametrize("kind", ["run", "directory", "model file"])
def test_a_run_may_be_named_in_three_ways(iris, kind):
    from dltool.runs.run import Run

    run = {"run": Run.open(iris), "directory": str(iris), "model file": iris / "model.keras"}[kind]
    assert dltool.evaluate(run, data=TABLE, device="cpu").rows == 150


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"split": "test", "data": TABLE}, "not both"),
        ({"split": "valid"}, "unknown split 'valid'; did you mean 'validation'"),
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


def test_a_model_that_was_interrupted_is_used_with_a_warning(iris, tmp_path):
    run = shutil.copytree(iris, tmp_path / "run")
    facts = run / "run.json"
    facts.write_text(
        facts.read_text().replace('"completed"', '"interrupted"').replace('"stopped_early"', '"interrupted"')
    )
    with pytest.warns(DataWarning, match="is interrupted: its model is that of the last sound moment"):
        dltool.evaluate(run, data=TABLE, device="cpu")
