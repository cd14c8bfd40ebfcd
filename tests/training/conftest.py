"""Arrays in memory as a data set, and a config around them."""

import numpy as np

from dltool.config.validation import validate
from dltool.config.yaml_reader import read_text
from dltool.data.dataset import Dataset, Part
from dltool.preprocessing.target import TargetCode


def config_from(text, folder="."):
    return validate(read_text(text, "test.yaml", folder))


def part(features, targets):
    return Part(np.asarray(features), np.asarray(targets))


def code_of(signature, config, planned):
    return TargetCode(signature, config.training.loss, planned.standardized)


def dataset_of(signature, train, validation=None):
    return Dataset.of(signature, train, validation, None)
