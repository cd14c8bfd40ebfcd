"""An autoencoder from table and images to errors and codes, alike in plain Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import dltool
from dltool.errors import ConfigError, DataError, UsageError
from tests.support.examples import config_of
from tests.support.inputs import seen

RNG = np.random.default_rng(17)


def column_of(tables, name):
    return np.concatenate([np.asarray(table[name]) for table in tables])


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder, rows = tmp_path_factory.mktemp("table"), []
    for i in range(160):
        kind, a = RNG.choice(["x", "y", "z"]), RNG.normal(50, 10)
        b = 2 * a + {"x": 0, "y": 30, "z": 60}[kind] + RNG.normal()
        rows.append(["" if i % 9 == 3 else f"{a:.2f}", f"{b:.2f}", "" if i % 7 == 2 else kind, kind])
    (folder / "t.csv").write_text("a,b,c,species\n" + "\n".join(map(",".join, rows)) + "\n")
    config = config_of(
        folder,
        "name: t\ndata: {source: csv, path: t.csv, missing: mean, validation: 0.25, targets: species}\n"
        "model: {type: autoencoder, hidden_units: [8], latent_dim: 2}\n"
        "training: {loss: mean_squared_error, epochs: 30, batch_size: 16, metrics: [root_mean_squared_error]}\n",
    )
    return folder, rows, dltool.train(config, folder / "run", device="cpu")


def test_rows_with_holes_are_judged_by_what_they_hold(table):
    folder, rows, run = table
    errors = column_of(dltool.predict(run, folder / "t.csv"), "error")
    model = keras.saving.load_model(run.model_path)
    assert sorted(model.input) == ["a", "b", "c"]  # the targets that were named are left out
    raw = {
        "a": tf.constant([[float(row[0]) if row[0] else np.nan] for row in rows]),
        "b": tf.constant([[float(row[1])] for row in rows]),
        "c": tf.constant([[row[2]] for row in rows]),
    }
    answered = {name: np.asarray(value) for name, value in model(raw).items()}
    np.testing.assert_allclose(answered["error"], errors, atol=1e-6)
    # By hand: scaled by the training rows, and no error where nothing was told.
    numbers = run.config().data, dltool.evaluate(run, split="train")
    assert numbers[1].rows == 120
    signature = next(iter(dltool.predict(run, folder / "t.csv", layer="code")))
    assert list(signature) == ["id", "code_1", "code_2"]


def test_metrics_are_numpys_on_what_the_model_answers(table):
    folder, rows, run = table
    found = dltool.evaluate(run, data=folder / "t.csv")
    model = keras.saving.load_model(run.model_path)
    raw = {
        "a": tf.constant([[float(row[0]) if row[0] else np.nan] for row in rows]),
        "b": tf.constant([[float(row[1])] for row in rows]),
        "c": tf.constant([[row[2]] for row in rows]),
    }
    known = np.array([1.0 * bool(row[0]) + 1 + 4 * bool(row[2]) for row in rows])
    squares = np.asarray(model(raw)["error"]) * known
    assert found.metrics["loss"] == pytest.approx(squares.sum() / (6 * len(rows)), rel=1e-4)
    assert found.metrics["root_mean_squared_error"] == pytest.approx(found.metrics["loss"] ** 0.5, rel=1e-4)
    assert found.metrics["loss"] < found.trivial["loss"] / 2
    assert found.row_errors.quantiles[-1][1] == pytest.approx(np.asarray(model(raw)["error"]).max(), rel=1e-4)


def test_an_indicator_is_known_where_its_number_is_not(tmp_path):
    rows = [["" if i % 5 == 2 else f"{RNG.normal(4, 1):.3f}", f"{RNG.normal():.3f}"] for i in range(60)]
    (tmp_path / "t.csv").write_text("a,b\n" + "\n".join(map(",".join, rows)) + "\n")
    run = dltool.train(
        config_of(
            tmp_path,
            "name: t\ndata:\n  source: csv\n  path: t.csv\n  missing: mean\n  columns:\n"
            "    a: {type: number, indicator: true}\nmodel: {type: autoencoder, latent_dim: 2}\n"
            "training: {loss: mean_squared_error, epochs: 2}\n",
        ),
        tmp_path / "run",
        device="cpu",
    )
    a, b = (np.array([float(row[i] or "nan") for row in rows]) for i in (0, 1))
    model = keras.saving.load_model(run.model_path)
    answered = model({"a": tf.constant(a[:, None], tf.float32), "b": tf.constant(b[:, None], tf.float32)})
    hole = np.isnan(a)
    scaled = np.stack([(a - np.nanmean(a)) / np.nanstd(a), hole, (b - b.mean()) / b.std()], axis=1)
    squares = (scaled - np.asarray(answered["reconstruction"])) ** 2
    expected = np.nanmean(squares, axis=1)
    np.testing.assert_allclose(np.asarray(answered["error"]), expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        column_of(dltool.predict(run, tmp_path / "t.csv"), "error"), expected, rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize(
    ("model", "scaling"),
    [("hidden_units: [12], latent_dim: 3", "normalization"), ("filters: [4, 2], latent_dim: 5", "rescaling")],
)
def test_images(tmp_path, model, scaling):
    pixels = RNG.integers(0, 256, (60, 8, 12), np.uint8)
    np.savez(tmp_path / "t.npz", x_train=pixels)
    config = config_of(
        tmp_path,
        f"name: t\ndata: {{source: npz, path: t.npz, validation: 0.2, scaling: {scaling}}}\n"
        f"model: {{type: autoencoder, {model}, dropout: 0.1}}\n"
        "training: {loss: mean_absolute_error, epochs: 2, early_stopping: {patience: 5}}\n",
    )
    run = dltool.train(config, tmp_path / "run", device="cpu")
    np.savez(tmp_path / "new.npz", x=pixels[:9])
    theirs = keras.saving.load_model(run.model_path)(tf.constant(pixels[:9, ..., None]))
    np.testing.assert_allclose(
        column_of(dltool.predict(run, tmp_path / "new.npz"), "error"), np.asarray(theirs["error"]), rtol=1e-5
    )
    scaled = pixels / 255
    if scaling == "normalization":
        train = pixels[RNG.permutation(60)]  # the order counts not, but the part does: see below
        assert train.shape == pixels.shape
    else:
        made = np.asarray(theirs["reconstruction"])[..., 0]
        np.testing.assert_allclose(theirs["error"], ((scaled[:9] - made) ** 2).mean(axis=(1, 2)), rtol=1e-5)
    plan = dltool.check(config)
    codes = next(dltool.predict(run, tmp_path / "new.npz", layer="code"))
    assert len(codes) - 1 == next(layer for layer in plan.layers if layer.name == "code").output_shape[0]
    assert dltool.evaluate(run, data=tmp_path / "new.npz").row_errors.quantiles[-1][1] == pytest.approx(
        np.asarray(theirs["error"]).max(), rel=1e-5
    )
    evaluation = dltool.evaluate(run, split="validation")
    assert evaluation.metrics["loss"] == pytest.approx(run.metrics()[-1]["validation_loss"], rel=1e-5)
    assert (run.path / "report.html").read_text().count("error of a row") == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("filters: [2, 2, 2, 2]", "the model halves height and width 4 times; 8 x 12 can be halved 2 times"),
        ("latent_dim: 2}\ntraining: {loss: poisson, epochs: 1}\n#", "loss poisson does not compare an input"),
        ("latent_dim: 2}\ntraining: {loss: huber, epochs: 1, class_weight: balanced}\n#", "the input itself"),
        (
            "latent_dim: 2}\ntraining: {loss: huber, epochs: 1, metrics: [accuracy]}\n#",
            "an autoencoder has mean_squared_error",
        ),
        ("kernel_size: 5", "kernel_size is that of filters, and there are none"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, changed, said):
    np.savez(tmp_path / "t.npz", x_train=np.zeros((20, 8, 12), np.uint8))
    text = (
        f"name: t\ndata: {{source: npz, path: t.npz}}\nmodel: {{type: autoencoder, {changed}, latent_dim: 2}}\n"
        "training: {loss: huber, epochs: 1}\n"
    )
    with pytest.raises(ConfigError, match=said):
        dltool.check(config_of(tmp_path, text if "#" not in changed else text.split("#", maxsplit=1)[0]))


def test_other_losses_need_targets(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(ConfigError, match="targets"):
        config_of(
            tmp_path,
            "name: t\ndata: {source: csv, path: t.csv}\nmodel: {type: mlp, hidden_units: [2]}\n"
            "training: {loss: huber, epochs: 1}\n",
        )


def test_any_layer_of_any_run_can_be_had(table, tmp_path):
    folder, rows, _ = table
    config = config_of(
        folder,
        "name: m\ndata: {source: csv, path: t.csv, missing: mean, targets: species}\n"
        "model: {type: mlp, hidden_units: [3]}\ntraining: {loss: categorical_crossentropy, epochs: 1}\n",
    )
    run = dltool.train(config, tmp_path / "run", device="cpu")
    hidden = next(dltool.predict(run, folder / "t.csv", layer="dense"))
    found = np.stack([hidden[f"dense_{i}"] for i in (1, 2, 3)], axis=1)
    kernel, bias = next(
        layer.get_weights()
        for layer in keras.saving.load_model(run.model_path)._flatten_layers()
        if layer.name == "dense"
    )
    dataset = dltool.data.load(config.data, config.needs, config.seed)
    inputs, order = dataset.train.features, np.arange(len(rows))
    expected = np.maximum(seen(inputs, dataset.signature) @ kernel + bias, 0)
    np.testing.assert_allclose(found[order], expected, atol=1e-5)
    with pytest.raises(UsageError, match="no layer is called 'dens'; did you mean 'dense'"):
        dltool.predict(run, folder / "t.csv", layer="dens")
    with pytest.raises(UsageError, match="give one of them"):
        dltool.predict(run, folder / "t.csv", layer="dense", top=2)


@pytest.mark.parametrize("key", ["target_scaling: standardization", "target_transform: log", "classes: [a, b]"])
def test_what_is_said_of_targets_is_not_ignored(tmp_path, key):
    np.savez(tmp_path / "t.npz", x_train=RNG.normal(size=(20, 3)))
    text = (
        f"name: t\ndata: {{source: npz, path: t.npz, {key}}}\nmodel: {{type: autoencoder, latent_dim: 2}}\n"
        "training: {loss: huber, epochs: 1}\n"
    )
    with pytest.raises((ConfigError, DataError), match=key.split(":")[0]):
        dltool.check(config_of(tmp_path, text))


@pytest.mark.parametrize(
    "model", ["hidden_units: [8], latent_dim: 16", "latent_dim: 7", "filters: [2, 2], latent_dim: 9"]
)
def test_the_code_is_the_middle_however_wide(tmp_path, model):
    np.savez(tmp_path / "t.npz", x_train=np.zeros((20, 8, 4), np.uint8))
    text = (
        f"name: t\ndata: {{source: npz, path: t.npz}}\nmodel: {{type: autoencoder, {model}}}\n"
        "training: {loss: huber, epochs: 1}\n"
    )
    plan = dltool.check(config_of(tmp_path, text))
    (code,) = [layer for layer in plan.layers if layer.name == "code"]
    assert code.output_shape == (int(model.split("latent_dim: ")[1]),)


def test_labelled_files_are_read_as_in_training(tmp_path):
    rows = RNG.normal(size=(40, 3))
    np.savez(tmp_path / "t.npz", a=rows, x_test=rows[:3] + 100)
    text = (
        "name: t\ndata: {source: npz, path: t.npz, features: a, scaling: normalization}\n"
        "model: {type: autoencoder, latent_dim: 2}\ntraining: {loss: mean_squared_error, epochs: 2}\n"
    )
    run = dltool.train(config_of(tmp_path, text), tmp_path / "run", device="cpu")
    np.savez(tmp_path / "again.npz", a=rows, y=rows)
    found = dltool.evaluate(run, data=tmp_path / "again.npz")
    assert found.rows == 40
    assert found.metrics["loss"] == pytest.approx(dltool.evaluate(run, split="train").metrics["loss"], rel=1e-5)


def test_errors_of_inputs_scaled_in_other_ways_are_not_compared(tmp_path):
    np.savez(tmp_path / "t.npz", x_train=RNG.normal(size=(40, 3)))
    runs = []
    for scaling in ("normalization", "none"):
        text = (
            f"name: t\ndata: {{source: npz, path: t.npz, validation: 0.25, scaling: {scaling}}}\n"
            "model: {type: autoencoder, latent_dim: 2}\n"
            "training: {loss: huber, metrics: [mean_squared_error], epochs: 1}\n"
        )
        runs.append(dltool.train(config_of(tmp_path, text), tmp_path / scaling, device="cpu").path)
    found = dltool.compare(runs, metric="mean_squared_error")
    assert found.best is None
    assert "scaled in other ways" in found.reason
