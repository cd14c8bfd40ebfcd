"""A training that goes on from a checkpoint ends in the bits of one that was never interrupted."""

import dataclasses

import keras
import numpy as np
import pytest

import dltool.training.train as engine
from dltool.config.plan import plan
from dltool.config.signature import Rows, Signature, TaskName
from dltool.model.build import build, compile_model, measure
from dltool.runs.checkpoints import Checkpoints
from dltool.training.events import EpochEnded
from tests.support.examples import code_of, config_from, dataset_of, part

HEAD = "name: test\nseed: 5\ndata: {source: inline, features: [[1, 2], [3, 4]], targets: [0, 1]}\n"
RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(60, 3)).astype("float32")
IMAGES = RNG.integers(0, 256, size=(60, 6, 6, 1)).astype("uint8")
LABELS = RNG.integers(0, 3, size=60)
NOISY = (
    "{type: dense, units: 6, activation: relu}, {type: batch_normalization}, {type: dropout, rate: 0.4}, "
    "{type: gaussian_noise, stddev: 0.1}"
)
AUGMENTED = "{type: random_flip}, {type: random_rotation, factor: 0.1}, {type: flatten}, {type: dropout, rate: 0.3}"
CASES = {
    "adam": (TABLE, NOISY, "optimizer: adam"),
    "early stopping": (TABLE, NOISY, "early_stopping: {patience: 2, min_delta: 0.05}, metrics: [accuracy, top_k]"),
    "best is last": (TABLE, NOISY, "early_stopping: {patience: 9}, optimizer: {type: adam, learning_rate: 0.01}"),
    "areas": (TABLE, NOISY, "early_stopping: {monitor: validation_auc, patience: 2}, metrics: [auc, f1_score]"),
    "plateau": (TABLE, NOISY, "reduce_lr_on_plateau: {patience: 1, min_delta: 0.2, cooldown: 1}"),
    "schedule": (
        TABLE,
        NOISY,
        "optimizer: {type: sgd, momentum: 0.9, nesterov: true, use_ema: true, "
        "learning_rate: {type: exponential_decay, initial_learning_rate: 0.1, decay_steps: 7, decay_rate: 0.9}}",
    ),
    "augmentation": (IMAGES, AUGMENTED, "optimizer: {type: rmsprop, momentum: 0.5}, class_weight: balanced"),
    "nadam": (TABLE, NOISY, "optimizer: nadam"),
    "mixed": (IMAGES, AUGMENTED, "dtype_policy: mixed_float16, optimizer: nadam"),
}


def trainer_of(features, layers, training, rest):
    """Return a fresh trainer, whose weights and random layers begin anywhere: a checkpoint must bring them."""
    signature = Signature(TaskName.CATEGORICAL, features.shape[1:], str(features.dtype), 3, classes=("a", "b", "c"))
    batch_size = 16 if rest else 10
    training = training.replace("top_k", "{type: top_k_categorical_accuracy, k: 2}")
    config = config_from(
        f"{HEAD}model: {{type: sequential, layers: [{layers}, {{type: dense, units: 3, activation: softmax}}]}}\n"
        f"training: {{loss: categorical_crossentropy, epochs: 5, batch_size: {batch_size}, {training}}}\n"
    )
    planned = plan(config, signature, Rows(50, 10))
    model = build(planned, config.training.dtype_policy)
    measure(model, planned, features[:50])
    code = code_of(signature, config, planned)
    compile_model(model, config.training, code, 60)
    dataset = dataset_of(signature, part(features[:50], LABELS[:50]), part(features[50:], LABELS[50:]))
    return engine.Trainer(model, planned, config.training, dataset, code, 5)


def without_times(event):
    return dataclasses.replace(event, seconds=0, examples_per_second=0)


def epochs_of(groups):
    return [without_times(event) for group in groups for event in group if isinstance(event, EpochEnded)]


