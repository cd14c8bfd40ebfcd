"""The columns of predictions, and tables to predict that have no header, from a finished model's file."""

import csv
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

import dltool
from dltool.errors import DataError, DataWarning, UsageError
from dltool.inference.output_format import output_format_of
from dltool.runs.run import Run
from dltool.tasks.regression import value_names

CONFIG = """
name: table
data: {{source: csv, path: t.csv, targets: {targets}, header: {header}, scaling: none}}
model: {{type: sequential, layers: [{{type: dense, units: 3, activation: {activation}}}]}}
training: {{loss: {loss}, epochs: 1, checkpoint_seconds: 100}}
"""
ROWS = np.array([[1, 2, 0, 1, 1], [3, 4, 1, 0, 1], [5, 7, 1, 1, 0]])


@pytest.fixture(scope="module", params=[("mean_squared_error", "linear"), ("binary_crossentropy", "sigmoid")])
def trained(request, tmp_path_factory):
    """A model of three targets of a table with a header, one of them called ``id``."""
    loss, activation = request.param
    folder = tmp_path_factory.mktemp("named")
    (folder / "t.csv").write_text("a,b,id,u,prediction_u\n" + body(ROWS))
    config = CONFIG.format(targets="[id, u, prediction_u]", header="true", loss=loss, activation=activation)
    (folder / "c.yaml").write_text(config)
    return dltool.train(dltool.load_config(folder / "c.yaml"), run_dir=folder / "run")


def body(rows):
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


def test_a_target_called_id_leaves_the_row_ids_alone(trained, tmp_path):
    (tmp_path / "n.csv").write_text("a,b\n" + body(ROWS[:, :2]))
    (table,) = dltool.predict(trained, tmp_path / "n.csv")
    kind = "probability" if "binary" in trained.config().training.loss.type else "prediction"
    assert list(table) == ["id", f"{kind}_id", f"{kind}_u", f"{kind}_prediction_u"]
    assert list(table["id"]) == [1, 2, 3]


def test_rows_without_a_header_are_predicted_as_rows_with_one(trained, tmp_path):
    (tmp_path / "n.csv").write_text("a,b\n" + body(ROWS[:, :2]))
    (tmp_path / "plain.csv").write_text(body(ROWS[:, :2]))
    (expected,) = dltool.predict(trained, tmp_path / "n.csv")
    (found,) = dltool.predict(trained.model_path, tmp_path / "plain.csv", header=False)
    assert {name: list(values) for name, values in found.items()} == {n: list(v) for n, v in expected.items()}
    with pytest.raises(DataError, match="--no-header"):
        list(dltool.predict(trained, tmp_path / "plain.csv"))


def test_a_model_file_knows_that_its_tables_have_no_header(tmp_path):
    (tmp_path / "t.csv").write_text(body(ROWS))
    targets = "[column_3, column_4, column_5]"
    config = CONFIG.format(targets=targets, header="false", loss="binary_crossentropy", activation="sigmoid")
    (tmp_path / "c.yaml").write_text(config)
    run = dltool.train(dltool.load_config(tmp_path / "c.yaml"), run_dir=tmp_path / "run")
    whole = dltool.evaluate(run, split="train")
    (tmp_path / "n.csv").write_text("p,q,r,s,t\n" + body(ROWS))
    assert dltool.evaluate(run.model_path, data=tmp_path / "t.csv").metrics == whole.metrics
    assert dltool.evaluate(run.model_path, data=tmp_path / "n.csv", header=True).metrics == whole.metrics
    (table,) = dltool.predict(run.model_path, tmp_path / "t.csv")
    assert len(table["id"]) == len(ROWS)
    with pytest.raises(UsageError, match="--data"):
        dltool.evaluate(run, split="train", header=False)


def test_many_rows_are_answered_in_steps_as_keras_answers_them_and_as_they_are_evaluated(trained, tmp_path):
    rows = np.random.default_rng(3).normal(size=(40_000, 2)).round(3)
    labelled = np.column_stack([rows, np.arange(3 * len(rows)).reshape(-1, 3) % 2])
    (tmp_path / "many.csv").write_text("a,b,id,u,prediction_u\n" + body(labelled))
    (table,) = dltool.predict(trained, {"a": rows[:, 0], "b": rows[:, 1]})
    found = np.column_stack(list(table.values())[1:])
    model = keras.models.load_model(trained.model_path)
    np.testing.assert_allclose(found, model.predict(rows.astype(np.float32), verbose=0), atol=1e-5)
    np.testing.assert_array_equal(found, dltool.evaluate(trained, data=tmp_path / "many.csv").outputs)


def predictions(tables):
    tables = list(tables)
    return {name: np.concatenate([np.asarray(table[name]) for table in tables]).tolist() for name in tables[0]}


