"""How much of a winner's lead is luck: by simulations in which the truth is known, and of runs on paper."""

import json
from dataclasses import replace

import numpy as np
import pytest
import yaml

from dltool.analysis.luck import bootstrap, luck_of
from dltool.runs.predictions import Predictions
from dltool.runs.run import Run
from dltool.runs.sweep_facts import Conclusions
from dltool.runs.trials import point_results

RATES = "name: s\nbase: base.yaml\naxes: {training.optimizer.learning_rate: [0.1, 0.01, 0.001]}\n"


@pytest.mark.parametrize("rows", [3, 40])
@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0])
def test_what_is_said_is_true(rows, spread):
    """Twelve points, of which half are hopeless; spread is that of the others' true scores, in standard errors."""
    rng = np.random.default_rng(11)
    found = []
    for _ in range(150):
        true = np.append(rng.normal(0, spread, 6), np.full(6, -20.0))
        # Some rows are harder than others, for all points.
        scores = true + rng.normal(0, np.sqrt(rows), (rows, 12)) + rng.normal(0, 3, (rows, 1))
        order = np.argsort(-scores.mean(axis=0))
        scores, true = scores[:, order], true[order]
        is_best = (true[0] == true.max()) / (true == true.max()).sum()
        luck = (scores.mean(axis=0) - scores.mean() - true + true.mean())[0]
        found.append([is_best, luck, *bootstrap(scores)])
    is_best, luck, probability, optimism = np.mean(found, axis=0)
    # Plainly drawn anew, of six equal points the first is the best in more than half of the draws.
    assert probability == pytest.approx(is_best, abs=0.2)
    # In standard errors of a score; three standard errors of 150 sweeps are 0.2.
    assert luck - 0.2 < optimism < luck + 0.35
    if spread == 0:
        assert luck == pytest.approx(1.27, abs=0.25)  # the mean of the largest of six normal numbers


def test_what_is_said_beforehand_comes_true():
    """Of the sweeps in which a probability above a half is stated, so many winners are the best."""
    rng = np.random.default_rng(12)
    stated, true = [], []
    for _ in range(400):
        truth = rng.normal(0, rng.choice([0.5, 2, 6]), 5)
        scores = truth + rng.normal(0, np.sqrt(20), (20, 5))
        order = np.argsort(-scores.mean(axis=0))
        stated.append(bootstrap(scores[:, order])[0])
        true.append(order[0] == truth.argmax())
    stated, true = np.array(stated), np.array(true)
    for low, high in ((0.0, 0.5), (0.5, 0.8), (0.8, 1.0)):
        those = (stated >= low) & (stated <= high)
        assert those.sum() > 50
        assert stated[those].mean() == pytest.approx(true[those].mean(), abs=0.15)


def test_a_clear_winner_is_no_luck_and_a_twin_shares_its_place():
    rng = np.random.default_rng(13)
    scores = rng.normal([5, 0, 0], size=(100, 3))
    assert bootstrap(scores) == (1, 0)
    probability, optimism = bootstrap(scores[:, [0, 0, 1]])
    assert probability == pytest.approx(0.5)
    assert optimism == pytest.approx(0, abs=1e-12)


@pytest.fixture
def on_rows(sweep, directory):
    """A sweep of three points, a run each, whose runs keep predictions; returns what is told of it."""

    result, _ = sweep(RATES)

    def on_rows(targets, outputs, objectives, *, loss=None, direction="maximize", rows=None, temperatures=(1, 1, 1)):
        trials = list(result.trials)
        for i, (trial, objective) in enumerate(zip(trials, objectives, strict=True)):
            run = Run(result.path / trial.path)
            if outputs[i] is not None:
                made = np.asarray(outputs[i], "float32")
                run.write_predictions(Predictions(targets, made, rows and rows[i], temperatures[i]))
            if loss:
                config = run.config().plain()
                config["training"] |= {"loss": loss, "metrics": []}
                run.config_path.write_text(yaml.safe_dump(config))
            trials[i] = replace(trial, objective=float(objective))
        return luck_of(result.path, point_results(trials), direction)

    return on_rows


RNG = np.random.default_rng(14)
LABELS = RNG.integers(0, 2, 300).astype("int32")
YES = [np.clip(LABELS * 0.3 + RNG.normal(0.35, noise, 300), 0.01, 0.99) for noise in (0.1, 0.2, 0.4)]
SURE = [np.stack([1 - yes, yes], axis=1) for yes in YES]
ACCURACIES = [((yes > 0.5) == LABELS).mean() for yes in YES]
ENTROPIES = [-np.log(np.where(LABELS == 1, yes, 1 - yes)).mean() for yes in YES]


def test_an_accuracy_is_judged_by_its_rows(on_rows):
    luck = on_rows(LABELS, SURE, ACCURACIES)
    assert (luck.over, luck.points) == ("rows", 3)
    assert luck.probability > 0.99
    assert luck.expected == pytest.approx(ACCURACIES[0] - luck.optimism)
    assert 0 <= luck.optimism < 0.001


def test_so_is_an_entropy_and_what_is_to_be_expected_is_worse(on_rows):
    alike = [SURE[0], SURE[0][::-1], np.roll(SURE[0], 1, axis=0)]
    targets = np.ones(300, "int32")
    found = [-np.log(each[:, 1]).mean() for each in alike]
    luck = on_rows(targets, alike, found, direction="minimize")
    # The same outputs in other orders have equal scores, and errors of their own.
    assert 0.1 < luck.probability < 0.6
    assert luck.expected == pytest.approx(found[0] + luck.optimism)
    assert luck.optimism > 0


