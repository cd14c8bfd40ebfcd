"""Numbers that the network can take: float32 holds each as finite."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dltool.errors import DataError

Place = Callable[..., str]
"""Says where a row, or a row's column, stands: ``place(3)`` or ``place(3, 1)``, counted from 0."""

MOST_FLOAT32 = float(np.finfo(np.float32).max)


def finite_numbers(raw: np.ndarray, place: Place) -> np.ndarray:
    """Return the values as float64.

    Raises:
        DataError: float32 could not hold one as finite; the first is named.
    """
    if raw.dtype.kind not in "biuf":
        value = raw.flat[0] if raw.size else raw.dtype
        raise DataError(f"{place()}: {str(value)!r} is not a number; expected numbers")
    values = np.ascontiguousarray(raw, np.float64)
    if raw.dtype.kind == "f" and not (finite := np.abs(values) <= MOST_FLOAT32).all():
        index = tuple(map(int, np.argwhere(~finite)[0]))
        raise DataError(f"{place(*index)}: {raw[index]} is not a number that float32 can hold; mend or remove it")
    return values
