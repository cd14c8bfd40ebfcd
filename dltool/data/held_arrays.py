"""Arrays in memory by their names, and the file that a run keeps of them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from dltool.config.document import is_utf8
from dltool.data.arrays import Array, array_of
from dltool.errors import DataError


@dataclass(frozen=True, eq=False)
class HeldArrays:
    """Arrays in memory, to be read like those in an NPZ file."""

    file_name: ClassVar[str] = "data.npz"
    """What the file is called that a run keeps."""
    name: ClassVar[str] = "the mapping"
    """What to call them in messages."""
    arrays: Mapping[str, np.ndarray]

    def __str__(self) -> str:
        return self.name

    def array(self, name: str) -> Array:
        """Return one of them."""
        return Array.held(f"{self.name}, {name}", self.arrays[name])

    def write(self, path: Path) -> None:
        """Write an NPZ file of them."""
        with zipfile.ZipFile(path, "w") as archive:
            for name, values in self.arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                    np.lib.format.write_array(stream, values, allow_pickle=False)


def held_arrays(source: Any) -> HeldArrays:
    """Return arrays, or lists, that are in memory, by their names.

    Raises DataError where there are none by names, or one is no array of what a file can hold.
    """
    if not isinstance(source, Mapping):
        raise DataError(
            "in place of an NPZ file a model of arrays takes a mapping of the names in it to arrays, such as "
            f"{{'x': ..., 'y': ...}}; got a {type(source).__name__}"
        )
    arrays: dict[str, np.ndarray] = {}
    for name, values in source.items():
        where = f"the mapping, {name}"
        if not isinstance(name, str) or not is_utf8(name):
            raise DataError(f"the mapping: an array is called {name!r}; expected a text as its name")
        arrays[name] = array_of(values, where)
        if arrays[name].dtype.hasobject:
            raise DataError(
                f"{where}: holds Python objects; expected an array of numbers or of NumPy's texts, or leave it out"
            )
    return HeldArrays(arrays)