def test_examples_in_memory_are_predicted_as_those_of_a_file(fruit, pictures):
    with (fruit.path.parent / "fruit.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = {name: [row[name] for row in rows] for name in ("colour", "weight", "size")}
    typed = columns | {"size": np.array(columns["size"], float), "weight": list(map(int, columns["weight"]))}
    expected = predictions(dltool.predict(fruit, fruit.path.parent / "fruit.csv", top=2))
    assert predictions(dltool.predict(fruit, columns, top=2)) == expected
    assert predictions(dltool.predict(fruit.model_path, typed, top=2)) == expected
    path = pictures.path.parent / "images.npz"
    with np.load(path) as arrays:
        images = arrays["x_test"]
    assert predictions(dltool.predict(pictures, images)) == predictions(dltool.predict(pictures, path))


def test_values_without_names_are_numbered():
    from dltool.config.needs import TaskName
    from dltool.contracts.signature import Signature

    assert value_names(Signature(TaskName.REGRESSION, (2,), "float32", 1), "prediction") == ["prediction"]
    assert value_names(Signature(TaskName.BINARY, (2,), "float32", 2), "probability") == [
        "probability_1",
        "probability_2",
    ]


def test_a_model_of_a_run_that_was_not_ended_is_warned_of(fruit, tmp_path):
    shutil.copytree(fruit.path, tmp_path / "run")
    run = Run.open(tmp_path / "run")
    run.record(status="diverged")
    with pytest.warns(DataWarning, match="is diverged: its model is that of the last sound moment"):
        dltool.predict(run, fruit.path.parent / "fruit.csv")


def test_answers_that_are_no_numbers_are_counted(two_numbers, tmp_path):
    (tmp_path / "far.csv").write_text("a,b,c\n1,2,3\n1e38,-1e38,1e38\n")
    with pytest.warns(DataWarning, match="far outside"):
        list(dltool.predict(two_numbers, tmp_path / "far.csv"))


@pytest.mark.parametrize(
    ("name", "output_format"), [("p", "csv"), ("p.CSV", "csv"), ("p.jsonl", "jsonl"), ("p.parquet", "parquet")]
)
def test_an_ending_says_the_format(name, output_format):
    assert output_format_of(Path(name)) == output_format


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """A model of a number with known noise, which the network cannot learn, and 4,000 rows that nobody saw."""
    folder, rng = tmp_path_factory.mktemp("noisy"), np.random.default_rng(5)
    x = rng.uniform(-1, 1, (4700, 2))
    price = np.exp(x[:, 0] + rng.normal(0, 0.5, len(x)))
    lines = [f"{a},{b},{c}" for (a, b), c in zip(x, price, strict=True)]
    (folder / "t.csv").write_text("\n".join(["a,b,price", *lines[:700]]) + "\n")
    (folder / "new.csv").write_text("\n".join(["a,b,price", *lines[700:]]) + "\n")
    (folder / "c.yaml").write_text(
        "name: noisy\ndata: {source: csv, path: t.csv, targets: price, validation: 0.4, target_transform: log}\n"
        "model: {type: mlp, hidden_units: [4]}\n"
        "training: {loss: mean_squared_error, epochs: 15, optimizer: {type: adam, learning_rate: 0.01}}\n"
    )
    return dltool.train(dltool.load_config(folder / "c.yaml"), run_dir=folder / "run"), price[700:]


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_intervals_hold_rows_that_nobody_saw(noisy, tmp_path, level):
    run, price = noisy
    shutil.copy(run.model_path, tmp_path / "alone.keras")
    table = predictions(dltool.predict(tmp_path / "alone.keras", run.path.parent / "new.csv", interval=level))
    assert list(table) == ["id", "prediction_price", "price_low", "price_high"]
    predicted, low, high = (np.array(table[name]) for name in ("prediction_price", "price_low", "price_high"))
    targets, outputs, *_ = run.predictions()
    factor = np.exp(np.sort(np.abs(np.log(targets / outputs)), axis=None)[int(np.ceil(281 * level)) - 1])
    np.testing.assert_allclose(high, predicted * factor, rtol=1e-9)
    np.testing.assert_allclose(low, predicted / factor, rtol=1e-9)
    held = ((low <= price) & (price <= high)).mean()
    # Four deviations: of what 280 residuals promise (a beta distribution), and of 4,000 rows (a binomial one).
    assert abs(held - level) < 4 * np.sqrt(level * (1 - level) * (1 / 282 + 1 / 4000))
    if level == 0.9:
        assert dltool.evaluate(run, data=run.path.parent / "new.csv").interval_coverage == pytest.approx((held,))
        assert dltool.evaluate(run, split="validation").interval_coverage == ()


def test_intervals_need_numbers_and_validation_rows(fruit, two_numbers, noisy):
    with pytest.raises(UsageError, match="predicts classes"):
        dltool.predict(fruit, {"size": [1.0], "colour": ["red"], "weight": [10]}, interval=0.9)
    with pytest.raises(UsageError, match=r"set data\.validation"):
        dltool.predict(two_numbers, np.zeros((1, 3)), interval=0.9)
    with pytest.raises(UsageError, match="--layer"):
        dltool.predict(noisy[0], np.zeros((1, 2)), interval=0.9, layer="dense")


def test_an_unknown_ending_is_refused():
    with pytest.raises(UsageError, match=r"p\.xlsx: no predictions are written as \.xlsx; expected \.csv, \.jsonl"):
        output_format_of(Path("p.xlsx"))
