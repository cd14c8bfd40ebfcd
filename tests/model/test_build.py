"""Models, optimizers and metrics are the Keras objects that their specs stand for."""

from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf

from dltool.config.layer import ActivationName
from dltool.config.needs import TaskName
from dltool.contracts.signature import Rows, Signature
from dltool.model import build as building
from dltool.model.build import adapt, build, compile_model, keras_metric
from dltool.model.plan import plan
from dltool.model.units import Units
from dltool.tasks import task_of
from dltool.tasks.reading import fit_numbers
from tests.support.examples import code_of, config_from

HEAD = "name: t\nseed: 1\ndata: {source: inline, features: [[1], [2]], targets: [0, 1], scaling: SCALING}\n"


def planned(model, training, signature, scaling="none"):
    config = config_from(f"{HEAD.replace('SCALING', scaling)}model: {model}\ntraining: {{{training}, epochs: 1}}\n")
    return config, plan(config, signature, Rows(10))


def layers_of(model):
    return [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]


def shapes_of(model):
    return [(type(layer).__name__, layer.output.shape[1:]) for layer in layers_of(model)]


def test_a_cnn_recipe_is_what_one_would_write_by_hand():
    signature = Signature(TaskName.CATEGORICAL, (16, 16, 3), "uint8", 5, tuple("abcde"))
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


def test_an_mlp_recipe_begins_with_the_weights_of_the_same_model_by_hand():
    signature = Signature(TaskName.CATEGORICAL, (4, 3), "float32", 5, tuple("abcde"))
    text = (
        "{type: mlp, hidden_units: [7, 6], activation: selu, dropout: 0.25, kernel_initializer: lecun_normal, "
        "kernel_regularizer: {type: l1_l2, l1: 0.1, l2: 0.2}}"
    )
    _, made = planned(text, "loss: categorical_crossentropy", signature)
    keras.utils.set_random_seed(1)
    model = build(made)
    keras.utils.set_random_seed(1)
    layers, penalty = keras.layers, keras.regularizers.L1L2(0.1, 0.2)
    hidden = {"activation": "selu", "kernel_initializer": "lecun_normal", "kernel_regularizer": penalty}
    by_hand = keras.Sequential(
        [
            keras.Input((4, 3)),
            layers.Flatten(),
            layers.Dense(7, **hidden), layers.Dropout(0.25),
            layers.Dense(6, **hidden), layers.Dropout(0.25),
            layers.Dense(5, activation="softmax"),
        ]
    )  # fmt: skip
    assert shapes_of(model) == shapes_of(by_hand)
    for ours, theirs in zip(model.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert float(sum(model.losses)) == pytest.approx(float(sum(by_hand.losses)))
    assert [layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)] == [0.25, 0.25]


def test_written_layers_carry_their_arguments():
    signature = Signature(TaskName.REGRESSION, (8, 8, 2), "float32", 1)
    text = (
        "{type: sequential, layers: [{type: conv2d, filters: 3, kernel_size: [3, 2], strides: 2, padding: same}, "
        "{type: zero_padding2d, padding: [1, 0]}, {type: random_zoom, height_factor: [-0.2, 0.1]}, "
        "flatten, {type: dense, units: 1, use_bias: false, kernel_regularizer: {type: l2, l2: 0.5}}]}"
    )
    _, made = planned(text, "loss: huber", signature)
    conv, padding, zoom, _, dense = layers_of(build(made))
    assert (conv.filters, conv.kernel_size, conv.strides, conv.padding) == (3, (3, 2), (2, 2), "same")
    assert padding.padding == ((1, 1), (0, 0))
    assert (zoom.height_lower, zoom.height_upper) == (-0.2, 0.1)
    assert (dense.use_bias, dense.kernel_regularizer.l2) == (False, pytest.approx(0.5))


def test_compiling_hands_the_arguments_on():
    signature = Signature(TaskName.CATEGORICAL, (2,), "float32", 3, tuple("abc"))
    training = (
        "loss: {type: categorical_crossentropy, label_smoothing: 0.1}, metrics: [accuracy, f1_score], "
        "optimizer: {type: adamw, weight_decay: 0.2, "
        "learning_rate: {type: cosine_decay, initial_learning_rate: 0.5, decay_steps: 10}}"
    )
    config, made = planned("{type: mlp, hidden_units: []}", training, signature)
    model = build(made)
    compile_model(model, config.training, code_of(signature, config, made), 60)
    assert isinstance(model.optimizer, keras.optimizers.AdamW)
    assert model.optimizer.weight_decay == 0.2
    assert float(model.optimizer.learning_rate) == pytest.approx(0.5)
    assert model.loss.label_smoothing == 0.1
    targets, outputs = np.eye(3, dtype="float32")[[0, 1, 2, 0]], np.eye(3, dtype="float32")[[0, 1, 0, 0]]
    model.test_on_batch({"numbers": np.zeros((4, 2), "float32")}, targets)
    f1 = next(metric for metric in model.metrics[1].metrics if metric.name == "f1_score")
    f1.reset_state()
    f1.update_state(targets, outputs)
    # By hand: class a 2·2/(2+3), class b 1, class c 0.
    assert float(f1.result()) == pytest.approx((0.8 + 1 + 0) / 3)


