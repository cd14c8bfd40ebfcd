"""Training as a generator of events: others print and save them."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from dltool.backend.examples import Examples, numbers
from dltool.config.metric_names import on_validation
from dltool.config.metric_order import direction
from dltool.config.plan import Plan
from dltool.config.status import Status
from dltool.config.training import Training
from dltool.errors import DataError
from dltool.training.dispatch import DispatchPolicy
from dltool.training.events import Checkpoint, EpochEnded, Event, Finished, Metrics, Progress, Started
from dltool.training.loop import Loop
from dltool.training.state import State
from dltool.training.variables import all_finite, arrays_of, assign, state_variables
from dltool.training.watch import Best, Plateau, Stopper


class Trainer:
    """Trains a compiled model; what it does next follows from its state alone, never from the clock.

    The order of the rows is a pure function of ``seed`` and the epoch. At every event the state is whole: it can
    be taken with ``checkpoint``, and another trainer of the same arguments that is given it by ``restore`` goes on
    to the same bits.
    """

    def __init__(
        self,
        loop: Loop,
        plan: Plan,
        training: Training,
        train: Examples,
        validation: Examples | None,
        seed: int,
        *,
        loss_unit: str = "",
        policy: DispatchPolicy,
    ) -> None:
        """Make ready.

        Args:
            loop: compiled for the plan and the section; its model is what is trained.
            plan: what the model was built of.
            training: the config's section.
            train: what is trained on.
            validation: what is evaluated after each epoch, if anything.
            seed: of the order of rows.
            loss_unit: what the loss is of, in words, for the events.
            policy: how much goes into a dispatch.
        """
        self.loop, self.model, self.plan, self.training = loop, loop.model, plan, training
        self.train, self.validation, self.seed = train, validation, _scalar(seed)
        self._loss_unit, self._policy = loss_unit, policy
        self.full_steps, self.rest = loop.steps(train)
        usual = on_validation("loss") if validation else "loss"
        stopping, plateau = training.early_stopping, training.reduce_lr_on_plateau
        self.stopper = Stopper(stopping, stopping.monitor or usual) if stopping else None
        self.plateau = Plateau(plateau, plateau.monitor or usual) if plateau else None
        watched = self.stopper.best if self.stopper else Best(usual, direction(usual))
        self.best = Best(watched.monitor, watched.mode)
        self._state_variables = state_variables(self.model)
        self.epoch = self.step = 0
        self.stop: _Stop | None = None
        self.sound = self.kept = _Snapshot(0, arrays_of(self.model.variables))
        self._began = self._epoch_began = time.perf_counter()

    def events(self, device: str, absent: Collection[str] = ()) -> Iterator[list[Event]]:
        """Yield what happens, about ten times a second: a list of events a dispatch.

        The generator may be closed at any event; the model then holds the weights of that moment.

        Args:
            device: the device in words, for the events.
            absent: the metrics that do not exist on the rows, and are None in the events.
        """
        training, steps = self.training, self.plan.steps
        rows, parameters, monitor = self.train.rows, self.plan.parameters, self.best.monitor
        unit = self._loss_unit
        yield [Started(training.epochs, steps, training.batch_size, rows, parameters, device, monitor, unit)]
        yield from (self._short_epochs if self._policy.takes_whole_epochs(self.plan) else self._long_epochs)(absent)

    def finish(self) -> Finished:
        """Give the model the weights that it is to end with, once the events have come to their end."""
        weights_epoch = self._final_weights()
        stop, best = self.stop or _Stop(Status.COMPLETED, ""), self.best
        return Finished(stop.outcome, stop.reason, self.epoch, self.seconds, best.epoch, best.value, weights_epoch)

    def checkpoint(self) -> Checkpoint | None:
        """Take the state of this moment; None where it holds numbers that are not finite."""
        arrays = {"moved": arrays_of(self._state_variables)}
        if self.step:
            arrays |= {"metrics": arrays_of(self.model.metrics_variables), "sound": self.sound.weights}
        if 0 < self.kept.epoch < self.sound.epoch:
            arrays |= {"kept": self.kept.weights}
        if not all(all_finite(group) for group in arrays.values()):
            return None
        state = {
            "best": self.best.state,
            "stopper": self.stopper and self.stopper.state,
            "plateau": self.plateau and self.plateau.state,
            "stop": self.stop and asdict(self.stop),
            "kept": self.kept.epoch,
            "seconds": self.seconds,
            "epoch_seconds": time.perf_counter() - self._epoch_began if self.step else 0.0,
        }
        named = {f"{name}.{i}": array for name, group in arrays.items() for i, array in enumerate(group)}
        return Checkpoint(self.epoch, self.step, named, state)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Put a state back before ``events`` is called; it must be of a trainer with the same arguments.

        Raises:
            DataError: it is not.
        """

        def group(name: str) -> list[np.ndarray]:
            return _fitting(checkpoint, name, variables[name])

        model = self.model
        state = State.read(checkpoint, self.training.epochs, self.plan.steps).model_dump()
        variables = {"moved": self._state_variables}
        if checkpoint.step:
            variables["metrics"] = model.metrics_variables
        for name, assigned in variables.items():
            assign(assigned, group(name))
        variables |= {"sound": model.variables, "kept": model.variables}
        self.epoch, self.step = checkpoint.epoch, checkpoint.step
        self.sound = _Snapshot(self.epoch, group("sound") if self.step else arrays_of(model.variables))
        if state["kept"] == self.epoch:
            self.kept = self.sound
        elif state["kept"]:
            self.kept = _Snapshot(state["kept"], group("kept"))
        self.best.state = state["best"]
        for watcher in ("stopper", "plateau"):
            if (state[watcher] is None) != (getattr(self, watcher) is None):
                raise DataError(f"damaged: {watcher}: not that of this config")
            if state[watcher]:
                getattr(self, watcher).state = state[watcher]
        self.stop = _Stop(**state["stop"]) if state["stop"] else None
        now = time.perf_counter()
        self._began, self._epoch_began = now - state["seconds"], now - state["epoch_seconds"]

    @property
    def seconds(self) -> float:
        """How long it has taken, what was done before a break included."""
        return time.perf_counter() - self._began

    @property
    def ended(self) -> bool:
        """Whether no step is left to do."""
        return self.stop is not None or self.epoch >= self.training.epochs

    def _short_epochs(self, absent: Collection[str]) -> Iterator[list[Event]]:
        loop, count = self.loop, 1
        # Stopping and lowering the rate are decided between epochs.
        single = self.stopper is not None or self.plateau is not None
        while not self.ended:
            count = 1 if single else min(count, self.training.epochs - self.epoch)
            before = [] if single else arrays_of(self._state_variables)
            began = time.perf_counter()
            done, finite, series, rates = loop.run_epochs(
                self.train, self.validation, self.seed, _scalar(self.epoch + 1), _scalar(count)
            )
            values = {name: array.numpy() for name, array in series.items()}
            rates = rates.numpy()
            seconds = (time.perf_counter() - began) / int(done)
            if count > 1 and not (finite and all_finite(arrays_of(self.model.variables))):
                # Where a dispatch begins depends on the clock; the last sound epoch must not: look for it singly.
                assign(self._state_variables, before)
                single = True
                continue
            if not finite:
                self.stop = _Stop(Status.DIVERGED, f"the loss of epoch {self.epoch + 1} is not a finite number")
                return
            ended: list[Event] = []
            for i in range(int(done)):
                self.epoch += 1
                metrics = numbers({name: array[i] for name, array in values.items()}, absent)
                ended.append(self._epoch_ended(metrics, float(rates[i]), seconds))
            self._after_epoch(metrics)
            yield ended
            count = self._policy.next_count(count, seconds * int(done))

    def _long_epochs(self, absent: Collection[str]) -> Iterator[list[Event]]:
        loop, step_count = self.loop, 8
        while not self.ended:
            order, finite = loop.order(self.train, self.seed, _scalar(self.epoch + 1)), True
            if not self.step:
                self._epoch_began = time.perf_counter()
                self.model.reset_metrics()
            began = self._epoch_began
            while finite and self.step < self.full_steps:
                count = min(step_count, self.full_steps - self.step)
                dispatched = time.perf_counter()
                step, finite, results = loop.run_steps(self.train, order, _scalar(self.step), _scalar(count))
                self.step, finite = int(step), bool(finite)
                metrics = numbers(results, absent)
                now = time.perf_counter()
                step_count = self._policy.next_count(count, now - dispatched)
                yield [Progress(self.epoch + 1, self.step, metrics, self.step * loop.batch_size / (now - began))]
            if finite and self.rest:
                self.step, finite = self.step + 1, bool(loop.run_rest(self.train, order))
            if not finite:
                place = f"step {self.step} of epoch {self.epoch + 1}"
                self.stop = _Stop(Status.DIVERGED, f"the loss is not a finite number at {place}")
                return
            measured = loop.results()
            if self.validation is not None:
                measured |= {on_validation(k): v for k, v in loop.run_validation(self.validation).items()}
            metrics = numbers(measured, absent)
            self.epoch, self.step = self.epoch + 1, 0
            rate = float(self.model.optimizer.learning_rate)
            ended = self._epoch_ended(metrics, rate, time.perf_counter() - began)
            self._after_epoch(metrics)
            yield [ended]

    def _epoch_ended(self, metrics: Metrics, rate: float, seconds: float) -> EpochEnded:
        self.best.update(self.epoch, metrics)
        speed = self.train.rows / seconds
        return EpochEnded(self.epoch, metrics, rate, seconds, speed, self.best.epoch, self.best.value)

    def _after_epoch(self, metrics: Metrics) -> None:
        """Judge the weights, keep them if they are to be kept, lower the rate or stop where that is due."""
        improved, stop = self.stopper.update(self.epoch, metrics) if self.stopper else (False, False)
        weights = arrays_of(self.model.variables)
        if not all_finite(weights):
            self.stop = _Stop(Status.DIVERGED, f"weights are not finite numbers after epoch {self.epoch}")
            return
        self.sound = _Snapshot(self.epoch, weights)
        if improved:
            self.kept = self.sound
        if self.plateau:
            rate = float(self.model.optimizer.learning_rate)
            lowered = self.plateau.update(self.epoch, metrics, rate)
            if lowered != rate:
                self.model.optimizer.learning_rate = lowered
        if stop and self.stopper:
            waited = self.stopper.wait
            what = "has not improved" if self.stopper.best.epoch else "has had no value"
            reason = f"{self.best.monitor} {what} for {waited} epoch{'s' if waited > 1 else ''}"
            self.stop = _Stop(Status.STOPPED_EARLY, reason)

    def _final_weights(self) -> int:
        self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
        if self.stopper and self.stopper.spec.restore_best_weights and self.kept.epoch:
            ending = self.kept
        elif self.stop and self.stop.outcome == Status.DIVERGED:
            ending = self.sound
        else:
            return self.sound.epoch
        assign(self.model.variables, ending.weights)
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


def _fitting(checkpoint: Checkpoint, name: str, variables: Sequence[Any]) -> list[np.ndarray]:
    """Return a checkpoint's arrays for some variables, of whose shapes and types they must be."""
    found = []
    for i, variable in enumerate(variables):
        array, dtype = checkpoint.arrays.get(f"{name}.{i}"), tf.as_dtype(variable.dtype).as_numpy_dtype
        if array is None or array.shape != tuple(variable.shape) or array.dtype != dtype:
            raise DataError(f"{name}.{i} is missing, or is none of this network's")
        found.append(array)
    return found


def _scalar(value: int) -> tf.Tensor:
    return tf.constant(value, tf.int32)
