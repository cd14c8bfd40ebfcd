"""Sequences of tokens and of numbers: trained, saved, evaluated, resumed, and answered alike by plain Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import dltool
from dltool.errors import ConfigError, DataError
from tests.support.examples import config_of

RNG = np.random.default_rng(13)
TOKENS = RNG.integers(0, 20, (120, 6), np.int32)
SERIES = RNG.normal(3, 2, (120, 6, 2))
LABELS = (TOKENS[:, 0] > 9).astype("int32")
RECURRENT = (
    "{type: embedding, input_dim: 20, output_dim: 4}, {type: multi_head_attention, num_heads: 2, key_dim: 3}, "
    "{type: bidirectional, layer: {type: lstm, units: 5, return_sequences: true, dropout: 0.1}}, "
    "{type: gru, units: 4}, "
)
HEAD = "{type: dense, units: 1, activation: sigmoid}"


def text_of(layers, epochs, more=""):
    return (
        f"name: t\ndata: {{source: npz, path: t.npz, validation: 0.25{more}}}\n"
        f"model: {{type: sequential, layers: [{layers}{HEAD}]}}\n"
        f"training: {{loss: binary_crossentropy, metrics: [accuracy], epochs: {epochs}, "
        "optimizer: {type: adam, learning_rate: 0.02}}\n"
    )


def weights_of(run):
    return keras.saving.load_model(run.model_path).get_weights()


def answers_of(run, path):
    table = next(dltool.predict(run, path))
    chance, label = np.asarray(table["probability"]), np.asarray(table["label"])
    return np.where(label == "1", chance, 1 - chance)


@pytest.mark.parametrize(
    ("x", "layers", "dtype", "more"),
    [
        (TOKENS, RECURRENT, "int32", ""),
        (SERIES, "{type: lstm, units: 6}, ", "float32", ", scaling: normalization"),
    ],
    ids=["tokens", "series"],
)
def test_from_training_to_plain_keras(tmp_path, x, layers, dtype, more):
    np.savez(tmp_path / "t.npz", x_train=x, y_train=LABELS)
    np.savez(tmp_path / "new.npz", x=x[:30], y=LABELS[:30])
    run = dltool.train(config_of(tmp_path, text_of(layers, 6, more)), tmp_path / "run", device="cpu")
    theirs = keras.saving.load_model(run.model_path)
    assert theirs.input.dtype == dtype
    ours = answers_of(run, tmp_path / "new.npz")
    np.testing.assert_allclose(np.asarray(theirs(tf.constant(x[:30].astype(dtype))))[:, 0], ours, atol=1e-6)
    found = dltool.evaluate(run, data=tmp_path / "new.npz")
    assert found.metrics["accuracy"] == pytest.approx(((ours > 0.5) == (LABELS[:30] == 1)).mean())
    if dtype == "int32":
        assert found.metrics["accuracy"] > 0.8  # the label is the first token's, which an embedding can learn
    half = dltool.train(config_of(tmp_path, text_of(layers, 3, more)), tmp_path / "half", device="cpu")
    more_epochs = config_of(tmp_path, text_of(layers, 6, more))
    half = dltool.train(more_epochs, half.path, resume=True, device="cpu")
    for whole, resumed in zip(weights_of(run), weights_of(half), strict=True):
        np.testing.assert_array_equal(whole, resumed)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.where(np.arange(6) == 4, 20, TOKENS), r"x_train\[\d+, 4\]: 20 is no token; .*from 0 to 19"),
        (TOKENS - 0.5, r"x_train\[\d+, \d+\]: .* is no token"),
        (-TOKENS, "is no token"),
        (TOKENS.reshape(120, 3, 2), r"examples of shape \(3, 2\); expected a row of tokens"),
    ],
)
def test_what_is_no_token_is_refused_by_place(tmp_path, x, said):
    np.savez(tmp_path / "t.npz", x_train=x, y_train=LABELS)
    with pytest.raises(DataError, match=said):
        dltool.check(config_of(tmp_path, text_of(RECURRENT, 1)))


@pytest.mark.parametrize(
    ("layers", "more", "said"),
    [
        (RECURRENT, ", scaling: normalization", "an embedding takes tokens, which are not scaled"),
        ("flatten, " + RECURRENT, "", "an embedding takes tokens, so it comes first"),
        (RECURRENT.replace("{type: gru, units: 4}, ", "normalization, flatten, "), "", "must come before any weights"),
        ("{type: embedding, input_dim: 20, output_dim: 4}, {type: lstm, units: 2}, {type: gru, units: 2}, ", "",
         r"expects an input of shape \(steps, channels\)"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_sequence_model_is_refused(tmp_path, layers, more, said):
    np.savez(tmp_path / "t.npz", x_train=TOKENS, y_train=LABELS)
    with pytest.raises(ConfigError, match=said):
        dltool.check(config_of(tmp_path, text_of(layers, 1, more)))


def test_a_table_has_no_tokens(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\n1,0\n2,1\n")
    text = text_of(RECURRENT, 1).replace("npz, path: t.npz", "csv, path: t.csv, targets: y")
    with pytest.raises(DataError, match="columns are no tokens"):
        dltool.check(config_of(tmp_path, text))


@pytest.mark.parametrize(
    "last", ["{type: gru, units: 1}", "{type: bidirectional, layer: {type: lstm, units: 1}, merge_mode: sum}"]
)
def test_a_gated_output_is_no_probability(tmp_path, last):
    np.savez(tmp_path / "t.npz", x_train=TOKENS, y_train=LABELS)
    text = text_of("{type: embedding, input_dim: 20, output_dim: 4}, ", 1).replace(HEAD, last)
    with pytest.raises(ConfigError, match="a gated output") as refused:
        dltool.check(config_of(tmp_path, text))
    assert "expects sigmoid or hard_sigmoid at the output" in str(refused.value)
    assert "put a dense layer behind it" in str(refused.value)


@pytest.mark.parametrize(
    ("policy", "recurrent"),
    [
        ("mixed_float16", "{type: gru, units: 4, recurrent_activation: sparsemax}"),
        ("mixed_bfloat16", "{type: bidirectional, layer: {type: gru, units: 4}}"),
    ],
    ids=["mixed_float16", "mixed_bfloat16"],
)
def test_recurrent_layers_in_16_bits(tmp_path, policy, recurrent):
    np.savez(tmp_path / "t.npz", x_train=TOKENS, y_train=LABELS)
    text = text_of(f"{{type: embedding, input_dim: 20, output_dim: 4}}, {recurrent}, ", 1)
    text = text.replace("epochs: 1", f"epochs: 1, dtype_policy: {policy}")
    np.savez(tmp_path / "new.npz", x=TOKENS[:5])
    run = dltool.train(config_of(tmp_path, text), tmp_path / "run", device="cpu")
    ours = answers_of(run, tmp_path / "new.npz")
    assert run.read_facts().status == "completed"
    theirs = keras.saving.load_model(run.model_path)(tf.constant(TOKENS[:5]))
    np.testing.assert_allclose(np.asarray(theirs)[:, 0], ours, atol=1e-3)