@pytest.mark.parametrize("objectives", ["accuracies", "entropies"])
def test_temperatures_that_came_when_training_was_over_change_nothing(on_rows, objectives):
    found, direction = (ACCURACIES, "maximize") if objectives == "accuracies" else (ENTROPIES, "minimize")
    expected = on_rows(LABELS, SURE, found, direction=direction)
    temperatures = (0.5, 2.0, 3.0)
    powers = [sure ** (1 / each) for sure, each in zip(SURE, temperatures, strict=True)]
    calibrated = [each / each.sum(axis=1, keepdims=True) for each in powers]
    luck = on_rows(LABELS, calibrated, found, direction=direction, temperatures=temperatures)
    assert (luck.over, luck.probability) == ("rows", expected.probability)
    assert luck.expected == pytest.approx(expected.expected, rel=1e-4)
    # The loss of the calibrated answers is not what the epochs were judged by, and neither does it pass for it.
    assert objectives == "accuracies" or on_rows(LABELS, calibrated, found, direction=direction) is None


def test_an_error_may_be_of_other_units(on_rows):
    targets = RNG.normal(100, 10, (300, 1))
    outputs = [targets + RNG.normal(0, deviation, (300, 1)) for deviation in (5, 5.01, 9)]
    errors = np.array([np.float32(each) - targets for each in outputs])
    kind = {"loss": "mean_squared_error", "direction": "minimize"}
    squared = on_rows(targets, outputs, (errors**2).mean(axis=(1, 2)) / 100, **kind)
    assert squared.probability < 0.9
    # A squared error of 25 has a standard error of 25 · root(2 / 300), which is 2.04; here in hundredths.
    assert 0 < squared.optimism < 0.0204
    absolute = on_rows(targets, outputs, abs(errors).mean(axis=(1, 2)), **kind)
    assert 0 < absolute.optimism < 5 * np.sqrt(2 / 300)
    # Of each its own scale is none.
    assert on_rows(targets, outputs, (errors**2).mean(axis=(1, 2)) / [100, 101, 102], **kind) is None


@pytest.mark.parametrize(
    "change",
    [
        {"objectives": [0.9, 0.8, 0.7]},  # another metric: no mean over the rows
        {"outputs": [SURE[0], None, SURE[2]]},
        {"outputs": [SURE[0], SURE[1][:, :1], SURE[2]]},
        {"outputs": [SURE[0], SURE[1][:200], SURE[2]]},
        {"rows": [np.arange(300), np.arange(300), np.arange(300)[::-1].copy()]},
        {"loss": "hinge", "objectives": ENTROPIES},
    ],
)
def test_where_it_cannot_be_told_nothing_is_said(on_rows, change):
    assert on_rows(**({"targets": LABELS, "outputs": SURE, "objectives": ACCURACIES} | change)) is None


def test_of_repeated_points_the_seeds_are_drawn(sweep):
    losses = {0.1: [0.3, 0.4, 0.5], 0.01: [0.6, 0.2, 0.7], 0.001: [3.0, 4.0, 5.0]}
    result, _ = sweep(
        RATES + "repeats: 3\n",
        loss=lambda config: 20 * losses[config["training"]["optimizer"]["learning_rate"]][config["seed"] - 7],
    )
    luck = luck_of(result.path, point_results(result.trials), "minimize")
    assert (luck.over, luck.points) == ("seeds", 3)
    # Measured on the seeds that did not choose it, the second point would often have been taken, to no good.
    assert 0.4 < luck.expected < 0.6
    assert 0.5 < luck.probability < 0.95


def test_points_that_failed_take_no_part_and_pruned_ones_leave_all_open(sweep):
    result, _ = sweep(RATES + "repeats: 3\n", loss=lambda config: 1.0 + config["seed"] % 2)
    trials = list(result.trials)
    trials[0] = replace(trials[0], status="diverged", objective=None)
    luck = luck_of(result.path, point_results(trials), "minimize")
    assert luck.points == 2
    assert (luck.probability, luck.optimism, luck.expected) == pytest.approx((0.5, 0, result.best.mean))
    assert luck_of(result.path, point_results(trials[:6]), "minimize") is None  # there is nothing to be luckier than
    trials[0] = replace(trials[0], status="pruned")
    assert luck_of(result.path, point_results(trials), "minimize") is None


def test_two_seeds_tell_nothing(sweep):
    result, _ = sweep(RATES + "repeats: 2\n")
    assert luck_of(result.path, point_results(result.trials), "minimize") is None


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_the_size_of_objectives_does_not_matter(sweep, size):
    result, _ = sweep(RATES + "repeats: 3\n")
    trials = [replace(trial, objective=trial.trial // 2 * 7 % 5) for trial in result.trials]  # 0, 2; 2, 4; 4, 1
    luck = luck_of(result.path, point_results(trials), "minimize")
    trials = [replace(trial, objective=size * trial.objective) for trial in trials]
    sized = luck_of(result.path, point_results(trials), "minimize")
    assert (sized.probability, sized.optimism / size) == pytest.approx((luck.probability, luck.optimism))
    assert luck.optimism > 0


def test_it_is_told_once_at_the_end_and_kept(sweep, directory):
    asked = []

    def conclude(path, points, direction):
        asked.append((path, len(points), direction))
        return Conclusions(luck_of(path, points, direction))

    result, _ = sweep(RATES + "repeats: 3\n", conclude=conclude)
    assert asked == [(directory.path, 3, "minimize")]
    kept = json.loads(directory.facts_path.read_text())["luck"]
    assert kept == result.luck.model_dump()
    assert (kept["points"], kept["over"]) == (3, "seeds")
    assert kept["expected"] == pytest.approx(result.best.mean)  # the seeds make no difference here
