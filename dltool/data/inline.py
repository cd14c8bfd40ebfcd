"""Examples written in the config."""

from __future__ import annotations

import numpy as np

from dltool.config.data import Examples, Inline
from dltool.config.needs import Needs
from dltool.contracts.dataset import Dataset
from dltool.contracts.signature import Rows, Signature
from dltool.data import arrays
from dltool.data.arrays import Array, ArraySource, Labelled


def describe(spec: Inline, needs: Needs, seed: int) -> tuple[Signature, Rows]:
    """Return what is known of the examples. Raises as ``load`` does."""
    return arrays.describe(_source(spec), needs, seed)


def load(spec: Inline, needs: Needs, seed: int) -> Dataset:
    """Return the examples, split by the seed.

    Raises:
        DataError: They cannot be used.
    """
    return arrays.load(_source(spec), needs, seed)


def _source(spec: Inline) -> ArraySource:
    def own(part: float | Examples | None, name: str) -> Labelled | float | None:
        return _labelled(part, name) if isinstance(part, Examples) else part

    return ArraySource(
        _labelled(spec, "data"),
        own(spec.validation, "data.validation"),
        own(spec.test, "data.test"),
        spec.classes,
        scaling=spec.scaling,
        target_transform=spec.target_transform,
    )


def _labelled(examples: Examples, name: str) -> Labelled:
    # As float32 always: nested lists of small whole numbers are no 8-bit image.
    features = Array.held(f"{name}.features", np.array(examples.features, np.float64))
    if examples.targets is None:
        return Labelled.without_targets(features)
    targets = np.array(examples.targets)
    if targets.dtype == object:  # whole numbers beyond 64 bits
        targets = targets.astype(np.float64)
    return Labelled(features, Array.held(f"{name}.targets", targets))
