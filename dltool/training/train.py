"""Training as a generator of events: others print and save them."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from dltool.backend.examples import Examples, balanced_weights, numbers
from dltool.config.losses import AUC
from dltool.config.optimizers import Schedule
from dltool.config.plan import Plan
from dltool.config.training import Training
from dltool.errors import DataError
from dltool.tasks.contract import Task
from dltool.training.events import Checkpoint, EpochEnded, Event, Finished, Metrics, Progress, Started
from dltool.training.loop import Loop
from dltool.training.state import State
from dltool.training.warm import give_back, take
from dltool.training.watch import Best, Plateau, Stopper, direction

if TYPE_CHECKING:
    from dltool.data.dataset import Dataset, Part

_DISPATCH_SECONDS = 0.1
# Epochs that are surely shorter than this are not worth stopping in: several go into a dispatch.
_SHORT_EPOCH_SECONDS = 0.05
# Deliberately pessimistic figures for one CPU core; a wrong guess costs a little liveliness or speed only.
_STEP_OVERHEAD_SECONDS = 1e-4
_MULTIPLICATIONS_PER_SECOND = 2e9


class Trainer:
    """Trains a compiled model; what it does next follows from its state alone, never from the clock.

    The order of the rows is a pure function of ``seed`` and the epoch. At every event the state is whole: it can
    be taken with ``checkpoint``, and another trainer of the same arguments that is given it by ``restore`` goes on
    to the same bits.
    """

    def __init__(
        self, model: keras.Model, plan: Plan, training: Training, dataset: Dataset, task: Task, seed: int
    ) -> None:
        """Make ready.

        Args:
            model: built and compiled, its normalization layers measured; ``self.model`` is what is trained, which may
                be another of the same shape that begins with the same values.
            plan: what the model was built of.
            training: the config's section.
            dataset: its train part is trained on, its validation part, if any, measured after each epoch.
            task: how targets are learnt.
            seed: of the order of rows.
        """
        self.plan, self.training, self.task, self.seed = plan, training, task, _scalar(seed)
        weights = None
        if training.class_weight:
            weights = balanced_weights(dataset.train.targets, dataset.signature.outputs)

        def examples(part: Part, weights: np.ndarray | None = None) -> Examples:
            return Examples.of(part.features, task.encode(part.targets), weights)

        self.train = examples(dataset.train, weights)
        self.validation = examples(dataset.validation) if dataset.validation else None
        self._shape = _shape(plan, training)
        model.optimizer.build(model.trainable_variables)
        warm = take(self._shape)
        if warm:
            _assign(_moved(warm.model), _values(_moved(model)))
            _assign(_measured(warm.model), _measured(model))
        self.loop = warm or Loop(model, training.batch_size, training.shuffle, self.train.slice(0, 1))
        self.model = self.loop.model
        self.full_steps, self.rest = self.loop.steps(self.train)
        usual = "validation_loss" if dataset.validation else "loss"
        stopping, plateau = training.early_stopping, training.reduce_lr_on_plateau
        self.stopper = Stopper(stopping, stopping.monitor or usual) if stopping else None
        self.plateau = Plateau(plateau, plateau.monitor or usual) if plateau else None
        watched = self.stopper.best if self.stopper else Best(usual, direction(usual))
        self.best = Best(watched.monitor, watched.mode)
        self._moved = _moved(self.model)
        self.epoch = self.step = 0
        self.stop: _Stop | None = None
        self.sound = self.kept = _Snapshot(0, _values(self.model.variables))
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
        unit = self.task.unit
        yield [Started(training.epochs, steps, training.batch_size, rows, parameters, device, monitor, unit)]
        yield from self._short_epochs(absent) if self._short() else self._long_epochs(absent)

    def finish(self) -> Finished:
        """Give the model the weights that it is to end with, once the events have come to their end."""
        weights_epoch = self._final_weights()
        stop, best = self.stop or _Stop("completed", ""), self.best
        return Finished(stop.outcome, stop.reason, self.epoch, self.seconds, best.epoch, best.value, weights_epoch)

    def release(self) -> None:
        """Let another training have the compiled loop, and the model with it: neither is to be used any more."""
        give_back(self._shape, self.loop)

    def checkpoint(self) -> Checkpoint | None:
        """Take the state of this moment; None where it holds numbers that are not finite."""
        arrays = {"moved": _values(self._moved)}
        if self.step:
            arrays |= {"metrics": _values(self.model.metrics_variables), "sound": self.sound.weights}
        if 0 < self.kept.epoch < self.sound.epoch:
            arrays |= {"kept": self.kept.weights}
        if not all(_finite(group) for group in arrays.values()):
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
        variables = {"moved": self._moved}
        if checkpoint.step:
            variables["metrics"] = model.metrics_variables
        for name, assigned in variables.items():
            _assign(assigned, group(name))
        variables |= {"sound": model.variables, "kept": model.variables}
        self.epoch, self.step = checkpoint.epoch, checkpoint.step
        self.sound = _Snapshot(self.epoch, group("sound") if self.step else _values(model.variables))
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

    def _short(self) -> bool:
        compute = 3 * self.plan.multiplications * self.train.rows / _MULTIPLICATIONS_PER_SECOND
        return compute + self.plan.steps * _STEP_OVERHEAD_SECONDS < _SHORT_EPOCH_SECONDS

    def _short_epochs(self, absent: Collection[str]) -> Iterator[list[Event]]:
        loop, count = self.loop, 1
        # Stopping and lowering the rate are decided between epochs.
        single = self.stopper is not None or self.plateau is not None
        while not self.ended:
            count = 1 if single else min(count, self.training.epochs - self.epoch)
            before = [] if single else _values(self._moved)
            began = time.perf_counter()
            done, finite, series, rates = loop.run_epochs(
                self.train, self.validation, self.seed, _scalar(self.epoch + 1), _scalar(count)
            )
            values = {name: array.numpy() for name, array in series.items()}
            rates = rates.numpy()
            seconds = (time.perf_counter() - began) / int(done)
            if count > 1 and not (finite and _finite(_values(self.model.variables))):
                # Where a dispatch begins depends on the clock; the last sound epoch must not: look for it singly.
                _assign(self._moved, before)
                single = True
                continue
            if not finite:
                self.stop = _Stop("diverged", f"the loss of epoch {self.epoch + 1} is not a finite number")
                return
            ended: list[Event] = []
            for i in range(int(done)):
                self.epoch += 1
                metrics = numbers({name: array[i] for name, array in values.items()}, absent)
                ended.append(self._epoch_ended(metrics, float(rates[i]), seconds))
            self._after_epoch(metrics)
            yield ended
            count = _next_count(count, seconds * int(done))

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
                step_count = _next_count(count, now - dispatched)
                yield [Progress(self.epoch + 1, self.step, metrics, self.step * loop.batch_size / (now - began))]
            if finite and self.rest:
                self.step, finite = self.step + 1, bool(loop.run_rest(self.train, order))
            if not finite:
                place = f"step {self.step} of epoch {self.epoch + 1}"
                self.stop = _Stop("diverged", f"the loss is not a finite number at {place}")
                return
            measured = loop.results()
            if self.validation is not None:
                measured |= {f"validation_{k}": v for k, v in loop.run_validation(self.validation).items()}
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
        weights = _values(self.model.variables)
        if not _finite(weights):
            self.stop = _Stop("diverged", f"weights are not finite numbers after epoch {self.epoch}")
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
            self.stop = _Stop("stopped_early", reason)

    def _final_weights(self) -> int:
        self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
        if self.stopper and self.stopper.spec.restore_best_weights and self.kept.epoch:
            ending = self.kept
        elif self.stop and self.stop.outcome == "diverged":
            ending = self.sound
        else:
            return self.sound.epoch
        _assign(self.model.variables, ending.weights)
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


def _shape(plan: Plan, training: Training) -> str:
    """Say all that the compiled program of a training depends on, but for the shapes of its rows."""
    others = {"epochs", "early_stopping", "reduce_lr_on_plateau", "checkpoint_seconds"}
    compiled = training.model_dump(exclude=others)
    if not isinstance(training.optimizer.learning_rate, Schedule):
        del compiled["optimizer"]["learning_rate"]  # a variable of the optimizer
    if any(isinstance(metric, AUC) for metric in training.metrics):
        compiled["rows"] = plan.rows.most  # the metric's variables have room for so many
    targets = plan.signature.target_numbers and plan.signature.target_numbers.transform
    return repr((plan.specs, plan.signature.input_shape, plan.signature.input_dtype, targets, compiled))


def _measured(model: keras.Model) -> list[tf.Variable]:
    """Return what the training rows gave, made variables by ``model.build``: scaling of inputs, units of targets."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)]
    units = model.dltool_units.variables if model.dltool_units else []
    return [*(value for layer in layers for value in (layer.mean, layer.variance)), *units]


def _moved(model: keras.Model) -> list[keras.Variable]:
    """Return everything that training moves: weights, states of random layers, the optimizer's variables."""
    optimizer = model.optimizer
    # Nadam's product of momenta is missing from `variables`.
    known = {id(variable) for variable in optimizer.variables}
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    others = [value for value in vars(inner).values() if isinstance(value, keras.Variable) and id(value) not in known]
    return [*model.variables, *optimizer.variables, *others]


def _values(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    return [np.array(variable) for variable in variables]


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _finite(arrays: Sequence[np.ndarray]) -> bool:
    return all(np.isfinite(array).all() for array in arrays)


def _scalar(value: int) -> tf.Tensor:
    return tf.constant(value, tf.int32)


def _next_count(count: int, seconds: float) -> int:
    """Return how many steps or epochs would have filled a dispatch, growing at most tenfold at a time."""
    return max(1, min(10 * count, int(count * _DISPATCH_SECONDS / max(seconds, 1e-6))))
