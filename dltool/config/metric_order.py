"""Which of two values of a metric is better."""

from __future__ import annotations

import math

from dltool.config.field_types import kind_of
from dltool.config.losses import METRICS
from dltool.config.metric_names import without_part

_MAXIMISED = {kind_of(metric) for metric in METRICS if metric.direction == "max"}


def direction(metric: str, mode: str = "auto") -> str:
    """Return ``min`` or ``max``: which way is better for a metric.

    Args:
        metric: its name, of either part.
        mode: what the config says: ``min``, ``max`` or ``auto``.
    """
    if mode != "auto":
        return mode
    return "max" if without_part(metric) in _MAXIMISED else "min"


def is_better(value: float | None, than: float | None, direction: str, min_delta: float = 0.0) -> bool:
    """Tell whether one value is better than another; any number is better than None and NaN.

    Args:
        value: the one.
        than: the other.
        direction: ``min`` or ``max``.
        min_delta: by more than which it has to be better.
    """
    if value is None or math.isnan(value):
        return False
    if than is None or math.isnan(than):
        return True
    return value > than + min_delta if direction == "max" else value < than - min_delta
