"""The orders of few rows in many epochs: TensorFlow draws each by a program of its own, here all are drawn at once."""

from __future__ import annotations

import numpy as np

FEW_ROWS = 128
"""Of more rows TensorFlow draws an order as quickly, since here a row takes as long as hundreds of epochs do."""

_Words = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Each of them 32 bits, held in uint64."""
_LOW = np.uint64(0xFFFFFFFF)
_HIGH = np.uint64(32)
_ROUNDS = 10
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_STEPS = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_SEED_KEY = np.array(0x3EC8F720, np.uint64), np.array(0x02461E29, np.uint64)


def orders_of_few_rows(rows: int, seed: int, first: int, count: int) -> np.ndarray:
    """Return what ``tf.random.experimental.stateless_shuffle(range(rows), [seed, epoch])`` returns for some epochs.

    Args:
        rows: how many there are.
        seed: from 0, less than 2**31.
        first: the first epoch, from 0.
        count: how many epochs.

    Returns:
        Indices of rows, int32, shape (count, rows).
    """
    epochs = np.arange(first, first + count, dtype=np.uint64)
    zeros = np.zeros_like(epochs)
    # The seed and the epoch, made random, are the key of an epoch's words and the upper half of their counter.
    *key, third, fourth = _philox((np.full_like(epochs, seed), zeros, epochs, zeros), _SEED_KEY)
    blocks = np.repeat(np.arange(-(-rows // 4), dtype=np.uint64)[:, np.newaxis], count, axis=1)
    words = np.stack(_philox((blocks, np.zeros_like(blocks), third, fourth), (key[0], key[1])), axis=1)
    rest = np.arange(rows, 0, -1, dtype=np.uint64)[:, np.newaxis]
    chosen = (words.reshape(-1, count)[:rows] % rest).astype(np.int64) + np.arange(rows)[:, np.newaxis]
    # Each place in turn changes with one behind it, or with itself; the last axis holds the epochs.
    order, epoch = np.repeat(np.arange(rows, dtype=np.int32)[:, np.newaxis], count, axis=1), np.arange(count)
    for place in range(rows - 1):
        here = order[place].copy()
        order[place] = order[chosen[place], epoch]
        order[chosen[place], epoch] = here
    return order.T


def _philox(counter: _Words, key: tuple[np.ndarray, np.ndarray]) -> _Words:
    """Return the words that the generator Philox 4x32 makes of a counter of four words and a key of two."""
    a, b, c, d = counter
    left, right = key
    for _ in range(_ROUNDS):
        one, other = _MULTIPLIERS[0] * a, _MULTIPLIERS[1] * c
        a, b, c, d = other >> _HIGH ^ b ^ left, other & _LOW, one >> _HIGH ^ d ^ right, one & _LOW
        left, right = left + _STEPS[0] & _LOW, right + _STEPS[1] & _LOW
    return a, b, c, d
