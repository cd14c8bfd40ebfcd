"""Stopping and lowering the rate are decided as Keras's callbacks decide them."""

import math

import keras
import numpy as np
import pytest

from dltool.config.field_types import kind_of
from dltool.config.losses import METRICS, BinaryCrossentropy, CategoricalCrossentropy, Huber
from dltool.config.metric_order import direction
from dltool.config.needs import TaskName
from dltool.config.training import EarlyStopping, ReduceLROnPlateau
from dltool.contracts.signature import Signature
from dltool.model.build import keras_metric
from dltool.tasks import task_of
from dltool.training.watch import Best, Plateau, Stopper

LOSSES = {
    TaskName.BINARY: BinaryCrossentropy(type="binary_crossentropy"),
    TaskName.CATEGORICAL: CategoricalCrossentropy(type="categorical_crossentropy"),
    TaskName.REGRESSION: Huber(type="huber"),
}
# Walks with ties, a value that is not a number, and one without end.
WALKS = [np.random.default_rng(seed).normal(size=30).cumsum() * 0.1 + 2 for seed in range(12)]
SERIES = [np.round(walk, 1 + i % 2).tolist() for i, walk in enumerate(WALKS)]
SERIES += [[2.0, math.nan, 1.5, math.nan, math.nan, 1.6, 1.7, 1.8], [2.0, math.inf, 1.0, math.inf, 1.0, 1.0, 1.0, 1.0]]


def watched(callback):
    """Let a callback of Keras watch a model of which nothing but the rate matters."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    return model


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize(
    "options",
    [
        {"patience": 3},
        {"patience": 0},
        {"patience": 2, "min_delta": 0.1005},
        {"patience": 4, "start_from_epoch": 5},
        {"patience": 3, "baseline": 1.9},
    ],
    ids=str,
)
def test_stopping_is_keras_own(options, mode):
    for series in SERIES:
        callback = keras.callbacks.EarlyStopping(monitor="loss", mode=mode, restore_best_weights=True, **options)
        model = watched(callback)
        stopper = Stopper(EarlyStopping(mode=mode, **options), "loss")
        for epoch, loss in enumerate(series):
            callback.on_epoch_end(epoch, {"loss": loss})
            _, stop = stopper.update(epoch + 1, {"loss": loss})
            assert stop == model.stop_training
            if epoch >= options.get("start_from_epoch", 0):
                assert stopper.best.epoch == callback.best_epoch + 1
            if stop:
                break


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2, "factor": 0.5},
        {"patience": 1, "cooldown": 3},
        {"patience": 0, "factor": 0.9},
        {"patience": 2, "min_lr": 0.05},
        {"patience": 2, "min_delta": 0.2551},
    ],
    ids=str,
)
def test_the_plateau_is_keras_own(options, mode):
    for series in SERIES:
        callback = keras.callbacks.ReduceLROnPlateau(monitor="loss", mode=mode, **options)
        model = watched(callback)
        plateau, rate = Plateau(ReduceLROnPlateau(mode=mode, **options), "loss"), 1.0
        for epoch, loss in enumerate(series):
            callback.on_epoch_end(epoch, {"loss": loss})
            rate = plateau.update(epoch + 1, {"loss": loss}, rate)
            assert rate == pytest.approx(float(model.optimizer.learning_rate))


@pytest.mark.parametrize("spec", METRICS, ids=kind_of)
def test_keras_agrees_on_which_way_is_better(spec):
    loss = LOSSES[spec.tasks[0]]
    metric = keras_metric(spec(type=kind_of(spec)), task_of(Signature(loss.task, (2,), "float32", 2), loss), 1)
    ours = {"max": "up", "min": "down"}[direction(f"validation_{kind_of(spec)}")]
    assert ours == metric._direction


def test_a_metric_that_does_not_exist_is_never_the_best():
    best = Best("validation_auc", "max")
    assert [best.update(epoch, {"validation_auc": None}) for epoch in (1, 2)] == [False, False]
    assert (best.value, best.epoch) == (None, 0)
    assert best.update(3, {"validation_auc": 0.1})


@pytest.mark.parametrize("mode", ["min", "max"])
def test_epochs_that_follow_one_another_are_taken_as_one_by_one(mode):
    values = [None, math.nan, 3.0, 3.0, 2.0, 5.0, math.nan, None, 1.0]
    one_by_one, at_once = Best("loss", mode, 0.5), Best("loss", mode, 0.5)
    expected = []
    for epoch, value in enumerate(values, 4):
        one_by_one.update(epoch, {"loss": value})
        expected.append((one_by_one.epoch, one_by_one.value))
    found = [*zip(*at_once.follow(4, values[:5]), strict=True), *zip(*at_once.follow(9, values[5:]), strict=True)]
    assert found == expected
    assert expected[-1] == ((12, 1.0) if mode == "min" else (9, 5.0))
