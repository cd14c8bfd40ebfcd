"""The compiled loop ends every epoch where ``Model.fit`` ends it: same losses, metrics and weights."""

import functools
from dataclasses import replace

import keras
import numpy as np
import pytest

from dltool.config.needs import TaskName
from dltool.contracts.events import EpochEnded, Finished
from dltool.contracts.signature import Rows, Signature
from dltool.model.build import adapt, build, compile_model
from dltool.model.plan import plan
from dltool.training.dispatch import DispatchPolicy
from dltool.training.engine import engine_of
from dltool.training.loop_cache import LoopCache
from dltool.training.prepare import prepare
from tests.support.examples import code_of, config_from, dataset_of, part, targets_as_they_are
from tests.support.inputs import as_inputs

EPOCHS = 3
RNG = np.random.default_rng(3)
TABLE = RNG.normal(size=(75, 5)).astype("float32")
IMAGES = RNG.integers(0, 256, (75, 8, 8, 1)).astype("uint8")
CLASSES = RNG.choice(4, 75, p=[0.55, 0.2, 0.15, 0.1]).astype("int32")
CLASSES[:4] = range(4)
NUMBERS = (TABLE @ RNG.normal(size=(5, 2))).astype("float32")
LABELS = (NUMBERS > 0).astype("float32")
COUNTS = np.floor(np.exp(NUMBERS))
WEIGHTS = RNG.choice([0, 0.5, 1, 3], 75).astype("float32")

# Enough for a full batch of 128 and a partial one.
MANY, MANY_CLASSES, MANY_WEIGHTS = (np.tile(rows, (4, *[1] * (rows.ndim - 1))) for rows in (TABLE, CLASSES, WEIGHTS))
MANY = MANY + RNG.normal(scale=0.1, size=MANY.shape).astype("float32")

HEAD = "name: test\nseed: 5\ndata: {source: inline, features: [[1, 2], [3, 4]], targets: [0, 1]}\n"
DENSE = "model: {type: mlp, hidden_units: [12, 6], activation: tanh, kernel_regularizer: {type: l2, l2: 0.01}}\n"
NORMALIZED = "model: {type: mlp, hidden_units: [12], batch_normalization: true}\n"
CONVOLUTIONAL = "model: {type: cnn, filters: [4], hidden_units: [8], batch_normalization: true}\n"
SCHEDULE = "{type: exponential_decay, initial_learning_rate: 0.1, decay_steps: 3, decay_rate: 0.8}"

