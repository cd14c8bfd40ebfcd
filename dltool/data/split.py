"""Which row goes to which part: a pure function of the targets and the seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dltool.contracts.signature import Rows
from dltool.data.sizes import split_sizes

_SPLIT_STREAM = 0x5B117
"""Keeps these random numbers apart from others drawn with the same seed."""


@dataclass(frozen=True)
class RowNumbers:
    """The rows of each part, in ascending order; a part that was not asked for is empty."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split_rows(targets: np.ndarray, validation: float | None, test: float | None, seed: int) -> RowNumbers:
    """Divide the rows of ``targets`` among the parts; the sizes are those of ``split_sizes``.

    Args:
        targets: Class indices of shape (rows,): every part gets its share of each class (largest remainders first),
            and each class keeps at least one training row. Of any other shape, rows are divided at random.
        validation: A fraction of all rows; None for no such part.
        test: A fraction of all rows; None for no such part.
        seed: Decides which rows.

    Raises:
        DataError: A part would be empty.
    """
    groups = targets if targets.ndim == 1 else np.zeros(len(targets), np.int64)
    count, groups = ranks_of(groups)
    sizes = split_sizes(len(groups), validation, test, count)
    return _assign_rows(groups, sizes, np.random.Generator(np.random.PCG64([_SPLIT_STREAM, seed])))


def ranks_of(indices: np.ndarray) -> tuple[int, np.ndarray]:
    """Return how many different ones there are of indices, and the rank of each among those: none is sorted.

    Ranks are of the smallest type that holds them, by which NumPy orders many rows by counting.
    """
    present = np.bincount(indices) > 0
    count = int(present.sum())
    ranks = np.cumsum(present) - 1
    return count, ranks.astype(np.min_scalar_type(count))[indices]


def _assign_rows(groups: np.ndarray, sizes: Rows, random: np.random.Generator) -> RowNumbers:
    part = np.zeros(len(groups), np.int8)
    shuffled = random.permutation(len(groups))
    for number, size in ((2, sizes.test), (1, sizes.validation)):
        if not size:
            continue
        free = shuffled[part[shuffled] == 0]
        of_group = groups[free]
        counts = np.bincount(of_group)
        shares = _shares(counts, size)
        by_group = free[np.argsort(of_group, kind="stable")]
        starts = np.concatenate([[0], np.cumsum(counts)])
        for group, share in enumerate(shares):
            part[by_group[starts[group] : starts[group] + share]] = number
    train, validation, test = (np.flatnonzero(part == number) for number in range(3))
    return RowNumbers(train, validation, test)


def _shares(counts: np.ndarray, size: int) -> np.ndarray:
    """Divide ``size`` among groups in proportion to their counts, leaving at least one of each."""
    exact = counts * (size / counts.sum())
    shares: np.ndarray = np.minimum(np.floor(exact).astype(np.int64), counts - 1)
    order = np.argsort(shares - exact, kind="stable")
    while (missing := size - int(shares.sum())) > 0:
        fitting = order[shares[order] < counts[order] - 1]
        shares[fitting[:missing]] += 1
    return shares
