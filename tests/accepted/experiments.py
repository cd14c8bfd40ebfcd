"""Random experiments: a config with its data, most of which the tool accepts."""

from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
from hypothesis import strategies as st

from dltool.config import losses, optimizers
from dltool.config.field_types import kind_of
from dltool.config.layer import ActivationName
from dltool.config.needs import TaskName

NAMES = [
    "x/y", "x_y", "x_y_", "dltool_features", "dltool_lookup", "dltool_model", "input_layer", "id", "model", "08",
    "a b", "Größe", "naïve", "名前", 'quo"te', "a,b", "semi;colon", "per%cent", "UPPER", "upper", "true", "null", "1e3",
    "a.b", "a:b", "dense", "numbers", "prediction", "label", "probability", "-", "'", "dltool_number_0_scaled",
]  # fmt: skip
WORDS = [
    "red", "Red", "blue", "[UNK]", "[UNK]_", "Größe", "Größe", "NA", "None", "True", "x y", "é", "0x1", "a/b", "日本",
    "=2", "~", "🙂",
]  # fmt: skip
TRUTHS = [["True", "False"], ["TRUE", "True", "false"], ["yes", "no", "YES", "1"], ["t", "F", "T"], ["on", "off", "0"]]
ACTIVATIONS = list(get_args(ActivationName))
FINITE = [name for name in ACTIVATIONS if name != "exponential"]  # of pixels as they are, again and again
OPTIMIZERS = [kind_of(spec) for spec in optimizers.OPTIMIZERS]
LOSSES = {
    task: [
        made
        for spec in losses.LOSSES
        if spec.task == task
        for made in (kind_of(spec), {"type": kind_of(spec), "from_logits": True})
        if isinstance(made, str) or "from_logits" in spec.model_fields
    ]
    for task in TaskName
}
METRICS = {
    task: [
        {"type": kind_of(spec)} | ({"k": 2} if "k" in spec.model_fields else {})
        for spec in losses.METRICS
        if task in spec.tasks
    ]
    for task in TaskName
}
LOSSES[TaskName.RECONSTRUCTION] = [kind_of(spec) for spec in losses.LOSSES if spec.scalable]
POLICIES = ["float32", "float32", "float32", "mixed_float16", "mixed_bfloat16"]


RECURRENT = [
    {"type": "lstm", "units": 3, "return_sequences": True, "dropout": 0.2}, {"type": "gru", "units": 2},
    {"type": "bidirectional", "layer": {"type": "gru", "units": 2, "return_sequences": True}, "merge_mode": "sum"},
    {"type": "multi_head_attention", "num_heads": 2, "key_dim": 2, "dropout": 0.1},
    {"type": "global_average_pooling1d"},
]  # fmt: skip


@dataclass
class Experiment:
    """A config without paths, and what to write beside it."""

    config: dict[str, Any]
    header: list[str] = field(default_factory=list)
    """The columns of a table, the features first."""
    table: list[list[Any]] = field(default_factory=list)
    """Its rows: numbers, texts, None for a hole."""
    features: list[str] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    """What an NPZ file holds; the raw input is ``x``."""
    folders: list[str] = field(default_factory=list)
    """The class folder of each image of ``x``."""
    targets: np.ndarray | None = None
    """What is right, row by row: indices of shape (rows, 1), or numbers."""
    names: list[str] | None = None
    """The class of each index; None where it is the index itself."""
    weights: list[float] | None = None
    """How much each row of a table counts; None where all count alike."""


def _task(task):
    return TaskName.BINARY if task == "labels" else TaskName(task)


