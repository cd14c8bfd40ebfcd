"""Rows made into what the network takes, a block at a time: raw numbers in float64 take twice the memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from dltool.data.dataset import Digest
from dltool.preprocessing.front import Front

RawRows = Callable[[np.ndarray], np.ndarray]
"""Returns some rows' numbers as they stand, shape (rows, …), NaN where one is missing."""

_BLOCK_NUMBERS = 1 << 20


def in_blocks(rows: np.ndarray, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """Yield rows, as many at a time as take little memory where each is of a shape."""
    size = max(1, _BLOCK_NUMBERS // math.prod(shape))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def read_scaled(
    rows: np.ndarray, shape: tuple[int, ...], raw: RawRows, front: Front, digest: Digest | None = None
) -> np.ndarray:
    """Return rows as the network takes them: float32, shape (rows, *shape).

    Args:
        rows: Which to read.
        shape: Of a row.
        raw: Reads them.
        front: Scales them.
        digest: Takes the numbers as they stand.
    """
    features, done = np.empty((len(rows), *shape), np.float32), 0
    for some in in_blocks(rows, shape):
        numbers = raw(some)
        if digest:
            digest.update(numbers)
        features[done : done + len(some)] = front.apply(numbers)
        done += len(some)
    return features
