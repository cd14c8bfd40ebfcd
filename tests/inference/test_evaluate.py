"""Measurements equal those worked out by hand from the predictions."""

import numpy as np
import pytest

import dltool
from dltool.data import load
from dltool.errors import DataError, DataWarning
from tests.support.examples import config_of


def test_regression_metrics_equal_numpys(two_numbers):
    table = np.loadtxt(two_numbers.path.parent / "numbers.csv", delimiter=",", skiprows=1)
    evaluation = dltool.evaluate(two_numbers, data=two_numbers.path.parent / "numbers.csv")
    parts = list(dltool.predict(two_numbers, two_numbers.path.parent / "numbers.csv"))
    outputs = np.stack(
        [np.concatenate([p[name] for p in parts]) for name in ("prediction_difference", "prediction_double")], axis=1
    )
    targets = table[:, 3:]
    assert evaluation.rows == 80
    config = dltool.load_config(two_numbers.config_path)
    deviations = load(config.data, config.needs, config.seed).train.targets.std(axis=0)
    assert evaluation.metrics["loss"] == pytest.approx(np.mean(((targets - outputs) / deviations) ** 2), rel=1e-4)
    assert evaluation.metrics["mean_absolute_error"] == pytest.approx(np.abs(targets - outputs).mean(), rel=1e-4)
    r2 = 1 - ((targets - outputs) ** 2).sum(0) / ((targets - targets.mean(0)) ** 2).sum(0)
    assert evaluation.metrics["r2_score"] == pytest.approx(r2.mean(), rel=1e-3)
    assert evaluation.confusion == ()


def test_each_of_several_targets_is_evaluated_in_its_own_unit(two_numbers):
    table = np.loadtxt(two_numbers.path.parent / "numbers.csv", delimiter=",", skiprows=1)
    evaluation = dltool.evaluate(two_numbers, data=two_numbers.path.parent / "numbers.csv")
    for i, target in enumerate(evaluation.targets):
        right, answer = table[:, 3 + i], evaluation.outputs[:, i]
        assert target.mean_absolute_error == pytest.approx(np.abs(right - answer).mean(), rel=1e-9)
        assert target.r2_score == pytest.approx(1 - ((right - answer) ** 2).sum() / (80 * right.var()), rel=1e-9)
    assert [target.name for target in evaluation.targets] == ["difference", "double"]


def test_rows_count_as_much_as_their_weights_say(tmp_path):
    rng = np.random.default_rng(8)
    a, weights = rng.normal(size=120).round(3), rng.choice([0, 0.5, 1, 4], 120)
    y = np.where(a + rng.normal(size=120) > 0, "yes", "no")
    lines = [f"{x},{w},{label}" for x, w, label in zip(a, weights, y, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["a,w,y", *lines]) + "\n")
    config = config_of(
        tmp_path,
        "name: t\ndata: {source: csv, path: t.csv, targets: y, weights: w, validation: 0.25}\n"
        "model: {type: mlp, hidden_units: [4]}\n"
        "training: {loss: binary_crossentropy, metrics: [accuracy], epochs: 3, class_weight: balanced}\n",
    )
    run = dltool.train(config, tmp_path / "run", device="cpu")
    (tmp_path / "new.csv").write_text("a\n" + "".join(f"{x}\n" for x in a))
    (table,) = dltool.predict(run, tmp_path / "new.csv")
    right = np.array(table["label"]) == y
    chance = np.where(right, table["probability"], 1 - np.asarray(table["probability"]))
    # By the run, and by its model file alone, which says which column weighs the rows.
    for each in (run, run.model_path):
        evaluation = dltool.evaluate(each, data=tmp_path / "t.csv")
        assert evaluation.metrics["accuracy"] == pytest.approx(np.average(right, weights=weights), abs=1e-6)
        assert evaluation.metrics["loss"] == pytest.approx((weights * -np.log(chance)).mean(), rel=1e-4)
    part = np.average(y == "yes", weights=weights)
    assert evaluation.trivial["accuracy"] == pytest.approx(max(part, 1 - part), abs=1e-6)
    again = dltool.evaluate(run, split="validation").metrics
    assert again["loss"] == pytest.approx(run.metrics()[-1]["validation_loss"], rel=1e-5)


def test_errors_too_large_to_be_squared_are_infinite(tmp_path):
    lines = [f"{x},{np.exp(x)},{np.exp(2 * x)}" for x in np.linspace(0, 10, 50)]
    (tmp_path / "t.csv").write_text("\n".join(["x,a,b", *lines]) + "\n")
    (tmp_path / "far.csv").write_text("x,a,b\n300,1,1\n310,2,2\n")
    (tmp_path / "c.yaml").write_text(
        "name: t\ndata: {source: csv, path: t.csv, targets: [a, b], target_transform: log}\n"
        "model: {type: mlp, hidden_units: []}\n"
        "training: {loss: mean_squared_error, epochs: 100, optimizer: {type: adam, learning_rate: 0.1}}\n"
    )
    run = dltool.train(dltool.load_config(tmp_path / "c.yaml"), tmp_path / "run", device="cpu")
    evaluation = dltool.evaluate(run, data=tmp_path / "far.csv")
    for target, answer in zip(evaluation.targets, evaluation.outputs.T, strict=True):
        assert np.isfinite(answer).all() and (answer > 1e100).all()
        assert np.isfinite(target.mean_absolute_error)
        assert (target.root_mean_squared_error == np.inf) == (answer > 1e155).all()
    assert (answer > 1e155).all()


