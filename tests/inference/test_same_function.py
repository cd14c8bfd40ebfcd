"""What is read without Keras's loader is, bit for bit, what Keras's loader reads."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from dltool.config.field_types import kind_of
from dltool.config.layers import LAYERS
from dltool.contracts.model_description import ModelDescription
from dltool.inference.model_file import read_model, save_model
from dltool.model.build import build
from tests.support.inputs import as_inputs

ARGUMENTS = {
    "dense": {"units": 5, "activation": "gelu", "kernel_regularizer": {"type": "l1_l2", "l1": 0.1}},
    "conv1d": {"filters": 4, "kernel_size": 2, "padding": "same", "kernel_initializer": "he_normal"},
    "conv2d": {"filters": 4, "kernel_size": [2, 3], "strides": 2, "use_bias": False},
    "separable_conv2d": {"filters": 3, "kernel_size": 3, "depth_multiplier": 2},
    "depthwise_conv2d": {"kernel_size": 2, "activation": "relu"},
    "average_pooling1d": {"pool_size": 2},
    "average_pooling2d": {"pool_size": [2, 1], "strides": 1},
    "global_average_pooling2d": {"keepdims": True},
    "reshape": {"target_shape": [4, -1]},
    "dropout": {"rate": 0.5},
    "spatial_dropout2d": {"rate": 0.5},
    "batch_normalization": {"center": False},
    "activation": {"activation": "softmax"},
    "rescaling": {"scale": 0.1, "offset": -1.5},
    "normalization": {"invert": True},
    "gaussian_noise": {"stddev": 0.3},
    "random_rotation": {"factor": 0.1},
    "random_zoom": {"height_factor": [-0.2, 0.1]},
    "random_translation": {"height_factor": 0.1, "width_factor": [-0.1, 0.2]},
    "random_contrast": {"factor": 0.3},
    "up_sampling2d": {"size": [1, 2], "interpolation": "bilinear"},
    "embedding": {"input_dim": 7, "output_dim": 3},
    "lstm": {"units": 3, "dropout": 0.2, "recurrent_dropout": 0.1},
    "gru": {"units": 3, "reset_after": False, "go_backwards": True},
    "bidirectional": {"layer": {"type": "lstm", "units": 2, "return_sequences": True}, "merge_mode": "sum"},
    "multi_head_attention": {"num_heads": 2, "key_dim": 3, "value_dim": 4, "dropout": 0.1},
}
ONCE = ("reshape", "flatten", "embedding", "lstm", "gru")
SHAPES = {1: (6,), 2: (6, 4), 3: (12, 12, 2)}
COLUMNS = [
    {"name": "km/h"}, {"name": "colour", "vocabulary": ["black", "red", "Größe"]}, {"name": "size", "holes": 2},
    {"name": "kind", "vocabulary": ["x"]},
]  # fmt: skip


def as_they_are(size):
    return {"dtype": "float32", "offset": [0] * size, "scale": [1] * size, "low": [0] * size, "high": [1] * size}


def described(layers, shape, policy="float32", **signature):
    return ModelDescription.model_validate_json(
        json.dumps(
            {
                "signature": {
                    "task": "categorical", "input_shape": shape, "input_dtype": "float32", "outputs": 3,
                    "classes": ["a", "b", "c"], "frequencies": [0.5, 0.25, 0.25],
                    "input_numbers": as_they_are(shape[-1]), **signature,
                },
                "layers": [*layers, {"type": "dense", "units": 3, "activation": "softmax"}],
                "training": {"loss": "categorical_crossentropy", "epochs": 1, "dtype_policy": policy},
            }
        )
    )  # fmt: skip


def examples_of(description, rng, rows):
    shape = (rows, *description.signature.input_shape)
    if description.signature.tokens:
        return rng.integers(0, description.signature.tokens, shape, np.int32)
    return rng.random(shape).astype(description.signature.input_dtype)


def written_and_read(description, path):
    """Return the model as Keras reads it and as we do, its weights random and its random layers used."""
    model = build(description.plan, description.training.dtype_policy)
    rng = np.random.default_rng(3)
    model.set_weights([(rng.random(w.shape) + 0.1).astype(w.dtype) for w in model.get_weights()])
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    if description.signature.columns:
        model({"numbers": rng.random((2, 2), "float32"), "categories": np.zeros((2, 2), "int32")}, training=True)
    else:
        model(as_inputs(examples_of(description, rng, 2)), training=True)
    save_model(model, description, path)
    with path.open("rb") as stream:
        ours, read = read_model(stream, str(path), build)
    assert read == description
    return keras.saving.load_model(path), ours


@pytest.mark.parametrize("kind", [kind_of(layer) for layer in LAYERS])
def test_every_layer(kind, tmp_path):
    spec = next(layer for layer in LAYERS if kind_of(layer) == kind)
    shape = SHAPES[spec.axes or 3]
    layer = {"type": kind, **ARGUMENTS.get(kind, {})}
    # Twice, where shapes allow it, so that names are numbered.
    twice = [layer] if kind in ONCE or "global" in kind or "pooling" in kind else [layer, layer]
    tokens = {"input_dtype": "int32", "tokens": 7, "input_numbers": None} if kind == "embedding" else {}
    description = described([*twice, {"type": "flatten"}], shape, **tokens)
    theirs, ours = written_and_read(description, tmp_path / "model.keras")
    features = examples_of(description, np.random.default_rng(4), 5)
    np.testing.assert_array_equal(
        np.asarray(ours(as_inputs(features), training=False)), np.asarray(theirs(features, training=False))
    )
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_pixels_under_every_dtype_policy(policy, tmp_path):
    layers = [
        {"type": "rescaling", "scale": 1 / 255}, {"type": "random_flip"},
        {"type": "conv2d", "filters": 3, "kernel_size": 3}, {"type": "batch_normalization"},
        {"type": "activation", "activation": "relu"}, {"type": "flatten"},
    ]  # fmt: skip
    image = {"color_mode": "grayscale", "interpolation": "bilinear"}
    description = described(layers, (6, 6, 1), policy, input_dtype="uint8", image=image, input_numbers=None)
    theirs, ours = written_and_read(description, tmp_path / "model.keras")
    pixels = np.random.default_rng(4).integers(0, 256, (5, 6, 6, 1), np.uint8)
    answered = np.asarray(ours(as_inputs(pixels), training=False))
    np.testing.assert_array_equal(answered, np.asarray(theirs(pixels, training=False)))


def test_columns_of_texts(tmp_path):
    layers = [{"type": "normalization"}, {"type": "dense", "units": 4}, {"type": "dropout", "rate": 0.2}]
    description = described(layers, (8,), columns=COLUMNS)
    theirs, ours = written_and_read(description, tmp_path / "model.keras")
    features = {
        "numbers": np.array([[9, 7], [8, 6]], "float32"), "categories": np.array([[2, 1], [0, 0]], "int32")
    }  # fmt: skip
    inputs = {
        "km_h": tf.constant([[9.0], [8.0]]), "colour": tf.constant([["red"], ["blue"]]),
        "size": tf.constant([[7.0], [6.0]]), "kind": tf.constant([["x"], ["y"]]),
    }  # fmt: skip
    np.testing.assert_array_equal(
        np.asarray(ours(features, training=False)), np.asarray(theirs(inputs, training=False))
    )
