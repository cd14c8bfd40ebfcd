import functools
import json
import shutil
import signal
import time

import numpy as np
import pytest

from tests.faults.commands import Command
from tests.faults.judge import moments_of

# One trains so quickly that it is only stopped between epochs, the other within them too.
CONFIGS = {
    "short": """
data: {source: npz, path: short.npz, validation: 0.2}
model:
  type: sequential
  layers:
    - {type: dense, units: 16, activation: relu}
    - batch_normalization
    - {type: dropout, rate: 0.3}
    - {type: gaussian_noise, stddev: 0.1}
    - {type: dense, units: 3, activation: softmax}
training:
  loss: categorical_crossentropy
  metrics: [accuracy]
  epochs: 300
  batch_size: 16
  early_stopping: {patience: 280}
  checkpoint_seconds: 0.02
""",
    "long": """
data: {source: npz, path: long.npz, validation: 0.2}
model:
  type: sequential
  layers:
    - {type: random_flip, mode: horizontal}
    - {type: conv2d, filters: 4, kernel_size: 3, activation: relu}
    - flatten
    - {type: dropout, rate: 0.3}
    - {type: dense, units: 3, activation: softmax}
training:
  optimizer: {type: adam, learning_rate: 0.02}
  loss: categorical_crossentropy
  metrics: [accuracy]
  epochs: 4
  batch_size: 4
  early_stopping: {patience: 3}
  checkpoint_seconds: 0.02
""",
}


class Golden:
    """A training without a fault: its config, its run directory, and how long it took."""

    def __init__(self, folder, name):
        self.folder, self.run = folder, folder / "golden"
        self.config = folder / "config.yaml"
        self.config.write_text(f"name: {name}\nseed: 3\n{CONFIGS[name]}")
        random = np.random.default_rng(1)
        features = random.normal(size=(125, 6)) if name == "short" else random.normal(size=(2627, 6, 6, 1))
        signal = np.abs(features.reshape(len(features), -1)[:, :3])
        targets = (signal + random.normal(size=signal.shape)).argmax(1)
        np.savez(folder / f"{name}.npz", x_train=features.astype("float32"), y_train=targets)
        began = time.perf_counter()
        command = self.train(self.run)
        assert command.end() == 0, command.errors
        self.seconds = time.perf_counter() - began
        self.facts = json.loads((self.run / "run.json").read_text())

    def train(self, run, *arguments, **how):
        """Begin to train, or to go on where there is something to go on with."""
        resume = ["--resume"] if (run / "run.json").exists() else []
        how = {"folder": self.folder, "hectic": True} | how
        return Command("train", self.config, "--run-dir", run, *resume, *arguments, **how)

    def killed(self, run):
        """Make the directory of a training that was killed when it had two checkpoints."""
        half = self.folder / "killed"
        if not half.exists():
            command = self.train(half)
            while len(moments_of(half)) < 2:
                command.wait(0.01)
                assert command.process.is_alive(), command.errors
            command.send(signal.SIGKILL)
            assert command.end() == -signal.SIGKILL
        shutil.copytree(half, run)
        return run


@pytest.fixture(scope="session")
def goldens(tmp_path_factory):
    """Lend a function that returns the training of a name without a fault."""
    return functools.cache(lambda name: Golden(tmp_path_factory.mktemp(name), name))


@pytest.fixture(params=["short", "long"])
def golden(request, goldens):
    return goldens(request.param)


@pytest.fixture
def short(goldens):
    return goldens("short")
