"""Attributions against what is known of them: of linear networks by hand, of all others that they add up."""

import numpy as np
import pytest

import dltool
from dltool.api.trained import model_of
from dltool.inference.attribution import IntegratedGradients, decoded, error_shares, points_of
from dltool.tasks import task_of_model
from tests.support.networks import network_of
from tests.support.places import REPOSITORY

RNG = np.random.default_rng(3)


def of_arrays(folder, x, y, layers, loss, more=""):
    np.savez(folder / "t.npz", x_train=x, y_train=y)
    return network_of(
        folder,
        f"name: t\ndata: {{source: npz, path: t.npz{more}}}\nmodel: {{type: sequential, layers: [{layers}]}}\n"
        f"training: {{loss: {loss}, epochs: 1}}\n",
    )


def test_of_a_linear_network_they_are_the_weights_times_the_way(tmp_path):
    x = RNG.normal(size=(40, 5)).astype("float32")
    made = of_arrays(tmp_path, x, RNG.normal(size=40), "{type: dense, units: 1}", "mean_absolute_percentage_error")
    kernel = made.model.get_layer("dense").kernel.numpy()[:, 0].astype(float)
    found = IntegratedGradients(made.model, made.description, made.task).of(x[0], x[5:9], 0)
    np.testing.assert_allclose(found.values, kernel * (x[0] - x[5:9].mean(axis=0, dtype=float)), atol=1e-6)
    assert found.steps == 32
    assert found.error < 1e-5


@pytest.mark.parametrize(
    ("bias", "off", "scale"), [(1000, 3e-5, 0.00012 * 1000), (10, 3e-7, 0.01 * (0.5 + 0.5))], ids=["float32", "sizes"]
)
def test_of_a_difference_near_0_the_error_is_a_part_of_something_larger(tmp_path, bias, off, scale):
    x = RNG.normal(size=(40, 2)).astype("float32")
    made = of_arrays(tmp_path, x, RNG.normal(size=40), "{type: dense, units: 1}", "mean_absolute_percentage_error")
    made.model.get_layer("dense").set_weights([np.ones((2, 1)), np.array([bias])])
    point = np.array([0.5, -0.5 + off], "float32")  # float32 knows no sum of bias and off
    found = IntegratedGradients(made.model, made.description, made.task).of(point, np.zeros((1, 2), "float32"), 0)
    assert (found.answer, found.baseline) == (bias, bias)
    assert found.error == pytest.approx(off / scale, rel=0.01)


LAYERS = {
    "dense": (RNG.normal(size=(60, 5)), "{type: dense, units: 8, activation: relu}, "),
    "images": (
        RNG.integers(0, 256, (60, 6, 6, 1)).astype("uint8"),
        "{type: conv2d, filters: 4, kernel_size: 3, activation: relu}, {type: batch_normalization}, "
        "{type: max_pooling2d, pool_size: 2}, {type: flatten}, ",
    ),
    "tokens": (
        RNG.integers(0, 20, (60, 6)).astype("int32"),
        "{type: embedding, input_dim: 20, output_dim: 4}, "
        "{type: multi_head_attention, num_heads: 2, key_dim: 3}, {type: bidirectional, layer: {type: lstm, units: 5}}, "
        "{type: dropout, rate: 0.5}, ",
    ),
    "series": (RNG.normal(size=(60, 6, 2)), "{type: gru, units: 4}, "),
}


@pytest.mark.parametrize(
    ("kind", "logits"),
    [("dense", False), ("images", False), ("images", True), ("tokens", False), ("series", True)],
    ids=["dense", "images", "images, logits", "tokens", "series, logits"],
)
def test_they_add_up_to_the_difference_of_the_answers(tmp_path, kind, logits):
    x, layers = LAYERS[kind]
    head = "{type: dense, units: 3}" if logits else "{type: dense, units: 3, activation: softmax}"
    loss = "{type: sparse_categorical_crossentropy, from_logits: true}" if logits else "categorical_crossentropy"
    more = ", scaling: rescaling" if kind == "images" else ""
    made = of_arrays(tmp_path, x, RNG.permutation(60) % 3, layers + head, loss, more)
    # Random networks hardly answer anything: larger weights do.
    made.model.set_weights([2 * w if w.ndim > 1 else w for w in made.model.get_weights()])
    inputs = made.dataset.train.features
    points = points_of(made.model, made.description, inputs)
    integrated = IntegratedGradients(made.model, made.description, made.task)
    outputs = made.model(inputs, training=False).numpy().astype(float)
    if logits:
        outputs = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    for i in range(2):
        found = integrated.of(points[i], points[10:12], 1)
        baseline = outputs[10:12, 1].mean()
        assert (found.answer, found.baseline) == pytest.approx((outputs[i, 1], baseline), abs=1e-5)
        assert found.values.sum() == pytest.approx(outputs[i, 1] - baseline, abs=2e-3 * np.abs(found.values).sum())
        assert found.values.shape == points[i].shape
        assert 32 <= found.steps <= 1024


