"""Weights out of an HDF5 file that anybody may have made: plain arrays inside it, each of the size expected, or none.

HDF5 can point at other files, compute values by plug-ins and promise more than it holds. All that is looked at
before the first value is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import h5py
import keras
import numpy as np

from dltool.errors import DataError, RefusedError


def read_weights(file: h5py.File, model: keras.Model, name: str) -> None:
    """Give a model the weights of a file, as ``keras.Model.save`` lays them out.

    Raises:
        DataError: the file is damaged.
        RefusedError: it holds anything but the arrays of this model.
    """
    expected = dict(_expected(model, ""))
    arrays = {path: variable for path, variable in expected.items() if variable is not None}
    try:
        found = dict(_datasets(file, "", expected, name))
        for path, variable in arrays.items():
            if path not in found:
                raise RefusedError(f"{name}: holds no {path}")
            _check(found[path], variable, f"{name}: {path}")
        values = {path: found[path][()] for path in arrays}
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"{name}: damaged: {error}") from None
    for path, layer in _layers(model, ""):
        here = f"{path}vars/"
        own = {key.removeprefix(here): value for key, value in values.items() if key.startswith(here)}
        if own:
            layer.load_own_variables(own)


def _layers(model: keras.Model, path: str) -> Iterator[tuple[str, keras.layers.Layer]]:
    """Yield every layer that holds no others, with the path of its group, which ends in "/"."""
    counts: dict[str, int] = {}
    for layer in model.layers:
        kind = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", type(layer).__name__)).lower()
        count = counts[kind] = counts.get(kind, -1) + 1
        here = f"{path}layers/{kind}{f'_{count}' if count else ''}/"
        if isinstance(layer, keras.Model):
            yield from _layers(layer, here)
        else:
            yield here, layer


def _expected(model: keras.Model, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the path of everything that the file may hold: None for a group, the variable for an array."""
    for here, layer in _layers(model, path):
        groups = here.rstrip("/").split("/")
        yield from (("/".join(groups[:end]), None) for end in range(1, len(groups) + 1))
        yield from ((f"{'/'.join(groups[:end])}/vars".lstrip("/"), None) for end in range(0, len(groups) + 1, 2))
        own: dict[str, Any] = {}
        layer.save_own_variables(own)
        yield from ((f"{here}vars/{key}", variable) for key, variable in own.items())


def _datasets(group: h5py.Group, path: str, expected: dict[str, Any], name: str) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yield the arrays of a group and those below; follows nothing that leads elsewhere."""
    for key in group:
        here = f"{path}{key}"
        link = group.get(key, getlink=True)
        if type(link) is not h5py.HardLink:
            raise RefusedError(f"{name}: {here} is a link to another place ({type(link).__name__})")
        if here not in expected:
            raise RefusedError(f"{name}: holds {here!r}, which the network has not")
        found = group[key]
        if type(found) is not (h5py.Group if expected[here] is None else h5py.Dataset):
            raise RefusedError(f"{name}: {here} is a {type(found).__name__}, which it is in no model file")
        if expected[here] is None:
            yield from _datasets(found, f"{here}/", expected, name)
        else:
            yield here, found


def _check(array: h5py.Dataset, variable: Any, where: str) -> None:
    """Refuse an array whose values are not simply there: virtual, external, filtered, or of another size."""
    properties = array.id.get_create_plist()
    if properties.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT) or properties.get_nfilters():
        raise RefusedError(f"{where} is stored in pieces, compressed or elsewhere, which Keras never does")
    if properties.get_external_count():
        file = properties.get_external(0)[0].decode(errors="replace")
        raise RefusedError(f"{where} is stored in another file ({file})")
    if array.id.get_type().get_class() not in (h5py.h5t.FLOAT, h5py.h5t.INTEGER):
        raise RefusedError(f"{where} holds no numbers")
    shape, dtype = tuple(variable.shape), np.dtype(variable.dtype)
    if array.shape != shape or array.dtype != dtype:
        raise RefusedError(f"{where} is {array.dtype} of shape {array.shape}; the network expects {dtype} of {shape}")
    if array.id.get_storage_size() != array.nbytes:
        raise RefusedError(f"{where} says it has {array.nbytes:,} bytes and holds {array.id.get_storage_size():,}")