def end_of(trainer):
    finished = dataclasses.replace(trainer.finish(), seconds=0)
    variables = [*trainer.model.variables, *trainer.model.optimizer.variables]
    return finished, [np.array(variable).tobytes() for variable in variables]


@pytest.mark.parametrize(
    ("case", "path"),
    [*((case, path) for case in CASES for path in ("short", "long")), ("adam", "long without rest")],
)
def test_from_every_event_to_the_same_bits(case, path, monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "_SHORT_EPOCH_SECONDS", 1e9 if path == "short" else 0.0)
    monkeypatch.setattr(engine, "_DISPATCH_SECONDS", 0.0)  # as many events as can be: each step, each epoch
    rest = path != "long without rest"
    keras.utils.set_random_seed(1)
    golden = trainer_of(*CASES[case], rest)
    states, groups = [], []
    for events in golden.events("cpu"):
        groups.append(events)
        states.append(golden.checkpoint())
    expected, rows = end_of(golden), epochs_of(groups)
    assert len(states) >= 4
    assert any(state.step for state in states) == (path != "short")
    # Behind the start, in the first epoch, in the middle, and at the very end.
    for number in {1, len(states) // 2, len(states) - 1}:
        checkpoints = Checkpoints(tmp_path / str(number))
        checkpoints.folder.mkdir()
        checkpoints.save(states[number])
        keras.utils.set_random_seed(100 + number)
        resumed = trainer_of(*CASES[case], rest)
        checkpoint, _ = checkpoints.newest()
        resumed.restore(checkpoint)
        again = epochs_of(resumed.events("cpu"))
        assert again == rows[checkpoint.epoch :], number
        assert end_of(resumed) == expected, number


@pytest.mark.parametrize("path", ["short", "long"])
def test_a_divergence_is_reached_again(path, monkeypatch):
    monkeypatch.setattr(engine, "_SHORT_EPOCH_SECONDS", 1e9 if path == "short" else 0.0)
    case = (TABLE, "{type: dense, units: 4}", "optimizer: {type: sgd, learning_rate: 1e9, momentum: 0.9}")
    keras.utils.set_random_seed(1)
    golden = trainer_of(*case, rest=True)
    states = [golden.checkpoint() for _ in golden.events("cpu")]
    finished, weights = end_of(golden)
    kept = [state for state in states if state]
    assert all(np.isfinite(array).all() for state in kept for array in state.arrays.values())
    resumed = trainer_of(*case, rest=True)
    resumed.restore(kept[-1])
    list(resumed.events("cpu"))
    again, same = end_of(resumed)
    assert again == finished
    assert finished.best is None, "there was no epoch"
    model_variables = len(golden.model.variables)
    assert same[:model_variables] == weights[:model_variables]


def test_weights_that_are_no_numbers_make_no_checkpoint():
    trainer = trainer_of(TABLE, "{type: dense, units: 4}", "optimizer: adam", rest=True)
    assert trainer.checkpoint() is not None
    kernel = trainer.model.trainable_variables[0]
    kernel.assign(np.full(kernel.shape, np.nan))
    assert trainer.checkpoint() is None


def test_the_last_sound_epoch_does_not_depend_on_where_a_dispatch_began(monkeypatch):
    monkeypatch.setattr(engine, "_SHORT_EPOCH_SECONDS", 1e9)
    ends = []
    for seconds in (0.0, 1e9):  # one epoch a dispatch, as many as can be
        monkeypatch.setattr(engine, "_DISPATCH_SECONDS", seconds)
        keras.utils.set_random_seed(1)
        trainer = trainer_of(
            TABLE, "{type: dense, units: 4}", "optimizer: {type: sgd, learning_rate: 3e5, momentum: 0.9}", rest=True
        )
        rows = epochs_of(trainer.events("cpu"))
        finished, weights = end_of(trainer)
        assert finished.outcome == "diverged"
        ends.append((repr(rows), repr(finished), weights[: len(trainer.model.variables)]))
    assert ends[0] == ends[1]
