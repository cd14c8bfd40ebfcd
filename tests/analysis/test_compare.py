"""Comparing, listing and reproducing: runs that were really trained, sweeps and outputs on paper."""

import csv
import io
import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

import dltool
from dltool import api
from dltool.analysis.candidates import candidates_of
from dltool.analysis.compare import Difference, judged
from dltool.analysis.records import SweepRecord
from dltool.analysis.statistics import paired
from dltool.console.comparison import (
    comparison_facts,
    print_comparison,
    write_comparison,
)
from dltool.console.reproduction import print_reproduction
from dltool.console.runs import print_entries
from dltool.console.sweep_results import print_result
from dltool.contracts.events import EpochEnded
from dltool.errors import DataError, InputMissingError, UsageError
from dltool.report.sweep import sweep_report_html
from dltool.runs.predictions import Predictions
from dltool.runs.run import Run
from tests.support.examples import FIRST, SECOND
from tests.support.sweeps import BASE, SWEEP

TABLE = """
name: small
seed: 3
data: {source: csv, path: table.csv, targets: kind, validation: 0.4}
model: {type: mlp, hidden_units: [UNITS]}
training: {optimizer: {type: adam, learning_rate: 0.05}, loss: categorical_crossentropy, epochs: 6, batch_size: 10}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(150, 2))
    lines = [f"{a:.4f},{b:.4f},{'abc'[int(a > 0) + int(b > 0)]}" for a, b in rows]
    (folder / "table.csv").write_text("\n".join(["x,y,kind", *lines]) + "\n")
    for name, units in (("wide", 12), ("narrow", 1)):
        (folder / f"{name}.yaml").write_text(TABLE.replace("UNITS", str(units)))
        api.train(api.load_config(folder / f"{name}.yaml"), folder / name, device="cpu")
    return folder


def test_runs_on_one_table_in_memory_are_of_the_same_data(tmp_path):
    columns = {"x": [i % 9 / 3 for i in range(40)], "y": [i % 9 * 2.0 for i in range(40)]}
    other = columns | {"y": [-value for value in columns["y"]]}
    data = {"source": "parquet", "path": "none.parquet", "targets": "y", "validation": {"by": "time", "column": "x"}}
    data["validation"]["fraction"] = 0.25
    for name, seed, held in (("a", 1, columns), ("b", 2, columns), ("c", 1, other)):
        config = {"name": "t", "seed": seed, "data": data, "model": {"type": "mlp", "hidden_units": [3]}}
        config["training"] = {"loss": "mean_squared_error", "epochs": 2}
        api.train(api.load_config(config), tmp_path / name, data=held, device="cpu")
    found = api.compare([tmp_path / "a", tmp_path / "b"])
    assert found.best
    assert all(each.settings.keys() == {"seed"} for each in found.standings)
    assert found.differences[0].basis == "the same rows"
    # One that is trained by the other's config is of its data too.
    api.train(api.load_config(tmp_path / "a" / "config.yaml", ["seed=3"]), tmp_path / "by_config", device="cpu")
    found = api.compare([tmp_path / "a", tmp_path / "by_config"])
    assert found.best
    assert all(each.settings.keys() == {"seed"} for each in found.standings)
    found = api.compare([tmp_path / "a", tmp_path / "c"])
    assert found.best is None
    assert found.reason.startswith("their losses are of different kinds, units or targets")
    assert all(each.settings.keys() == {"data.path"} for each in found.standings)


def test_predictions_of_the_validation_rows_are_kept(runs):
    run = Run.open(runs / "wide")
    targets, outputs, *_ = run.predictions()
    assert outputs.shape == (60, 3)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)
    picked = outputs[np.arange(60), targets]
    assert -np.log(picked).mean() == pytest.approx(run.metrics()[-1]["validation_loss"], rel=1e-4)


def test_two_trained_classifiers(runs):
    comparison = api.compare([runs / "narrow", runs / "wide"])
    assert comparison.metric == "validation_loss"
    best, other = comparison.standings
    assert comparison.best == best.name == str(runs / "wide")
    assert other.name == str(runs / "narrow")
    assert (best.settings, other.settings) == ({"model.hidden_units[0]": 12}, {"model.hidden_units[0]": 1})
    assert (best.status, best.runs, best.trials) == ("completed", 1, 1)
    difference = comparison.differences[0]
    assert (difference.quantity, difference.basis) == ("accuracy", "the same rows")


@pytest.fixture
def run_on_paper(tmp_path):
    """Make a run directory of a loss, its kept outputs, and what else its epoch and its end had to say."""

    def run_on_paper(
        name, loss, targets=None, outputs=None, /, *, status="completed", epochs=1, threshold=None, **metrics
    ):
        (tmp_path / "config.yaml").write_text(BASE.replace("binary_crossentropy\n  metrics: [accuracy]", loss))
        metrics = metrics or {"loss": 1.0, "validation_loss": 1.0}
        with Run.create("x", tmp_path / name) as run:
            run.start(api.load_config(tmp_path / "config.yaml").plain(), seed=7, data_fingerprint={"train": "same"})
            run.append_metrics([EpochEnded(epoch, metrics, 0.1, 0.1, 4.0, 1, 0.5) for epoch in range(1, epochs + 1)])
            if targets is not None:
                run.write_predictions(Predictions(np.array(targets), np.array(outputs, np.float32)))
            run.end(status=status, weights_epoch=epochs, threshold=threshold)
        return run.path

    return run_on_paper


# Puts a run behind another one in the table.
WORSE = {"loss": 2.0, "validation_loss": 2.0}


def test_two_binary_classifiers_row_by_row(run_on_paper):
    # The best one alone is right in nine rows, the other one alone in one: the table of the sign test has 22/1024.
    targets = [0, 1] * 10
    sides = np.eye(2)[targets]
    best, other = sides.copy(), sides.copy()
    best[0], other[1:10] = best[0, ::-1], other[1:10, ::-1]
    paths = [
        run_on_paper("other", "binary_crossentropy", targets, other, **WORSE),
        run_on_paper("best", "binary_crossentropy", targets, best),
    ]
    (difference,) = api.compare(paths).differences
    assert (difference.quantity, difference.basis) == ("accuracy", "the same rows")
    assert difference.interval.mean == pytest.approx(-8 / 20)
    assert difference.p_value == difference.adjusted_p_value == pytest.approx(22 / 1024)
    # Normal theory: the differences are -1 nine times, 1 once and 0 ten times.
    half = 1.96 * np.std([-1] * 9 + [1] + [0] * 10) / np.sqrt(20)
    assert (difference.interval.low, difference.interval.high) == pytest.approx((-0.4 - half, -0.4 + half), abs=0.03)
    assert difference.verdict == "worse"


def test_verdicts_hold_together(run_on_paper):
    # Right in rows that the best one has wrong: none. Wrong where it is right: 8, 7 and 1, so McNemar's p values are
    # 2/2^8, 2/2^7 and 1. Of four runs there are six pairs: 6 · 2/2^8 and 5 · 2/2^7, which is 0.078.
    targets = [0, 1] * 10
    sides = np.eye(2)[targets]
    paths = [run_on_paper("best", "binary_crossentropy", targets, sides)]
    for loss, wrong in ((2.0, 7), (3.0, 1), (4.0, 8)):
        outputs = sides.copy()
        outputs[:wrong] = outputs[:wrong, ::-1]
        paths.append(run_on_paper(f"{wrong}", "binary_crossentropy", targets, outputs, loss=loss, validation_loss=loss))
    found = api.compare(paths).differences
    assert [each.p_value for each in found] == pytest.approx([2 / 128, 1, 2 / 256])
    assert [each.adjusted_p_value for each in found] == pytest.approx([10 / 128, 1, 12 / 256])
    assert [each.verdict for each in found] == ["within the noise", "within the noise", "worse"]


def test_of_equal_points_hardly_ever_is_any_called_worse():
    """Although the best one is chosen by looking."""
    rng = np.random.default_rng(5)
    wrong, sweeps = 0, 400
    for _ in range(sweeps):
        losses = rng.normal(size=(10, 6)) + rng.normal(size=(10, 1))  # seeds by points
        losses = losses[:, losses.mean(axis=0).argsort()]
        found = [paired([*(other - losses[:, 0])]) for other in losses.T[1:]]
        differences = [Difference("", "loss", "", each.interval, each.p_value, "worse") for each in found]
        wrong += any(each.verdict == "worse" for each in judged(differences))
    # 5 %, and three standard errors of so many sweeps.
    assert wrong / sweeps < 0.05 + 3 * np.sqrt(0.05 * 0.95 / sweeps)


def test_rows_are_judged_at_the_threshold_of_each_run(run_on_paper):
    yes, targets = np.array([0.1, 0.2, 0.4, 0.45, 0.6]), [0, 0, 1, 1, 1]
    outputs = np.stack([1 - yes, yes], axis=1)
    paths = [
        run_on_paper("low", "binary_crossentropy", targets, outputs, threshold=0.3),
        run_on_paper("half", "binary_crossentropy", targets, outputs, **WORSE),
        run_on_paper("high", "binary_crossentropy", targets, outputs, threshold=0.7, loss=3.0, validation_loss=3.0),
    ]
    # Right in five rows of five, in three, and in two.
    assert [difference.interval.mean for difference in api.compare(paths).differences] == pytest.approx([-0.4, -0.6])


def test_two_regressions_row_by_row(run_on_paper):
    targets = np.array([[0.0], [1.0], [2.0], [3.0]], np.float32)
    paths = [
        run_on_paper("exact", "mean_squared_error", targets, targets),
        run_on_paper("off", "mean_squared_error", targets, targets + np.array([[1], [-1], [2], [-2]]), **WORSE),
    ]
    (difference,) = api.compare(paths).differences
    assert difference.quantity == "squared error"
    assert difference.interval.mean == 2.5  # of 1, 1, 4 and 4
    assert (difference.interval.low, difference.interval.high) == (1, 4)
    # Student's t is 2.5 / (root(3) / root(4)) = 2.8868 of 3 degrees, just below the 3.182 of the tables.
    assert difference.p_value == difference.adjusted_p_value == pytest.approx(0.0632, abs=0.0001)
    assert difference.verdict == "within the noise"


def test_errors_too_large_to_be_squared_are_told_of(run_on_paper):
    targets = np.array([[0.0], [1.0]])
    paths = [
        run_on_paper("exact", "mean_squared_error", targets, targets),
        run_on_paper("huge", "mean_squared_error", targets, targets, **WORSE),
    ]
    Run.open(paths[1]).write_predictions(Predictions(targets, targets * 1e200))
    (difference,) = api.compare(paths).differences
    assert (difference.verdict, difference.interval) == ("unknown", None)
    assert difference.reason == "the squared error of some rows is not a finite number"


# Of labels 1, 0; 0, 1; 1, 1. Hinge outputs are positive above 0, probabilities above 0.5; logits are kept as those.
@pytest.mark.parametrize(
    ("loss", "best"),
    [
        ("hinge", [[0.2, -0.2], [-3, 0.4], [0.1, 2]]),
        ("binary_crossentropy", [[0.9, 0.4], [0.2, 0.6], [0.7, 0.8]]),
        ("{type: binary_crossentropy, from_logits: true}", [[0.9, 0.4], [0.2, 0.6], [0.7, 0.8]]),
    ],
)
def test_several_labels_are_judged_at_the_threshold_of_the_loss(run_on_paper, loss, best):
    targets = np.array([[1, 0], [0, 1], [1, 1]], np.float32)
    none = np.full((3, 2), -1)
    paths = [
        run_on_paper("best", loss, targets, best),
        run_on_paper("none", loss, targets, none, **WORSE),
    ]
    (difference,) = api.compare(paths).differences
    assert difference.quantity == "share of right labels"
    # All six labels are right, against one, one and none of two.
    assert difference.interval.mean == pytest.approx((-0.5 - 0.5 - 1) / 3)


@pytest.mark.parametrize("status", ["diverged", "interrupted", "running", "pruned"])
def test_a_run_that_failed_is_last_and_none_is_compared_with_it(run_on_paper, capsys, status):
    paths = [
        run_on_paper("lucky", "hinge", status=status, loss=0.1),
        run_on_paper("finite", "hinge", loss=0.5),
    ]
    comparison = api.compare(paths)
    assert [(each.name, each.status) for each in comparison.standings] == [
        (str(paths[1]), "completed"), (str(paths[0]), status),
    ]  # fmt: skip
    assert comparison.best == str(paths[1])
    (difference,) = comparison.differences
    assert (difference.verdict, difference.reason) == ("unknown", f"not all its runs came to a sound end: {status}")
    neither = api.compare([paths[0], paths[0]])
    assert (neither.best, neither.differences) == (None, ())
    print_comparison(neither)
    assert "none can be called the best" in capsys.readouterr().out
    write_comparison(neither)
    assert {row["verdict"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))} == {"unknown"}


def test_a_run_that_has_no_epoch_or_no_finite_value_is_in_the_table_all_the_same(run_on_paper):
    finite = run_on_paper("finite", "hinge", loss=0.5)
    at_once = run_on_paper("at-once", "hinge", status="diverged", epochs=0)
    not_finite = run_on_paper("not-finite", "hinge", loss=float("nan"))
    comparison = api.compare([at_once, not_finite, finite], "loss")
    assert comparison.best == str(finite)
    assert [(each.mean, each.runs) for each in comparison.standings] == [(0.5, 1), (None, 0), (None, 0)]
    reasons = {difference.name: difference.reason for difference in comparison.differences}
    assert reasons[str(not_finite)] == "its loss is not a finite number in all its runs"
    with pytest.raises(UsageError, match="none of them has completed an epoch"):
        api.compare([at_once, at_once])


def test_why_rows_cannot_be_compared_is_said(run_on_paper):
    without = [run_on_paper(name, "hinge", loss=0.5) for name in "ab"]
    assert "set data.validation" in api.compare(without, "loss").differences[0].reason
    lost = [run_on_paper(name, "hinge") for name in "cd"]
    assert api.compare(lost).differences[0].reason.endswith("validation rows; the file is missing")


def test_a_metric_is_one_of_the_validation_part_where_there_is_one(run_on_paper):
    over = {"loss": 0.1, "accuracy": 1.0, "validation_loss": 0.9, "validation_accuracy": 0.5}
    fair = {"loss": 0.3, "accuracy": 0.8, "validation_loss": 0.4, "validation_accuracy": 0.75}
    paths = [run_on_paper("overfitted", "hinge", **over), run_on_paper("fair", "hinge", **fair)]
    for metric in ("accuracy", "validation_accuracy", "loss", None):
        comparison = api.compare(paths, metric)
        assert comparison.metric == f"validation_{(metric or 'loss').removeprefix('validation_')}"
        assert comparison.best == str(paths[1])
    paths.append(run_on_paper("without", "hinge", loss=0.2, accuracy=0.9))
    assert [each.mean for each in api.compare(paths, "accuracy").standings] == [1.0, 0.9, 0.8]


def test_a_lucky_point_is_neither_the_best_nor_judged(sweep, directory, capsys):
    sweep(outcomes={5: ["diverge"], 7: ["diverge"], 8: ["fail"], 6: []})  # points 3 and 4 have the lower loss
    comparison = api.compare([directory.path])
    names = [each.name.rpartition(" ")[2] for each in comparison.standings]
    assert names == ["1", "2", "3"]
    assert comparison.best.endswith("point 1")
    assert comparison.best.endswith(f"point {SweepRecord.read(directory.path).best.point}")
    lucky = comparison.standings[2]
    assert (lucky.status, lucky.runs, lucky.trials) == ("diverged", 1, 2)
    assert lucky.mean < comparison.standings[0].mean
    assert [difference.verdict for difference in comparison.differences] == ["within the noise", "unknown"]
    assert comparison.left_out == (f"{directory.path} point 4",)
    print_comparison(comparison)
    out = capsys.readouterr().out
    assert "1 of 2  diverged" in out
    assert "1 point left out: no run came to a sound end" in out
    write_comparison(comparison)
    row = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))[2]
    assert (row["runs"], row["trials"], row["status"], row["verdict"]) == ("1", "2", "diverged", "unknown")


def test_each_point_has_its_own_settings(sweep, directory, capsys):
    sweep(
        "name: s\nbase: base.yaml\naxes:\n  model.hidden_units: [[16], [32], [16, 32]]\n"
        "  training.early_stopping: [null, {patience: 3}]\n  training.optimizer.learning_rate: [0.000123456]\n"
    )
    found = {each.name[-1]: each.settings for each in api.compare([directory.path]).standings}
    units = {point: settings["model.hidden_units"] for point, settings in found.items()}
    assert units == {"1": [16], "2": [16], "3": [32], "4": [32], "5": [16, 32], "6": [16, 32]}
    stopping = [settings["training.early_stopping"] for _, settings in sorted(found.items())]
    assert stopping[::2] == [None] * 3
    assert [each["patience"] for each in stopping[1::2]] == [3] * 3
    assert {len(settings) for settings in found.values()} == {2}


def test_csv_has_every_digit_and_all_say_what_was_selected_on(sweep, directory, capsys):
    sweep(SWEEP.replace("[0.1, 0.01]", "[0.1, 0.012345678]").replace("[[4], [8]]", "[[4]]"))
    comparison = api.compare([directory.path])
    write_comparison(comparison)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["training.optimizer.learning_rate"] for row in rows] == ["0.012345678", "0.1"]
    assert {row["selected_on"] for row in rows} == {"training"}
    assert comparison_facts(comparison)["selected_on"] == "training"
    print_comparison(comparison)
    assert "on the training part, which says little of new data" in capsys.readouterr().out


def test_a_sweep_is_compared_by_its_own_objective(sweep, directory, runs):
    sweep(SWEEP + "objective: {metric: loss, direction: maximize}\n")
    comparison = api.compare([directory.path])
    assert (comparison.metric, comparison.direction) == ("loss", "max")
    record = SweepRecord.read(directory.path)
    assert comparison.best == f"{directory.path} point {record.best.point}"
    assert [each.mean for each in comparison.standings] == [point.mean for point in record.ranked]
    assert api.compare([directory.path], "accuracy").metric == "accuracy"
    with_others = api.compare([directory.path, runs / "wide"])
    assert (with_others.metric, with_others.direction) == ("loss", "min")


@pytest.fixture
def sleep(sweep, directory):
    """A sweep whose two points have the hours of sleep of Student's ten patients as losses."""
    losses = {4: FIRST, 8: SECOND}
    sweep(
        "name: sleep\nbase: base.yaml\naxes: {model.hidden_units: [[4], [8]], training.epochs: [1]}\nrepeats: 10\n",
        loss=lambda config: losses[config["model"]["hidden_units"][0]][config["seed"] - 7],
    )
    return directory.path