def test_a_score_of_targets_that_do_not_vary_does_not_exist(two_numbers, tmp_path):
    rows = ["a,b,c,difference,double", "1,2,3,0.1,0.3", "3,1,2,2,0.3", "0,4,1,-1,0.3"]  # 0.3 + 0.3 + 0.3 < 0.9
    for count in (3, 1):
        file = tmp_path / f"{count}.csv"
        file.write_text("\n".join(rows[: count + 1]) + "\n")
        found = dltool.evaluate(two_numbers, data=file)
        one, other = found.targets
        assert other.r2_score is None
        assert (one.r2_score is None) == (count == 1)
        # Of those that vary.
        assert found.metrics["r2_score"] == (None if count == 1 else pytest.approx(one.r2_score, rel=1e-5))
        again = dltool.evaluate(two_numbers, data=file)
        assert found == again, "what does not exist equals itself"


def test_scores_of_a_label_that_does_not_occur_do_not_exist(tmp_path):
    text = "x,common,rare\n" + "".join(f"{i},1,{int(i == 3)}\n" for i in range(12))
    (tmp_path / "train.csv").write_text(text)
    (tmp_path / "new.csv").write_text("x,common,rare\n1,1,0\n2,1,0\n")
    config = config_of(
        tmp_path,
        """
name: labels
data: {source: csv, path: train.csv, targets: [common, rare]}
model: {type: mlp, hidden_units: []}
training: {loss: binary_crossentropy, metrics: [auc], epochs: 200, optimizer: {type: adam, learning_rate: 0.1}}
""",
    )
    run = dltool.train(config, tmp_path / "run", device="cpu")
    common, rare = dltool.evaluate(run, data=tmp_path / "new.csv").labels
    assert (common.precision, common.recall, common.f1, common.rows) == (1, 1, 1, 2)
    assert (rare.precision, rare.recall, rare.f1, rare.rows) == (None, None, None, 0)


def test_the_confusion_matrix_counts_every_row_once(fruit):
    evaluation = dltool.evaluate(fruit, split="train")
    assert np.array(evaluation.confusion).sum(axis=1).tolist() == [4, 4, 4]
    assert evaluation.classes == ("apple", "berry", "melon")


def test_the_scores_of_each_class_are_counted_from_the_predictions(fruit, tmp_path):
    labels = ["apple", "apple", "melon", "berry", "berry"]  # two of them wrong
    sizes = ["1.0,green,10", "3.0,yellow,20", "3.1,yellow,21", "0.2,black,1", "3.2,yellow,20"]
    lines = [f"{size},{label}" for size, label in zip(sizes, labels, strict=True)]
    (tmp_path / "fruit.csv").write_text("\n".join(["size,colour,weight,kind", *lines]) + "\n")
    evaluation = dltool.evaluate(fruit, data=tmp_path / "fruit.csv")
    targets, predicted = np.array(labels), np.array(evaluation.classes)[evaluation.outputs.argmax(axis=1)]
    assert (targets != predicted).sum() >= 2
    for scores in evaluation.class_scores:
        assert scores.rows == labels.count(scores.name)
        assert scores.recall == (predicted[targets == scores.name] == scores.name).mean()
        taken = targets[predicted == scores.name]
        assert scores.precision == ((taken == scores.name).mean() if len(taken) else None)
    assert [scores.name for scores in evaluation.class_scores] == ["apple", "berry", "melon"]
    assert [average.name for average in evaluation.averages] == ["macro average", "weighted average"]
    assert evaluation.averages[1].recall == pytest.approx(evaluation.metrics["accuracy"])
    assert {(pair.true, pair.predicted) for pair in evaluation.confused_pairs} == {
        (true, taken) for true, taken in zip(targets, predicted, strict=True) if true != taken
    }


def test_answers_that_are_all_wrong_are_worse_than_the_trivial_one(fruit, tmp_path):
    (tmp_path / "wrong.csv").write_text("size,colour,weight,kind\n1.0,green,10,melon\n3.0,yellow,20,apple\n")
    assert dltool.evaluate(fruit, data=tmp_path / "wrong.csv").worse_than_trivial == ("loss", "accuracy")
    assert dltool.evaluate(fruit, split="train").worse_than_trivial == ()


def test_a_part_that_the_run_lacks_is_named(fruit):
    with pytest.raises(DataError, match=r"no test part.*data\.test"):
        dltool.evaluate(fruit, split="test")


def test_without_a_test_part_the_rows_nearest_to_it_are_measured_and_named(fruit):
    found = fruit.read_facts().rows
    part, said = ("validation", "validation rows") if found.validation else ("train", "trained on")
    with pytest.warns(DataWarning, match=f"no test part.*{said}"):
        assert dltool.evaluate(fruit).split == part


