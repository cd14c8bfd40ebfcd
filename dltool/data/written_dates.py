"""Dates as a person reads them; apart from how they are read, since data without columns need no PyArrow."""

from __future__ import annotations

import math

import numpy as np


def date_text(days: float) -> str:
    """Write the date of days since 1970."""
    return str(np.datetime64(0, "D") + np.timedelta64(math.floor(days), "D"))
