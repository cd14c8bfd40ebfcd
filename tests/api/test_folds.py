"""Folds are runs of their own; what they come to is worked out here from their files and by plain Keras."""

import json
import math
import shutil
import statistics

import keras
import numpy as np
import pytest

import dltool
from dltool.contracts.events import EpochEnded, FoldEnded, FoldStarted, StopTraining
from dltool.errors import ConfigError, DataError, Interrupted
from dltool.runs.predictions import Predictions
from dltool.runs.run import Run
from tests.support.examples import config_of

CONFIG = """
name: t
seed: 3
data: {source: csv, path: t.csv, targets: y, test: 0.2, folds: {number: 4, column: patient}}
model: {type: mlp, hidden_units: [8]}
training:
  {loss: mean_squared_error, metrics: [mean_absolute_error], epochs: 25, batch_size: 8,
   optimizer: {type: adam, learning_rate: 0.05}, early_stopping: {patience: 4},
   reduce_lr_on_plateau: {patience: 1, factor: 0.5}}
"""


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(5)
    x = random.normal(size=(90, 2)).round(3)
    return random.integers(0, 20, 90), x, (x[:, 0] - x[:, 1] ** 2 + random.normal(0, 0.3, 90)).round(3)


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("folds")
    rows = [f"p{patient},{a},{b},{y}" for patient, (a, b), y in zip(*table, strict=True)]
    (path / "t.csv").write_text("\n".join(["patient,a,b,y", *rows]) + "\n")
    return path


@pytest.fixture(scope="module")
def config(folder):
    return config_of(folder, CONFIG)


@pytest.fixture(scope="module")
def run(config, folder):
    return dltool.train(config, folder / "run", device="cpu")


@pytest.fixture(scope="module")
def folds(run):
    return [Run.open(run.path / "folds" / str(fold)) for fold in (1, 2, 3, 4)]


def assert_same_weights(*runs):
    weights = (keras.saving.load_model(run.model_path).get_weights() for run in runs)
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_scores_are_the_means_of_the_folds_with_their_standard_errors(run, folds):
    facts = run.facts
    for name in ("validation_loss", "validation_mean_absolute_error"):
        values = [fold.metrics()[fold.facts["weights_epoch"] - 1][name] for fold in folds]
        found = facts["cross_validation"][name]
        assert found["folds"] == values
        assert found["mean"] == pytest.approx(np.mean(values))
        assert found["standard_error"] == pytest.approx(np.std(values, ddof=1) / 2)
    assert facts["rows"]["folds"] == 4
    assert facts["best"] == facts["cross_validation"]["validation_loss"]["mean"]


def test_every_row_is_answered_by_the_network_that_had_not_seen_its_patient(run, folds, table):
    patients, x, y = table
    targets, outputs, rows, _ = run.predictions()
    assert len(rows) == run.facts["rows"]["train"] == 72
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(targets[:, 0], y[rows])
    seen = []
    for fold in folds:
        own = fold.predictions().rows
        seen.append(set(patients[own].tolist()))
        model = keras.saving.load_model(fold.model_path)
        answers = model(x[own].astype(np.float32))
        np.testing.assert_allclose(outputs[np.isin(rows, own)], answers, rtol=1e-5, atol=1e-6)
    assert sum(map(len, seen)) == len(set.union(*seen))


def test_the_model_is_trained_on_all_rows_as_the_median_fold_was(run, folds, config, folder):
    epochs = [fold.facts["weights_epoch"] for fold in folds]
    median = statistics.median_low(epochs)
    assert (run.facts["fold_epochs"], run.facts["epochs"]) == (epochs, median)
    rates = [row["learning_rate"] for row in folds[epochs.index(median)].metrics()][:median]
    assert len(set(rates)) > 1
    assert [row["learning_rate"] for row in run.metrics()] == pytest.approx(
        # A schedule's rate is that of the next step.
        [*rates[1:], rates[-1]]
    )
    steps = 9
    ends = [i for i in range(1, median) if rates[i] != rates[i - 1]]
    schedule = {
        "type": "piecewise_constant_decay",
        "boundaries": [end * steps - 1 for end in ends],
        "values": [rates[0], *(rates[end] for end in ends)],
    }
    alone = config.plain()
    alone["data"] |= {"folds": None, "columns": {"patient": "ignore"}}
    alone["training"] |= {"epochs": median, "early_stopping": None, "reduce_lr_on_plateau": None}
    alone["training"]["optimizer"]["learning_rate"] = schedule
    # Which rows test follows from the seed and the targets alone.
    other = dltool.train(dltool.load_config(alone), folder / "alone", device="cpu")
    assert_same_weights(run, other)


def test_a_run_that_was_interrupted_in_a_fold_goes_on_to_the_same_end(run, config, folder):
    def interrupt(event):
        nonlocal fold
        fold = event.fold if isinstance(event, FoldStarted) else fold
        if isinstance(event, EpochEnded) and fold == 3 and event.epoch == 2:
            raise Interrupted(15)

    fold, path = 0, folder / "broken"
    with pytest.raises(Interrupted) as interruption:
        dltool.train(config, path, device="cpu", observe=interrupt)
    assert interruption.value.run_dir == path
    assert json.loads((path / "run.json").read_text())["status"] == "interrupted"
    ended = []
    again = dltool.train(
        config, path, device="cpu", resume=True, observe=lambda e: isinstance(e, FoldEnded) and ended.append(e.fold)
    )
    assert ended == [1, 2, 3, 4]
    assert again.facts["cross_validation"] == run.facts["cross_validation"]
    assert_same_weights(run, again)
    done = dltool.train(config, path, device="cpu", resume=True)
    assert done.facts["ended"] == again.facts["ended"]