def test_points_with_the_same_seeds_are_paired(sleep):
    comparison = api.compare([sleep])
    first, second = comparison.standings
    assert (first.mean, first.standard_error) == pytest.approx((0.75, 1.789 / np.sqrt(10)), abs=0.0005)
    assert (second.mean, second.standard_error) == pytest.approx((2.33, 2.002 / np.sqrt(10)), abs=0.0005)
    (difference,) = comparison.differences
    assert (difference.basis, difference.quantity, difference.verdict) == ("the same seeds", "loss", "worse")
    interval = difference.interval
    assert (interval.mean, interval.low, interval.high) == pytest.approx((1.58, 0.70, 2.46), abs=0.005)


def test_points_on_other_data_are_not_paired(sleep):
    facts = sleep / "001" / "run.json"
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"data_fingerprint": {"train": "another"}}))
    (difference,) = api.compare([sleep]).differences
    assert (difference.basis, difference.verdict) == ("all seeds", "within the noise")
    interval = difference.interval
    assert (interval.mean, interval.low, interval.high) == pytest.approx((1.58, -0.21, 3.37), abs=0.02)


def test_a_single_run_and_several_are_not_compared(sleep, run_on_paper):
    comparison = api.compare([sleep, run_on_paper("single", "binary_crossentropy", loss=-1.0)])
    assert {difference.verdict for difference in comparison.differences} == {"unknown"}
    assert "train as many of each" in comparison.differences[0].reason


