"""Every option of the language: a model with it trains a step, is saved, and loads in plain Keras and here."""

import itertools
import json
from pathlib import Path
from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf

from dltool.config.field_types import kind_of
from dltool.config.layer import ActivationName, InitializerName, VectorInitializerName
from dltool.config.layers import LAYERS
from dltool.config.losses import LOSSES, METRICS
from dltool.config.needs import TaskName
from dltool.config.optimizers import OPTIMIZERS, SCHEDULES
from dltool.config.validation import validate
from dltool.config.yaml_reader import read_text
from dltool.contracts.model_description import ModelDescription
from dltool.contracts.signature import InputNumbers, Rows, Signature
from dltool.errors import ConfigError
from dltool.inference.model_file import read_model, save_model
from dltool.model.build import adapt, build, compile_model
from dltool.model.plan import plan
from dltool.tasks import task_of
from dltool.tasks.reading import fit_numbers
from tests.support.inputs import as_inputs

RNG = np.random.default_rng(5)
SHAPES = {1: (6,), 2: (6, 4), 3: (8, 8, 2)}
NEEDED = {
    "units": 4, "filters": 4, "kernel_size": 2, "pool_size": 2, "rate": 0.5, "target_shape": [-1], "stddev": 0.1,
    "scale": 0.5, "factor": 0.2, "height_factor": 0.2, "width_factor": 0.2, "activation": "relu", "k": 2,
    "initial_learning_rate": 0.01, "decay_steps": 5, "decay_rate": 0.5, "end_learning_rate": 0.001, "t_mul": 2.0,
    "layer": {"type": "lstm", "units": 3}, "input_dim": 5, "output_dim": 3, "num_heads": 2, "key_dim": 3,
    "boundaries": [2, 4], "values": [0.1, 0.01, 0.001], "first_decay_steps": 3,
}  # fmt: skip
# Options that go with another one.
TOGETHER = {
    ("sgd", "nesterov"): {"momentum": 0.9},
    ("conv1d", "groups"): {"filters": 4},
    ("cosine_decay", "warmup_steps"): {"warmup_target": 0.1},
}
SCHEDULE = {"type": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 10}
REGULARIZERS = [{"type": "l1"}, {"type": "l2", "l2": 0.1}, {"type": "l1_l2", "l1": 0.1}]


def values_of(field, name):
    """Return values that a field's JSON Schema allows: every word, both booleans, some numbers and lists."""
    if "regularizer" in name:
        return REGULARIZERS
    if name == "learning_rate":
        return [0.01, SCHEDULE]
    found = []
    for way in field.get("anyOf", field.get("oneOf", [field])):
        kind, most = way.get("type"), way.get("maximum", way.get("exclusiveMaximum", 9))
        if "enum" in way:
            # Activations and initializers have a test of their own.
            found += way["enum"] if len(way["enum"]) < 10 else way["enum"][:1]
        elif kind == "boolean":
            found += [True, False]
        elif kind == "integer":
            found += [1, 2]
        elif kind == "number":
            found += [min(0.3, most / 2), *([2.0] if most > 2 else [])]
        elif kind == "array" and way.get("maxItems") == 2:
            integers = way["items"].get("type") == "integer"
            found += [[1, 2] if integers else [0.1, 0.2]]
        elif kind == "null":
            found.append(None)
    return found


def options_of(spec):
    """Return a spec as it has to be, and lists of options: one of each field, until all values had their turn."""
    kind, schema = kind_of(spec), spec.model_json_schema()
    properties, definitions = schema["properties"], schema.get("$defs", {})
    needed = {name for name in (*schema.get("required", ()), "k") if name in properties and name != "type"}
    values = {}
    for name in properties.keys() - {"type"}:
        field = properties[name]
        field = definitions[field["$ref"].split("/")[-1]] if "$ref" in field else field
        values[name] = [{name: value} | TOGETHER.get((kind, name), {}) for value in values_of(field, name)]
    most = max(map(len, values.values()), default=0)
    turns = [[each[i % len(each)] for each in values.values() if each] for i in range(most)]
    return {"type": kind} | {name: NEEDED[name] for name in needed}, turns


