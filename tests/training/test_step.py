"""Steps in halves and with pooling first are Keras's steps."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dltool.training.engine import MONOTONE, Engine
from dltool.training.step import step_of

RNG = np.random.default_rng(5)
IMAGES = RNG.normal(size=(24, 12, 12, 2)).astype("float32")
CLASSES = RNG.integers(0, 3, (24, 1))
WEIGHTS = RNG.uniform(0.5, 2, 24).astype("float32")


def network(activation="relu", padding="valid", use_bias=True):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([
        keras.Input((12, 12, 2)),
        keras.layers.Conv2D(
            4, 3, activation=activation, use_bias=use_bias, bias_initializer="random_normal", name="convolution",
            kernel_regularizer="l2",
        ),
        keras.layers.MaxPooling2D(2, padding=padding, name="pooling"),
        keras.layers.Flatten(),
        keras.layers.Dense(3),
    ])  # fmt: skip
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.optimizer.build(model.trainable_variables)
    return model


def trained(model, step, batch):
    losses = [float(step(batch)) for _ in range(20)]
    return losses, {name: float(value) for name, value in model.get_metrics_result().items()}, model.get_weights()


def assert_same(found, expected):
    # Keras's own step returns the mean of the losses so far.
    means = np.cumsum(found[0]) / np.arange(1, 21)
    assert means == pytest.approx(expected[0], rel=2e-5)
    assert found[1] == pytest.approx(expected[1], rel=2e-5)
    for mine, theirs in zip(found[2], expected[2], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("weights", [(), (WEIGHTS,)], ids=["", "weighted"])
def test_halves(weights):
    batch = (IMAGES, CLASSES, *weights)
    plain, halved = network(), network()
    expected = trained(plain, lambda batch: plain.train_step(batch)["loss"], batch)
    found = trained(halved, step_of(halved, Engine((), halved=24, xla=False, rewrites=True)), batch)
    assert_same(found, expected)


@pytest.mark.parametrize("regularizer", [None, "l2"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_halves_of_embedded_categories(optimizer, regularizer):
    def network():
        keras.utils.set_random_seed(3)
        numbers, categories = keras.Input((2,)), keras.Input((1,), dtype="int32")
        # Of 9 categories 5 stand in the batch, some of them in both halves: the others' rows have no gradient.
        embedded = keras.layers.Embedding(9, 4, embeddings_regularizer=regularizer)(categories)
        together = keras.layers.Concatenate()([numbers, keras.layers.Flatten()(embedded)])
        model = keras.Model([numbers, categories], keras.layers.Dense(3, activation="softmax")(together))
        model.compile(
            keras.optimizers.get({"class_name": optimizer, "config": {"learning_rate": 0.1, "clipnorm": 0.5}}),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        model.optimizer.build(model.trainable_variables)
        return model

    batch = [IMAGES[:, 0, 0], RNG.integers(2, 7, (24, 1)).astype("int32")], CLASSES
    plain, halved = network(), network()
    expected = trained(plain, lambda batch: plain.train_step(batch)["loss"], batch)
    found = trained(halved, step_of(halved, Engine((), halved=24, xla=False, rewrites=True)), batch)
    assert_same(found, expected)


@pytest.mark.parametrize(
    ("activation", "padding"), [*((name, "valid") for name in sorted(MONOTONE - {None})), ("relu", "same")]
)
def test_pooling_first(activation, padding):
    plain, first = (network(activation, padding) for _ in range(2))
    saved = first.to_json()
    step = step_of(first, Engine((("convolution", "pooling"),), halved=24, xla=False, rewrites=True))
    assert first.to_json() == saved
    np.testing.assert_allclose(first(IMAGES), plain(IMAGES), rtol=1e-6, atol=1e-6)
    batch = IMAGES, CLASSES
    assert_same(trained(first, step, batch), trained(plain, lambda batch: plain.train_step(batch)["loss"], batch))
    # What the convolution puts out is not yet activated: its largest numbers are the pooled ones.
    assert np.asarray(first.get_layer("convolution")(IMAGES)).min() < -1


def test_pooling_first_without_a_bias():
    plain, first = (network(use_bias=False) for _ in range(2))
    step_of(first, Engine((("convolution", "pooling"),), halved=0, xla=False, rewrites=True))
    np.testing.assert_allclose(first(IMAGES), plain(IMAGES), rtol=1e-6, atol=1e-6)


def test_a_batch_of_fewer_rows_is_not_halved():
    plain, halved = network(), network()
    batch = IMAGES[:23], CLASSES[:23]
    loss = float(step_of(halved, Engine((), halved=24, xla=False, rewrites=True))(batch))
    assert loss == pytest.approx(float(plain.train_step(batch)["loss"]), rel=1e-6)


def test_what_dropout_draws_under_xla():
    rate, numbers = 0.3, np.full((500, 400), 7, "float32")
    model = keras.Sequential([keras.Input((400,)), keras.layers.Dropout(rate, seed=4)])
    model.compile("sgd", "mse")
    saved = model.to_json()
    step_of(model, Engine((), halved=0, xla=True, rewrites=True))
    assert model.to_json() == saved
    draw = tf.function(lambda: model(numbers, training=True), jit_compile=True)
    first, second = draw().numpy(), draw().numpy()
    assert set(np.unique(first)) == {0, np.float32(7) / np.float32(1 - rate)}
    error = np.sqrt(rate * (1 - rate) / numbers.size)
    assert (first == 0).mean() == pytest.approx(rate, abs=4 * error)
    # Neither a row, nor a column, nor the next step tells which numbers of another one are dropped.
    both = np.sqrt(rate**2 * (1 - rate**2) / numbers.size)
    for one, other in ((first, second), (first[1:], first[:-1]), (first[:, 1:], first[:, :-1])):
        assert ((one == 0) & (other == 0)).mean() == pytest.approx(rate**2, abs=5 * both)
    theirs = keras.layers.Dropout(rate, seed=4)
    for _ in range(2):
        theirs(numbers, training=True)
    assert (model.layers[0].seed_generator.state.numpy() == theirs.seed_generator.state.numpy()).all()
    assert (model(numbers, training=False).numpy() == numbers).all()