def test_losses_of_different_kinds_have_no_best(run_on_paper, capsys):
    paths = [run_on_paper(loss, loss, loss=1.0, accuracy=share) for loss, share in (("hinge", 0.5), ("huber", 0.25))]
    comparison = api.compare(paths)
    assert (comparison.best, comparison.differences) == (None, ())
    print_comparison(comparison)
    assert "none can be called the best: their losses are of different kinds" in capsys.readouterr().out
    assert api.compare(paths, "accuracy").best == str(paths[0])


def test_rows_that_count_differently_are_told_apart(runs):
    (candidate,) = candidates_of(Run.open(runs / "wide"))
    table = {"source": "csv", "path": "t.csv", "targets": "y"}
    rest = {"model": {"type": "mlp", "hidden_units": [2]}, "training": {"loss": "mean_squared_error", "epochs": 1}}
    kinds = [
        replace(candidate, config=dltool.load_config({"name": "t", "data": table | weights, **rest})).weighting("loss")
        for weights in ({}, {"weights": "w"}, {"weights": "w"}, {"weights": "v"})
    ]
    assert kinds[1] == kinds[2]
    assert len(set(kinds)) == 3


def test_the_same_run_twice_differs_by_noise_alone(runs, tmp_path, capsys):
    shutil.copytree(runs / "wide", tmp_path / "again")
    comparison = api.compare([runs / "wide", tmp_path / "again"])
    difference = comparison.differences[0]
    assert (difference.interval.mean, difference.p_value, difference.verdict) == (0, 1, "within the noise")
    assert comparison.standings[0].settings == {}
    print_comparison(comparison)
    assert "within the noise" in capsys.readouterr().out
    write_comparison(comparison)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["verdict"] for row in rows] == ["best", "within the noise"]


