"""A run repeats to the bit, stops when it should, and keeps the right weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import dltool
from dltool.backend.device_rows import DeviceRows
from dltool.config.needs import TaskName
from dltool.contracts.events import EpochEnded, Finished, Progress, Started
from dltool.contracts.signature import Rows, Signature
from dltool.model.build import build, compile_model
from dltool.model.plan import plan
from dltool.training.dispatch import USUAL_POLICY, DispatchPolicy
from dltool.training.engine import engine_of
from dltool.training.loop import Loop
from dltool.training.loop_cache import LoopCache
from dltool.training.prepare import prepare
from tests.support.examples import code_of, config_from, config_of, dataset_of, part, targets_as_they_are
from tests.support.inputs import as_inputs
from tests.support.trainers import CASES, TABLE, end_of, epochs_of, trainer_of

HEAD = "name: test\nseed: 5\ndata: {source: inline, features: [[1, 2], [3, 4]], targets: [0, 1]}\n"
RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(50, 3)).astype("float32")
TARGETS = (FEATURES.sum(axis=1, keepdims=True) + RNG.normal(size=(50, 1))).astype("float32")
SIGNATURE = Signature(TaskName.REGRESSION, (3,), "float32", 1, target_numbers=targets_as_they_are(1))
POLICIES = {
    "short": DispatchPolicy(short_epoch_seconds=1e9),
    "long": DispatchPolicy(short_epoch_seconds=0.0),
}

REPEATED = """
name: t
seed: 3
data: {source: inline, features: [[1, 2], [3, 4], [0, 1], [5, 2], [2, 2], [0, 3]], targets: [0, 1, 0, 1, 0, 1]}
model:
  type: sequential
  layers: [{type: dense, units: 8, activation: relu}, {type: gaussian_noise, stddev: 0.1}, {type: dropout, rate: 0.4},
           {type: dense, units: 1, activation: sigmoid}]
