"""Dates and times as numbers that a network can learn from: how far on, and where in the year, the week and the day."""

from __future__ import annotations

import numpy as np

from dltool.contracts.signature import PERIODS


def cyclic_features(days: np.ndarray, type_: str) -> np.ndarray:
    """Return what a date or a time becomes.

    Args:
        days: since 1970-01-01 00:00 UTC, float64, shape (rows,), NaN where one is missing.
        type_: ``date`` or ``time``.

    Returns:
        float64, shape (rows, 1 + 2 · cycles): the days, then sine and cosine of each cycle.
    """
    columns = [days]
    for period in PERIODS[type_]:
        angle = days * (2 * np.pi / period)
        columns += [np.sin(angle), np.cos(angle)]
    return np.stack(columns, axis=1)