def test_more_epochs_would_be_other_folds(run, config):
    longer = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 99})})
    with pytest.raises(ConfigError, match=r"training\.epochs: 25 -> 99"):
        dltool.train(longer, run.path, device="cpu", resume=True)


def test_folds_are_measured_without_training_rows(run):
    _, outputs, *_ = run.predictions()
    evaluation = dltool.evaluate(run, split="validation")
    assert (evaluation.split, evaluation.rows) == ("folds", 72)
    assert evaluation.metrics["loss"] == run.facts["cross_validation"]["validation_loss"]["mean"]
    np.testing.assert_array_equal(evaluation.outputs, outputs)
    assert dltool.evaluate(run).rows == 18


def test_two_runs_with_folds_are_compared_row_by_row(run, config, folder):
    worse = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 1})})
    other = dltool.train(worse, folder / "worse", device="cpu")
    comparison = dltool.compare([run.path, other.path])
    (difference,) = comparison.differences
    (targets, ours, rows, _), (_, theirs, other_rows, _) = run.predictions(), other.predictions()
    np.testing.assert_array_equal(rows, other_rows)
    assert (comparison.best, difference.basis) == (str(run.path), "the same rows")
    assert difference.interval.mean == pytest.approx(np.mean((theirs - targets) ** 2 - (ours - targets) ** 2))


def test_a_fold_that_diverges_ends_the_run(config, folder):
    wild = {"optimizer": config.training.optimizer.model_copy(update={"learning_rate": 1e30})}
    training = config.training.model_copy(update=wild | {"reduce_lr_on_plateau": None})
    found = dltool.train(config.model_copy(update={"training": training}), folder / "wild", device="cpu")
    assert found.facts["status"] == "diverged"
    assert found.facts["reason"].startswith("fold 1: ")


def test_intervals_follow_from_rows_that_the_folds_did_not_see(run, table):
    targets, outputs, *_ = run.predictions()
    width = np.sort(np.abs(targets - outputs)[:, 0])[math.ceil(73 * 0.9) - 1]
    (part,) = dltool.predict(run, {"a": table[1][:, 0], "b": table[1][:, 1]}, interval=0.9)
    np.testing.assert_allclose(part["y_high"] - part["prediction_y"], width)


def test_a_threshold_is_chosen_on_all_folds(folder):
    text = CONFIG.replace("t.csv, targets: y", "u.csv, targets: c").replace("mean_squared_error", "binary_crossentropy")
    text = text.replace("mean_absolute_error", "accuracy, auc").replace(
        "epochs: 25", "threshold: {maximize: f1}, epochs: 9"
    )
    lines = (folder / "t.csv").read_text().splitlines()[1:]
    answers = ["yes" if float(line.rsplit(",", 1)[1]) > 0.8 else "no" for line in lines]
    rows = [line.rsplit(",", 1)[0] + f",{answer}" for line, answer in zip(lines, answers, strict=True)]
    (folder / "u.csv").write_text("\n".join(["patient,a,b,c", *rows]) + "\n")
    run = dltool.train(config_of(folder, text), folder / "threshold", device="cpu")
    targets, outputs, *_ = run.predictions()

    def f1(threshold):
        predicted = outputs[:, 1] > threshold
        return 2 * (predicted & (targets == 1)).sum() / (predicted.sum() + (targets == 1).sum())

    threshold = run.facts["threshold"]
    assert f1(np.float32(threshold)) == max(f1(each) for each in np.append(0, outputs[:, 1]))
    evaluation = dltool.evaluate(run, split="validation")
    assert evaluation.class_scores[1].f1 == pytest.approx(f1(np.float32(threshold)))
    # The folds' accuracy is of another threshold.
    assert list(evaluation.metrics) == ["loss", "auc"]


def test_an_observer_that_stops_a_fold_stops_the_run(config, folder):
    def stop(event):
        if isinstance(event, EpochEnded) and event.epoch == 2:
            raise StopTraining("pruned", "seen enough")

    found = dltool.train(config, folder / "stopped", device="cpu", observe=stop)
    assert (found.facts["status"], found.facts["reason"]) == ("pruned", "fold 1: seen enough")
    assert not (folder / "stopped" / "folds" / "2").exists()


def test_a_schedule_is_kept(config, folder):
    optimizer = {"type": "adam", "learning_rate": {"type": "cosine_decay", "initial_learning_rate": 0.01}}
    optimizer["learning_rate"]["decay_steps"] = 40
    plain = config.plain()
    plain["training"] |= {"optimizer": optimizer, "epochs": 3, "early_stopping": None, "reduce_lr_on_plateau": None}
    run = dltool.train(dltool.load_config(plain), folder / "schedule", device="cpu")
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 40)
    assert [row["learning_rate"] for row in run.metrics()] == pytest.approx([float(schedule(9 * i)) for i in (1, 2, 3)])


def test_a_damaged_file_of_predictions_is_no_bug(run, folder):
    copy = folder / "damaged"
    shutil.copytree(run.path, copy)
    targets, outputs, rows, _ = run.predictions()
    Run.open(copy).write_predictions(Predictions(targets, np.hstack([outputs, outputs]), rows))
    with pytest.raises(DataError, match=r"predictions\.safetensors is damaged: outputs of shape \(72, 2\); expected 1"):
        dltool.evaluate(copy, split="validation")


def test_what_is_wrong_in_a_fold_says_so(config, folder):
    plain = config.plain()
    plain["data"]["folds"] = {"number": 30, "column": "patient"}
    with pytest.raises(DataError, match=r"^fold 1 of 30: data: \d+ groups cannot be divided into 30 folds"):
        dltool.check(dltool.load_config(plain))
