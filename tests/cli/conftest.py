"""Runs to look at, and sweeps on paper."""

import pytest

from tests.support.places import REPOSITORY
from tests.support.sweeps import sweep, write  # noqa: F401

TABLE = """
name: small
seed: 3
data: {source: csv, path: PATH, targets: species, validation: 0.2}
model: {type: mlp, hidden_units: [UNITS]}
training: {optimizer: {type: adam, learning_rate: 0.05}, loss: categorical_crossentropy, epochs: 5, batch_size: 50}
"""


@pytest.fixture(scope="session")
def runs(trainer, tmp_path_factory):
    """A folder with two finished runs on the irises, ``wide`` and ``narrow``."""
    folder = tmp_path_factory.mktemp("runs")
    for name, units in (("wide", "16"), ("narrow", "1")):
        text = TABLE.replace("UNITS", units).replace("PATH", str(REPOSITORY / "data" / "iris.csv"))
        (folder / f"{name}.yaml").write_text(text)
        done = trainer.run(["train", f"{name}.yaml", "-q", "--run-dir", name], folder)
        assert done.code == 0, done.err
    return folder
