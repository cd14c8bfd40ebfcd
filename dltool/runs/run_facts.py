"""What ``run.json`` holds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from dltool.config.status import Status
from dltool.contracts.calibration import Calibration
from dltool.contracts.events import Finished
from dltool.contracts.signature import TableColumn
from dltool.runs.stored_json import Count, Number, Seconds, Stored

Part = Literal["train", "validation", "test"]
RunStatus = Literal[
    Status.RUNNING,
    Status.COMPLETED,
    Status.STOPPED_EARLY,
    Status.DIVERGED,
    Status.PRUNED,
    Status.INTERRUPTED,
    Status.FAILED,
]

_MAX_THREADS = 4096


class Estimate(Stored):
    """A metric over folds."""

    mean: Number | None
    standard_error: Number | None
    """The folds' standard deviation over the root of their number: a rough one, since they share training rows."""
    folds: list[Number | None]
    """Each fold's; None for what is not a finite number, of which nothing is estimated."""

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        """Return what the values of all folds, at least two of them, come to."""
        if not all(map(math.isfinite, values)):
            folds = [value if math.isfinite(value) else None for value in values]
            return cls(mean=None, standard_error=None, folds=folds)
        error = statistics.stdev(values) / math.sqrt(len(values))
        return cls(mean=statistics.fmean(values), standard_error=error, folds=list(values))


class Rows(Stored):
    """How many rows each part of the data has."""

    train: Count = 0
    validation: Count = 0
    test: Count = 0
    folds: Count = 0


class RunFacts(Stored):
    """``run.json``; a run that has just begun says less than one that is over."""

    status: RunStatus
    created: str = ""
    command: str = ""
    seed: Count = 0
    data_fingerprint: dict[Part, str] = {}
    versions: dict[str, str] = {}
    device: Annotated[str, Field(pattern=r"^(cpu|gpu:[0-9]{1,3})($| )")] = ""
    threads: Annotated[int, Field(ge=1, le=_MAX_THREADS)] | None = None
    xla: bool | None = None
    """Whether XLA compiled the loop; see ``training.engine``."""
    environment: dict[str, str] | None = None
    """Variables that could not be kept from changing a number; None where there were none."""
    columns: list[TableColumn] = []
    """Of the training table, what each was taken for; none where the data are no table."""
    trivial: dict[str, Number | None] = {}
    trivial_answer: str = ""
    loss_unit: str = ""
    threshold: Annotated[float, Field(ge=0, lt=1)] | None = None
    """The probability above which the second of two classes is predicted; None for 0.5, and where there are no two."""
    decision: str = ""
    """What decides between two classes, in words; empty where that is the likelier one."""
    calibration: Calibration | None = None
    """The temperature of the model, and what it is good for on the rows that chose it; None where it has none."""
    monitor: str = ""
    rows: Rows = Rows()
    parameters: Count = 0
    resumed: list[str] = []
    ended: str = ""
    reason: str = ""
    epochs: Count = 0
    training_seconds: Seconds | None = None
    best_epoch: Count | None = None
    best: Number | None = None
    weights_epoch: Count | None = None
    worse_than_trivial: list[str] = []
    cross_validation: dict[str, Estimate] = {}
    """The validation metrics of the folds' networks; empty where there are no folds."""
    fold_epochs: list[Count] = []
    """The epoch of each fold that did best; the model was trained for their median."""
    seal: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""
    """What shows that the run was made here; see ``seal``."""

    @property
    def fold_means(self) -> dict[str, float]:
        """The mean of each validation metric over the folds; NaN for what is not a finite number in all of them."""
        scores = self.cross_validation.items()
        return {name: math.nan if each.mean is None else each.mean for name, each in scores}


def ending(event: Finished) -> dict[str, Any]:
    """Return what ``run.json`` says of a finished training."""
    return {
        "status": event.outcome,
        "reason": event.reason,
        "epochs": event.epochs,
        "training_seconds": event.seconds,
        "best_epoch": event.best_epoch,
        "best": event.best,
        "weights_epoch": event.weights_epoch,
    }
