"""Surfaces of networks that were trained for a moment, against plain Keras and their own predictions."""

import keras
import numpy as np
import pytest

import dltool
from dltool import data
from dltool.api.using import _model
from dltool.contracts.dataset import Part
from dltool.inference.surface import surfaces
from dltool.tasks import task_of_model
from tests.support.examples import config_of

ROWS = np.random.default_rng(3).normal([40, 2], [9, 0.3], (60, 2)).round(3)
TABLE = "width,height,kind,price,dear\n" + "".join(
    f"{x},{y},{'abc'[i % 3]},{x * y:.3f},{int(x > 40)}\n" for i, (x, y) in enumerate(ROWS)
)
CONFIG = """
name: plane
data: {{source: csv, path: t.csv, test: 0.25, features: [width, height], columns: {{height: {height}}}{targets}}}
model: {model}
training: {{loss: {loss}, epochs: 2}}
"""
MLP = "{type: mlp, hidden_units: [8]}"


def surfaces_of(folder, loss, targets="", height="number", model=MLP):
    (folder / "t.csv").write_text(TABLE)
    targets = f", targets: {targets}" if targets else ""
    config = config_of(folder, CONFIG.format(height=height, targets=targets, loss=loss, model=model))
    run = dltool.train(config, folder / "run", device="cpu")
    network, description = _model(run, run, "cpu")
    dataset = data.load(config.data, config.needs, config.seed)
    return run, surfaces(network, task_of_model(description), {"train": dataset.train, "test": dataset.test})


def rows_of(found):
    return {tuple(np.round(row, 3)) for points in found.points.values() for row in points}


def deployed(run, x, y):
    """What the model file says in plain Keras of each point of a grid."""
    model = keras.saving.load_model(run.model_path)
    grid = np.array([[a, b] for b in y for a in x])
    if isinstance(model.input, dict):
        grid = {name: grid[:, [i]] for i, name in enumerate(("width", "height"))}
    return model.predict(grid, verbose=0)


@pytest.mark.parametrize("height", ["number", "{type: number, transform: log}"], ids=["as_is", "log"])
def test_a_number_over_the_plane_is_what_plain_keras_answers_there(tmp_path, height):
    run, (found,) = surfaces_of(tmp_path, "mean_squared_error", "price", height)
    assert (found.kind, found.answer, found.names) == ("number", "predicted price", ("width", "height"))
    assert found.logarithmic == (False, height != "number")
    answers = deployed(run, found.x, found.y).reshape(101, 101)
    np.testing.assert_allclose(found.answers, answers, rtol=1e-4)
    low, high = ROWS[:, 0].min(), ROWS[:, 0].max()
    np.testing.assert_allclose(found.x[[0, -1]], [low - (high - low) / 10, high + (high - low) / 10], rtol=1e-5)
    assert rows_of(found) == set(map(tuple, ROWS))
    assert found.rows == {"train": 45, "test": 15}
    products = np.concatenate([points.prod(axis=1) for points in found.points.values()])
    np.testing.assert_allclose(np.concatenate([*found.targets.values()]), products, atol=2e-3)


def test_two_classes_have_the_probability_of_the_second(tmp_path):
    run, (found,) = surfaces_of(tmp_path, "binary_crossentropy", "dear")
    assert (found.kind, found.answer, found.classes, found.threshold) == ("probability", "1", ("0", "1"), 0.5)
    np.testing.assert_allclose(found.answers, deployed(run, found.x, found.y).reshape(101, 101), atol=1e-5)
    for name, points in found.points.items():
        assert (found.targets[name] == (points[:, 0] > 40)).all()


def test_several_classes_have_a_score_each(tmp_path):
    run, (found,) = surfaces_of(tmp_path, "categorical_crossentropy", "kind")
    assert (found.kind, found.classes) == ("classes", ("a", "b", "c"))
    np.testing.assert_allclose(found.answers, deployed(run, found.x, found.y).reshape(101, 101, 3), atol=1e-5)


def test_margins_of_two_classes_are_scores(tmp_path):
    _, (found,) = surfaces_of(tmp_path, "hinge", "dear")
    assert found.kind == "classes"
    np.testing.assert_allclose(found.answers.sum(axis=-1), 0, atol=1e-6)


def test_an_autoencoder_has_its_error(tmp_path):
    model = "{type: autoencoder, latent_dim: 1, hidden_units: [4]}"
    run, (found,) = surfaces_of(tmp_path, "mean_squared_error", model=model)
    assert found.kind == "number"
    answers = deployed(run, found.x, found.y)["error"].reshape(101, 101)
    np.testing.assert_allclose(found.answers, answers, rtol=1e-3, atol=1e-6)
    assert all(not len(targets) for targets in found.targets.values())


def test_other_inputs_have_no_surface(fruit, pictures, two_numbers):
    for run in (fruit, pictures, two_numbers):
        network, description = _model(run, run, "cpu")
        dataset = data.load(run.config().data, run.config().needs, run.config().seed)
        assert surfaces(network, task_of_model(description), {"train": dataset.train}) == []


def test_of_many_rows_some_are_points_and_one_row_has_a_plane_around_it(tmp_path):
    run, _ = surfaces_of(tmp_path, "mean_squared_error", "price")
    network, description = _model(run, run, "cpu")
    many = np.random.default_rng(0).normal(size=(2000, 2)).astype(np.float32)
    for rows, shown in ((many, 300), (many[:1], 1)):
        part = Part({"numbers": rows}, np.zeros((len(rows), 1)))
        (found,) = surfaces(network, task_of_model(description), {"train": part})
        assert (len(found.points["train"]), found.rows["train"]) == (shown, len(rows))
        assert (np.diff(found.x) > 0).all()
        assert (np.diff(found.y) > 0).all()
