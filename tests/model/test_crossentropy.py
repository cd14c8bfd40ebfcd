"""Crossentropies of classes are Keras's, however they are worked out."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import config

from dltool.model.crossentropy import by_kernel, by_ones_and_zeros

NOT_ON_GPU = pytest.mark.skipif(
    bool(tf.config.list_physical_devices("GPU")), reason="a GPU's kernel refuses, where bits are to repeat"
)
RNG = np.random.default_rng(4)
LOGITS = RNG.normal(scale=3, size=(40, 5)).astype("float32")
CLASSES = RNG.integers(0, 5, (40, 1))
WEIGHTS = RNG.random(40).astype("float32")
CASES = {
    "categorical": (keras.losses.CategoricalCrossentropy, np.eye(5, dtype="float32")[CLASSES[:, 0]]),
    "sparse": (keras.losses.SparseCategoricalCrossentropy, CLASSES),
}


def by_hand(logits, classes, weights):
    """Return the mean over rows of -log softmax, and its gradient, in float64."""
    exponentials = np.exp(logits.astype(float) - logits.max(1, keepdims=True))
    probabilities = exponentials / exponentials.sum(1, keepdims=True)
    losses = -np.log(probabilities[np.arange(len(logits)), classes[:, 0]])
    gradient = (probabilities - np.eye(logits.shape[1])[classes[:, 0]]) * weights[:, None] / len(logits)
    return (losses * weights).mean(), gradient


@pytest.mark.parametrize(
    ("case", "way"),
    [
        pytest.param("categorical", by_kernel, marks=NOT_ON_GPU),
        pytest.param("sparse", by_kernel, marks=NOT_ON_GPU),
        ("sparse", by_ones_and_zeros),
    ],
)
@pytest.mark.parametrize("from_logits", [True, False])
def test_loss_and_gradient_are_those_of_the_definition(case, way, from_logits):
    kind, targets = CASES[case]
    loss = way(kind(from_logits=from_logits))
    logits = tf.Variable(LOGITS)

    @tf.function
    def both():
        with tf.GradientTape() as tape:
            value = loss(targets, logits if from_logits else tf.nn.softmax(logits), WEIGHTS)
        return value, tape.gradient(value, logits)

    for found, expected in zip(both(), by_hand(LOGITS, CLASSES, WEIGHTS), strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-8)


@pytest.mark.parametrize("case", CASES)
def test_it_is_one_operation_although_all_are_to_repeat_their_bits(case):
    kind, targets = CASES[case]
    asked = config.is_op_determinism_enabled()
    tf.config.experimental.enable_op_determinism()
    try:
        loss = by_kernel(kind(from_logits=True))
        program = tf.function(loss).get_concrete_function(tf.constant(targets), tf.constant(LOGITS))
        assert config.is_op_determinism_enabled()
    finally:
        if not asked:
            config.disable_op_determinism()
    operations = {operation.type for operation in program.graph.get_operations()}
    assert [name for name in operations if name.endswith("SoftmaxCrossEntropyWithLogits")]
    assert not {"LogSoftmax", "Slice", "ConcatV2"} & operations  # of which the last two are for other shapes


def test_outputs_of_any_shape_are_keras_s():
    targets = np.eye(5, dtype="float32")[RNG.integers(0, 5, (8, 3))]
    logits = tf.constant(RNG.normal(size=(8, 3, 5)).astype("float32"))
    loss, theirs = (change(keras.losses.CategoricalCrossentropy(True)) for change in (by_kernel, lambda each: each))
    np.testing.assert_allclose(tf.function(loss)(targets, logits), theirs(targets, logits), rtol=1e-6)


def test_tensorflow_s_own_crossentropy_stays_what_it_is():
    before = tf.nn.softmax_cross_entropy_with_logits
    with pytest.raises(ValueError, match="same"):
        by_kernel(keras.losses.CategoricalCrossentropy())(np.eye(5), np.eye(4))
    assert tf.nn.softmax_cross_entropy_with_logits is before


def test_class_indices_are_put_back_nowhere():
    loss, logits = by_ones_and_zeros(keras.losses.SparseCategoricalCrossentropy(from_logits=True)), tf.constant(LOGITS)

    @tf.function
    def gradient():
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(CLASSES, logits)
        return tape.gradient(value, logits)

    operations = {operation.type for operation in gradient.get_concrete_function().graph.get_operations()}
    assert not [name for name in operations if "Scatter" in name or "Segment" in name or "Gather" in name], operations


@pytest.mark.parametrize(
    ("way", "kind", "arguments"),
    [
        (by_kernel, keras.losses.CategoricalCrossentropy, {"label_smoothing": 0.1}),
        (by_ones_and_zeros, keras.losses.SparseCategoricalCrossentropy, {"from_logits": True}),
    ],
)
def test_what_is_saved_is_keras_s(way, kind, arguments):
    assert keras.losses.serialize(way(kind(**arguments))) == keras.losses.serialize(kind(**arguments))
