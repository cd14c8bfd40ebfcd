"""Arrays in memory as a data set, a config around them, and numbers that several tests know the answers for."""

import numpy as np

from dltool.config.validation import load_config, validate
from dltool.config.yaml_reader import read_text
from dltool.contracts.dataset import Dataset, Part
from dltool.contracts.signature import InputNumbers, TargetNumbers
from dltool.tasks import task_of
from tests.support.inputs import as_inputs


def config_from(text, folder="."):
    return validate(read_text(text, "test.yaml", folder))


def config_of(folder, text):
    """Write a config into a folder, beside its data, and load it."""
    path = folder / "config.yaml"
    path.write_text(text)
    return load_config(path)


def part(features, targets):
    return Part(as_inputs(np.asarray(features)), np.asarray(targets))


def code_of(signature, config, planned):
    return task_of(signature, config.training.loss, planned.standardized)


def dataset_of(signature, train, validation=None):
    return Dataset.of(signature, train, validation, None)


def targets_as_they_are(size):
    """Return what leaves so many targets as they are."""
    return TargetNumbers("none", *((value,) * size for value in (0.0, 1.0, 0.0, 0.0)))


def as_they_are(size):
    """Return what leaves so many numbers as they are."""
    return InputNumbers("float32", *((value,) * size for value in (0.0, 1.0, -1e9, 1e9)))


# "Student" (1908), Biometrika 6: hours of sleep that two drugs added, ten patients. The means differ by 1.58; the
# 95 % interval is 0.70 to 2.46 paired and -0.21 to 3.37 by Welch's test.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]

GOOD = """name: test
seed: 7
data:
  source: inline
  features: [[0, 0], [0, 1], [1, 0], [1, 1]]
  targets: [0, 1, 1, 0]
model:
  type: sequential
  layers:
    - {type: dense, units: 4, activation: relu}
    - {type: dense, units: 1, activation: sigmoid}
training:
  optimizer: {type: adam, learning_rate: 0.01}
  loss: binary_crossentropy
  metrics: [accuracy]
  epochs: 10
"""