def test_answers_with_gradients_are_those_that_are_decoded(tmp_path):
    x, y = RNG.normal(size=(30, 3)), RNG.permutation(30) % 2
    outputs = RNG.uniform(0.1, 0.9, (7, 1)).astype("float32")
    for loss, more, targets in (
        ("binary_crossentropy", "", y),
        ("hinge", "", y),
        ("mean_squared_error", ", target_transform: log", 1.0 + y + x[:, 0] ** 2),
        ("mean_squared_error", "", 100.0 + 9 * x[:, 0]),
    ):
        activation = "sigmoid" if loss.startswith("binary") else "tanh" if loss == "hinge" else "linear"
        head = f"{{type: dense, units: 1, activation: {activation}}}"
        task = of_arrays(tmp_path, x, targets, head, loss, more).task
        np.testing.assert_allclose(decoded(task, outputs), task.decode(outputs), rtol=1e-6)


def test_the_shares_of_an_error_add_up_to_it_and_none_is_of_a_hole(tmp_path):
    x = RNG.normal(size=(50, 3)).round(3).astype(str)
    x[4, 1] = ""
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c", *(",".join(row) for row in x)]) + "\n")
    made = network_of(
        tmp_path,
        "name: t\ndata: {source: csv, path: t.csv, missing: mean}\nmodel: {type: autoencoder, latent_dim: 2}\n"
        "training: {loss: mean_squared_error, epochs: 1}\n",
    )
    inputs = made.dataset.train.features
    shares = error_shares(made.model, inputs)
    held = inputs["numbers"]
    reconstructed = made.model(inputs, training=False).numpy()
    np.testing.assert_allclose(shares.sum(axis=1), np.nanmean((held - reconstructed) ** 2, axis=1), rtol=1e-5)
    assert shares[4, 1] == 0
    assert (np.delete(shares, 4, axis=0) > 0).all()


def _ranks(values):
    return np.argsort(np.argsort(values))


def test_those_of_randomised_weights_do_not_resemble_those_of_trained_ones(tmp_path):
    """Adebayo et al. (2018), "Sanity checks for saliency maps", on the pixels that hold ink, signs kept."""
    with np.load(REPOSITORY / "data" / "mnist.npz") as mnist:
        x, y = mnist["x_train"][:2000], mnist["y_train"][:2000]
    np.savez(tmp_path / "t.npz", x_train=x, y_train=y)
    text = (
        "name: t\nseed: 1\ndata: {source: npz, path: t.npz, scaling: rescaling}\n"
        "model: {type: sequential, layers: [{type: conv2d, filters: 8, kernel_size: 3, activation: relu}, "
        "{type: max_pooling2d, pool_size: 2}, {type: flatten}, {type: dense, units: 10, activation: softmax}]}\n"
        "training: {loss: categorical_crossentropy, epochs: 3, optimizer: {type: adam, learning_rate: 0.003}}\n"
    )
    fresh = network_of(tmp_path, text, seed=7)
    run = dltool.train(dltool.load_config(tmp_path / "config.yaml"), tmp_path / "run", device="cpu")
    trained, description = model_of(run, run.path, "cpu")
    assert (trained.predict({"images": x[:500, ..., None]}, verbose=0).argmax(1) == y[:500]).mean() > 0.9
    task, black = task_of_model(description), np.zeros((1, 28, 28, 1), "float32")
    kinds = [IntegratedGradients(model, description, task) for model in (trained, fresh.model)]
    likeness = []
    for i in range(12):
        point, ink = x[i][..., None].astype("float32"), x[i] > 0
        first, second = (kind.of(point, black, int(y[i])).values[ink][:, 0] for kind in kinds)
        likeness.append(np.corrcoef(_ranks(first), _ranks(second))[0, 1])
    assert abs(np.mean(likeness)) < 0.2
    # What is measured would tell a likeness: the same network, asked on another way, is like itself.
    grey = np.full((1, 28, 28, 1), 5, "float32")
    again = [kinds[0].of(x[i][..., None].astype("float32"), grey, int(y[i])).values[x[i] > 0][:, 0] for i in range(3)]
    once = [kinds[0].of(x[i][..., None].astype("float32"), black, int(y[i])).values[x[i] > 0][:, 0] for i in range(3)]
    assert min(np.corrcoef(_ranks(a), _ranks(b))[0, 1] for a, b in zip(again, once, strict=True)) > 0.9
