"""Raw numbers become what the network takes: filled, shifted and scaled.

It is fitted in float64 on the training rows and applied wherever rows are read. ``inference.deployed_model`` builds the
same arithmetic into the model file, so that both give the same bits: each number is first held as
``InputNumbers.dtype`` says, then filled, shifted and scaled in that type, then made float32.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from dltool.contracts.signature import InputNumbers, Signature, number_features
from dltool.errors import DataError
from dltool.preprocessing.moments import Moments

# Float32 is fine enough where its spacing is at most this part of a deviation.
_FINE = 1e-3
# Closer to 0, float32 knows, as TensorFlow computes with it, nothing but 0; beyond, differences may be infinite.
_TINY, _HUGE = 1e-30, 1e30


class InputScaler:
    """Fills, shifts and scales raw numbers."""

    def __init__(self, numbers: InputNumbers) -> None:
        """Apply what was fitted."""
        self.numbers = numbers
        dtype = np.dtype(numbers.dtype)
        self._offset, self._scale = np.array(numbers.offset, dtype), np.array(numbers.scale, dtype)
        self._fill = np.array(numbers.fill, dtype) if numbers.fill else None

    @classmethod
    def fit(
        cls,
        blocks: Iterable[np.ndarray],
        size: int,
        scaling: str,
        *,
        held_as: str = "float64",
        filled: bool = False,
    ) -> InputScaler:
        """Work out the statistics of the training rows, as far as the scaling needs them.

        Args:
            blocks: the rows, raw, of shape (…, size), one block in memory at a time; NaN where one is missing.
            size: the length of the last axis, each of whose entries has statistics of its own.
            scaling: ``normalization``, ``rescaling`` or ``none``.
            held_as: ``float32`` where the numbers come from something that holds no more.
            filled: whether missing numbers are filled by the mean.
        """
        moments = Moments(size)
        for block in blocks:
            moments.add(block)
        deviation = moments.deviation(held_as)
        offset, scale, dtype = np.zeros(size), np.ones(size), "float32"
        if scaling == "rescaling":
            scale[:] = 1 / 255
        elif scaling == "normalization":
            varied, offset = deviation > 0, moments.mean
            scale[varied] = 1 / deviation[varied]
            spacing = np.spacing(moments.largest.astype(np.float32)).astype(np.float64)
            coarse = varied & (spacing > _FINE * deviation) & (held_as == "float64")
            unsafe = (varied & (deviation < _TINY)) | (moments.largest > _HUGE)
            dtype = "float64" if (coarse | unsafe).any() else "float32"
        fill = moments.mean if filled else np.zeros(0)
        return cls(InputNumbers(dtype, *map(_numbers, (offset, scale, moments.low, moments.high, fill))))

    def in_float64(self) -> InputScaler:
        """Return the same, holding raw numbers as float64."""
        return InputScaler(replace(self.numbers, dtype="float64"))

    def apply(self, raw: np.ndarray) -> np.ndarray:
        """Return raw numbers, NaN where one is missing, as float32 of the same shape, complete and scaled."""
        values = np.asarray(raw, self._offset.dtype)
        if self._fill is not None:
            values = np.where(np.isnan(values), self._fill, values)
        # What is far outside may become infinite; predict warns of answers that are not finite.
        with np.errstate(over="ignore", invalid="ignore"):
            if not self.numbers.is_identity:
                values = (values - self._offset) * self._scale
            return values.astype(np.float32, copy=False)


def input_scaler_of(signature: Signature) -> InputScaler:
    """Return the scaler of a model that takes numbers; one that takes images or tokens has none.

    Raises:
        DataError: it takes images or tokens.
    """
    numbers = signature.input_numbers
    if numbers is None:
        what = next(iter(signature.inputs))
        raise DataError(f"the model takes {what} of shape {signature.input_shape}, no table and no other numbers")
    numbers = numbers.take(number_features(signature.columns)) if signature.columns else numbers
    return InputScaler(replace(numbers, fill=()) if signature.network_fills_holes else numbers)


def _numbers(values: np.ndarray) -> tuple[float, ...]:
    return tuple(map(float, values))
