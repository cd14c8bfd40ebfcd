"""The model file, in plain Keras, answers raw input as this tool does: filled, looked up, scaled and decoded."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import dltool
from dltool.errors import DataError
from tests.support.examples import config_of

RNG = np.random.default_rng(11)
RUN_KERAS = """
import sys, json, os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy as np, tensorflow as tf
model = keras.saving.load_model(sys.argv[1])
with np.load(sys.argv[2]) as arrays:
    given = {name: tf.constant(arrays[name]) for name in arrays.files}
np.save(sys.argv[3], np.asarray(model(given["x"] if list(given) == ["x"] else given)))
"""


def ours(run, source):
    parts = list(dltool.predict(run, source, top=1))
    return {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}


def values_of(table):
    return np.stack([np.asarray(column, float) for name, column in table.items() if name != "id"], axis=1)


def trained(folder, header, rows, text):
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    (folder / "t.csv").write_text("\n".join([header, *lines]) + "\n")
    return dltool.train(config_of(folder, text), folder / "run", device="cpu")


def test_a_fresh_process_without_this_tool_gives_the_same_answer(tmp_path):
    count = 80
    x, when = RNG.normal(5, 2, count), 1.7e9 + RNG.integers(0, 1000, count)
    word = RNG.choice(["red", "[UNK]", "blue"], count)
    y = 250_000 + 30_000 * x + 40 * (when - 1.7e9)
    rows = [
        [None if i % 7 == 3 else f"{a:.3f}", int(b), w, None if i % 9 == 4 else i % 5, f"{t:.2f}"]
        for i, (a, b, w, t) in enumerate(zip(x, when, word, y, strict=True))
    ]
    run = trained(
        tmp_path, "x/y,x_y,dltool_features,n,price", rows,
        "name: t\ndata: {source: csv, path: t.csv, targets: price, missing: mean}\n"
        "model: {type: mlp, hidden_units: [8], dropout: 0.3}\n"
        "training: {loss: mean_squared_error, epochs: 3}\n",
    )  # fmt: skip
    number = [np.array([[np.nan if row[i] is None else float(row[i])] for row in rows]) for i in (0, 1, 3)]
    np.savez(
        tmp_path / "raw.npz",
        **{"x_y": number[0], "x_y_": number[1], "n": number[2], "dltool_features": word.astype(str)[:, None]},
    )
    files = [str(run.model_path), str(tmp_path / "raw.npz"), str(tmp_path / "out.npy")]
    subprocess.run([sys.executable, "-c", RUN_KERAS, *files], check=True, cwd=tmp_path)
    theirs, mine = np.load(tmp_path / "out.npy"), values_of(ours(run, tmp_path / "t.csv"))
    assert theirs.dtype == np.float64
    np.testing.assert_allclose(theirs, mine, rtol=1e-6)


@pytest.mark.parametrize("far", [False, True], ids=["days", "times to the second"])
def test_dates_and_times_are_days_since_1970_to_plain_keras(tmp_path, far):
    days = np.round(20_000 + 400 * RNG.random(70), 0 if not far else 5)
    moments = np.datetime64(0, "s") + (days * 86_400).round().astype("timedelta64[s]")
    days = moments.astype("int64") / 86_400
    cells = [str(moment if far else moment.astype("datetime64[D]")) for moment in moments]
    word = RNG.choice(["a", "b"], 70)
    rows = [
        [None if i % 9 == 4 else cell, w, i % 5, i % 2] for i, (cell, w) in enumerate(zip(cells, word, strict=True))
    ]
    run = trained(
        tmp_path, "when,word,n,y", rows,
        "name: t\ndata: {source: csv, path: t.csv, targets: y, missing: mean}\n"
        "model: {type: mlp, hidden_units: [8]}\ntraining: {loss: binary_crossentropy, epochs: 3}\n",
    )  # fmt: skip
    assert run.facts["columns"][0]["type"] == ("time" if far else "date")
    model = keras.saving.load_model(run.model_path)
    known = np.array([[np.nan if row[0] is None else day] for row, day in zip(rows, days, strict=True)])
    n = np.array([[float(row[2])] for row in rows])
    given = {
        "when": tf.constant(known),
        "word": tf.constant(word.astype(str)[:, None]),
        "n": tf.constant(n, tf.float32),
    }
    answered = np.asarray(model(given))
    mine = ours(run, tmp_path / "t.csv")
    chosen = np.where(mine["label"].astype(str) == "1", answered[:, 0], 1 - answered[:, 0])
    np.testing.assert_allclose(chosen, mine["probability"], rtol=1e-5)


@pytest.mark.parametrize("missing", ["mean", "median"])
@pytest.mark.parametrize("shifted", [0, 2**40], ids=["float32", "float64"])
def test_logarithms_and_indicators_are_those_of_numpy(tmp_path, missing, shifted):
    count = 90
    amount, n = np.exp(RNG.normal(9, 2, count)).round(2), shifted + RNG.integers(0, 300, count)
    days = 19_000 + RNG.integers(0, 900, count)
    holes = RNG.random((3, count)) < 0.2
    columns = [
        [None if is_hole else value for is_hole, value in zip(hole, values, strict=True)]
        for hole, values in zip(holes, (amount, n, np.datetime64(0, "D") + days), strict=True)
    ]
    run = trained(
        tmp_path, "amount,n,when,y", zip(*columns, np.arange(count) % 2, strict=True),
        f"name: t\ndata:\n  source: csv\n  path: t.csv\n  targets: y\n  missing: {missing}\n  columns:\n"
        "    amount: {type: number, transform: log, indicator: true}\n    n: {type: number, indicator: true}\n"
        "    when: {type: date, indicator: true}\n"
        "model: {type: mlp, hidden_units: []}\ntraining: {loss: binary_crossentropy, epochs: 3}\n",
    )  # fmt: skip
    model = keras.saving.load_model(run.model_path)
    raw = [np.where(hole, np.nan, values.astype(float)) for hole, values in zip(holes, (amount, n, days), strict=True)]
    given = {name: tf.constant(each[:, None]) for name, each in zip(("amount", "n", "when"), raw, strict=True)}
    assert {tensor.name: str(tensor.dtype) for tensor in model.inputs} == {
        "amount": "float64", "n": "float64" if shifted else "float32", "when": "float64",
    }  # fmt: skip
    given["n"] = tf.cast(given["n"], "float64" if shifted else "float32")
    answered = np.asarray(model(given))[:, 0]
    mine = ours(run, tmp_path / "t.csv")
    np.testing.assert_allclose(
        np.where(mine["label"].astype(str) == "1", answered, 1 - answered), mine["probability"], rtol=1e-5
    )
    # Without a hidden layer the network is a line through what it sees.
    day = raw[2]
    seen = [np.log(raw[0]), None, raw[1], None, day, *(
        wave(day * 2 * np.pi / period) for period in (365.2425, 7) for wave in (np.sin, np.cos)
    ), None]  # fmt: skip
    filled = [
        *(getattr(np, f"nan{missing}")(seen[i]) for i in (0, 2)), *(np.nanmean(each) for each in seen[4:-1])
    ]  # fmt: skip
    scaled = [
        (np.where(np.isnan(each), fill, each) - np.nanmean(each)) / np.nanstd(each)
        for each, fill in zip((each for each in seen if each is not None), filled, strict=True)
    ]
    features = np.stack([scaled[0], holes[0], scaled[1], holes[1], *scaled[2:], holes[2]], axis=1)
    kernel, bias = (np.asarray(weight, float) for weight in model.get_layer("dltool_model").weights)
    expected = 1 / (1 + np.exp(-(features @ kernel + bias)[:, 0]))
    np.testing.assert_allclose(answered, expected, rtol=2e-4)


def test_what_has_no_logarithm_is_no_hole_to_plain_keras(tmp_path):
    amounts = np.exp(RNG.normal(3, 1, 40)).round(3)
    run = trained(
        tmp_path, "amount,b,y", [[None if i == 4 else a, i % 3, 2.5 * i] for i, a in enumerate(amounts)],
        "name: t\ndata:\n  source: csv\n  path: t.csv\n  targets: y\n  missing: mean\n  columns:\n"
        "    amount: {type: number, transform: log}\n"
        "model: {type: mlp, hidden_units: []}\ntraining: {loss: mean_squared_error, epochs: 1}\n",
    )  # fmt: skip
    model = keras.saving.load_model(run.model_path)
    given = np.array([[-1.0], [0.0], [np.nan], [2.0]])
    answered = np.asarray(model({"amount": tf.constant(given), "b": tf.ones((4, 1))}))[:, 0]
    assert np.isfinite(answered).tolist() == [False, False, True, True]


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_called_predicted_and_ours_agree_though_it_was_trained_with_noise(tmp_path, policy):
    pixels = RNG.integers(0, 256, (60, 8, 8, 1), np.uint8)
    np.savez(tmp_path / "i.npz", x_train=pixels, y_train=np.arange(60) % 3, x=pixels)
    text = f"""
