"""A source named in the config becomes checked arrays, split into parts.

Each source is a module of this package with two functions, ``describe`` and ``load``. This module and
``describe`` of the named sets import neither NumPy nor anything else that takes time to load.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from dltool.config.data import Data
from dltool.config.document import is_utf8
from dltool.config.needs import Needs
from dltool.contracts.signature import Rows, Signature
from dltool.environment import require_room
from dltool.errors import DataError, UsageError

if TYPE_CHECKING:
    from dltool.contracts.dataset import Dataset
    from dltool.data.held_arrays import HeldArrays
    from dltool.data.held_table import HeldTable

    Held: TypeAlias = HeldTable | HeldArrays
    """Data in memory."""

MODULES = {
    "inline": "inline",
    "csv": "table_source",
    "parquet": "table_source",
    "excel": "table_source",
    "npz": "npz",
    "idx": "idx",
    "image_folder": "image_folder",
    "mnist": "named_sets",
    "fashion_mnist": "named_sets",
    "cifar10": "named_sets",
    "cifar100": "named_sets",
}
"""The module that reads each source."""
_MANY_CLASSES = 1000
_ROOM = 2**30
"""Bytes of addresses that NumPy and Arrow take."""


def describe(spec: Data, needs: Needs, seed: int, held: Held | None = None) -> tuple[Signature, Rows]:
    """Return shapes, names and row counts, as ``load`` would find them, from as little reading as will do.

    Of the named sets, what is worked out from the training rows is not among it. Raises as ``load`` does.
    """
    found: tuple[Signature, Rows] = _module(spec).describe(spec, needs, seed, *_given(held))
    _check_classes(*found)
    return found


def load(spec: Data, needs: Needs, seed: int, held: Held | None = None) -> Dataset:
    """Return the checked data, split by the seed: equal arguments and files give equal parts.

    Args:
        spec: what the config says of them.
        needs: what the network and the loss want of them.
        seed: of the split.
        held: as ``held_for`` returns them, in place of the file.

    Raises:
        InputMissingError: A file or folder does not exist or cannot be read.
        RefusedError: A file is a pipe or a device, or would run code when read.
        DataError: What it holds cannot be used.
    """
    dataset: Dataset = _module(spec).load(spec, needs, seed, *_given(held))
    _check_classes(dataset.signature, dataset.rows)
    return dataset


def held_for(spec: Data, source: Any) -> Held:
    """Return data in memory in place of the file that a config names.

    Args:
        spec: what the config says of the file.
        source: a table for one of Parquet, as ``held_table`` takes it; a mapping of name to array for one of NPZ.

    Raises:
        UsageError: they cannot stand for such a file.
        DataError: they are no table, or no arrays.
    """
    if spec.source not in ("parquet", "npz"):
        raise UsageError(
            f"data in memory take the place of a file, a table that of source: parquet and arrays that of source: npz; "
            f"the config has source: {spec.source}"
        )
    if isinstance(source, str | Path):
        raise UsageError(f"{source!s}: a file is named in the config, as data.path; given beside it are data in memory")
    if spec.source == "parquet":
        from dltool.data.held_table import held_table

        return held_table(source)
    from dltool.data.held_arrays import held_arrays

    return held_arrays(source)


def _given(held: Held | None) -> tuple[Held, ...]:
    """Return what a module is given besides: those of sources that name no such file take nothing."""
    return () if held is None else (held,)


def _check_classes(signature: Signature, rows: Rows) -> None:
    """Refuse names that no file could be written of, as a wrong encoding leaves them; warn of names of rows."""
    count, examples = len(signature.classes), rows.train + rows.validation + rows.test
    if count > _MANY_CLASSES and 2 * count > examples:
        from dltool.errors import warn

        warn(
            f"{count:,} classes in {examples:,} rows, hardly one of which has a second example; "
            "for numbers to predict, choose a regression loss; a name or number of the row itself is no target"
        )
    for name in signature.classes:
        if not is_utf8(name):
            raise DataError(f"label {name!r} is not Unicode text; decode the labels by the encoding they were made in")


def _module(spec: Data) -> Any:
    if "numpy" not in sys.modules:
        require_room("reading data", _ROOM)
    return import_module(f"dltool.data.{MODULES[spec.source]}")
