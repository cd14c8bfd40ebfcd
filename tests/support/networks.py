"""Fresh networks of a config with the data that it names, as training would begin with them."""

from typing import NamedTuple

import keras

from dltool.contracts.dataset import Dataset
from dltool.contracts.model_description import ModelDescription
from dltool.data import load
from dltool.model.build import adapt, build, compile_model
from dltool.model.plan import plan
from dltool.tasks import task_of_model
from dltool.tasks.contract import Task
from tests.support.examples import config_of


class Network(NamedTuple):
    model: keras.Model
    description: ModelDescription
    task: Task
    dataset: Dataset


def network_of(folder, text, seed=3):
    """Return the network of a config beside its data, compiled, its weights those of a seed."""
    config = config_of(folder, text)
    dataset = load(config.data, config.needs, config.seed)
    planned = plan(config, dataset.signature, dataset.rows)
    keras.utils.set_random_seed(seed)
    model = build(planned)
    adapt(model, planned, dataset.train.features)
    description = ModelDescription(
        signature=dataset.signature, layers=planned.specs, training=config.training, standardized=planned.standardized
    )
    task = task_of_model(description)
    compile_model(model, config.training, task, dataset.rows.most)
    return Network(model, description, task, dataset)