def case(model, training, task=TaskName.CATEGORICAL, shape=(6,)):
    """Return a config, its plan and data; ConfigError where ``check`` would refuse them."""
    outputs = {TaskName.BINARY: 2, TaskName.CATEGORICAL: 3, TaskName.REGRESSION: 1}[task]
    data = "data: {source: inline, features: [[1, 2], [3, 4]], targets: [0, 1]}\n"
    text = f"name: test\n{data}model: {model}\ntraining: {json.dumps({'epochs': 1} | training)}\n"
    config = validate(read_text(text, "test.yaml", Path()))
    classes = () if task is TaskName.REGRESSION else tuple("abc"[:outputs])
    targets = np.arange(12, dtype="int32") % outputs if classes else RNG.random((12, 1))
    tokens = config.needs.tokens
    signature = Signature(
        task,
        shape,
        "float32" if tokens is None else "int32",
        outputs,
        classes,
        tokens=tokens,
        input_numbers=None
        if tokens
        else InputNumbers("float32", *((value,) * shape[-1] for value in (0.0, 1.0, 0.0, 1.0))),
        target_numbers=None if classes else fit_numbers(targets, "none"),
        frequencies=tuple(np.eye(outputs)[targets].mean(axis=0).tolist()) if classes else (),
    )
    return config, plan(config, signature, Rows(12)), targets


def trained(made, compiled=lambda step: step):
    """Return a model that has trained a step."""
    config, planned, targets = made
    signature, training = planned.signature, config.training
    features = RNG.random((12, *signature.input_shape)).astype("float32")
    if signature.tokens:
        features = (features * signature.tokens).astype("int32")
    model = build(planned, training.dtype_policy)
    adapt(model, planned, as_inputs(features))
    code = task_of(signature, training.loss, planned.standardized)
    compile_model(model, training, code, 12)
    model.optimizer.build(model.trainable_variables)
    logs = compiled(model.train_step)((as_inputs(features), code.encode(targets)))
    assert np.isfinite(float(logs["loss"]))
    return model, features


def described(made):
    config, planned, _ = made
    description = ModelDescription(
        signature=planned.signature,
        layers=planned.specs,
        training=config.training,
        standardized=planned.standardized,
    )
    assert ModelDescription.model_validate_json(description.model_dump_json()) == description
    return description


