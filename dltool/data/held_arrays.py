"""Arrays in memory by their names, and the file that a run keeps of them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from dltool.data.arrays import Array, array_of
from dltool.errors import DataError


@dataclass(frozen=True, eq=False)
class HeldArrays:
    """Arrays in memory, to be read like those in an NPZ file."""

    file_name: ClassVar[str] = "data.npz"
    """What the file is called that a run keeps."""
    arrays: Mapping[str, np.ndarray]
    name: str = "the mapping"
    """What to call them in messages."""

    def __str__(self) -> str:
        return self.name

    def array(self, name: str) -> Array:
        """Return one of them. Raises DataError where it holds objects of Python."""
        where, values = f"{self.name}, {name}", self.arrays[name]
        if values.dtype.hasobject:
            raise DataError(f"{where}: holds Python objects; expected an array of numbers, or of texts of NumPy")
        return Array.held(where, values)

    def write(self, path: Path) -> None:
        """Write an NPZ file of them."""
        with zipfile.ZipFile(path, "w") as archive:
            for name, values in self.arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                    np.lib.format.write_array(stream, values, allow_pickle=False)


def held_arrays(source: Any) -> HeldArrays:
    """Return arrays, or lists, that are in memory, by their names. Raises DataError where one is no array."""
    if not isinstance(source, Mapping):
        raise DataError(f"expected a mapping of name to array, got a {type(source).__name__}")
    return HeldArrays({str(name): array_of(values, f"the mapping, {name}") for name, values in source.items()})
