"""Rows made into what the network takes, a block at a time: raw numbers in float64 take twice the memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np

from dltool.contracts.signature import Signature
from dltool.preprocessing.input_scaler import InputScaler


class RawBlock(NamedTuple):
    """Rows as they stand."""

    numbers: np.ndarray
    """float64, shape (rows, …), NaN where one is missing."""
    categories: np.ndarray | None = None
    """int32, shape (rows, columns of texts): 0 for an unknown text, then the vocabulary; None for what is no table."""


RawRows = Callable[[np.ndarray], RawBlock]
"""Returns some rows as they stand."""

Look = Callable[[RawBlock], None]
"""Takes a look at rows as they stand."""

Made = TypeVar("Made")
_BLOCK_NUMBERS = 1 << 20


def in_blocks(rows: np.ndarray, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """Yield rows, as many at a time as take little memory where each is of a shape."""
    size = max(1, _BLOCK_NUMBERS // math.prod(shape))
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def made_ahead(make: Callable[[np.ndarray], Made], blocks: Iterable[np.ndarray]) -> Iterator[Made]:
    """Yield what is made of blocks of rows, in their order: each in a thread, while the one before is being used."""
    blocks = list(blocks)
    if len(blocks) < 2:
        yield from map(make, blocks)
        return
    with ThreadPoolExecutor(1) as thread:
        made = thread.submit(make, blocks[0])
        for block in blocks[1:]:
            before, made = made, thread.submit(make, block)
            yield before.result()
        yield made.result()


def read_scaled(
    rows: np.ndarray, raw: RawRows, scaler: InputScaler, signature: Signature, look: Look
) -> dict[str, np.ndarray]:
    """Return rows as the network takes them, an array an input, as ``Signature.inputs`` has them.

    Args:
        rows: Which to read.
        raw: Reads them.
        scaler: Scales the numbers.
        signature: Says what the inputs are.
        look: Is shown each block, in the order of the rows, while the next one is read.
    """
    features = {name: np.empty((len(rows), *each.shape), each.dtype) for name, each in signature.inputs.items()}
    done = 0
    for block in made_ahead(raw, in_blocks(rows, signature.input_shape)):
        look(block)
        for name, values in scaled(block, scaler, signature).items():
            features[name][done : done + len(values)] = values
        done += len(block.numbers)
    return features


def scaled(block: RawBlock, scaler: InputScaler, signature: Signature) -> dict[str, np.ndarray]:
    """Return a block as the network takes it, an array an input."""
    inputs = {"numbers": scaler.apply(block.numbers), "categories": block.categories}
    return {name: values for name, values in inputs.items() if values is not None and name in signature.inputs}