training: {loss: binary_crossentropy, epochs: 40, batch_size: 4}
"""


def begin(training, epochs=6, batch_size=16, validation=False, features=FEATURES, targets=TARGETS, policy=USUAL_POLICY):
    text = f"training: {{{training}, epochs: {epochs}, batch_size: {batch_size}}}\n"
    config = config_from(f"{HEAD}model: {{type: mlp, hidden_units: [6]}}\n{text}")
    rows = Rows(40, 10) if validation else Rows(50)
    planned = plan(config, SIGNATURE, rows)
    keras.utils.set_random_seed(1)
    model = build(planned)
    code = code_of(SIGNATURE, config, planned)
    compile_model(model, config.training, code, rows.most)
    validated = part(features[40:], targets[40:]) if validation else None
    dataset = dataset_of(SIGNATURE, part(features[: rows.train], targets[: rows.train]), validated)
    engine = engine_of(planned, config.training, on_gpu=False, threads=1)
    return prepare(model, planned, config.training, dataset, code, 5, engine=engine, policy=policy, loops=LoopCache())


def train(training, **more):
    trainer = begin(training, **more)
    return trainer.model, [*(event for group in trainer.events("cpu") for event in group), trainer.finish()]


def test_the_same_config_ends_in_the_same_bits(trainer, tmp_path):
    here = dltool.train(config_of(tmp_path, REPEATED), tmp_path / "here", device="cpu")
    done = trainer.run(["train", "config.yaml", "-q", "--run-dir", "elsewhere"], tmp_path)
    assert done.code == 0, done.err
    weights, others = (
        keras.saving.load_model(path / "model.keras").get_weights() for path in (here.path, tmp_path / "elsewhere")
    )
    assert len(weights) == 4
    for mine, theirs in zip(weights, others, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_both_ways_through_an_epoch_see_the_rows_in_the_same_order():
    weights = []
    for seconds in (0.0, 1e9):
        policy = DispatchPolicy(short_epoch_seconds=seconds)
        weights.append(train("loss: mean_squared_error", policy=policy)[0].get_weights())
    for mine, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def order_of(epoch, seed=5, shuffle=True):
    inputs = {"numbers": keras.Input((3,), name="numbers")}
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs["numbers"]))
    model.compile("sgd", "mse")
    rows = DeviceRows.of(as_inputs(FEATURES), TARGETS)
    loop = Loop(model, model.train_step, 16, shuffle, rows.slice(0, 1))
    return loop.order(rows, tf.constant(seed), tf.constant(epoch)).numpy().tolist()


def test_the_order_is_a_permutation_that_follows_from_seed_and_epoch():
    first = order_of(1)
    assert sorted(first) == list(range(50))
    assert order_of(1) == first
    assert order_of(2) != first
    assert order_of(1, seed=6) != first
    assert order_of(1, shuffle=False) == list(range(50))


def test_what_comes_before_the_first_event_is_no_time_of_training():
    trainer = begin("loss: mean_squared_error")
    assert trainer.seconds == 0
    next(trainer.events("cpu"))
    assert trainer.seconds > 0


@pytest.mark.parametrize("path", ["short", "long"])
def test_events_tell_the_story_in_order(path):
    policy = POLICIES[path]
    _, events = train("loss: mean_squared_error, metrics: [mean_absolute_error]", validation=True, policy=policy)
    started, *middle, finished = events
    assert isinstance(started, Started)
    assert (started.epochs, started.steps, started.rows, started.monitor) == (6, 3, 40, "validation_loss")
    epochs = [event for event in middle if isinstance(event, EpochEnded)]
    assert [event.epoch for event in epochs] == [1, 2, 3, 4, 5, 6]
    assert list(epochs[0].metrics) == [
        "loss", "mean_absolute_error", "validation_loss", "validation_mean_absolute_error",
    ]  # fmt: skip
    losses = [event.metrics["validation_loss"] for event in epochs]
    assert (epochs[-1].best, epochs[-1].best_epoch) == (min(losses), losses.index(min(losses)) + 1)
    assert isinstance(finished, Finished)
    assert (finished.outcome, finished.epochs, finished.weights_epoch) == ("completed", 6, 6)
    steps = [(event.epoch, event.step) for event in middle if isinstance(event, Progress)]
    assert steps == sorted(set(steps))
    assert all(1 <= step <= started.steps for _, step in steps)
    assert {epoch for epoch, _ in steps} == (set() if path == "short" else {1, 2, 3, 4, 5, 6})


@pytest.mark.parametrize("path", ["short", "long"])
@pytest.mark.parametrize("rate", [2.5, 1e12])  # after some epochs, and in the first
def test_divergence_is_named_and_leaves_the_last_finite_weights(rate, path):
    policy = POLICIES[path]
    text = f"loss: mean_squared_error, optimizer: {{type: sgd, learning_rate: {rate}, momentum: 0.9}}"
    model, events = train(text, epochs=200, policy=policy)
    finished = events[-1]
    assert finished.outcome == "diverged"
    assert f"epoch {finished.epochs + 1}" in finished.reason
    assert finished.weights_epoch <= finished.epochs < 200
    assert (finished.epochs > 0) == (rate < 1e12)
    assert all(np.isfinite(event.metrics["loss"]) for event in events if isinstance(event, EpochEnded))
    if finished.weights_epoch:
        finite, _ = train(text, epochs=finished.weights_epoch, policy=policy)
        for mine, theirs in zip(model.get_weights(), finite.get_weights(), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-5)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


@pytest.mark.parametrize("path", ["short", "long"])
def test_weights_that_are_no_numbers_behind_a_finite_loss_are_found(path):
    policy = POLICIES[path]
    features = FEATURES.copy()
    features[7, 1] = np.nan  # a ReLU hides it from the loss, not from the gradient
    model, events = train("loss: mean_squared_error", epochs=3, features=features, policy=policy)
    assert events[-1].outcome == "diverged"
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_a_closed_generator_leaves_the_weights_of_that_moment():
    trainer = begin("loss: mean_squared_error", epochs=9, policy=POLICIES["long"])
    groups = trainer.events("cpu")
    for group in groups:
        if any(isinstance(event, EpochEnded) and event.epoch == 2 for event in group):
            groups.close()
    two, _ = train("loss: mean_squared_error", epochs=2, policy=POLICIES["long"])
    for mine, theirs in zip(trainer.model.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_early_stopping_ends_with_the_weights_of_the_best_epoch():
    training = "loss: mean_squared_error, optimizer: {type: sgd, learning_rate: 0.2}, early_stopping: {patience: 3}"
    model, events = train(training, epochs=200, validation=True)
    finished = events[-1]
    assert finished.outcome == "stopped_early"
    assert finished.epochs == finished.weights_epoch + 3
    best = next(e for e in events if isinstance(e, EpochEnded) and e.epoch == finished.weights_epoch)
    outputs = np.asarray(model(as_inputs(FEATURES[40:])))
    assert np.mean((outputs - TARGETS[40:]) ** 2) == pytest.approx(best.metrics["validation_loss"], rel=1e-4)


@pytest.mark.parametrize("path", ["short", "long"])
def test_a_metric_that_does_not_exist_is_none_and_never_the_best(path):
    policy = POLICIES[path]
    training = "loss: mean_squared_error, metrics: [r2_score], "
    training += "early_stopping: {monitor: validation_r2_score, patience: 2}"
    alike = np.concatenate([TARGETS[:40], np.ones((10, 1), "float32")])
    trainer = begin(training, validation=True, targets=alike, policy=policy)
    groups = list(trainer.events("cpu", ["validation_r2_score"]))
    ended = [event for group in groups for event in group if isinstance(event, EpochEnded)]
    assert [event.metrics["validation_r2_score"] for event in ended] == [None, None]
    assert all(np.isfinite(event.metrics["r2_score"]) for event in ended)
    assert {(event.best, event.best_epoch) for event in ended} == {(None, 0)}
    assert trainer.finish().reason == "validation_r2_score has had no value for 2 epochs"


def test_without_an_improvement_the_last_weights_stay():
    _, events = train("loss: mean_squared_error, early_stopping: {start_from_epoch: 100}", epochs=3)
    assert events[-1].weights_epoch == 3


def test_the_best_is_what_early_stopping_takes_for_better():
    training = "loss: mean_squared_error, early_stopping: {monitor: loss, mode: max, patience: 9}"
    _, events = train(training, epochs=4)
    losses = [event.metrics["loss"] for event in events if isinstance(event, EpochEnded)]
    assert events[-1].best == max(losses)
    assert events[-1].weights_epoch == events[-1].best_epoch == losses.index(max(losses)) + 1


@pytest.mark.parametrize("case", ["early stopping", "best is last", "plateau", "adam"])
def test_several_epochs_a_dispatch_end_in_the_bits_of_one_at_a_time(case):
    """Though a dispatch is decided on when it is over: what went too far is taken back."""
    ends = []
    for seconds in (0.0, 1e9):
        keras.utils.set_random_seed(1)
        policy = DispatchPolicy(dispatch_seconds=seconds, short_epoch_seconds=1e9)
        trainer = trainer_of(*CASES[case], False, policy)
        groups = list(trainer.events("cpu"))
        if case != "plateau":  # which lowers the rate, and so ends a dispatch, after almost every epoch
            assert (max(map(len, groups)) > 1) == bool(seconds)
        best = {name: array.tobytes() for name, array in trainer.checkpoint().arrays.items()}
        ends.append((epochs_of(groups), best, end_of(trainer)))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("rest", [False, True], ids=["", "rest"])
def test_under_xla_no_bit_depends_on_dispatches_or_interruptions(rest):
    layers = "{type: normalization}, {type: dense, units: 6, activation: relu}, {type: dropout, rate: 0.4}"
    training = "early_stopping: {}"
    ends, states = [], []
    for seconds in (0.0, 1e9):
        keras.utils.set_random_seed(1)
        policy = DispatchPolicy(dispatch_seconds=seconds, short_epoch_seconds=1e9)
        trainer = trainer_of(TABLE, layers, training, rest, policy, xla=True)
        assert "xla=True" in trainer.loop.key
        groups = []
        for events in trainer.events("cpu"):
            groups.append(events)
            states.append(trainer.checkpoint())
        ends.append((epochs_of(groups), end_of(trainer)))
    assert ends[0] == ends[1]
    resumed = trainer_of(TABLE, layers, training, rest, policy, xla=True)
    resumed.restore(states[3])
    assert epochs_of(resumed.events("cpu")) == ends[0][0][states[3].epoch :]
    assert end_of(resumed) == ends[0][1]


@pytest.mark.parametrize("path", ["short", "long"])
@pytest.mark.parametrize("rate", [0.001, 0.3, 1e-7, 0.0123])
def test_the_learning_rate_is_told_as_it_was_written(rate, path):
    text = f"loss: mean_squared_error, optimizer: {{type: sgd, learning_rate: {rate}}}"
    _, events = train(text, epochs=2, policy=POLICIES[path])
    assert [event.learning_rate for event in events if isinstance(event, EpochEnded)] == [rate, rate]