@pytest.mark.parametrize(("part", "paired"), [("train", True), ("validation", False), ("test", True)])
def test_other_validation_rows_cannot_be_paired(runs, tmp_path, part, paired):
    shutil.copytree(runs / "wide", tmp_path / "other")
    facts = tmp_path / "other" / "run.json"
    known = json.loads(facts.read_text())
    known["data_fingerprint"][part] = "another"
    facts.write_text(json.dumps(known))
    difference = api.compare([runs / "wide", tmp_path / "other"]).differences[0]
    assert difference.verdict == ("within the noise" if paired else "unknown")
    assert ("cannot be paired" in difference.reason) != paired


def test_rows_that_are_seen_or_weighed_in_another_way_are_paired_and_not_ranked(tmp_path):
    """By what their answers are worth, row by row; of another table or other rows they are not."""
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(150, 2))
    lines = [f"{a:.4f},{b:.4f},{rng.integers(1, 4)},{'ab'[int(a > 0)]}" for a, b in rows]
    for name in ("table", "copy"):
        (tmp_path / f"{name}.csv").write_text("\n".join(["x,y,w,kind", *lines]) + "\n")
    ways = {"plain": "columns: {w: ignore}", "weighed": "weights: w", "blind": "columns: {w: ignore, y: ignore}"}
    for name, way in ways.items():
        text = TABLE.replace("UNITS", "6").replace("targets: kind", f"targets: kind, {way}")
        (tmp_path / f"{name}.yaml").write_text(text.replace("epochs:", "metrics: [accuracy], epochs:"))
        api.train(api.load_config(tmp_path / f"{name}.yaml"), tmp_path / name, device="cpu")
    for table, seed in (("copy.csv", 3), ("table.csv", 4)):
        path, more = tmp_path / "blind.yaml", [f"data.path={tmp_path / table}", f"seed={seed}"]
        api.train(api.load_config(path, more), tmp_path / f"{table}{seed}", device="cpu")
    right = {}
    for name in ways:
        found = Run.open(tmp_path / name).predictions()
        right[str(tmp_path / name)] = found.outputs.argmax(axis=1) == found.targets
    comparison = api.compare([tmp_path / name for name in (*ways, "copy.csv3", "table.csv4")], "accuracy")
    assert comparison.best is None
    assert "weighted in other ways, so validation_accuracy is not of the same thing" in comparison.reason
    first = comparison.standings[0].name
    verdicts = {each.name: each for each in comparison.differences}
    assert first in right
    for name in right.keys() - {first}:
        assert verdicts[name].basis == "the same rows"
        expected = right[name].mean() - right[first].mean()
        assert verdicts[name].interval.mean == pytest.approx(expected)
    for name in ("copy.csv3", "table.csv4"):
        assert "cannot be paired" in verdicts[str(tmp_path / name)].reason


