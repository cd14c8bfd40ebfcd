"""The facts that training yields; others print and save them.

This module loads nothing heavy, so that those who only read events stay quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import numpy as np

Metrics = dict[str, float | None]
"""Metric name (``loss``, ``accuracy``, ``validation_loss``, …) to value; None for one that does not exist on the rows.

An area under a curve of one class alone does not exist, nor R² of targets that do not vary. That is the only None, and
the metrics of a network that diverged are NaN or infinite instead.
"""
NOT_METRICS = ("epoch", "learning_rate", "seconds", "examples_per_second")
"""What an epoch's line in ``metrics.jsonl`` holds beside its metrics."""


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the rest of a training follows from."""

    epoch: int
    """Epochs that are done."""
    step: int
    """Steps done of the next one."""
    arrays: dict[str, np.ndarray]
    """By group and path of the variable: ``weights/…`` (states of random layers too) and ``optimizer/…``; in an epoch
    also what its ``metrics/…`` have summed up and the ``last_finite/…`` weights; the ``best/…`` ones where they are
    others."""
    state: dict[str, Any]
    """Best values, early stopping, plateau and the like: numbers and texts, as JSON has them."""


@dataclass(frozen=True)
class Resumed:
    """An interrupted training goes on; comes before ``Started``."""

    checkpoint: str
    """The path of the checkpoint."""
    epoch: int
    """Epochs that were done."""
    step: int
    """Steps done of the next one."""


@dataclass(frozen=True)
class NothingToDo:
    """A training that was to go on had come to its end before."""

    outcome: str
    """``completed``, ``stopped_early`` or ``diverged``."""


@dataclass(frozen=True)
class Started:
    """Training begins."""

    epochs: int
    steps: int
    """Steps (batches) an epoch, the partial last one included."""
    batch_size: int
    rows: int
    """Training rows an epoch."""
    parameters: int
    device: str
    """Where the model runs, e.g. ``cpu`` or ``gpu:0 (NVIDIA H100)``."""
    monitor: str
    """The metric whose best value is kept track of."""
    loss_unit: str = ""
    """What the loss is of, in words; empty where that are the targets as they are."""


@dataclass(frozen=True)
class Progress:
    """Some steps of an epoch are done (about every 0.1 s)."""

    epoch: int
    """Counted from 1."""
    step: int
    """Steps done in this epoch."""
    metrics: Metrics
    """Running means over this epoch so far."""
    examples_per_second: float


@dataclass(frozen=True)
class EpochEnded:
    """An epoch is done, validation included."""

    epoch: int
    """Counted from 1."""
    metrics: Metrics
    learning_rate: float
    """The rate in force at the end of the epoch."""
    seconds: float
    examples_per_second: float
    best_epoch: int
    """The epoch with the best monitored value so far."""
    best: float | None
    """That value; None where there was none yet."""


@dataclass(frozen=True)
class Epochs(Sequence[EpochEnded]):
    """Short epochs that ended together; of a thousand, each becomes an event when somebody looks at it."""

    first: int
    """The number of the first one."""
    metrics: dict[str, list[float | None]]
    """By name, the value at the end of each epoch."""
    learning_rates: list[float]
    seconds: float
    """What each of them took on average, as are the examples a second."""
    examples_per_second: float
    best_epochs: list[int]
    """The best epoch as each ended."""
    best: list[float | None]
    """Its value."""

    def __len__(self) -> int:
        return len(self.learning_rates)

    @overload
    def __getitem__(self, index: int) -> EpochEnded: ...
    @overload
    def __getitem__(self, index: slice) -> list[EpochEnded]: ...
    def __getitem__(self, index: int | slice) -> EpochEnded | list[EpochEnded]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = range(len(self))[index]
        metrics = {name: values[i] for name, values in self.metrics.items()}
        of_each = self.seconds, self.examples_per_second
        return EpochEnded(self.first + i, metrics, self.learning_rates[i], *of_each, self.best_epochs[i], self.best[i])


@dataclass(frozen=True)
class Finished:
    """Training is over."""

    outcome: str
    """``completed``, ``stopped_early`` or ``diverged``."""
    reason: str
    """One sentence for a person; empty where the outcome says it all."""
    epochs: int
    """Epochs that were completed."""
    seconds: float
    best_epoch: int
    best: float | None
    weights_epoch: int
    """The epoch whose weights the model holds now."""


@dataclass(frozen=True)
class FoldStarted:
    """A fold begins: the events up to its end are of its training."""

    fold: int
    """Counted from 1."""
    folds: int


@dataclass(frozen=True)
class FoldEnded:
    """A fold is trained."""

    fold: int
    folds: int
    weights_epoch: int
    """The epoch that did best, if early stopping restores it, else the last one."""
    epochs: int
    """Epochs that were completed."""
    metrics: Metrics
    """Those of the fold's own rows, in that epoch."""
    seconds: float


class StopTraining(Exception):  # noqa: N818  (a request, not an error)
    """Raised by an observer of events to end the training now."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        """How the run is marked, e.g. ``pruned``."""
        self.reason = reason
        """One sentence for a person."""


Event = Resumed | NothingToDo | Started | Progress | EpochEnded | Finished | FoldStarted | FoldEnded


def unobserved(event: Event) -> None:
    """Look at no event: whoever would show it one need not make it."""
