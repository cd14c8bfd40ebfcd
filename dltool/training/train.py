"""Training as a generator of events: others print and save them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from dltool.backend.examples import Examples, balanced_weights, encode_targets
from dltool.config.plan import Plan
from dltool.config.training import Training
from dltool.training.events import EpochEnded, Event, Finished, Metrics, Progress, Started
from dltool.training.loop import Loop
from dltool.training.watch import Best, Plateau, Stopper, direction

if TYPE_CHECKING:
    from dltool.data.dataset import Dataset, Part

_DISPATCH_SECONDS = 0.1
# Epochs that are surely shorter than this are not worth stopping in: several go into a dispatch.
_SHORT_EPOCH_SECONDS = 0.05
# Deliberately pessimistic figures for one CPU core; a wrong guess costs a little liveliness or speed only.
_STEP_OVERHEAD_SECONDS = 1e-4
_MULTIPLICATIONS_PER_SECOND = 2e9


def train(
    model: keras.Model, plan: Plan, training: Training, dataset: Dataset, seed: int, device: str
) -> Iterator[list[Event]]:
    """Train a compiled model and yield what happened, about ten times a second: a list of events a dispatch.

    The order of the rows is a pure function of ``seed`` and the epoch. The generator may be closed at any
    event; the model then holds the weights of that moment.

    Args:
        model: built and compiled, its normalization layers measured.
        plan: what the model was built of.
        training: the config's section.
        dataset: its train part is trained on, its validation part, if any, measured after each epoch.
        seed: of the order of rows.
        device: the device in words, for the events.
    """
    return _Trainer(model, plan, training, dataset, seed).events(device)


@dataclass
class _Trainer:
    model: keras.Model
    plan: Plan
    training: Training
    dataset: Dataset
    seed: int

    def __post_init__(self) -> None:
        training, dataset = self.training, self.dataset
        weights = None
        if training.class_weight:
            weights = balanced_weights(dataset.train.targets, dataset.signature.outputs)
        self.loop = Loop(
            self.model,
            self._examples(dataset.train, weights),
            self._examples(dataset.validation) if dataset.validation else None,
            training.batch_size,
            training.shuffle,
            self.seed,
        )
        usual = "validation_loss" if dataset.validation else "loss"
        stopping, plateau = training.early_stopping, training.reduce_lr_on_plateau
        self.stopper = Stopper(stopping, stopping.monitor or usual) if stopping else None
        self.plateau = Plateau(plateau, plateau.monitor or usual) if plateau else None
        watched = self.stopper.best if self.stopper else Best(usual, direction(usual))
        self.best = Best(watched.monitor, watched.mode)

    def _examples(self, part: Part, weights: np.ndarray | None = None) -> Examples:
        targets = encode_targets(part.targets, self.dataset.signature, self.training.loss)
        return Examples.of(part.features, targets, weights)

    def events(self, device: str) -> Iterator[list[Event]]:
        """Yield the events of the whole training, one list a dispatch."""
        loop, training = self.loop, self.training
        began = time.perf_counter()
        rows, parameters, monitor = loop.train.rows, self.plan.parameters, self.best.monitor
        yield [Started(training.epochs, loop.steps, training.batch_size, rows, parameters, device, monitor)]
        self.sound = self.kept = _Snapshot(0, _weights(self.model))
        done, stop = 0, _Stop("completed", "")
        for events in self._short_epochs() if self._short() else self._long_epochs():
            if isinstance(events, _Stop):
                stop = events
                continue
            yield events
            done = max([done, *(event.epoch for event in events if isinstance(event, EpochEnded))])
        weights_epoch = self._finish(stop.outcome)
        seconds = time.perf_counter() - began
        best = self.best
        yield [Finished(stop.outcome, stop.reason, done, seconds, best.epoch, best.value, weights_epoch)]

    def _short(self) -> bool:
        compute = 3 * self.plan.multiplications * self.loop.train.rows / _MULTIPLICATIONS_PER_SECOND
        return compute + self.loop.steps * _STEP_OVERHEAD_SECONDS < _SHORT_EPOCH_SECONDS

    def _short_epochs(self) -> Iterator[list[Event] | _Stop]:
        loop, epoch, count = self.loop, 0, 1
        # Stopping and lowering the rate are decided between epochs.
        single = self.stopper is not None or self.plateau is not None
        while epoch < self.training.epochs:
            count = 1 if single else min(count, self.training.epochs - epoch)
            began = time.perf_counter()
            done, finite, series, rates = loop.run_epochs(_scalar(epoch + 1), _scalar(count))
            done, finite = int(done), bool(finite)
            values = {name: array.numpy() for name, array in series.items()}
            rates = rates.numpy()
            seconds = (time.perf_counter() - began) / done
            ended: list[Event] = []
            for i in range(done if finite else done - 1):
                epoch += 1
                metrics = {name: float(array[i]) for name, array in values.items()}
                ended.append(self._epoch_ended(epoch, metrics, float(rates[i]), seconds))
            yield ended
            if not finite:
                yield _Stop("diverged", f"the loss of epoch {epoch + 1} is not a finite number")
                return
            stop = self._after_epoch(epoch, metrics)
            if stop:
                yield stop
                return
            count = _next_count(count, seconds * done)

    def _long_epochs(self) -> Iterator[list[Event] | _Stop]:
        loop = self.loop
        step_count = 8
        for epoch in range(1, self.training.epochs + 1):
            began = time.perf_counter()
            order, step, finite = loop.order(epoch), 0, True
            loop.reset_metrics()
            metrics: Metrics = {}
            while step < loop.full_steps and finite:
                count = min(step_count, loop.full_steps - step)
                dispatched = time.perf_counter()
                reached, finite, results = loop.run_steps(order, _scalar(step), _scalar(count))
                step, finite = int(reached), bool(finite)
                metrics = {name: float(value) for name, value in results.items()}
                now = time.perf_counter()
                step_count = _next_count(count, now - dispatched)
                yield [Progress(epoch, step, metrics, step * loop.batch_size / (now - began))]
            if finite and loop.rest:
                finite, results = loop.run_rest(order)
                step, finite = step + 1, bool(finite)
                metrics = {name: float(value) for name, value in results.items()}
            if not finite:
                yield _Stop("diverged", f"the loss is not a finite number at step {step} of epoch {epoch}")
                return
            if loop.validation is not None:
                metrics |= {f"validation_{k}": float(v) for k, v in loop.run_validation().items()}
            rate = float(self.model.optimizer.learning_rate)
            seconds = time.perf_counter() - began
            yield [self._epoch_ended(epoch, metrics, rate, seconds)]
            stop = self._after_epoch(epoch, metrics)
            if stop:
                yield stop
                return

    def _epoch_ended(self, epoch: int, metrics: Metrics, rate: float, seconds: float) -> EpochEnded:
        self.best.update(epoch, metrics)
        speed = self.loop.train.rows / seconds
        return EpochEnded(epoch, metrics, rate, seconds, speed, self.best.epoch, self.best.value)

    def _after_epoch(self, epoch: int, metrics: Metrics) -> _Stop | None:
        """Judge the weights, keep them if they are to be kept, lower the rate; returns why to stop, if so."""
        improved, stop = self.stopper.update(epoch, metrics) if self.stopper else (False, False)
        weights = _weights(self.model)
        if not all(np.isfinite(weight).all() for weight in weights):
            return _Stop("diverged", f"weights are not finite numbers after epoch {epoch}")
        self.sound = _Snapshot(epoch, weights)
        if improved:
            self.kept = self.sound
        if self.plateau:
            rate = float(self.model.optimizer.learning_rate)
            lowered = self.plateau.update(epoch, metrics, rate)
            if lowered != rate:
                self.model.optimizer.learning_rate = lowered
        if stop and self.stopper:
            waited = self.stopper.wait
            reason = f"{self.best.monitor} has not improved for {waited} epoch{'s' if waited > 1 else ''}"
            return _Stop("stopped_early", reason)
        return None

    def _finish(self, outcome: str) -> int:
        """Give the model the weights that it is to end with; returns the epoch that they are of."""
        self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
        if self.stopper and self.stopper.spec.restore_best_weights and self.kept.epoch:
            ending = self.kept
        elif outcome == "diverged":
            ending = self.sound
        else:
            return self.sound.epoch
        for variable, value in zip(self.model.variables, ending.weights, strict=True):
            variable.assign(value)
        return ending.epoch


@dataclass(frozen=True)
class _Snapshot:
    """The model's weights as they were after an epoch; epoch 0 is before training."""

    epoch: int
    weights: list[np.ndarray]


@dataclass(frozen=True)
class _Stop:
    outcome: str
    reason: str


def _weights(model: keras.Model) -> list[np.ndarray]:
    return [np.array(variable) for variable in model.variables]


def _scalar(value: int) -> tf.Tensor:
    return tf.constant(value, tf.int32)


def _next_count(count: int, seconds: float) -> int:
    """Return how many steps or epochs would have filled a dispatch, growing at most tenfold at a time."""
    return max(1, min(10 * count, int(count * _DISPATCH_SECONDS / max(seconds, 1e-6))))
