"""What a checkpoint holds, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
import tensorflow as tf
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dltool.config.status import Status
from dltool.contracts.events import Checkpoint
from dltool.errors import DataError, first_fault

_Count = Annotated[int, Field(ge=0, le=2**53)]
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Best(_State):
    value: float | None
    epoch: _Count


class _Stopper(_State):
    best: _Best
    wait: _Count


class _Plateau(_State):
    best: _Best
    wait: _Count
    cooldown: _Count


class _Stop(_State):
    outcome: Literal[Status.STOPPED_EARLY, Status.DIVERGED]
    reason: str


class State(_State):
    """The state of a ``Trainer``."""

    best: _Best
    stopper: _Stopper | None
    plateau: _Plateau | None
    stop: _Stop | None
    best_weights_epoch: _Count
    seconds: _Seconds
    epoch_seconds: _Seconds

    @classmethod
    def read(cls, checkpoint: Checkpoint, epochs: int, steps: int) -> Self:
        """Return the state that a checkpoint holds, of a training of so many epochs of so many steps.

        Raises:
            DataError: it holds none, or one that cannot be.
        """
        try:
            state = cls.model_validate(checkpoint.state)
        except ValidationError as error:
            raise DataError(f"damaged, or saved by another version of dltool: {first_fault(error)}") from None
        done = checkpoint.epoch
        if done > epochs or checkpoint.step > steps or max(state.best_weights_epoch, state.best.epoch) > done:
            raise DataError("damaged: it knows of more epochs or steps than there are")
        return state


def check_arrays(arrays: Mapping[str, np.ndarray], variables: Mapping[str, Any]) -> None:
    """Check that the arrays of a checkpoint are those of some variables: the same names, shapes and types.

    Raises:
        DataError: they are not.
    """
    for name, variable in variables.items():
        array, dtype = arrays.get(name), tf.as_dtype(variable.dtype).as_numpy_dtype
        if array is None or array.shape != tuple(variable.shape) or array.dtype != dtype:
            raise DataError(f"{name} is missing, or none of this network's, or saved by another version of dltool")
    if strange := sorted(arrays.keys() - variables.keys()):
        raise DataError(f"{strange[0]} is none of this network's arrays")
