"""What a target is: one file a task, all of one contract.

Whatever depends on the kind of target - how it is learnt, answered, scored - is asked of a ``Task``. ``reading`` makes
raw targets into what a ``Part`` holds. Plans are made of tasks without any array, so NumPy is loaded where arrays are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dltool.config.losses import Loss
from dltool.config.needs import TaskName
from dltool.contracts.model_description import ModelDescription
from dltool.contracts.signature import Signature
from dltool.tasks.binary import Binary
from dltool.tasks.classes import Classes
from dltool.tasks.contract import Task
from dltool.tasks.labels import Labels
from dltool.tasks.reconstruction import Reconstruction
from dltool.tasks.regression import Regression

if TYPE_CHECKING:
    import numpy as np

_CLASSES: dict[TaskName, type[Task]] = {
    TaskName.CATEGORICAL: Classes,
    TaskName.REGRESSION: Regression,
    TaskName.RECONSTRUCTION: Reconstruction,
}


def task_of(signature: Signature, loss: Loss, standardized: bool = False, threshold: float | None = None) -> Task:
    """Return the task of a model.

    Args:
        signature: says what the targets are.
        loss: how answers are judged.
        standardized: whether the network learns targets of mean 0 and deviation 1.
        threshold: the probability above which the second of two classes is predicted, where it is not 0.5.
    """
    return _task_class(signature)(signature, loss, standardized, threshold)


def task_of_model(description: ModelDescription) -> Task:
    """Return the task of a model by what its file says of it."""
    loss = description.training.loss
    return task_of(description.signature, loss, description.standardized, description.threshold)


def row_scores(
    loss: Loss, targets: np.ndarray, outputs: np.ndarray, threshold: float | None = None
) -> tuple[np.ndarray, str]:
    """Return a score a row of stored predictions, float64 of shape (rows,), and what it is.

    Args:
        loss: of the run that made them.
        targets: as a ``Part`` holds them.
        outputs: decoded.
        threshold: as for ``task_of``.

    Raises:
        ValueError: the two do not fit together.
    """
    if targets.shape[1:] == (0,):
        return Reconstruction.row_scores(loss, targets, outputs)
    if loss.task is TaskName.REGRESSION:
        return Regression.row_scores(loss, targets, outputs)
    if targets.ndim == 1 and loss.task is TaskName.BINARY:
        return Binary.row_scores(loss, targets, outputs, threshold)
    return (Classes if targets.ndim == 1 else Labels).row_scores(loss, targets, outputs)


def check_predictions(task: Task, targets: np.ndarray, outputs: np.ndarray) -> None:
    """Raise ValueError unless stored predictions are such as the task makes.

    Args:
        task: of the model that made them.
        targets: as a ``Part`` holds them.
        outputs: decoded.
    """
    signature = task.signature
    if outputs.shape[1:] != (signature.outputs,):
        raise ValueError(f"outputs of shape {outputs.shape}; expected {signature.outputs} a row")
    if not signature.classes:
        if targets.shape != outputs.shape:
            raise ValueError(f"targets of shape {targets.shape}, outputs of shape {outputs.shape}")
    elif targets.ndim != 1 or targets.dtype.kind != "i" or not ((targets >= 0) & (targets < signature.outputs)).all():
        raise ValueError(f"targets that are none of {signature.outputs} classes")


def _task_class(signature: Signature) -> type[Task]:
    if signature.task is TaskName.BINARY:
        return Binary if signature.classes else Labels
    return _CLASSES[signature.task]