@st.composite
def experiments(draw):
    """Draw an experiment of any task on any kind of data."""
    kinds = ["table", "table", "table", "vectors", "series", "tokens", "images", "folder", "inline"]
    kind = draw(st.sampled_from(kinds))
    more = ["regression", "labels"] * (kind != "folder") + ["reconstruction"] * (kind != "tokens")
    task = draw(st.sampled_from(["binary", "categorical", *more]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = draw(st.integers(12, 40))
    loss = draw(st.sampled_from(LOSSES[_task(task)]))
    data = {
        "scaling": draw(st.sampled_from(["normalization", "normalization", "rescaling", "none"]))
        if kind != "tokens"
        else "none",
        "validation": draw(st.sampled_from([None, 0.25])),
    }
    if task == "regression":
        data["target_scaling"] = draw(st.sampled_from([None, None, "none", "standardization"]))
        data["target_transform"] = draw(st.sampled_from(["none", "none", "log"]))
    experiment = Experiment({"name": "e", "seed": draw(st.integers(0, 5)), "data": data})
    targets = experiment.targets = draw(_targets(task, rows, rng))
    if kind == "table":
        _add_table(draw, experiment, targets, rows, rng)
    else:
        _add_arrays(draw, experiment, kind, targets, rows, rng)
    outputs = {"binary": 1, "categorical": 3}.get(task, targets.shape[1])
    experiment.config["model"] = draw(_autoencoder(kind) if task == "reconstruction" else _model(kind, outputs, loss))
    experiment.config["training"] = draw(_training(task, loss, data["validation"], experiment.config["model"]))
    return experiment


@st.composite
def _targets(draw, task, rows, rng):
    if task == "regression":
        columns = draw(st.integers(1, 2))
        centre, spread = draw(st.sampled_from([(0, 1), (2000, 1), (2e5, 8e4), (1.7e9, 10), (1e-6, 1e-7)]))
        return np.abs(centre + spread * rng.normal(size=(rows, columns)))
    if task == "labels":
        return rng.integers(0, 2, (rows, 2))
    classes = 2 if task == "binary" else 3
    return (np.arange(rows) % classes)[:, None]


def _add_table(draw, experiment, targets, rows, rng):
    names = draw(st.lists(st.sampled_from(NAMES), min_size=3, max_size=5, unique=True))
    count = targets.shape[1]
    experiment.features, answered = names[count:], names[:count]
    missing = draw(st.sampled_from(["refuse", "mean", "drop"]))
    columns = [draw(_column(rows, rng, missing != "refuse")) for _ in experiment.features]
    declared = [draw(_declared(cells, missing)) for cells in columns]
    words = draw(st.sampled_from([None, ["no", "yes", "maybe"], ["True", "False", "x"], ["[UNK]", "é", "1e3"]]))
    for i in range(count):
        if np.issubdtype(targets.dtype, np.integer) and count == 1 and words:
            columns.append([words[label] for label in targets[:, 0]])
            experiment.names = words
        else:
            columns.append(targets[:, i].tolist())
    if draw(st.integers(0, 4)) == 0:
        names = [f"column_{i + 1}" for i in range(len(columns))]
        experiment.features, answered = names[: len(experiment.features)], names[len(experiment.features) :]
        experiment.config["data"]["header"] = False
    experiment.header = [*experiment.features, *answered]
    if draw(st.integers(0, 3)) == 0:
        experiment.weights = rng.choice([0.5, 1.0, 2.0], rows).tolist()
        columns.append(experiment.weights)
        experiment.header.append(f"column_{len(columns)}")
        experiment.config["data"]["weights"] = experiment.header[-1]
    experiment.table = [list(row) for row in zip(*columns, strict=True)]
    source = "csv" if "header" in experiment.config["data"] else str(rng.choice(["csv", "csv", "parquet"]))
    if source == "parquet":
        experiment.config["data"]["missing_values"] = []  # no text of it is in quotes
    experiment.config["data"] |= {
        "columns": {name: spec for name, spec in zip(experiment.features, declared, strict=True) if spec},
        "source": source, "path": f"table.{source}", "missing": missing,
        "targets": answered if count > 1 else answered[0],
    }  # fmt: skip


@st.composite
def _declared(draw, cells, missing):
    """Draw what a config says of a column, if anything."""
    known = [cell for cell in cells if cell is not None]
    if any(isinstance(cell, str) for cell in known):
        return None
    logarithm, indicator = {"transform": "log"}, {"indicator": True}
    keys = [{}, *[logarithm] * (min(known) > 0), *[indicator, logarithm | indicator] * (missing == "mean")]
    return draw(st.sampled_from([None, *({"type": "number"} | each for each in keys)]))


@st.composite
def _column(draw, rows, rng, holes):
    kind = draw(st.sampled_from(["texts", "truths", "numbers", "numbers", "nanoseconds"]))
    if kind in ("texts", "truths"):
        lists = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True)
        words = draw(lists if kind == "texts" else st.sampled_from(TRUTHS))
        cells = [words[i] for i in rng.integers(0, len(words), rows)]
    elif kind == "nanoseconds":
        cells = [1_700_000_000_000_000_000 + int(i) for i in rng.integers(0, 10**12, rows)]
    else:
        centre, spread = draw(
            st.sampled_from(
                [(0, 1), (50, 9), (2000, 5), (1.7e9, 500), (2.0**40, 30), (1e-9, 1e-10), (0.1, 0), (1e30, 1e29),
                 (0, 1e37), (1e38, 1e37), (0, 1e-35), (1e-40, 1e-41)]
            )
        )  # fmt: skip
        cells = (centre + spread * rng.normal(size=rows)).tolist()
        if draw(st.booleans()) and 1 < abs(centre) < 1e15:
            cells = [round(cell) for cell in cells]
    if holes and draw(st.booleans()):
        cells = [None if rng.random() < 0.2 else cell for cell in cells]
    return cells


def _add_arrays(draw, experiment, kind, targets, rows, rng):
    channels = draw(st.sampled_from([1, 3]))
    shape = {"vectors": (3,), "inline": (3,), "series": (8, 2), "tokens": (6,)}.get(kind, (8, 8, channels))
    if kind == "tokens":
        values = rng.integers(0, 9, (rows, *shape)).astype(
            draw(st.sampled_from(["int32", "uint8", "int64", "float32"]))
        )
    elif kind in ("images", "folder"):
        values = rng.integers(0, 256, (rows, *shape)).astype(np.uint8)
    else:
        centre, spread = draw(st.sampled_from([(0, 1), (1e6, 3), (1.7e9, 100), (0, 1e37)]))
        values = (centre + spread * rng.normal(size=(rows, *shape))).astype(
            draw(st.sampled_from(["float32", "float64", *(["int64"] * (spread < 1e9))]))
        )
    answered = targets[:, 0] if targets.shape[1] == 1 else targets
    experiment.arrays = {"x": values, "y": answered}
    if kind not in ("folder", "inline"):
        experiment.config["data"] |= {"source": "npz", "path": "arrays.npz", "features": "x", "targets": "y"}
    elif kind == "inline":
        experiment.config["data"] |= {"source": "inline", "features": values.tolist(), "targets": answered.tolist()}
    else:
        experiment.config["data"] |= {
            "source": "image_folder", "path": "images", "color_mode": "rgb" if channels == 3 else "grayscale",
        }  # fmt: skip
        names = draw(st.lists(st.sampled_from([w for w in WORDS if "/" not in w]), min_size=3, max_size=3, unique=True))
        experiment.folders, experiment.names = [names[label] for label in answered], names
        # As files are listed: by their folder's name, then their own.
        order = sorted(range(rows), key=lambda i: (experiment.folders[i], f"{i:03d}"))
        experiment.arrays = {name: array[order] for name, array in experiment.arrays.items()}
        experiment.folders, experiment.targets = [experiment.folders[i] for i in order], targets[order]


@st.composite
def _autoencoder(draw, kind):
    filters = draw(st.sampled_from([[], [3], [3, 2]])) if kind in ("images", "folder") else []
    return {
        "type": "autoencoder", "latent_dim": draw(st.integers(1, 4)), "filters": filters,
        "hidden_units": draw(st.sampled_from([[], [5]])), "dropout": draw(st.sampled_from([0, 0.3])),
        "activation": draw(st.sampled_from(FINITE)), "batch_normalization": draw(st.booleans()),
    }  # fmt: skip


@st.composite
def _model(draw, kind, outputs, loss):
    if kind != "tokens" and draw(st.booleans()):
        common = {
            "activation": draw(st.sampled_from(ACTIVATIONS)), "dropout": draw(st.sampled_from([0, 0.3])),
            "batch_normalization": draw(st.booleans()),
        }  # fmt: skip
        if kind in ("series", "images", "folder") and draw(st.booleans()):
            return {"type": "cnn", "filters": [2], "hidden_units": [3], **common}
        return {"type": "mlp", "hidden_units": draw(st.sampled_from([[], [4], [4, 3]])), **common}
    layers = [*draw(_front(kind))]
    if kind in ("series", "tokens", "images", "folder"):
        layers.append({"type": "flatten"})
    small = st.sampled_from(
        [
            {"type": "dense", "units": 4, "activation": "relu"}, {"type": "dropout", "rate": 0.2},
            {"type": "gaussian_noise", "stddev": 0.1}, {"type": "batch_normalization"}, {"type": "layer_normalization"},
            {"type": "normalization"}, {"type": "dense", "units": 3, "kernel_regularizer": {"type": "l2"}},
            {"type": "activation", "activation": draw(st.sampled_from(ACTIVATIONS))},
        ]
    )  # fmt: skip
    layers += draw(st.lists(small, max_size=3))
    name = loss if isinstance(loss, str) else "logits"
    usual = {
        "binary_crossentropy": "sigmoid", "binary_focal_crossentropy": "sigmoid", "kl_divergence": "softmax",
        "categorical_crossentropy": "softmax", "sparse_categorical_crossentropy": "softmax",
        "categorical_focal_crossentropy": "softmax", "poisson": "exponential",
    }.get(name, "linear")  # fmt: skip
    activation = draw(st.sampled_from([*[usual] * 7, draw(st.sampled_from(ACTIVATIONS))]))
    layers.append({"type": "dense", "units": outputs, "activation": activation})
    layers += draw(st.sampled_from([[], [], [], [{"type": "dropout", "rate": 0.1}], [{"type": "flatten"}]]))
    return {"type": "sequential", "layers": layers}


@st.composite
def _front(draw, kind):
    if kind in ("images", "folder"):
        known = [
            {"type": "random_flip"}, {"type": "random_rotation", "factor": 0.1},
            {"type": "random_zoom", "height_factor": 0.2}, {"type": "random_contrast", "factor": 0.3},
            {"type": "random_translation", "height_factor": 0.1, "width_factor": 0.1}, {"type": "zero_padding2d"},
            {"type": "conv2d", "filters": 2, "kernel_size": 3}, {"type": "max_pooling2d"},
            {"type": "average_pooling2d", "pool_size": 2}, {"type": "spatial_dropout2d", "rate": 0.3},
            {"type": "separable_conv2d", "filters": 2, "kernel_size": 2},
            {"type": "depthwise_conv2d", "kernel_size": 2},
            {"type": "rescaling", "scale": 0.01}, {"type": "normalization"},
        ]  # fmt: skip
    elif kind == "series":
        known = [
            {"type": "conv1d", "filters": 2, "kernel_size": 2}, {"type": "max_pooling1d"}, {"type": "normalization"},
            {"type": "average_pooling1d", "pool_size": 2}, {"type": "reshape", "target_shape": [4, -1]},
            *RECURRENT,
        ]  # fmt: skip
    elif kind == "tokens":
        embedding = {"type": "embedding", "input_dim": draw(st.sampled_from([9, 20])), "output_dim": 3}
        return [embedding, *draw(st.lists(st.sampled_from(RECURRENT), max_size=2))]
    else:
        return []
    return draw(st.lists(st.sampled_from(known), max_size=3))


@st.composite
def _training(draw, task, loss, validation, model):
    thresholds = [None, 0.3, {"maximize": "f1"} if validation else 0.7]
    weights = [None, None, "balanced"] if task in ("binary", "categorical") else [None]
    ends = model.get("layers", [{"type": "dense"}])[-1]["type"]
    is_calibrated = validation and "hinge" not in loss and task not in ("regression", "reconstruction")
    calibrations = [None, "temperature", "temperature"] if is_calibrated and ends == "dense" else [None]
    kind = _task(task)
    metrics = draw(st.lists(st.sampled_from(METRICS[kind]), max_size=3, unique_by=lambda metric: metric["type"]))
    return {
        "loss": loss, "metrics": metrics, "epochs": 1, "batch_size": draw(st.sampled_from([4, 16, 100])),
        "optimizer": {"type": draw(st.sampled_from(OPTIMIZERS)), "learning_rate": draw(st.sampled_from([0.001, 0.1]))},
        "dtype_policy": draw(st.sampled_from(POLICIES)),
        "class_weight": draw(st.sampled_from(weights)),
        "threshold": draw(st.sampled_from(thresholds)) if task == "binary" and "hinge" not in loss else None,
        "calibration": draw(st.sampled_from(calibrations)),
        "early_stopping": draw(st.sampled_from([None, None, {"patience": 1}])),
    }  # fmt: skip