@pytest.mark.parametrize(
    ("metric", "ranked"),
    [("loss", False), ("accuracy", True), ("validation_loss", True), ("validation_accuracy", True)],
)
def test_losses_of_classes_weighted_in_other_ways_are_not_ranked(tmp_path, metric, ranked):
    """Keras weights classes in the loss of the training part alone."""
    text = BASE.replace("  epochs:", "  class_weight: balanced\n  epochs:")
    for name, config in (("plain", BASE), ("balanced", text)):
        (tmp_path / "config.yaml").write_text(config)
        with Run.create("x", tmp_path / name) as run:
            run.start(api.load_config(tmp_path / "config.yaml").plain(), seed=7)
            run.append_metrics([EpochEnded(1, {"loss": 0.5, metric: 0.5}, 0.1, 0.1, 4.0, 1, 0.5)])
            run.end(status="completed", weights_epoch=1)
    comparison = api.compare([tmp_path / "plain", tmp_path / "balanced"], metric)
    assert (comparison.best is not None) == ranked
    assert len(comparison.differences) == 1
    assert ranked or f"so {metric} is not of the same thing" in comparison.reason


def test_runs_that_differ_in_their_seeds_alone_say_so(runs, tmp_path):
    for name in ("wide", "other"):
        shutil.copytree(runs / "wide", tmp_path / name)
    other = tmp_path / "other"
    config, facts = (other / "config.yaml").read_text(), json.loads((other / "run.json").read_text())
    (other / "config.yaml").write_text(config.replace("seed: 3", "seed: 4"))
    facts["data_fingerprint"]["validation"] = "another"
    (other / "run.json").write_text(json.dumps(facts))
    comparison = api.compare([tmp_path / "wide", other])
    assert {tuple(each.settings.items()) for each in comparison.standings} == {(("seed", 3),), (("seed", 4),)}
    assert comparison.differences[0].reason.startswith("only their seeds differ")
    for name in ("wide", "other"):  # rows of a file, which no seed chooses
        config = (tmp_path / name / "config.yaml").read_text()
        assert "validation: 0.4" in config
        (tmp_path / name / "config.yaml").write_text(config.replace("validation: 0.4", "validation: v.csv"))
    assert api.compare([tmp_path / "wide", other]).differences[0].reason.startswith("their validation rows differ")