TWO = Signature(TaskName.BINARY, (2,), "float32", 2, ("no", "yes"))
THREE = Signature(TaskName.CATEGORICAL, (2,), "float32", 3, tuple("abc"))
# Outputs that say yes to rows 0 and 1, where 0 and 2 are; as probabilities and as logits.
YES, SURE, LOGIT = [[1], [0], [1], [0]], [[0.9], [0.6], [0.4], [0.1]], [[2.0], [0.3], [-0.3], [-2.0]]
RANKED = [[0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.4, 0.1, 0.5], [0.2, 0.3, 0.5]]


@pytest.mark.parametrize(
    ("signature", "loss", "metric", "targets", "outputs", "value"),
    [
        (TWO, "binary_crossentropy", "precision", YES, SURE, 1 / 2),
        (TWO, "binary_crossentropy", "{type: precision, thresholds: 0.7}", YES, SURE, 1),
        (TWO, "{type: binary_crossentropy, from_logits: true}", "precision", YES, LOGIT, 1 / 2),
        (TWO, "{type: binary_crossentropy, from_logits: true}", "accuracy", YES, LOGIT, 1 / 2),
        (TWO, "hinge", "recall", YES, LOGIT, 1 / 2),
        (TWO, "hinge", "f1_score", YES, LOGIT, 1 / 2),
        (TWO, "binary_crossentropy", "f1_score", YES, SURE, 1 / 2),
        (TWO, "binary_crossentropy", "auc", YES, SURE, 3 / 4),
        (TWO, "{type: binary_crossentropy, from_logits: true}", "auc", YES, LOGIT, 3 / 4),
        (THREE, "categorical_crossentropy", "accuracy", np.eye(3)[[0, 2, 2, 1]], RANKED, 1 / 2),
        (THREE, "sparse_categorical_crossentropy", "accuracy", [[0], [2], [2], [1]], RANKED, 1 / 2),
        (THREE, "sparse_categorical_crossentropy", "{type: top_k_categorical_accuracy, k: 2}",
         [[0], [2], [1], [1]], RANKED, 3 / 4),
    ],
)  # fmt: skip
def test_metrics_are_worked_out_as_by_hand(signature, loss, metric, targets, outputs, value):
    text = f"loss: {loss}, metrics: [{metric}]"
    config, _ = planned("{type: mlp, hidden_units: []}", text, signature)
    made = keras_metric(config.training.metrics[0], task_of(signature, config.training.loss), 4)
    made.update_state(np.array(targets, "float32"), np.array(outputs, "float32"))
    assert float(made.result()) == pytest.approx(value, abs=0.01)


@pytest.mark.parametrize(("loss", "right"), [("binary_crossentropy", 0.0), ("hinge", 1.0)])
def test_binary_accuracy_decides_where_the_loss_does(loss, right):
    signature = Signature(TaskName.BINARY, (2,), "float32", 2, ("no", "yes"))
    config, made = planned("{type: mlp, hidden_units: []}", f"loss: {loss}, metrics: [accuracy]", signature)
    model = build(made)
    compile_model(model, config.training, code_of(signature, config, made), 60)
    model.test_on_batch({"numbers": np.zeros((1, 2), "float32")}, np.ones((1, 1), "float32"))
    accuracy = model.metrics[1].metrics[0]
    accuracy.reset_state()
    accuracy.update_state(np.array([[1.0]]), np.array([[0.3]]))  # above the margin of a hinge, below a half
    assert float(accuracy.result()) == right