# Each with its task, features, targets, model, training and size of a batch. Of 60 rows, 16 leave a partial batch,
# 30 leave none, and 100 are more than there are.
CASES = {
    "categorical": (
        TaskName.CATEGORICAL, TABLE, CLASSES, DENSE, "loss: categorical_crossentropy, metrics: [accuracy, auc]", 16,
    ),
    "areas": (
        TaskName.BINARY, TABLE, LABELS, DENSE,
        "loss: binary_focal_crossentropy, metrics: [accuracy, {type: auc, curve: PR}, f1_score]", 16,
    ),
    "one batch": (
        TaskName.CATEGORICAL, TABLE, CLASSES, NORMALIZED,
        "loss: sparse_categorical_crossentropy, metrics: [accuracy]", 100,
    ),
    "balanced": (
        TaskName.CATEGORICAL, TABLE, CLASSES, DENSE,
        "loss: categorical_crossentropy, metrics: [accuracy], class_weight: balanced", 16,
    ),
    "binary": (
        TaskName.BINARY, TABLE, CLASSES % 2, DENSE,
        "loss: binary_crossentropy, metrics: [accuracy, precision, recall], "
        f"optimizer: {{type: sgd, momentum: 0.9, learning_rate: {SCHEDULE}}}", 16,
    ),
    "regression": (
        TaskName.REGRESSION, TABLE, NUMBERS, DENSE,
        "loss: {type: huber, delta: 0.5}, metrics: [mean_absolute_error, r2_score], "
        "optimizer: {type: adamw, global_clipnorm: 0.5}", 16,
    ),
    "counts": (
        TaskName.REGRESSION, TABLE, COUNTS, DENSE, "loss: poisson, metrics: [mean_absolute_error]", 16,
    ),
    "weighted": (
        TaskName.BINARY, TABLE, CLASSES % 2, DENSE,
        "loss: binary_crossentropy, metrics: [accuracy, auc, f1_score, precision]", 16, WEIGHTS,
    ),
    "weighted numbers": (
        TaskName.REGRESSION, TABLE, NUMBERS, DENSE,
        "loss: mean_squared_error, metrics: [mean_absolute_error, r2_score, root_mean_squared_error]", 16, WEIGHTS,
    ),
    "weighted and balanced": (
        TaskName.CATEGORICAL, TABLE, CLASSES, DENSE,
        "loss: categorical_crossentropy, metrics: [accuracy], class_weight: balanced", 16, WEIGHTS,
    ),
    "weighted halves": (
        TaskName.CATEGORICAL, IMAGES, CLASSES, "model: {type: cnn, filters: [4], hidden_units: [8]}\n",
        "loss: categorical_crossentropy, metrics: [accuracy]", 16, WEIGHTS,
    ),
    "whole batches": (
        TaskName.REGRESSION, TABLE, NUMBERS, DENSE,
        "loss: mean_squared_error, optimizer: {type: adam, use_ema: true, gradient_accumulation_steps: 2}", 30,
    ),
    "mixed": (
        TaskName.CATEGORICAL, TABLE, CLASSES, NORMALIZED,
        "loss: categorical_crossentropy, dtype_policy: mixed_float16", 16,
    ),
    "halves": (
        TaskName.CATEGORICAL, IMAGES, CLASSES, "model: {type: cnn, filters: [4], hidden_units: [8]}\n",
        "loss: categorical_crossentropy, metrics: [accuracy], class_weight: balanced", 16,
    ),
    "dense halves": (
        TaskName.CATEGORICAL, MANY, MANY_CLASSES, DENSE.replace("12, 6", "512, 48"),
        "loss: categorical_crossentropy, metrics: [accuracy, auc], class_weight: balanced", 128, MANY_WEIGHTS,
    ),
    "images": (
        TaskName.CATEGORICAL, IMAGES, CLASSES, CONVOLUTIONAL, "loss: categorical_crossentropy, metrics: [accuracy]", 16,
    ),
}  # fmt: skip


