"""Small trainings of many kinds, and what is compared of them."""

import dataclasses

import numpy as np

from dltool.config.needs import TaskName
from dltool.contracts.events import EpochEnded
from dltool.contracts.signature import Rows, Signature
from dltool.model.build import adapt, build, compile_model
from dltool.model.plan import plan
from dltool.training.dispatch import USUAL_POLICY, DispatchPolicy
from dltool.training.engine import engine_of
from dltool.training.loop_cache import LoopCache
from dltool.training.prepare import prepare
from tests.support.examples import code_of, config_from, dataset_of, part
from tests.support.inputs import as_inputs

HEAD = "name: test\nseed: 5\ndata: {source: inline, features: [[1, 2], [3, 4]], targets: [0, 1]}\n"
RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(60, 3)).astype("float32")
IMAGES = RNG.integers(0, 256, size=(60, 6, 6, 1)).astype("uint8")
LABELS = RNG.integers(0, 3, size=60)
NOISY = (
    "{type: dense, units: 6, activation: relu}, {type: batch_normalization}, {type: dropout, rate: 0.4}, "
    "{type: gaussian_noise, stddev: 0.1}"
)
AUGMENTED = "{type: random_flip}, {type: random_rotation, factor: 0.1}, {type: flatten}, {type: dropout, rate: 0.3}"
SHORT = DispatchPolicy(short_epoch_seconds=1e9)
LONG = DispatchPolicy(short_epoch_seconds=0.0)
CASES = {
    "adam": (TABLE, NOISY, "optimizer: adam"),
    "early stopping": (TABLE, NOISY, "early_stopping: {patience: 2, min_delta: 0.05}, metrics: [accuracy, top_k]"),
    "best is last": (TABLE, NOISY, "early_stopping: {patience: 9}, optimizer: {type: adam, learning_rate: 0.01}"),
    "areas": (TABLE, NOISY, "early_stopping: {monitor: validation_auc, patience: 2}, metrics: [auc, f1_score]"),
    "plateau": (TABLE, NOISY, "reduce_lr_on_plateau: {patience: 1, min_delta: 0.2, cooldown: 1}"),
    "schedule": (
        TABLE,
        NOISY,
        "optimizer: {type: sgd, momentum: 0.9, nesterov: true, use_ema: true, "
        "learning_rate: {type: exponential_decay, initial_learning_rate: 0.1, decay_steps: 7, decay_rate: 0.9}}",
    ),
    "augmentation": (IMAGES, AUGMENTED, "optimizer: {type: rmsprop, momentum: 0.5}, class_weight: balanced"),
    "nadam": (TABLE, NOISY, "optimizer: nadam"),
    "mixed": (IMAGES, AUGMENTED, "dtype_policy: mixed_float16, optimizer: nadam"),
}


def trainer_of(features, layers, training, rest, policy=USUAL_POLICY, loops=None, *, xla=None):
    """Return a fresh trainer, whose weights and random layers begin anywhere: a checkpoint must bring them."""
    signature = Signature(TaskName.CATEGORICAL, features.shape[1:], str(features.dtype), 3, classes=("a", "b", "c"))
    batch_size = 16 if rest else 10
    training = training.replace("top_k", "{type: top_k_categorical_accuracy, k: 2}")
    config = config_from(
        f"{HEAD}model: {{type: sequential, layers: [{layers}, {{type: dense, units: 3, activation: softmax}}]}}\n"
        f"training: {{loss: categorical_crossentropy, epochs: 5, batch_size: {batch_size}, {training}}}\n"
    )
    planned = plan(config, signature, Rows(50, 10))
    model = build(planned, config.training.dtype_policy)
    adapt(model, planned, as_inputs(features[:50]))
    code = code_of(signature, config, planned)
    compile_model(model, config.training, code, 60)
    dataset = dataset_of(signature, part(features[:50], LABELS[:50]), part(features[50:], LABELS[50:]))
    loops = LoopCache() if loops is None else loops
    engine = engine_of(planned, config.training, on_gpu=False, threads=1, xla=xla)
    return prepare(model, planned, config.training, dataset, code, 5, engine=engine, policy=policy, loops=loops)


def without_times(event):
    return dataclasses.replace(event, seconds=0, examples_per_second=0)


def epochs_of(groups):
    return [without_times(event) for group in groups for event in group if isinstance(event, EpochEnded)]


def end_of(trainer):
    finished = dataclasses.replace(trainer.finish(), seconds=0)
    variables = [*trainer.model.variables, *trainer.model.optimizer.variables]
    return finished, [np.array(variable).tobytes() for variable in variables]