def test_a_normalization_layer_of_ones_own_is_fitted_behind_what_comes_first():
    signature = Signature(TaskName.REGRESSION, (3,), "float32", 1)
    text = (
        "{type: sequential, layers: [{type: rescaling, scale: 2, offset: 1}, normalization, {type: dense, units: 1}]}"
    )
    _, made = planned(text, "loss: huber", signature)
    features = np.random.default_rng(1).normal(3, 2, (30, 3)).astype("float32")
    model = build(made)
    adapt(model, made, {"numbers": features})
    seen = 2 * features.astype("float64") + 1
    np.testing.assert_allclose(np.ravel(layers_of(model)[1].mean), seen.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(np.ravel(layers_of(model)[1].variance), seen.var(axis=0), rtol=1e-5)


def test_statistics_of_images_are_computed_in_float64_and_one_block_at_a_time(monkeypatch):
    signature = Signature(TaskName.CATEGORICAL, (8, 8, 3), "uint8", 3, tuple("abc"))
    _, made = planned("{type: mlp, hidden_units: []}", "loss: categorical_crossentropy", signature, "normalization")
    pixels = np.random.default_rng(2).integers(0, 256, (500, 8, 8, 3), np.uint8)
    pixels[..., 2] = 77  # a channel that never varies is only shifted
    model = build(made)
    monkeypatch.setattr(building, "_BLOCK_NUMBERS", 8 * 8 * 3 * 70)
    adapt(model, made, {"images": pixels})
    layer = layers_of(model)[0]
    np.testing.assert_allclose(np.ravel(layer.adapt_mean), pixels.mean(axis=(0, 1, 2), dtype="float64"), rtol=1e-6)
    variance = pixels.astype("float64").var(axis=(0, 1, 2))
    np.testing.assert_allclose(np.ravel(layer.adapt_variance), [*variance[:2], 1], rtol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_whatever_the_policy_scaling_is_done_in_float32(policy):
    signature = Signature(TaskName.CATEGORICAL, (3,), "float32", 2, ("a", "b"))
    text = (
        "{type: sequential, layers: [normalization, {type: dense, units: 4}, {type: dense, units: 2, "
        "activation: softmax}, {type: dropout, rate: 0.1}]}"
    )
    _, made = planned(text, "loss: categorical_crossentropy", signature)
    model = build(made, policy)
    assert [layer.compute_dtype for layer in layers_of(model)] == [
        "float32", policy.removeprefix("mixed_"), "float32", "float32",
    ]  # fmt: skip


@pytest.mark.parametrize("far", [0, 2000, 1.7e9])
@pytest.mark.parametrize("transform", ["none", "log"])
@pytest.mark.parametrize(
    ("metric", "by_hand"),
    [
        ("r2_score", lambda y, p: 1 - ((y - p) ** 2).sum() / ((y - y.mean()) ** 2).sum()),
        ("mean_squared_error", lambda y, p: ((y - p) ** 2).mean()),
        ("root_mean_squared_error", lambda y, p: ((y - p) ** 2).mean() ** 0.5),
        ("mean_absolute_error", lambda y, p: abs(y - p).mean()),
        ("mean_absolute_percentage_error", lambda y, p: 100 * (abs(y - p) / abs(y)).mean()),
    ],
)
def test_metrics_of_numbers_are_numpys_in_float64_near_and_far(metric, by_hand, transform, far):
    rng = np.random.default_rng(3)
    targets = far + np.exp(rng.normal(size=(300, 1)))
    signature = Signature(TaskName.REGRESSION, (2,), "float32", 1, target_numbers=fit_numbers(targets[:200], transform))
    config, _ = planned("{type: mlp, hidden_units: []}", f"loss: mean_squared_error, metrics: [{metric}]", signature)
    code = task_of(signature, config.training.loss, standardized=True)
    outputs = (code.encode(targets) + rng.normal(0, 0.3, size=targets.shape)).astype("float32")
    made = keras_metric(config.training.metrics[0], code, 300, Units(code))
    for rows in np.split(np.arange(300), [32, 64, 290]):
        made.update_state(code.encode(targets)[rows], outputs[rows])
    assert float(made.result()) == pytest.approx(by_hand(targets, code.decode(outputs)), rel=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_policies_compute_in_16_bits_and_answer_in_32(policy):
    signature = Signature(TaskName.CATEGORICAL, (4,), "float32", 2, ("a", "b"))
    _, made = planned("{type: mlp, hidden_units: [3]}", "loss: categorical_crossentropy", signature)
    model = build(made, policy)
    assert layers_of(model)[0].compute_dtype == policy.removeprefix("mixed_")
    assert model({"numbers": np.zeros((1, 4), "float32")}).dtype == "float32"


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("activation", get_args(ActivationName))
def test_every_activation_trains_in_every_policy(policy, activation):
    signature = Signature(TaskName.CATEGORICAL, (4,), "float32", 2, ("a", "b"))
    text = f"{{type: mlp, hidden_units: [3], activation: {activation}}}"
    _, made = planned(text, "loss: categorical_crossentropy", signature)
    model = build(made, policy)
    with tf.GradientTape() as tape:
        outputs = model({"numbers": np.linspace(0, 1, 8, dtype="float32").reshape(2, 4)}, training=True)
    assert np.isfinite(outputs).all()
    gradients = tape.gradient(outputs, model.trainable_variables)
    assert all(np.isfinite(gradient).all() for gradient in gradients if gradient is not None)
