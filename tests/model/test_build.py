"""Models, optimizers and metrics are the Keras objects that their specs stand for."""

import keras
import numpy as np
import pytest

from dltool.config.plan import plan
from dltool.config.signature import Column, Rows, Signature, Task
from dltool.model.build import build, compile_model, measure
from tests.training.conftest import config_from

HEAD = "name: t\nseed: 1\ndata: {source: inline, features: [[1], [2]], targets: [0, 1], scaling: SCALING}\n"


def planned(model, training, signature, scaling="none"):
    config = config_from(f"{HEAD.replace('SCALING', scaling)}model: {model}\ntraining: {{{training}, epochs: 1}}\n")
    return config, plan(config, signature, Rows(10))


def shapes_of(model):
    return [(type(layer).__name__, layer.output.shape[1:]) for layer in model.layers]


def test_a_cnn_recipe_is_what_one_would_write_by_hand():
    signature = Signature(Task.CATEGORICAL, (16, 16, 3), "uint8", 5, tuple("abcde"))
    text = "{type: cnn, filters: [4, 8], hidden_units: [10], dropout: 0.5, batch_normalization: true}"
    _, made = planned(text, "loss: categorical_crossentropy", signature, "rescaling")
    layers = keras.layers
    by_hand = keras.Sequential(
        [
            keras.Input((16, 16, 3), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization(), layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(8, 3, padding="same"), layers.BatchNormalization(), layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10), layers.BatchNormalization(), layers.Activation("relu"), layers.Dropout(0.5),
            layers.Dense(5, activation="softmax"),
        ]
    )  # fmt: skip
    model = build(made)
    assert shapes_of(model) == shapes_of(by_hand)
    assert model.count_params() == by_hand.count_params() == made.parameters


def test_compiling_hands_the_arguments_on():
    signature = Signature(Task.CATEGORICAL, (2,), "float32", 3, tuple("abc"))
    training = (
        "loss: {type: categorical_crossentropy, label_smoothing: 0.1}, metrics: [accuracy, f1_score], optimizer: "
        "{type: adamw, weight_decay: 0.2, learning_rate: {type: cosine_decay, initial_learning_rate: 0.5, decay_steps: 10}}"
    )
    config, made = planned("{type: mlp, hidden_units: []}", training, signature)
    model = build(made)
    compile_model(model, config.training)
    assert isinstance(model.optimizer, keras.optimizers.AdamW)
    assert model.optimizer.weight_decay == 0.2
    assert float(model.optimizer.learning_rate) == pytest.approx(0.5)
    assert model.loss.label_smoothing == 0.1
    targets, outputs = np.eye(3, dtype="float32")[[0, 1, 2, 0]], np.eye(3, dtype="float32")[[0, 1, 0, 0]]
    model.test_on_batch(np.zeros((4, 2), "float32"), targets)
    f1 = next(metric for metric in model.metrics[1].metrics if metric.name == "f1_score")
    f1.reset_state()
    f1.update_state(targets, outputs)
    # By hand: class a 2·2/(2+3), class b 1, class c 0.
    assert float(f1.result()) == pytest.approx((0.8 + 1 + 0) / 3)


@pytest.mark.parametrize(("loss", "right"), [("binary_crossentropy", 0.0), ("hinge", 1.0)])
def test_binary_accuracy_decides_where_the_loss_does(loss, right):
    signature = Signature(Task.BINARY, (2,), "float32", 2, ("no", "yes"))
    config, made = planned("{type: mlp, hidden_units: []}", f"loss: {loss}, metrics: [accuracy]", signature)
    model = build(made)
    compile_model(model, config.training)
    model.test_on_batch(np.zeros((1, 2), "float32"), np.ones((1, 1), "float32"))
    accuracy = model.metrics[1].metrics[0]
    accuracy.reset_state()
    accuracy.update_state(np.array([[1.0]]), np.array([[0.3]]))  # above the margin of a hinge, below a half
    assert float(accuracy.result()) == right


def test_standardising_leaves_categories_and_constants_alone():
    columns = (Column("x"), Column("colour", ("blue", "red")), Column("always"))
    signature = Signature(Task.REGRESSION, (5,), "float32", 1, columns=columns)
    _, made = planned("{type: mlp, hidden_units: []}", "loss: huber", signature, "normalization")
    rng = np.random.default_rng(0)
    colours = np.eye(3)[rng.integers(1, 3, 40)]
    features = np.concatenate([rng.normal(50, 9, (40, 1)), colours, np.full((40, 1), 7.0)], axis=1).astype("float32")
    model = build(made)
    measure(model, made, features)
    scaled = np.asarray(model.layers[0](features))
    x = features[:, 0]
    np.testing.assert_allclose(scaled[:, 0], (x - x.mean()) / x.std(), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(scaled[:, 1:4], features[:, 1:4])
    np.testing.assert_allclose(scaled[:, 4], 0, atol=1e-5)


def test_a_normalization_layer_of_ones_own_is_measured_behind_what_comes_first():
    signature = Signature(Task.REGRESSION, (3,), "float32", 1)
    text = "{type: sequential, layers: [{type: rescaling, scale: 2, offset: 1}, normalization, {type: dense, units: 1}]}"
    _, made = planned(text, "loss: huber", signature)
    features = np.random.default_rng(1).normal(3, 2, (30, 3)).astype("float32")
    model = build(made)
    measure(model, made, features)
    np.testing.assert_allclose(np.ravel(model.layers[1].mean), (2 * features + 1).mean(axis=0), rtol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_policies_compute_in_16_bits_and_answer_in_32(policy):
    signature = Signature(Task.CATEGORICAL, (4,), "float32", 2, ("a", "b"))
    _, made = planned("{type: mlp, hidden_units: [3]}", "loss: categorical_crossentropy", signature)
    model = build(made, policy)
    assert model.layers[0].compute_dtype == policy.removeprefix("mixed_")
    assert model(np.zeros((1, 4), "float32")).dtype == "float32"
    build(made)  # back to float32 for the tests that follow