class Case:
    """Some rows, a config, and a model that always begins with the same weights."""

    def __init__(
        self, task, features, targets, model, training, batch_size=16, weights=None, epochs=EPOCHS, validation=True
    ):
        text = f"{training}, epochs: {epochs}, batch_size: {batch_size}, shuffle: false"
        self.config = config_from(f"{HEAD}{model}training: {{{text}}}\n")
        self.features = features
        classes = tuple(map(str, np.unique(targets))) if targets.ndim == 1 else ()
        outputs = len(classes) or targets.shape[1]
        numbers = targets_as_they_are(outputs) if task is TaskName.REGRESSION else None
        self.signature = Signature(
            task, features.shape[1:], str(features.dtype), outputs, classes, target_numbers=numbers,
            weights=None if weights is None else "w",
        )  # fmt: skip
        first, last = (None, None) if weights is None else (weights[:-15], weights[-15:])
        self.train = replace(part(features[:-15], targets[:-15]), weights=first)
        self.validation = replace(part(features[-15:], targets[-15:]), weights=last) if validation else None
        self.rows = len(features) - 15
        self.plan = plan(self.config, self.signature, Rows(self.rows, 15 if validation else 0))
        self.code = code_of(self.signature, self.config, self.plan)

    def fresh(self):
        keras.utils.set_random_seed(self.config.seed)
        model = build(self.plan, self.config.training.dtype_policy)
        adapt(model, self.plan, self.train.features)
        compile_model(model, self.config.training, self.code, self.rows)
        return model

    def through_engine(self, short_epoch_seconds=0.05, *, xla=None):
        """Return the events and what the model makes of the features in the end."""
        model = self.fresh()
        dataset = dataset_of(self.signature, self.train, self.validation)
        policy = DispatchPolicy(short_epoch_seconds=short_epoch_seconds)
        arguments = self.plan, self.config.training, dataset, self.code, self.config.seed
        engine = engine_of(self.plan, self.config.training, on_gpu=False, threads=1, xla=xla)
        assert engine.xla == bool(xla)
        trainer = prepare(model, *arguments, engine=engine, policy=policy, loops=LoopCache())
        events = [*(event for group in trainer.events("cpu") for event in group), trainer.finish()]
        return events, np.asarray(model(as_inputs(self.features), training=False))

    def through_fit(self, callbacks=()):
        """Return the history, with metrics called as we call them, and what the model makes of the features."""
        model, training = self.fresh(), self.config.training
        # ``fit`` would build the optimizer within the compiled step, which sets ScheduleFreeAdamW back at every step.
        model.optimizer.build(model.trainable_variables)
        parts = [(p.features, self.code.encode(p.targets), p.weights) for p in self.parts()]
        *examples, own = parts[0]
        weights = None
        if training.class_weight:
            counts = np.bincount(self.train.targets, own)
            weights = {i: counts.sum() / (len(counts) * count) for i, count in enumerate(counts)}
            if own is not None:  # Keras takes one of the two
                own, weights = own * np.array([weights[i] for i in self.train.targets]), None
        history = model.fit(
            *examples,
            sample_weight=own,
            validation_data=parts[1] if self.validation else None,
            batch_size=training.batch_size,
            epochs=training.epochs,
            shuffle=False,
            class_weight=weights,
            callbacks=list(callbacks),
            verbose=0,
        ).history
        renamed = {name.replace("val_", "validation_"): values for name, values in history.items()}
        return renamed, np.asarray(model(as_inputs(self.features), training=False))

    def parts(self):
        return [self.train, self.validation] if self.validation else [self.train]


def assert_same(events, outputs, history, expected):
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    assert [event.epoch for event in epochs] == list(range(1, len(history["loss"]) + 1))
    assert set(epochs[0].metrics) == set(history) - {"learning_rate"}
    for metric, values in history.items():
        found = [event.metrics.get(metric, event.learning_rate) for event in epochs]
        np.testing.assert_allclose(found, values, rtol=1e-5, atol=1e-7, err_msg=metric)
    # Outputs rather than weights: a bias in front of a batch normalization is free to drift.
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)
    assert isinstance(events[-1], Finished)