def saved(made, model, features, path):
    save_model(model, described(made), path)
    with path.open("rb") as stream:
        ours, _ = read_model(stream, str(path), build)
    theirs = keras.saving.load_model(path)
    outputs = np.asarray(model(as_inputs(features), training=False))
    answers = described(made).task.decode(outputs) if made[0].training.loss.scalable else outputs
    np.testing.assert_allclose(np.asarray(ours(as_inputs(features), training=False)), outputs, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(np.asarray(theirs(features)), answers, rtol=1e-6, atol=1e-6)


def head(task):
    activation = {TaskName.BINARY: "sigmoid", TaskName.CATEGORICAL: "softmax", TaskName.REGRESSION: "linear"}[task]
    return {"type": "dense", "units": {TaskName.CATEGORICAL: 3}.get(task, 1), "activation": activation}


def each_goes_through(spec, arguments_of, path=None):
    """Try every option of a spec that ``check`` accepts; without a path, nothing is saved."""
    plain, turns = options_of(spec)
    goes_through(case(*arguments_of(plain)), path)
    for turn in turns:
        for options in groups_of(turn, lambda options: accepted(*arguments_of(plain | options))):
            try:
                goes_through(case(*arguments_of(plain | options)), path)
            except Exception as error:
                raise AssertionError(f"check accepts {plain | options}") from error


def groups_of(turn, fits):
    """Return options together, as many as ``check`` accepts of one model, without those that it accepts nowhere."""
    groups = []
    for option in turn:
        for group in groups:
            if all(group.get(name, value) == value for name, value in option.items()) and fits(group | option):
                group.update(option)
                break
        else:
            if fits(option):
                groups.append(dict(option))
    return groups


def accepted(*arguments):
    try:
        return case(*arguments)
    except ConfigError as error:
        assert "test.yaml:" in str(error)
        return None


def goes_through(made, path=None):
    keras.utils.set_random_seed(1)
    described(made)
    model, features = trained(made)
    if path:
        saved(made, model, features, path)


@pytest.mark.parametrize("spec", LAYERS, ids=kind_of)
def test_layers(spec, tmp_path):
    def arguments_of(options):
        model = {"type": "sequential", "layers": [options, {"type": "flatten"}, head(TaskName.CATEGORICAL)]}
        return json.dumps(model), {"loss": "categorical_crossentropy"}, TaskName.CATEGORICAL, SHAPES[spec.axes or 3]

    each_goes_through(spec, arguments_of, tmp_path / "model.keras")


def chains():
    """Return layers one behind the other, those of as many axes together as ``check`` accepts of one network."""
    for axes, shape in SHAPES.items():
        # What comes before the first layer leaves it numbers of 16 bits, and asks it for a gradient.
        first = {1: {"type": "dense", "units": 6}, 2: {"type": "conv1d", "filters": 4, "kernel_size": 1},
                 3: {"type": "conv2d", "filters": 2, "kernel_size": 1}}[axes]  # fmt: skip
        specs = [spec for spec in LAYERS if kind_of(spec) != "normalization" and (spec.axes or 3) == axes]
        chains = []
        for spec in specs:
            layer = options_of(spec)[0]
            for chain in chains:
                if len(chain) < 6 and accepted(*in_16_bits([*chain, layer], shape)):
                    chain.append(layer)
                    break
            else:
                chains.append([layer] if kind_of(spec) == "embedding" else [first, layer])
        assert sum(map(len, chains)) == len(specs) + len(chains) - (axes == 1)
        yield from ((chain, shape) for chain in chains)


def in_16_bits(layers, shape, policy="mixed_float16"):
    model = json.dumps({"type": "sequential", "layers": [*layers, {"type": "flatten"}, head(TaskName.CATEGORICAL)]})
    return model, {"loss": "categorical_crossentropy", "dtype_policy": policy}, TaskName.CATEGORICAL, shape


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize(
    ("chain", "shape"), chains(), ids=lambda value: value[-1]["type"] if isinstance(value, list) else ""
)
def test_layers_in_16_bits(chain, shape, policy):
    trained(case(*in_16_bits(chain, shape, policy)), tf.function)


def test_activations_and_initializers(tmp_path):
    words = (get_args(words) for words in (ActivationName, InitializerName, VectorInitializerName))
    activations, kernels, biases = words
    layers = []
    for activation, kernel, bias in zip(activations, itertools.cycle(kernels), itertools.cycle(biases), strict=False):
        first = {"type": "dense", "units": 4, "activation": activation}
        layers += [first | {"kernel_initializer": kernel, "bias_initializer": bias}, {"type": "layer_normalization"}]
    assert len(activations) > len(kernels) > len(biases)
    model = json.dumps({"type": "sequential", "layers": [*layers, head(TaskName.CATEGORICAL)]})
    goes_through(case(model, {"loss": "categorical_crossentropy"}), tmp_path / "model.keras")


@pytest.mark.parametrize("spec", [*OPTIMIZERS, *SCHEDULES], ids=kind_of)
def test_optimizers_and_schedules(spec):
    def arguments_of(options):
        optimizer = options if spec in OPTIMIZERS else {"type": "sgd", "learning_rate": options}
        training = {"loss": "mean_squared_error", "optimizer": optimizer}
        return "{type: mlp, hidden_units: [4]}", training, TaskName.REGRESSION

    each_goes_through(spec, arguments_of)


@pytest.mark.parametrize("spec", LOSSES, ids=kind_of)
def test_losses(spec):
    each_goes_through(spec, lambda options: ("{type: mlp, hidden_units: [4]}", {"loss": options}, spec.task))


@pytest.mark.parametrize("spec", METRICS, ids=kind_of)
def test_metrics(spec):
    loss = next(loss for loss in LOSSES if goes_with(spec, loss))

    def arguments_of(options):
        return "{type: mlp, hidden_units: [4]}", {"loss": kind_of(loss), "metrics": [options]}, loss.task

    each_goes_through(spec, arguments_of)


@pytest.mark.parametrize("loss", LOSSES, ids=kind_of)
def test_every_metric_with_every_loss(loss):
    metrics = [options_of(spec)[0] for spec in METRICS if goes_with(spec, loss)]
    assert metrics
    goes_through(case("{type: mlp, hidden_units: [4]}", {"loss": kind_of(loss), "metrics": metrics}, loss.task))


def goes_with(metric, loss):
    return loss.task in metric.tasks and metric.sparse in (None, loss.sparse)
