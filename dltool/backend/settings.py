"""What is set for a whole process, and belongs to whoever called us, such as a notebook: it is given back."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_OURS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last", "dtype_policy": "float32"}
"""Keras's settings as we work with them, which are its own defaults."""


def set_ours() -> None:
    """Set Keras up as we work with it; it is loaded."""
    _set(_OURS)


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Have Keras make what it makes of a dtype policy, and give it back the one that it had."""
    before = _settings()["dtype_policy"]
    _set({"dtype_policy": name})
    try:
        yield
    finally:
        _set({"dtype_policy": before})


@contextmanager
def given_back() -> Iterator[None]:
    """Leave Keras's settings, and the state of Python's random numbers, as they are found."""
    drawn, before = random.getstate(), _settings() if "keras" in sys.modules else None
    try:
        yield
    finally:
        random.setstate(drawn)
        if before:
            _set(before)


def _settings() -> dict[str, Any]:
    import keras

    return {name: getattr(keras.config, name)() for name in _OURS}


def _set(settings: dict[str, Any]) -> None:
    import keras

    for name, value in settings.items():
        getattr(keras.config, f"set_{name}")(value)
