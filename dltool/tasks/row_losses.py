"""What each row of stored predictions adds to a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dltool.config.losses import Loss
from dltool.tasks.classes import LEAST_PROBABILITY

if TYPE_CHECKING:
    import numpy as np


def row_losses(loss: Loss, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return a loss a row, float64 of shape (rows,): the cross-entropy where there are probabilities, else the error.

    The error is the absolute one, the mean over a row's numbers; cross-entropy of several labels is the mean over them.
    What the network learnt by may be another loss, or of other units: the mean over the rows tells.

    Args:
        loss: of the run that made the predictions.
        targets: as a ``Part`` holds them.
        outputs: decoded.

    Raises:
        ValueError: the two do not fit together.
    """
    import numpy as np

    outputs = outputs.astype(float)
    if not loss.gives_probabilities:
        error: np.ndarray = abs(outputs - targets.reshape(outputs.shape)).mean(axis=1)
        return error
    if targets.ndim == 2:
        likelihood = np.where(targets > 0.5, outputs, 1 - outputs)
    elif targets.dtype.kind == "i" and targets.min() >= 0 and targets.max() < outputs.shape[1]:
        likelihood = np.take_along_axis(outputs, targets[:, None], axis=1)
    else:
        raise ValueError(f"targets of type {targets.dtype} are no {outputs.shape[1]} classes")
    entropy: np.ndarray = -np.log(likelihood.clip(LEAST_PROBABILITY, 1)).mean(axis=1)
    return entropy