name: t
data: {{source: npz, path: i.npz, scaling: normalization}}
model:
  type: sequential
  layers: [random_flip, {{type: random_rotation, factor: 0.2}}, {{type: random_contrast, factor: 0.4}},
           {{type: conv2d, filters: 4, kernel_size: 3}}, {{type: spatial_dropout2d, rate: 0.5}},
           flatten, {{type: gaussian_noise, stddev: 0.5}}, {{type: dense, units: 3, activation: softmax}},
           {{type: dropout, rate: 0.2}}]
training: {{loss: categorical_crossentropy, epochs: 2, dtype_policy: {policy}}}
"""
    run = dltool.train(config_of(tmp_path, text), tmp_path / "run", device="cpu")
    model = keras.saving.load_model(run.model_path)
    assert not any(type(layer).__name__.startswith(("Random", "Dropout", "Gaussian")) for layer in model.layers)
    called, again, predicted = np.asarray(model(pixels)), np.asarray(model(pixels)), model.predict(pixels, verbose=0)
    np.testing.assert_array_equal(called, again)
    tolerance = {"rtol": 1e-6} if policy == "float32" else {"rtol": 0, "atol": 1e-3}
    np.testing.assert_allclose(called, predicted, **tolerance)
    np.testing.assert_allclose(called.max(axis=1), ours(run, tmp_path / "i.npz")["probability"], **tolerance)


@pytest.mark.parametrize("transform", ["none", "log"])
def test_numbers_come_out_in_the_targets_own_unit(tmp_path, transform):
    x = RNG.normal(0, 1, (90, 2))
    y = np.exp(11 + x[:, 0] / 2)
    run = trained(
        tmp_path, "a,b,price", np.column_stack([x.round(4), y.round(2)]).tolist(),
        f"name: t\ndata: {{source: csv, path: t.csv, targets: price, target_transform: {transform}}}\n"
        "model: {type: mlp, hidden_units: [8]}\ntraining: {loss: mean_squared_error, epochs: 30, batch_size: 8}\n",
    )  # fmt: skip
    model = keras.saving.load_model(run.model_path)
    answered = np.asarray(model(x.round(4).astype("float32")))
    np.testing.assert_allclose(answered, values_of(ours(run, tmp_path / "t.csv")), rtol=1e-6)
    assert np.corrcoef(answered[:, 0], y)[0, 1] > 0.7


def test_counts_are_answered_as_a_generalised_linear_model_answers_them(tmp_path):
    x = RNG.normal(size=(300, 2)).round(3)
    y = RNG.poisson(np.exp(0.5 + 0.8 * x[:, 0] - 0.4 * x[:, 1]))
    run = trained(
        tmp_path, "a,b,visits", [[*row, count] for row, count in zip(x, y, strict=True)],
        "name: t\ndata: {source: csv, path: t.csv, targets: visits}\nmodel: {type: mlp, hidden_units: []}\n"
        "training: {loss: poisson, epochs: 300, batch_size: 300, optimizer: {type: adam, learning_rate: 0.05}}\n",
    )  # fmt: skip
    features = np.column_stack([np.ones(300), x])
    weights = np.zeros(3)
    for _ in range(30):  # Newton's steps
        mean = np.exp(features @ weights)
        weights += np.linalg.solve(features.T * mean @ features, features.T @ (y - mean))
    mean = np.exp(features @ weights)
    answered = np.asarray(keras.saving.load_model(run.model_path)(x.astype("float32")), float)[:, 0]
    np.testing.assert_allclose(answered, mean, rtol=0.01)
    evaluation = dltool.evaluate(run, split="train")
    assert evaluation.metrics["loss"] == pytest.approx((mean - y * np.log(mean)).mean(), rel=1e-3)
    assert evaluation.trivial["loss"] == pytest.approx(y.mean() - y.mean() * np.log(y.mean()), rel=1e-5)
    (tmp_path / "new.csv").write_text("a,b,visits\n1,1,2\n1,1,-2\n")
    with pytest.raises(DataError, match=r"row 2 \(line 3\), column 'visits': target -2"):
        dltool.evaluate(run, data=tmp_path / "new.csv")


def test_whole_numbers_that_float32_rounds_are_taken_as_float64(tmp_path):
    count = 2000
    n = RNG.permutation(count)
    run = trained(
        tmp_path, "n,y", [[2**40 + int(i), "yes" if i >= count / 2 else "no"] for i in n],
        "name: t\ndata: {source: csv, path: t.csv, targets: y}\nmodel: {type: mlp, hidden_units: [8]}\n"
        "training: {loss: binary_crossentropy, metrics: [accuracy], epochs: 20, optimizer: {type: adam, "
        "learning_rate: 0.02}}\n",
    )  # fmt: skip
    assert dltool.evaluate(run, split="train").metrics["accuracy"] > 0.98
    model = keras.saving.load_model(run.model_path)
    raw = (2.0**40 + n)[:, None]
    assert model.input.dtype == "float64"
    answered = np.asarray(model(tf.constant(raw)))[:, 0]
    assert ((answered > 0.5) == (n >= count / 2)).mean() > 0.98


def test_many_categories_have_vectors_that_the_model_file_holds(tmp_path):
    cities, effects = [f"city {i}" for i in range(60)], RNG.normal(0, 3, 60)
    where, x = RNG.integers(0, 60, 900), RNG.normal(size=900)
    rows = [
        [cities[i] if n else None, f"{a:.4f}", f"{effects[i] + a:.4f}"]
        for n, (i, a) in enumerate(zip(where, x, strict=True))
    ]
    run = trained(
        tmp_path, "dltool_embedding_0,x,y", rows,
        "name: t\ndata: {source: csv, path: t.csv, targets: y, missing: mean}\n"
        "model: {type: mlp, hidden_units: [16]}\n"
        "training: {loss: mean_squared_error, metrics: [r2_score], epochs: 30, optimizer: {type: adam, "
        "learning_rate: 0.01}}\n",
    )  # fmt: skip
    assert run.metrics()[-1]["r2_score"] > 0.95
    # 61 categories of 16 numbers, 17 numbers to 16 units, and those to one.
    assert run.facts["parameters"] == 61 * 16 + 18 * 16 + 17
    given = {
        "dltool_embedding_0_": tf.constant([[row[0] or ""] for row in rows]),
        "x": tf.constant([[float(row[1])] for row in rows]),
    }
    theirs = keras.saving.load_model(run.model_path)(given)
    np.testing.assert_allclose(np.asarray(theirs), values_of(ours(run, tmp_path / "t.csv")), rtol=1e-6)
    unknown = {"dltool_embedding_0_": tf.constant([["nowhere"], [""]]), "x": tf.zeros((2, 1))}
    one, other = np.asarray(keras.saving.load_model(run.model_path)(unknown))
    assert one == other
