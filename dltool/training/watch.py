"""Watching a metric from epoch to epoch: the best so far, when to stop, when to lower the rate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dltool.config.metric_order import direction, is_better
from dltool.config.training import EarlyStopping, ReduceLROnPlateau
from dltool.contracts.events import Metrics


@dataclass
class Best:
    """The best value of a metric so far; an epoch counts as better by more than ``min_delta``."""

    monitor: str
    mode: str
    min_delta: float = 0.0
    value: float | None = None
    epoch: int = 0

    def better(self, value: float | None, than: float | None) -> bool:
        """Tell whether one value is better than another; any number is better than None and NaN."""
        return is_better(value, than, self.mode, self.min_delta)

    def update(self, epoch: int, metrics: Metrics) -> bool:
        """Take an epoch's metrics.

        Args:
            epoch: counted from 1.
            metrics: they hold the one that is monitored.

        Returns:
            Whether they are the best so far.
        """
        return self._take(epoch, metrics[self.monitor])

    def follow(self, first: int, values: Iterable[float | None]) -> tuple[list[int], list[float | None]]:
        """Take the metric of epochs that follow one another.

        Args:
            first: the first of them, counted from 1.
            values: the metric, an epoch each.

        Returns:
            The best epoch as each ended, and its value.
        """
        epochs, bests = [], []  # no pair for each: the garbage collector would look through them
        for epoch, value in enumerate(values, first):
            self._take(epoch, value)
            epochs.append(self.epoch)
            bests.append(self.value)
        return epochs, bests

    def _take(self, epoch: int, value: float | None) -> bool:
        if not self.better(value, self.value):
            return False
        self.value, self.epoch = value, epoch
        return True

    @property
    def state(self) -> dict[str, Any]:
        """What has changed since the beginning, for a checkpoint."""
        return {"value": self.value, "epoch": self.epoch}

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self.value, self.epoch = state["value"], state["epoch"]


class Stopper:
    """Early stopping, as Keras's callback of that name does it."""

    def __init__(self, spec: EarlyStopping, monitor: str) -> None:
        """Watch the metric ``monitor``, as the config's section says."""
        self.spec = spec
        self.best = Best(monitor, direction(monitor, spec.mode), spec.min_delta)
        self.wait = 0

    def update(self, epoch: int, metrics: Metrics) -> tuple[bool, bool]:
        """Take an epoch's metrics.

        Args:
            epoch: counted from 1.
            metrics: they hold the one that is monitored.

        Returns:
            Whether the epoch is the best so far, and whether to stop.
        """
        if epoch <= self.spec.start_from_epoch:
            return False, False
        self.wait += 1
        if not self.best.update(epoch, metrics):
            return False, self.wait >= self.spec.patience and epoch > 1
        if self.spec.baseline is None or self.best.better(self.best.value, self.spec.baseline):
            self.wait = 0
        return True, False

    @property
    def state(self) -> dict[str, Any]:
        """What has changed since the beginning, for a checkpoint."""
        return {"best": self.best.state, "wait": self.wait}

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self.best.state, self.wait = state["best"], state["wait"]


class Plateau:
    """Lowering the learning rate, as Keras's ReduceLROnPlateau does it."""

    def __init__(self, spec: ReduceLROnPlateau, monitor: str) -> None:
        """Watch the metric ``monitor``, as the config's section says."""
        self.spec = spec
        self.best = Best(monitor, direction(monitor, spec.mode), spec.min_delta)
        self.wait = self.cooldown = 0

    def update(self, epoch: int, metrics: Metrics, learning_rate: float) -> float:
        """Take an epoch's metrics.

        Args:
            epoch: counted from 1.
            metrics: they hold the one that is monitored.
            learning_rate: the rate in force.

        Returns:
            The rate from now on.
        """
        if self.cooldown:
            self.cooldown -= 1
            self.wait = 0
        if self.best.update(epoch, metrics):
            self.wait = 0
        elif not self.cooldown:
            self.wait += 1
            if self.wait >= self.spec.patience and learning_rate > self.spec.min_lr:
                self.cooldown, self.wait = self.spec.cooldown, 0
                return max(learning_rate * self.spec.factor, self.spec.min_lr)
        return learning_rate

    @property
    def state(self) -> dict[str, Any]:
        """What has changed since the beginning, for a checkpoint."""
        return {"best": self.best.state, "wait": self.wait, "cooldown": self.cooldown}

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self.best.state, self.wait, self.cooldown = state["best"], state["wait"], state["cooldown"]
