"""What the data room hands on: checked arrays, split into parts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from dltool.config.signature import Rows, Signature


@dataclass(frozen=True)
class Part:
    """Examples with their targets, row by row.

    ``features`` has shape (rows, *signature.input_shape) and the dtype ``signature.input_dtype``.
    ``targets`` is int32 of shape (rows,) holding class indices where ``signature.classes`` is not
    empty, and float32 of shape (rows, signature.outputs) otherwise.
    """

    features: np.ndarray
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.features)

    def take(self, rows: np.ndarray) -> Part:
        """Return the given rows, in the given order, as a part of their own."""
        return Part(self.features[rows], self.targets[rows])


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
    digest = hashlib.sha256()
    for array in (part.features, part.targets):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