def test_what_cannot_be_compared_is_said(runs, tmp_path):
    with pytest.raises(UsageError, match="at least two runs"):
        api.compare([runs / "wide"])
    with pytest.raises(UsageError, match=r"metric 'accuracy'; in common: .*validation_loss"):
        api.compare([runs / "wide", runs / "narrow"], "accuracy")
    with pytest.raises(InputMissingError, match="nothing"):
        api.compare([runs / "wide", runs / "nothing"])
    shutil.copytree(runs / "wide", tmp_path / "damaged")
    (tmp_path / "damaged" / "predictions.safetensors").write_bytes(b"x" * 40)
    with pytest.raises(DataError, match=r"predictions\.safetensors is damaged"):
        api.compare([runs / "wide", tmp_path / "damaged"])


def test_a_listing(runs, tmp_path, capsys):
    for name in ("wide", "narrow"):
        shutil.copytree(runs / name, tmp_path / name)
    facts = tmp_path / "narrow" / "run.json"
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"status": "running"}))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    entries, problems = api.list_runs(tmp_path)
    found = {entry.path.name: entry for entry in entries}
    assert {name: entry.status for name, entry in found.items()} == {"wide": "completed", "narrow": "killed"}
    rows = Run.open(runs / "wide").metrics()
    assert found["wide"].best == pytest.approx(min(row["validation_loss"] for row in rows))
    assert (found["wide"].metric, found["wide"].epochs) == ("validation_loss", 6)
    assert len(problems) == 1
    assert "broken/run.json: damaged" in problems[0]
    print_entries(entries)
    assert "killed" in capsys.readouterr().out
    (tmp_path / "narrow" / ".lock").write_text(f"process {os.getpid()} on {os.uname().nodename}")
    assert {entry.status for entry in api.list_runs(tmp_path)[0]} == {"completed", "running"}
    with pytest.raises(InputMissingError, match="no folder"):
        api.list_runs(tmp_path / "nowhere")


