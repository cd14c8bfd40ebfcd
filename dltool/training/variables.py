"""The variables that a training changes, and those that a compiled program reads of the training rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def state_variables(model: keras.Model) -> list[keras.Variable]:
    """Return everything that training changes: weights, states of random layers, the optimizer's variables."""
    optimizer = model.optimizer
    # Nadam's product of momenta is missing from `variables`.
    known = {id(variable) for variable in optimizer.variables}
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    others = [value for value in vars(inner).values() if isinstance(value, keras.Variable) and id(value) not in known]
    return [*model.variables, *optimizer.variables, *others]


def normalization_statistics(model: keras.Model) -> list[tf.Variable]:
    """Return what the training rows gave, of a loop's model: scaling of inputs, units of targets."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)]
    units = model.dltool_units.variables if model.dltool_units else []
    return [*(value for layer in layers for value in (layer.mean, layer.variance)), *units]


def arrays_of(variables: Sequence[Any]) -> list[np.ndarray]:
    """Return copies of the values of variables."""
    return [np.array(variable) for variable in variables]


def assign(variables: Sequence[Any], arrays: Sequence[np.ndarray]) -> None:
    """Give variables their values."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def all_finite(arrays: Sequence[np.ndarray]) -> bool:
    """Tell whether all numbers of some arrays are finite."""
    return all(np.isfinite(array).all() for array in arrays)
