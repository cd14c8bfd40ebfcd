"""Weights out of an HDF5 file that anybody may have made: what the freshly built network would write, or nothing.

HDF5 can point at other files, compute values by plug-ins and promise more than it holds. All that is looked at, against
a file that Keras wrote of the same network, before Keras reads the first value.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import h5py
import keras

from dltool.errors import DataError, RefusedError, first_line


def read_weights(content: bytes, model: keras.Model, name: str) -> None:
    """Give a model the weights of a file, as ``keras.Model.save_weights`` lays them out.

    Args:
        content: the file.
        model: freshly built, all its variables made.
        name: what to call the file in messages.

    Raises:
        DataError: the file is damaged.
        RefusedError: it holds anything but the arrays of this model.
    """
    with tempfile.TemporaryDirectory() as folder:
        expected, given = Path(folder, "expected.weights.h5"), Path(folder, "given.weights.h5")
        model.save_weights(expected)
        given.write_bytes(content)
        try:
            with h5py.File(expected, "r") as ours, h5py.File(given, "r") as theirs:
                _compare(theirs, ours, name)
            model.load_weights(given)
        except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
            raise DataError(f"{name}: damaged: {first_line(error)}") from None


def _compare(theirs: h5py.Group, ours: h5py.Group, where: str) -> None:
    """Refuse a group that holds anything else than ours; follow nothing that leads elsewhere."""
    for key in theirs:
        place = f"{where}: {theirs.name.lstrip('/')}/{key}".replace(": /", ": ")
        link = theirs.get(key, getlink=True)
        if type(link) is not h5py.HardLink:
            raise RefusedError(f"{place} is a link to another place ({type(link).__name__})")
        if key not in ours:
            raise RefusedError(f"{place} is nothing that the network has")
        if type(theirs[key]) is not type(ours[key]):
            raise RefusedError(f"{place} is a {type(theirs[key]).__name__}, which it is in no model file")
        if isinstance(ours[key], h5py.Group):
            _compare(theirs[key], ours[key], where)
        else:
            _check_array(theirs[key], ours[key], place)
    missing = sorted(set(ours) - set(theirs))
    if missing:
        raise RefusedError(f"{where}: holds no {f'{ours.name}/{missing[0]}'.lstrip('/')}")
    if strange := set(theirs.attrs) - set(ours.attrs):
        raise RefusedError(f"{where}: {theirs.name} has an attribute {min(strange)!r}, which it has in no model file")


def _check_array(array: h5py.Dataset, ours: h5py.Dataset, place: str) -> None:
    """Refuse an array whose values are not simply there: virtual, external, filtered, or of another size."""
    properties = array.id.get_create_plist()
    if properties.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT) or properties.get_nfilters():
        raise RefusedError(f"{place} is stored in pieces, compressed or elsewhere, which Keras never does")
    if properties.get_external_count():
        file = properties.get_external(0)[0].decode(errors="replace")
        raise RefusedError(f"{place} is stored in another file ({file})")
    if array.id.get_type().get_class() not in (h5py.h5t.FLOAT, h5py.h5t.INTEGER):
        raise RefusedError(f"{place} holds no numbers")
    if (array.shape, array.dtype) != (ours.shape, ours.dtype):
        raise RefusedError(
            f"{place} is {array.dtype} of shape {array.shape}; the network expects {ours.dtype} of {ours.shape}"
        )
    if array.id.get_storage_size() != array.nbytes:
        raise RefusedError(f"{place} says it has {array.nbytes:,} bytes and holds {array.id.get_storage_size():,}")
    if strange := set(array.attrs) - set(ours.attrs):
        raise RefusedError(f"{place} has an attribute {min(strange)!r}, which it has in no model file")
