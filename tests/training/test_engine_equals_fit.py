"""The compiled loop ends every epoch where ``Model.fit`` ends it: same losses, metrics and weights."""

import keras
import numpy as np
import pytest

import dltool.training.train as engine
from dltool.backend.examples import balanced_weights, encode_targets
from dltool.config.plan import plan
from dltool.config.signature import Rows, Signature, Task
from dltool.model.build import build, compile_model, measure
from dltool.training.events import EpochEnded, Finished
from tests.training.conftest import config_from, dataset_of, part

EPOCHS = 4
RNG = np.random.default_rng(3)
TABLE = RNG.normal(size=(75, 5)).astype("float32")
IMAGES = RNG.integers(0, 256, (75, 8, 8, 1)).astype("uint8")
CLASSES = RNG.choice(4, 75, p=[0.55, 0.2, 0.15, 0.1]).astype("int32")
CLASSES[:4] = range(4)
NUMBERS = (TABLE @ RNG.normal(size=(5, 2))).astype("float32")

HEAD = "name: test\nseed: 5\ndata: {source: inline, features: [[1, 2], [3, 4]], targets: [0, 1]}\n"
DENSE = "model: {type: mlp, hidden_units: [12, 6], activation: tanh, kernel_regularizer: {type: l2, l2: 0.01}}\n"
NORMALIZED = "model: {type: mlp, hidden_units: [12], batch_normalization: true}\n"
CONVOLUTIONAL = "model: {type: cnn, filters: [4], hidden_units: [8], batch_normalization: true}\n"

CASES = {
    "categorical": (Task.CATEGORICAL, TABLE, CLASSES, DENSE, "loss: categorical_crossentropy, metrics: [accuracy, auc]"),
    "sparse": (Task.CATEGORICAL, TABLE, CLASSES, NORMALIZED, "loss: sparse_categorical_crossentropy, metrics: [accuracy]"),
    "balanced": (
        Task.CATEGORICAL, TABLE, CLASSES, DENSE,
        "loss: categorical_crossentropy, metrics: [accuracy], class_weight: balanced",
    ),
    "binary": (
        Task.BINARY, TABLE, CLASSES % 2, DENSE,
        "loss: binary_crossentropy, metrics: [accuracy, precision, recall], "
        "optimizer: {type: sgd, momentum: 0.9, learning_rate: {type: exponential_decay, "
        "initial_learning_rate: 0.1, decay_steps: 3, decay_rate: 0.8}}",
    ),
    "regression": (
        Task.REGRESSION, TABLE, NUMBERS, DENSE,
        "loss: {type: huber, delta: 0.5}, metrics: [mean_absolute_error, r2_score], "
        "optimizer: {type: adamw, global_clipnorm: 0.5}",
    ),
    "images": (Task.CATEGORICAL, IMAGES, CLASSES, CONVOLUTIONAL, "loss: categorical_crossentropy, metrics: [accuracy]"),
}  # fmt: skip


def signature_of(task, features, targets):
    classes = () if task is Task.REGRESSION else tuple(map(str, np.unique(targets)))
    outputs = len(classes) or targets.shape[1]
    return Signature(task, features.shape[1:], str(features.dtype), outputs, classes)


@pytest.mark.parametrize("path", ["short", "long"])
@pytest.mark.parametrize(
    # 16 leaves a partial batch, 30 leaves none, 100 is more than there are rows.
    ("name", "batch_size"),
    [*((name, 16) for name in CASES), ("categorical", 30), ("categorical", 100), ("images", 100)],
)
def test_the_same_after_every_epoch(name, batch_size, path, monkeypatch):
    monkeypatch.setattr(engine, "_SHORT_EPOCH_SECONDS", 1e9 if path == "short" else 0.0)
    task, features, targets, model_text, training = CASES[name]
    config = config_from(
        f"{HEAD}{model_text}training: {{{training}, epochs: {EPOCHS}, batch_size: {batch_size}, shuffle: false}}\n"
    )
    signature = signature_of(task, features, targets)
    train, validation = part(features[:60], targets[:60]), part(features[60:], targets[60:])
    planned = plan(config, signature, Rows(60, 15))

    def fresh():
        keras.utils.set_random_seed(config.seed)
        model = build(planned)
        measure(model, planned, train.features)
        compile_model(model, config.training)
        return model

    ours, theirs = fresh(), fresh()
    dataset = dataset_of(signature, train, validation)
    events = [e for group in engine.train(ours, planned, config.training, dataset, 5, "cpu") for e in group]
    epochs = [event for event in events if isinstance(event, EpochEnded)]

    loss = config.training.loss
    weights = None
    if config.training.class_weight:
        counts = np.bincount(train.targets)
        weights = {i: 60 / (len(counts) * count) for i, count in enumerate(counts)}
    history = theirs.fit(
        train.features,
        encode_targets(train.targets, signature, loss),
        validation_data=(validation.features, encode_targets(validation.targets, signature, loss)),
        batch_size=batch_size,
        epochs=EPOCHS,
        shuffle=False,
        class_weight=weights,
        verbose=0,
    ).history

    assert [event.epoch for event in epochs] == list(range(1, EPOCHS + 1))
    for metric, values in history.items():
        found = [event.metrics[metric.replace("val_", "validation_")] for event in epochs]
        np.testing.assert_allclose(found, values, rtol=2e-4, atol=2e-6, err_msg=metric)
    # Outputs rather than weights: a bias in front of a batch normalization is free to drift.
    outputs = [np.asarray(model(features, training=False)) for model in (ours, theirs)]
    np.testing.assert_allclose(*outputs, rtol=2e-3, atol=2e-5)
    assert isinstance(events[-1], Finished)
    assert events[-1].outcome == "completed"


def test_balanced_weights_are_rows_over_classes_times_rows_of_the_class():
    np.testing.assert_allclose(balanced_weights(np.array([0, 0, 0, 1]), 2), [2 / 3, 2 / 3, 2 / 3, 2])


def test_targets_are_encoded_as_keras_wants_them():
    signature = Signature(Task.CATEGORICAL, (2,), "float32", 3, ("a", "b", "c"))
    one_hot = config_from(HEAD + DENSE + "training: {loss: categorical_crossentropy, epochs: 1}\n").training.loss
    sparse = config_from(HEAD + DENSE + "training: {loss: sparse_categorical_crossentropy, epochs: 1}\n").training.loss
    targets = np.array([2, 0, 1], "int32")
    np.testing.assert_array_equal(
        encode_targets(targets, signature, one_hot), keras.utils.to_categorical(targets, num_classes=3)
    )
    np.testing.assert_array_equal(encode_targets(targets, signature, sparse), [[2], [0], [1]])