def test_a_run_is_reproduced_to_the_bit(runs):
    reproduction = api.reproduce(runs / "wide")
    assert reproduction.identical
    assert reproduction.changed == ()


def test_the_part_of_the_data_that_changed_is_named_and_what_that_means(tmp_path, capsys):
    lines = ["x,y,label", *(f"{i % 7},{i % 5},{'yes' if i % 3 else 'no'}" for i in range(30))]
    for part in ("train", "validation", "test"):
        (tmp_path / f"{part}.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "config.yaml").write_text(
        "name: parts\ndata: {source: csv, path: train.csv, targets: label, "
        "validation: validation.csv, test: test.csv}\n"
        "model: {type: mlp, hidden_units: [3]}\ntraining: {loss: binary_crossentropy, epochs: 2}\n"
    )
    run = api.train(api.load_config(tmp_path / "config.yaml"), tmp_path / "run", device="cpu")
    said = {
        "test": "changed since: the test part of the data; nothing of the training follows from it",
        "validation": "changed since: the validation part of the data; the validation metrics follow from it",
        "train": "changed since: the training part of the data; the weights follow from it",
    }
    for part, identical in (("test", True), ("validation", False), ("train", False)):
        (tmp_path / f"{part}.csv").write_text("\n".join([*lines, "3,3,no"]) + "\n")
        reproduction = api.reproduce(run)
        assert reproduction.identical == identical
        assert [place for place, _, _ in reproduction.changed] == [f"data_fingerprint.{part}"]
        print_reproduction(reproduction)
        assert said[part] in capsys.readouterr().out
        # What is measured is what was set apart then, whatever has become of the other parts.
        for split in said:
            if split == part:
                with pytest.raises(DataError, match=f"the {part} part of the data has changed"):
                    api.evaluate(run, split=split, device="cpu")
            else:
                assert api.evaluate(run, split=split, device="cpu").rows == 30
        (tmp_path / f"{part}.csv").write_text("\n".join(lines) + "\n")


