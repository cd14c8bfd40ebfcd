"""The variables that a training changes, by names that are the same in every process, and those it is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Variables = dict[str, keras.Variable]
Arrays = dict[str, np.ndarray]

# What Keras appends to a name that it has given before in this process.
_COUNTER = re.compile(r"_[0-9]+(?=/|$)")


def weight_variables(model: keras.Model) -> Variables:
    """Return weights and states of random layers, by layer and path within it: ``dense_1/kernel``.

    Args:
        model: its layers have names of our own, which Keras does not number.
    """
    owners: dict[int, tuple[str, keras.Variable]] = {}
    for layer in model.layers:
        for variable in layer.variables:
            owners.setdefault(id(variable), (layer.name, variable))
    return _unique((f"{owner}/{_path_in_layer(owner, variable.path)}", variable) for owner, variable in owners.values())


def state_variables(model: keras.Model) -> Variables:
    """Return everything that training changes: ``weights/dense/kernel``, ``optimizer/dense/kernel/momentum``."""
    weights = weight_variables(model)
    return prefixed("weights", weights) | prefixed("optimizer", _optimizer_variables(model.optimizer, weights))


def metric_variables(model: keras.Model) -> Variables:
    """Return what the metrics of an epoch under way have summed up: ``metrics/loss/total``."""
    return prefixed("metrics", _unique((_COUNTER.sub("", each.path), each) for each in model.metrics_variables))


def _optimizer_variables(optimizer: keras.optimizers.Optimizer, weights: Variables) -> Variables:
    variables = list(optimizer.variables)
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    product = inner._u_product if isinstance(inner, keras.optimizers.Nadam) else None
    if product is not None and not any(each is product for each in variables):
        variables.append(product)  # Keras's scaling of losses does not know it
    of = {f"{weight.path.replace('/', '_')}_": name for name, weight in weights.items()}

    def name(variable: keras.Variable) -> str:
        if variable is product:
            return "momentum_product"
        stem = max((stem for stem in of if variable.name.startswith(stem)), key=len, default="")
        return f"{of[stem]}/{variable.name[len(stem) :]}" if stem else _COUNTER.sub("", variable.name)

    return _unique((name(variable), variable) for variable in variables)


def _path_in_layer(layer: str, path: str) -> str:
    """Return the path of a variable behind the name of its layer; a random layer's generator has none before it."""
    parts = path.split("/")
    return _COUNTER.sub("", "/".join(parts[parts.index(layer) + 1 :] if layer in parts else parts))


def _unique(named: Iterable[tuple[str, keras.Variable]]) -> Variables:
    """Return variables by name, the second of a name under ``name.2`` and so on."""
    found: Variables = {}
    for name, variable in named:
        unique, number = name, 1
        while unique in found:
            number += 1
            unique = f"{name}.{number}"
        found[unique] = variable
    return found


def prefixed(group: str, named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same under ``group/name``."""
    return {f"{group}/{name}": value for name, value in named.items()}


def unprefixed(group: str, named: Mapping[str, Any]) -> dict[str, Any]:
    """Return those under ``group/name`` under ``name``."""
    return {name.removeprefix(f"{group}/"): value for name, value in named.items() if name.startswith(f"{group}/")}


def normalization_statistics(model: keras.Model) -> list[tf.Variable]:
    """Return what the training rows gave, of a loop's model: scaling of inputs, units of targets."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)]
    units = model.dltool_units.variables if model.dltool_units else []
    return [*(value for layer in layers for value in (layer.mean, layer.variance)), *units]


def arrays_of(variables: Mapping[str, keras.Variable]) -> Arrays:
    """Return copies of the values of variables."""
    return {name: _read(variable) for name, variable in variables.items()}


def _read(variable: keras.Variable) -> np.ndarray:
    # To ask Keras's variable takes four times as long, which adds up: it is asked at each end of a dispatch.
    value = variable.value
    return np.asarray(tf.raw_ops.ReadVariableOp(resource=value.handle, dtype=value.dtype).numpy())


def assign(variables: Mapping[str, keras.Variable], arrays: Mapping[str, np.ndarray]) -> None:
    """Give variables the values of the arrays of their names."""
    for name, variable in variables.items():
        variable.value.assign(arrays[name], read_value=False)


def all_finite(arrays: Mapping[str, np.ndarray]) -> bool:
    """Tell whether all numbers of some arrays are finite."""
    return all(np.isfinite(array).all() for array in arrays.values())
