"""From a model and the data to a trainer, which is given a compiled loop and rows on the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from dltool.backend.device_rows import DeviceRows
from dltool.config.training import Training
from dltool.contracts.plan import Plan
from dltool.tasks.contract import Task
from dltool.training.class_weights import training_weights
from dltool.training.dispatch import USUAL_POLICY, DispatchPolicy
from dltool.training.engine import Engine
from dltool.training.loop import Loop
from dltool.training.loop_cache import LOOPS, LoopCache, loop_key
from dltool.training.step import step_of
from dltool.training.train import Trainer

if TYPE_CHECKING:
    from dltool.contracts.dataset import Dataset, Part


def prepare(
    model: keras.Model,
    plan: Plan,
    training: Training,
    dataset: Dataset,
    task: Task,
    seed: int,
    *,
    engine: Engine,
    policy: DispatchPolicy = USUAL_POLICY,
    loops: LoopCache = LOOPS,
) -> Trainer:
    """Return a trainer of a model that begins with the values of the one given.

    Args:
        model: built and compiled, its normalization layers adapted; it is not to be used any more, for the trainer's
            may be another one.
        plan: what the model was built of.
        training: the config's section.
        dataset: its train part is trained on, its validation part, if any, evaluated after each epoch.
        task: how targets are learnt.
        seed: of the order of rows.
        engine: how steps are computed.
        policy: how much goes into a dispatch.
        loops: where the compiled loop is taken from; to be released there when the trainer has done its work.
    """

    def on_device(part: Part, weights: np.ndarray | None) -> DeviceRows:
        return DeviceRows.of(part.features, task.encode(part.targets), weights)

    train = on_device(dataset.train, training_weights(dataset, training))
    validation = on_device(dataset.validation, dataset.validation.weights) if dataset.validation else None
    model.optimizer.build(model.trainable_variables)

    def make(model: keras.Model) -> Loop:
        return Loop(
            model, step_of(model, engine), training.batch_size, training.shuffle, train.slice(0, 1), xla=engine.xla
        )

    loop = loops.acquire(loop_key(plan, training, engine), model, make)
    return Trainer(loop, plan, training, train, validation, seed, loss_unit=task.unit, policy=policy)