FLAT = "model: {type: mlp, hidden_units: [12], activation: elu}\n"
# Between them all layers, activations, losses, optimizers and metrics that XLA is trusted with.
UNDER_XLA = {
    "nadam": (
        TaskName.CATEGORICAL, TABLE, CLASSES, DENSE,
        "loss: sparse_categorical_crossentropy, metrics: [accuracy], class_weight: balanced, optimizer: nadam",
    ),
    "adamw": (
        TaskName.REGRESSION, TABLE, NUMBERS, DENSE,
        "loss: huber, metrics: [mean_absolute_error, r2_score], optimizer: {type: adamw, global_clipnorm: 0.5}",
    ),
    "sgd": (
        TaskName.BINARY, IMAGES, CLASSES % 2, FLAT,
        f"loss: binary_crossentropy, optimizer: {{type: sgd, momentum: 0.9, learning_rate: {SCHEDULE}}}",
    ),
    "rmsprop": (
        TaskName.REGRESSION, TABLE, np.abs(NUMBERS), DENSE.replace("tanh", "relu"),
        "loss: mean_squared_error, metrics: [root_mean_squared_error, mean_squared_error], "
        "optimizer: {type: rmsprop, momentum: 0.5}",
    ),
    "weighted": (
        TaskName.REGRESSION, TABLE, NUMBERS, DENSE,
        "loss: mean_squared_error, metrics: [mean_absolute_error, r2_score], optimizer: nadam", 16, WEIGHTS,
    ),
    "adam": (TaskName.CATEGORICAL, TABLE, CLASSES, FLAT, "loss: categorical_crossentropy, metrics: [accuracy]"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNDER_XLA)
def test_two_hundred_steps_under_xla(name):
    case = Case(*UNDER_XLA[name], epochs=50)
    history, expected = case.through_fit()
    for seconds in (0.0, 1e9) if name == "adam" else (1e9,):
        events, outputs = case.through_engine(seconds, xla=True)
        epochs = [event for event in events if isinstance(event, EpochEnded)]
        for metric, values in history.items():
            found = [event.metrics.get(metric, event.learning_rate) for event in epochs]
            if "accuracy" in metric:  # an output at the border of two classes may fall to either side
                assert np.isclose(found, values).mean() >= 0.96
            else:
                np.testing.assert_allclose(found, values, rtol=2e-5, atol=1e-6, err_msg=metric)
        np.testing.assert_allclose(outputs, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["halves", "weighted halves", "dense halves"])
def test_some_are_computed_in_halves(name):
    case = Case(*CASES[name])
    engine = engine_of(case.plan, case.config.training, on_gpu=False, threads=1)
    assert engine.halved == case.config.training.batch_size


@functools.cache
def through_engine(name, path):
    return Case(*CASES[name]).through_engine(1e9 if path == "short" else 0.0)


@pytest.mark.parametrize("name", CASES)
def test_the_same_after_every_epoch(name):
    history, expected = Case(*CASES[name]).through_fit()
    for path in ("long", "short"):
        events, outputs = through_engine(name, path)
        assert_same(events, outputs, history, expected)
        assert events[-1].outcome == "completed"


@pytest.mark.parametrize("path", ["short", "long"])
def test_areas_are_those_of_the_outputs(path):
    events, outputs = through_engine("areas", path)
    scores, targets = outputs[60:].ravel(), LABELS[60:].ravel()
    ranks = np.argsort(np.argsort(-scores)) + 1  # of 30 scores, no two equal
    hits = np.sort(ranks[targets == 1])
    average_precision = np.mean(np.arange(1, len(hits) + 1) / hits)
    assert len(np.unique(scores)) == 30
    assert events[-2].metrics["validation_auc"] == pytest.approx(average_precision, abs=1e-12)


@pytest.mark.parametrize("optimizer", ["schedule_free_adamw", "muon", "adafactor", "{type: ftrl, beta: 0.1}"])
def test_the_same_with_optimizers_of_another_kind_and_no_validation(optimizer):
    training = f"loss: mean_squared_error, optimizer: {optimizer}"
    case = Case(TaskName.REGRESSION, TABLE, NUMBERS, DENSE, training, validation=False)
    assert_same(*case.through_engine(), *case.through_fit())


def test_the_same_with_a_lowered_rate_and_an_early_stop():
    training = (
        "loss: mean_squared_error, metrics: [r2_score], optimizer: {type: sgd, learning_rate: 0.3}, "
        "reduce_lr_on_plateau: {patience: 1, factor: 0.5, cooldown: 1}, "
        "early_stopping: {monitor: validation_r2_score, patience: 5, min_delta: 0.005}"
    )
    case = Case(TaskName.REGRESSION, TABLE, NUMBERS, DENSE, training, epochs=200)
    stopping = keras.callbacks.EarlyStopping(
        "val_r2_score", mode="max", patience=5, min_delta=0.005, restore_best_weights=True
    )
    plateau = keras.callbacks.ReduceLROnPlateau(patience=1, factor=0.5, cooldown=1)
    history, expected = case.through_fit([plateau, stopping])
    assert len(history["loss"]) < 200
    assert history["learning_rate"][-1] < 0.1  # lowered twice
    for seconds in (0.0, 1e9):
        events, outputs = case.through_engine(seconds)
        assert_same(events, outputs, history, expected)
        assert (events[-1].outcome, events[-1].weights_epoch) == ("stopped_early", stopping.best_epoch + 1)
