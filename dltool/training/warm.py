"""Compiled loops that have done their work: the next training of the same shape takes one over.

Compiling takes several times as long as a small training, and TensorFlow never quite gives back what it took.
"""

from __future__ import annotations

import keras

from dltool.training.loop import Loop

_MOST_LOOPS = 4
_MOST_PARAMETERS = 1_000_000
_idle: dict[str, Loop] = {}


def take(shape: str) -> Loop | None:
    """Return a loop that nobody else uses, if there is one of this shape; its variables hold anything."""
    return _idle.pop(shape, None)


def give_back(shape: str, loop: Loop) -> None:
    """Let others have a loop. Large models are not kept: beside their training, compiling is short."""
    if loop.model.count_params() <= _MOST_PARAMETERS:
        _idle[shape] = loop
        while len(_idle) > _MOST_LOOPS:
            del _idle[next(iter(_idle))]


def forget() -> None:
    """Give back what earlier trainings hold: idle loops, and what TensorFlow keeps of every variable there ever was."""
    _idle.clear()
    keras.backend.clear_session()