def test_parts_are_the_same_rows_as_in_training(two_numbers):
    assert dltool.evaluate(two_numbers, split="test").rows == 20
    assert dltool.evaluate(two_numbers, split="train").rows == 60


@pytest.fixture(scope="module")
def buyers(tmp_path_factory):
    """Runs of two classes of which the second is rare: at 0.5, at a threshold, and at one that is chosen."""
    folder, rng = tmp_path_factory.mktemp("buyers"), np.random.default_rng(4)
    x = rng.normal(size=(600, 2))
    bought = np.where(rng.random(600) < 1 / (1 + np.exp(2 - 2 * x[:, 0])), "yes", "no")
    lines = [f"{a},{b},{c}" for (a, b), c in zip(x, bought, strict=True)]
    (folder / "t.csv").write_text("\n".join(["a,b,bought", *lines[:400]]) + "\n")
    (folder / "new.csv").write_text("\n".join(["a,b,bought", *lines[400:]]) + "\n")
    (folder / "c.yaml").write_text(
        "name: t\ndata: {source: csv, path: t.csv, targets: bought, validation: 0.3}\n"
        "model: {type: mlp, hidden_units: []}\n"
        "training: {loss: binary_crossentropy, metrics: [accuracy, precision, recall, f1_score], epochs: 12,\n"
        "  optimizer: {type: adam, learning_rate: 0.03}}\n"
    )
    runs = {}
    chosen = "{maximize: balanced_accuracy}"
    # The last one trains in the compiled loop of the one before.
    for name, threshold in (("half", "null"), ("low", "0.3"), ("chosen", chosen), ("again", chosen)):
        config = dltool.load_config(folder / "c.yaml", [f"training.threshold={threshold}"])
        runs[name] = dltool.train(config, folder / name, device="cpu")
    return runs, bought[400:] == "yes"


def threshold_by_hand(run):
    """Return the least and the greatest threshold of the best balanced accuracy on the validation rows."""
    targets, outputs, *_ = run.predictions()
    yes = np.unique(outputs[:, 1])
    middles = (yes[1:].astype(float) + yes[:-1]) / 2
    found = [np.mean([((outputs[:, 1] > m) == side)[targets == side].mean() for side in (0, 1)]) for m in middles]
    best = middles[np.array(found) > max(found) - 1e-12]
    return best.min(), best.max()


@pytest.mark.parametrize("name", ["half", "low", "chosen"])
def test_a_threshold_decides_in_predictions_and_metrics(buyers, name):
    runs, right = buyers
    run, file = runs[name], runs[name].path.parent / "new.csv"
    facts = run.facts
    if name == "chosen":
        low, high = threshold_by_hand(run)
        assert low - 1e-6 <= facts["threshold"] <= high + 1e-6
        assert ", the best for balanced_accuracy on the validation part; epochs are" in facts["decision"]
    else:
        assert facts["threshold"] == {"half": None, "low": 0.3}[name]
    threshold = facts["threshold"] or 0.5
    (table,) = dltool.predict(run.model_path, file)
    told = table["probability_yes"] > np.float32(threshold)
    assert (table["label"] == np.where(told, "yes", "no")).all()
    for evaluation in (dltool.evaluate(run, data=file), dltool.evaluate(run.model_path, data=file)):
        assert evaluation.confusion == tuple(
            tuple(int(((right == true) & (told == predicted)).sum()) for predicted in (False, True))
            for true in (False, True)
        )
        expected = {
            "accuracy": (told == right).mean(),
            "precision": right[told].mean(),
            "recall": told[right].mean(),
            "f1_score": 2 * (told & right).sum() / (told.sum() + right.sum()),
        }
        assert {key: evaluation.metrics[key] for key in expected} == pytest.approx(expected)
        assert evaluation.threshold == facts["threshold"]
        assert bool(evaluation.decision) == (name != "half")


def test_epochs_are_measured_at_a_threshold_that_is_known_and_the_weights_are_the_same(buyers):
    runs, _ = buyers
    last = {name: run.metrics()[-1] for name, run in runs.items()}
    assert last["again"]["validation_recall"] == last["chosen"]["validation_recall"]
    assert runs["again"].facts["threshold"] == runs["chosen"].facts["threshold"]
    assert last["half"]["loss"] == last["low"]["loss"] == last["chosen"]["loss"]
    targets, outputs, *_ = runs["low"].predictions()
    for name, threshold in (("half", 0.5), ("low", 0.3), ("chosen", 0.5)):
        told = outputs[:, 1] > np.float32(threshold)
        assert last[name]["validation_recall"] == pytest.approx(told[targets == 1].mean())
        assert last[name]["validation_accuracy"] == pytest.approx((told == targets).mean())
    report = runs["chosen"].report_path.read_text()
    assert f"yes where its probability is above {runs['chosen'].facts['threshold']:.4g}, the best for" in report
    assert "where its probability" not in runs["half"].report_path.read_text()
    evaluation = dltool.evaluate(runs["chosen"], split="validation")
    assert f"<td>{evaluation.metrics['recall']:.4f}</td>" in report.replace(' class="number"', "")
