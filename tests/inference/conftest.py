"""Small finished runs, made once, of every kind that a model file must carry."""

import numpy as np
import pytest

import dltool
from dltool.backend.start import start
from tests.support.examples import config_of

start("cpu", 0, threads=(1, 2))

TABLE = """size,colour,weight,kind
1.0,red,10,apple
1.2,green,12,apple
0.9,red,9,apple
1.1,green,11,apple
3.0,yellow,20,melon
3.3,yellow,22,melon
2.9,green,21,melon
3.1,yellow,19,melon
0.2,red,1,berry
0.3,black,2,berry
0.2,black,1,berry
0.25,red,2,berry
"""


@pytest.fixture(scope="session")
def fruit(tmp_path_factory):
    """Classes from a table with a text column."""
    folder = tmp_path_factory.mktemp("fruit")
    (folder / "fruit.csv").write_text(TABLE)
    config = config_of(
        folder,
        """
name: fruit
data: {source: csv, path: fruit.csv, targets: kind}
model: {type: mlp, hidden_units: [8]}
training: {loss: categorical_crossentropy, metrics: [accuracy], epochs: 60, batch_size: 4,
           optimizer: {type: adam, learning_rate: 0.05}}
""",
    )
    return dltool.train(config, folder / "run", device="cpu")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Classes from 8-bit images, through logits."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 120, (120, 6, 6), dtype=np.uint8)
    labels = rng.integers(0, 3, 120)
    for i, label in enumerate(labels):
        images[i, 2 * label : 2 * label + 2] += 120
    np.savez(folder / "images.npz", x_train=images, y_train=labels, x_test=images[:50], y_test=labels[:50])
    config = config_of(
        folder,
        """
name: pictures
data: {source: npz, path: images.npz, scaling: rescaling}
model:
  type: sequential
  layers: [{type: conv2d, filters: 4, kernel_size: 3, activation: relu}, flatten, {type: dense, units: 3}]
training: {loss: {type: sparse_categorical_crossentropy, from_logits: true}, metrics: [accuracy], epochs: 15,
           optimizer: {type: adam, learning_rate: 0.01}}
""",
    )
    return dltool.train(config, folder / "run", device="cpu")


@pytest.fixture(scope="session")
def two_numbers(tmp_path_factory):
    """Two numbers from a table."""
    folder = tmp_path_factory.mktemp("numbers")
    rng = np.random.default_rng(1)
    x = rng.normal(5, 3, (80, 3))
    y = np.stack([x[:, 0] - x[:, 1], 2 * x[:, 2]], axis=1)
    lines = [",".join(map(str, row)) for row in np.concatenate([x, y], axis=1)]
    (folder / "numbers.csv").write_text("\n".join(["a,b,c,difference,double", *lines]) + "\n")
    config = config_of(
        folder,
        """
name: numbers
data: {source: csv, path: numbers.csv, targets: [difference, double], test: 0.25}
model: {type: mlp, hidden_units: [16]}
training: {loss: mean_squared_error, metrics: [mean_absolute_error, r2_score], epochs: 30}
""",
    )
    return dltool.train(config, folder / "run", device="cpu")
