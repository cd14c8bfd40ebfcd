"""Mean, deviation and range of more numbers than need be in memory, in float64."""

from __future__ import annotations

import numpy as np

# A deviation below this part of the largest number is rounding: a few units in the last place of what holds it.
_ROUNDING = {"float32": 2.0**-22, "float64": 2.0**-51}


class Moments:
    """Statistics of the entries of an array's last axis, over all other axes, in one stable pass.

    Blocks are merged as Chan, Golub & LeVeque (1983) merge samples: sums of squares about each block's own mean.
    Numbers that are NaN are missing and count nowhere.
    """

    def __init__(self, size: int) -> None:
        """Begin without numbers; ``size`` is the length of the last axis."""
        self.count, self._shifted, self._squares, self._pivot = (np.zeros(size) for _ in range(4))
        self.low, self.high = np.full(size, np.inf), np.full(size, -np.inf)

    def add(self, block: np.ndarray) -> None:
        """Take numbers of shape (…, size)."""
        if not len(self.count):  # of a table of texts alone
            return
        values = np.asarray(block, np.float64).reshape(-1, len(self.count))
        present = ~np.isnan(values)
        if not present.all():
            low, high = np.where(present, values, np.inf), np.where(present, values, -np.inf)
        else:
            low = high = values
        low, high = low.min(axis=0, initial=np.inf), high.max(axis=0, initial=-np.inf)
        # Differences from one of the numbers are exactly 0 where all are equal: so is their variance.
        self._pivot = np.where((self.count == 0) & np.isfinite(low), low, self._pivot)
        self.low, self.high = np.minimum(self.low, low), np.maximum(self.high, high)
        values = np.where(present, values - self._pivot, 0)
        count = present.sum(axis=0).astype(np.float64)
        mean = values.sum(axis=0) / np.maximum(count, 1)
        squares = np.where(present, (values - mean) ** 2, 0).sum(axis=0)
        total = np.maximum(self.count + count, 1)
        difference = mean - self._shifted
        self._shifted += difference * (count / total)
        self._squares += squares + difference**2 * (self.count * count / total)
        self.count += count

    @property
    def mean(self) -> np.ndarray:
        """The mean of each entry; 0 where all are missing."""
        return self._pivot + self._shifted

    @property
    def largest(self) -> np.ndarray:
        """The largest size of each entry; 0 where all are missing."""
        return np.where(self.count > 0, np.maximum(np.abs(self.low), np.abs(self.high)), 0)

    def deviation(self, dtype: str) -> np.ndarray:
        """Return the standard deviation (over the count, not one less), 0 where it is but rounding.

        Args:
            dtype: what the numbers were held in: ``float32`` or ``float64``.
        """
        deviation = np.sqrt(self._squares / np.maximum(self.count, 1))
        return np.where(deviation <= _ROUNDING[dtype] * self.largest, 0, deviation)