def test_the_first_difference_and_what_changed_are_named(runs, tmp_path):
    shutil.copytree(runs / "narrow", tmp_path / "run")
    log = tmp_path / "run" / "metrics.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    was = rows[3]["loss"]
    rows[3]["loss"] = was + 1
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    facts["versions"]["keras"] = "3.0"
    (tmp_path / "run" / "run.json").write_text(json.dumps(facts))
    reproduction = api.reproduce(tmp_path / "run")
    assert reproduction.difference == f"loss of epoch 4 was {was + 1!r}, now it is {was!r}"
    assert [place for place, _, _ in reproduction.changed] == ["versions.keras"]
    facts["status"] = "interrupted"
    (tmp_path / "run" / "run.json").write_text(json.dumps(facts))
    with pytest.raises(DataError, match="has not come to its end"):
        api.reproduce(tmp_path / "run")


def test_values_that_are_mappings_nulls_and_booleans_are_shown_everywhere(sweep, directory, capsys):
    optimizers = ["adam", {"type": "sgd", "momentum": 0.9}]
    result, _ = sweep(
        "name: kinds\nbase: base.yaml\naxes: {training.optimizer: [adam, {type: sgd, momentum: 0.9}], "
        "training.class_weight: [null, balanced], training.shuffle: [true, false]}\n",
        loss=lambda config: 1.0,
    )
    shown = "{type: sgd, momentum: 0.9}"
    print_result(result)
    assert shown in capsys.readouterr().err
    print_entries(api.list_runs(directory.path)[0])
    listed = [line.split("completed")[-1].split("  ") for line in capsys.readouterr().out.splitlines()]
    assert {shown, "null", "true"} <= {cell.strip() for cells in listed for cell in cells}
    comparison = api.compare([directory.path])
    assert {standing.settings["training.optimizer.type"] for standing in comparison.standings} == {"adam", "sgd"}
    print_comparison(comparison)
    write_comparison(comparison)
    json.dumps(comparison_facts(comparison))
    record = SweepRecord.read(directory.path)
    assert [trial.values["training.optimizer"] for trial in record.trials][::4] == optimizers
    assert shown in sweep_report_html(record)
