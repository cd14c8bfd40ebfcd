"""A calibrated model answers as plain Keras does with its logits divided, whenever it was calibrated."""

import json
import re
import shutil

import keras
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

import dltool
from dltool.errors import DataError, DataNote, DataWarning, UsageError
from dltool.runs.run import Run
from tests.support.examples import config_of

CONFIG = """
name: t
seed: 3
data: {source: csv, path: t.csv, targets: y, test: 0.25, validation: 0.35}
model: {type: mlp, hidden_units: [32]}
training:
  {loss: binary_crossentropy, metrics: [accuracy], epochs: 60, batch_size: 32, threshold: {maximize: f1},
   optimizer: {type: adam, learning_rate: 0.05}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibrating")
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 4))
    targets = np.where(rng.random(400) < 1 / (1 + np.exp(-2 * features[:, 0])), "yes", "no")
    names = [*"abcd", "y"]
    table = pa.table([*features.T.round(3), targets], names=names)
    pyarrow.csv.write_csv(table, folder / "t.csv")
    pyarrow.csv.write_csv(table.slice(0, 150), folder / "new.csv")
    return folder


def trained(folder, name, text=CONFIG, **training):
    config = config_of(folder, text)
    config = config.model_copy(update={"training": config.training.model_copy(update=training)})
    return dltool.train(config, folder / name, device="cpu")


@pytest.fixture(scope="module")
def plain(folder):
    return trained(folder, "plain")


@pytest.fixture(scope="module")
def within(folder):
    return trained(folder, "within", calibration="temperature")


def answers(run, table):
    model = keras.saving.load_model(run.model_path)
    return np.asarray(model.predict(np.stack([np.asarray(table[name]) for name in "abcd"], axis=1), verbose=0))[:, 0]


def logit(probability):
    probability = probability.astype(float).clip(1e-30, 1 - 2**-24)
    return np.log(probability / (1 - probability))


def bytes_of(run):
    return [path.read_bytes() for path in (run.predictions_path, run.path / "metrics.jsonl")]


def test_plain_keras_answers_with_the_logits_divided(folder, plain, within):
    table = pyarrow.csv.read_csv(folder / "new.csv")
    temperature = within.facts["calibration"]["temperature"]
    assert temperature > 1.5  # sixty epochs made it too sure
    before, after = answers(plain, table), answers(within, table)
    is_told = np.abs(logit(before)) < 12  # as far as a float32 tells how sure it is
    np.testing.assert_allclose(logit(after)[is_told], logit(before)[is_told] / temperature, rtol=1e-2, atol=1e-4)
    (predicted,) = dltool.predict(within, folder / "new.csv", device="cpu")
    np.testing.assert_allclose(predicted["probability_yes"], after, atol=1e-6)


def test_facts_evaluation_and_predictions_are_of_the_calibrated_model(plain, within):
    calibration = within.facts["calibration"]
    targets, outputs, *_ = within.predictions()
    likelihood = -np.log(np.where(targets == 1, outputs[:, 1], outputs[:, 0]).astype(float)).mean()
    assert calibration["negative_log_likelihood_after"] == pytest.approx(likelihood, rel=1e-4)
    validated = dltool.evaluate(within, split="validation", device="cpu")
    assert validated.metrics["loss"] == pytest.approx(likelihood, rel=1e-4)
    assert validated.calibration.chosen
    tested = dltool.evaluate(within, device="cpu")
    assert not tested.calibration.chosen
    assert tested.calibration.negative_log_likelihood_after == pytest.approx(tested.metrics["loss"], rel=1e-4)
    uncalibrated = dltool.evaluate(plain, device="cpu")
    assert uncalibrated.calibration is None
    assert tested.calibration.negative_log_likelihood_before == pytest.approx(uncalibrated.metrics["loss"], rel=1e-2)
    # What training said stays what it said.
    names = ("epoch", "loss", "validation_loss", "validation_accuracy")
    assert [[row[name] for name in names] for row in within.metrics()] == [
        [row[name] for name in names] for row in plain.metrics()
    ]
    report = within.report_path.read_text()
    assert "calibrated: logits divided by" in report
    assert "rescaling" in report


def test_afterwards_it_comes_to_the_same(folder, within):
    run = trained(folder, "afterwards")
    log = (run.path / "metrics.jsonl").read_bytes()
    found = dltool.calibrate(run, device="cpu")
    assert found == Run.open(run.path).read_facts().calibration == within.read_facts().calibration
    assert run.predictions_path.read_bytes() == within.predictions_path.read_bytes()
    assert (run.path / "metrics.jsonl").read_bytes() == log
    table = pyarrow.csv.read_csv(folder / "new.csv")
    np.testing.assert_array_equal(answers(run, table), answers(within, table))
    # The chosen threshold moves with the probabilities, and tells rows apart as that of the other does.
    evaluations = [dltool.evaluate(each, split="validation", device="cpu") for each in (run, within)]
    assert evaluations[0].confusion == evaluations[1].confusion
    assert run.facts["threshold"] == pytest.approx(within.facts["threshold"], abs=1e-3)
    assert "calibrated: logits divided by" in run.report_path.read_text()
    # Once more: the temperature is replaced.
    assert dltool.calibrate(run, device="cpu") == found
    np.testing.assert_array_equal(answers(run, table), answers(within, table))
    assert dltool.reproduce(run).identical
    other = dltool.calibrate(run, data=folder / "new.csv", device="cpu")
    assert (other.part, other.rows) == (str(folder / "new.csv"), 150)
    assert other.temperature != found.temperature
    held = dltool.calibrate(run, data=table, device="cpu")
    assert (held.part, held.temperature) == ("the data frame", other.temperature)
    # Data frames have no name to be known by.
    for rows, chosen in ((table, True), (table.take(np.arange(150) // 2), False)):
        assert dltool.evaluate(run, data=rows, device="cpu").calibration.chosen == chosen
    other = dltool.calibrate(run, data=folder / "new.csv", device="cpu")
    ratio = found.temperature / other.temperature
    outputs, expected = run.predictions().outputs[:, 1], within.predictions().outputs[:, 1]
    np.testing.assert_allclose(logit(outputs), logit(expected) * ratio, rtol=1e-3, atol=1e-5)
    evaluated = dltool.evaluate(run, data=folder / "new.csv", device="cpu")
    assert evaluated.metrics["loss"] == pytest.approx(other.negative_log_likelihood_after, rel=1e-4)
    assert evaluated.calibration == other


def measured_in(report):
    return report.read_text().partition("<h2>Measured on")[2].partition("<h2>Epochs")[0]


def test_the_report_keeps_to_the_validation_rows(folder, within):
    run = trained(folder, "reported")
    dltool.calibrate(run, device="cpu")
    assert measured_in(run.report_path) == measured_in(within.report_path)
    dltool.calibrate(run, data=folder / "new.csv", device="cpu")
    assert measured_in(run.report_path).startswith(" validation (")
    assert "interval" not in measured_in(run.report_path)


def test_what_its_report_measured_may_be_gone(folder, tmp_path):
    for name in ("t.csv", "new.csv"):
        shutil.copy(folder / name, tmp_path)
    run = trained(tmp_path, "run", epochs=1)
    (tmp_path / "t.csv").unlink()
    with pytest.warns(DataWarning, match="report.html says nothing of that part any more"):
        found = dltool.calibrate(run, data=tmp_path / "new.csv", device="cpu")
    assert run.read_facts().calibration == found
    assert not measured_in(run.report_path)
    assert "calibrated: logits divided by" in run.report_path.read_text()


def test_pages_of_the_model_as_it_was_are_named_with_what_makes_them_anew(folder, plain, tmp_path, recwarn):
    path = shutil.copytree(plain.path, tmp_path / "it's a run")
    dltool.write_evaluation(path, device="cpu")
    dltool.write_evaluation(path, data=folder / "t.csv", device="cpu")
    dltool.write_explanation(path, dltool.explain(path, device="cpu"))
    (path / "evaluation-of-mine").mkdir()
    recwarn.clear()
    dltool.calibrate(path, device="cpu")
    notes = [str(each.message) for each in recwarn if each.category is DataNote]
    name = "'" + str(path).replace("'", "'\"'\"'") + "'"
    assert notes == [
        f"{path / page} is of the model as it was before; `dltool {command}` makes it anew"
        for page, command in (
            ("evaluation-file-t.csv", f"evaluate {name} --data FILE"),
            ("evaluation-test", f"evaluate {name} --split test"),
            ("explanation", f"explain {name}"),
        )
    ]
    dltool.calibrate(shutil.copytree(plain.path, tmp_path / "none"), device="cpu")
    assert [str(each.message) for each in recwarn if each.category is DataNote] == notes


def test_a_page_of_data_in_memory_is_named_with_how_it_is_made_anew(folder, plain, tmp_path):
    run = shutil.copytree(plain.path, tmp_path / "run")
    dltool.write_evaluation(run, data=pyarrow.csv.read_csv(folder / "new.csv"), device="cpu")
    anew = f"evaluation-data is of the model as it was before; `dltool.write_evaluation({str(run)!r}, data=...)`"
    with pytest.warns(DataNote, match=re.escape(anew)):
        dltool.calibrate(run, device="cpu")


def test_an_interruption_leaves_what_can_be_calibrated(folder, within, tmp_path):
    run = Run(tmp_path / "run")
    shutil.copytree(within.path, run.path)
    dltool.calibrate(run, data=folder / "new.csv", device="cpu")
    # As if it had been killed before the predictions were written.
    for path in (within.predictions_path, within.facts_path):
        shutil.copy(path, run.path)
    found = dltool.calibrate(run, data=folder / "new.csv", device="cpu")
    ratio = within.facts["calibration"]["temperature"] / found.temperature
    outputs, expected = run.predictions().outputs[:, 1], within.predictions().outputs[:, 1]
    assert ratio != pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(logit(outputs), logit(expected) * ratio, rtol=1e-3, atol=1e-5)


def test_a_run_that_goes_on_is_calibrated_anew(folder, within):
    short = trained(folder, "short", calibration="temperature", epochs=20)
    assert short.facts["calibration"] != within.facts["calibration"]
    config = short.config()
    config = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 60})})
    run = dltool.train(config, short.path, resume=True, device="cpu")
    assert run.facts["calibration"] == within.facts["calibration"]
    uncalibrated = trained(folder, "uncalibrated", epochs=20)
    dltool.calibrate(uncalibrated, device="cpu")
    config = config.model_copy(update={"training": config.training.model_copy(update={"calibration": None})})
    with pytest.warns(
        DataNote, match="was calibrated, and goes on without; `dltool calibrate` chooses a temperature anew"
    ):
        run = dltool.train(config, uncalibrated.path, resume=True, device="cpu")
    assert run.facts["calibration"] is None
    assert dltool.evaluate(run, device="cpu").calibration is None


def test_folds_choose_by_what_none_of_them_had_seen(folder):
    text = CONFIG.replace("validation: 0.35", "folds: 3").replace("epochs: 60", "epochs: 20")
    run = trained(folder, "folds", text, calibration="temperature")
    calibration = run.facts["calibration"]
    folds = [Run.open(run.folds_path / str(fold)) for fold in (1, 2, 3)]
    assert all(fold.facts["calibration"] is None for fold in folds)
    kept = [fold.predictions() for fold in folds]
    targets = np.concatenate([each.targets for each in kept])
    logits = logit(np.concatenate([each.outputs[:, 1] for each in kept]))
    signed = np.where(targets == 1, logits, -logits)
    likelihoods = {each: np.logaddexp(0, -signed / each).mean() for each in np.geomspace(0.05, 20, 2000)}
    assert calibration["temperature"] == pytest.approx(min(likelihoods, key=likelihoods.get), rel=5e-3)
    assert calibration["negative_log_likelihood_after"] == pytest.approx(min(likelihoods.values()), rel=1e-4)
    outputs = run.predictions().outputs
    order = np.argsort(np.concatenate([each.rows for each in kept]))
    np.testing.assert_allclose(logit(outputs[:, 1]), logits[order] / calibration["temperature"], rtol=1e-3, atol=1e-5)
    assert (calibration["part"], calibration["rows"]) == ("folds", len(targets))
    assert dltool.evaluate(run, split="validation", device="cpu").calibration.temperature == calibration["temperature"]
    before = bytes_of(run)
    assert dltool.calibrate(run, device="cpu").temperature == calibration["temperature"]
    assert bytes_of(run) == before


def test_a_model_that_no_temperature_suits_stays_as_it_was(folder, plain, tmp_path):
    run = Run(tmp_path / "run")
    shutil.copytree(plain.path, run.path)
    table = pyarrow.csv.read_csv(folder / "new.csv")
    right = np.where(answers(plain, table) > 0.5, "yes", "no")
    pyarrow.csv.write_csv(table.set_column(4, "y", pa.array(right)), tmp_path / "right.csv")
    before = {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()}
    with pytest.raises(DataError, match=r"150 rows \(.*right.csv\), .* answered right: lower ones"):
        dltool.calibrate(run, data=tmp_path / "right.csv", device="cpu")
    assert {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()} == before


def test_training_warns_where_no_temperature_suits_the_rows(tmp_path):
    lines = [f"{i % 2}.{i:02},{'no' if i % 2 else 'yes'}" for i in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["x,y", *lines]) + "\n")
    text = CONFIG.replace("test: 0.25, ", "").replace(", threshold: {maximize: f1}", "")
    with pytest.warns(DataWarning, match="run is not calibrated: no temperature from 0.05 to 20 .* answered right"):
        run = trained(tmp_path, "run", text, calibration="temperature")
    same = trained(tmp_path, "plain", text)
    assert run.facts["calibration"] is None
    assert run.facts["status"] == "completed"
    assert run.predictions_path.read_bytes() == same.predictions_path.read_bytes()
    assert [layer.name for layer in keras.saving.load_model(run.model_path).layers] == [
        layer.name for layer in keras.saving.load_model(same.model_path).layers
    ]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (("validation: 0.35", "validation: null"), DataError, "has no validation part to choose the temperature on"),
        (("binary_crossentropy", "hinge"), UsageError, "loss hinge gives none"),
    ],
    ids=["no validation", "hinge"],
)
def test_what_cannot_be_calibrated_is_refused_and_left_as_it_was(folder, tmp_path, change, error, said):
    text = CONFIG.replace(", threshold: {maximize: f1}", "").replace("t.csv", str(folder / "t.csv")).replace(*change)
    run = trained(tmp_path, "run", text, epochs=1)
    before = {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()}
    with pytest.raises(error, match=said):
        dltool.calibrate(run, device="cpu")
    assert {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()} == before


def test_only_runs_that_came_to_their_end_are_calibrated(folder, plain, tmp_path):
    with pytest.raises(UsageError, match="is a model file; name the directory of its run"):
        dltool.calibrate(plain.model_path)
    with pytest.raises(UsageError, match="go with a file"):
        dltool.calibrate(plain, header=True)
    facts = json.loads(plain.facts_path.read_text()) | {"status": "interrupted"}
    other = tmp_path / "run"
    other.mkdir()
    for path in plain.path.iterdir():
        if path.is_file():
            (other / path.name).write_bytes(path.read_bytes())
    (other / "run.json").write_text(json.dumps(facts))
    with pytest.raises(DataError, match=r"has not come to its end \(interrupted\)"):
        dltool.calibrate(other)
