"""What the data room hands on: checked arrays, split into parts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dltool.contracts.signature import Rows, Signature

Inputs = Mapping[str, np.ndarray]
"""An array an input of the network, by its name, with a row an example: shapes and types as ``Signature.inputs``."""


@dataclass(frozen=True)
class Part:
    """Examples with their targets, row by row.

    ``targets`` is int32 of shape (rows,) holding class indices where ``signature.classes`` is not
    empty, float64 of shape (rows, signature.outputs) for numbers, and float32 of that shape for several labels.
    """

    features: Inputs
    targets: np.ndarray
    rows: np.ndarray | None = None
    """Where each stands in its table, counted from 0; None for what is no table."""
    raw: str = ""
    """SHA-256 of what ``features`` were before they were scaled by what the training rows say, of a table's numbers and
    of its categories; empty for images."""
    weights: np.ndarray | None = None
    """How much each row counts, float32 of shape (rows,); None where all count alike."""

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class Batch:
    """Some examples of an input, in the shape and type that the model takes."""

    ids: np.ndarray | list[str]
    """Row numbers counted from 1 for a table, indices counted from 0 for an array, paths for images."""
    features: Inputs
    kept: Mapping[str, Any] = field(default_factory=dict)
    """Columns of a table that are to stand beside the answers: Arrow columns of texts, empty where a value is missing.
    """


class Digest:
    """SHA-256 over arrays, whatever the blocks in which their rows come."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._empty = True

    def update(self, rows: np.ndarray) -> None:
        """Take rows, shape (rows, …)."""
        if self._empty:
            self._hash.update(f"{rows.dtype.str}{rows.shape[1:]}".encode())
        self._empty = False
        self._hash.update(np.ascontiguousarray(rows).data)

    @property
    def text(self) -> str:
        """The digest in hexadecimal digits; empty where nothing was taken."""
        return "" if self._empty else self._hash.hexdigest()


@dataclass(frozen=True)
class Dataset:
    """The parts of a data source and what is known of them."""

    signature: Signature
    train: Part
    validation: Part | None
    test: Part | None
    fingerprint: dict[str, str]
    """SHA-256 over the bytes of each part there is: two runs with equal fingerprints saw equal data."""

    @classmethod
    def of(cls, signature: Signature, train: Part, validation: Part | None, test: Part | None) -> Dataset:
        """Bind parts together, with their fingerprints."""
        parts = {"train": train, "validation": validation, "test": test}
        fingerprint = {name: _fingerprint(part) for name, part in parts.items() if part}
        return cls(signature, train, validation, test, fingerprint)

    @property
    def rows(self) -> Rows:
        """The number of rows in each part."""
        return Rows(
            train=len(self.train),
            validation=len(self.validation) if self.validation else 0,
            test=len(self.test) if self.test else 0,
        )


def _fingerprint(part: Part) -> str:
    digest = hashlib.sha256(part.raw.encode())
    arrays = (part.targets,) if part.raw else (*part.features.values(), part.targets)
    for array in arrays if part.weights is None else (*arrays, part.weights):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
