"""Training as a generator of events: others print and save them."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np
import tensorflow as tf

from dltool.backend.device_rows import DeviceRows
from dltool.backend.evaluate import metric_values
from dltool.config.counts import counted
from dltool.config.metric_names import on_validation
from dltool.config.metric_order import direction
from dltool.config.status import Status
from dltool.config.training import Training
from dltool.contracts.events import Checkpoint, EpochEnded, Epochs, Event, Finished, Metrics, Progress, Started
from dltool.contracts.plan import Plan
from dltool.errors import DataError
from dltool.training.dispatch import DispatchPolicy
from dltool.training.loop import Loop
from dltool.training.state import State, check_arrays
from dltool.training.variables import (
    Arrays,
    Variables,
    all_finite,
    arrays_of,
    assign,
    metric_variables,
    prefixed,
    state_variables,
    unprefixed,
    weight_variables,
)
from dltool.training.watch import Best, Plateau, Stopper


class Trainer:
    """Trains a compiled model; what it does next follows from its state alone, never from the clock.

    The order of the rows is a pure function of ``seed`` and the epoch. Behind every list of events the state is
    whole: it can be taken with ``checkpoint``, and another trainer of the same arguments that is given it by
    ``restore`` goes on to the same bits.
    """

    def __init__(
        self,
        loop: Loop,
        plan: Plan,
        training: Training,
        train: DeviceRows,
        validation: DeviceRows | None,
        seed: int,
        *,
        loss_unit: str = "",
        policy: DispatchPolicy,
    ) -> None:
        """Begin at epoch 0, with the values that the model of the loop has.

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
        self._weights, self._state_variables = weight_variables(self.model), state_variables(self.model)
        self.epoch = self.step = 0
        self.stop: _Stop | None = None
        self.last_finite = self.best_weights = _Snapshot(0, arrays_of(self._weights))
        self._best_passed: tuple[_Begin, int] | None = None
        self._dispatch: _Begin | None = None
        self._seconds_before = 0.0
        self._began: float | None = None
        self._epoch_began = time.perf_counter()

    def events(self, device: str, absent: Collection[str] = ()) -> Iterator[Sequence[Event]]:
        """Yield what happens, about ten times a second: a list of events a dispatch.

        The generator may be closed at any list; the model then holds the weights of its last event, and ``go_back``
        brings back those of another epoch in it.

        Args:
            device: the device in words, for the events.
            absent: the metrics that do not exist on the rows, and are None in the events.
        """
        self._began = time.perf_counter()
        training, steps = self.training, self.plan.steps
        rows, parameters, monitor = self.train.rows, self.plan.parameters, self.best.monitor
        unit = self._loss_unit
        yield [Started(training.epochs, steps, training.batch_size, rows, parameters, device, monitor, unit)]
        yield from (self._short_epochs if self._policy.takes_whole_epochs(self.plan) else self._long_epochs)(absent)

    def finish(self) -> Finished:
        """Give the model the weights that it is to end with; to be called behind the last event."""
        weights_epoch = self._final_weights()
        stop, best = self.stop or _Stop(Status.COMPLETED, ""), self.best
        return Finished(stop.outcome, stop.reason, self.epoch, self.seconds, best.epoch, best.value, weights_epoch)

    def checkpoint(self) -> Checkpoint | None:
        """Take the state of this moment; None where it holds numbers that are not finite."""
        self._find_best_weights()
        arrays = arrays_of(self._state_variables)
        if self.step:
            arrays |= arrays_of(metric_variables(self.model)) | prefixed("last_finite", self.last_finite.weights)
        if 0 < self.best_weights.epoch < self.epoch:
            arrays |= prefixed("best", self.best_weights.weights)
        if not all_finite(arrays):
            return None
        state = {
            "best": self.best.state,
            "stopper": self.stopper and self.stopper.state,
            "plateau": self.plateau and self.plateau.state,
            "stop": self.stop and asdict(self.stop),
            "best_weights_epoch": self.best_weights.epoch,
            "seconds": self.seconds,
            "epoch_seconds": time.perf_counter() - self._epoch_began if self.step else 0.0,
        }
        return Checkpoint(self.epoch, self.step, arrays, state)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Put a state back before ``events`` is called.

        Args:
            checkpoint: of a trainer with the same arguments.

        Raises:
            DataError: it is of another one, or damaged.
        """
        state = State.read(checkpoint, self.training.epochs, self.plan.steps).model_dump()
        variables, best_epoch = dict(self._state_variables), state["best_weights_epoch"]
        snapshots: Variables = {}
        if checkpoint.step:
            variables |= metric_variables(self.model)
            snapshots |= prefixed("last_finite", self._weights)
        if 0 < best_epoch < checkpoint.epoch:
            snapshots |= prefixed("best", self._weights)
        check_arrays(checkpoint.arrays, variables | snapshots)
        assign(variables, checkpoint.arrays)
        self.epoch, self.step = checkpoint.epoch, checkpoint.step
        last_finite = unprefixed("last_finite", checkpoint.arrays) or arrays_of(self._weights)
        self.last_finite = _Snapshot(self.epoch, last_finite)
        if best_epoch == self.epoch:
            self.best_weights = self.last_finite
        elif best_epoch:
            self.best_weights = _Snapshot(best_epoch, unprefixed("best", checkpoint.arrays))
        self.best.state = state["best"]
        for watcher in ("stopper", "plateau"):
            if (state[watcher] is None) != (getattr(self, watcher) is None):
                raise DataError(f"damaged: {watcher}: not that of this config")
            if state[watcher]:
                getattr(self, watcher).state = state[watcher]
        self.stop = _Stop(**state["stop"]) if state["stop"] else None
        now = time.perf_counter()
        self._seconds_before, self._epoch_began = state["seconds"], now - state["epoch_seconds"]

    def go_back(self, epoch: int) -> None:
        """Bring back the weights of an epoch of the last dispatch, which no other will follow.

        Args:
            epoch: counted from 1.
        """
        assert self._dispatch  # noqa: S101  (several epochs end at a time in no other way)
        self._train_anew(self._dispatch, epoch)
        self.epoch = epoch

    @property
    def seconds(self) -> float:
        """How long it has taken, what was done before a break included."""
        return self._seconds_before + (0.0 if self._began is None else time.perf_counter() - self._began)

    @property
    def ended(self) -> bool:
        """Whether no step is left to do."""
        return self.stop is not None or self.epoch >= self.training.epochs

    def _short_epochs(self, absent: Collection[str]) -> Iterator[Epochs]:
        count, most = 1, self.loop.most_epochs(self.train)
        while not self.ended:
            count = min(count, most, self.training.epochs - self.epoch)
            began = time.perf_counter()
            begin = self._dispatch = _Begin(self.epoch + 1, arrays_of(self._state_variables))
            done, finite, series, rates = self._run_epochs(begin.epoch, count)
            weights = arrays_of(self._weights)
            if count > 1 and not (finite and all_finite(weights)):
                # Where a dispatch begins depends on the clock, the last finite epoch must not: look for it one by one.
                assign(self._state_variables, begin.state)
                count = most = 1
                continue
            if not finite:
                self.stop = _Stop(Status.DIVERGED, f"the loss of epoch {self.epoch + 1} is not a finite number")
                return
            seconds = (time.perf_counter() - began) / done
            metrics, rates = _columns(series, absent), rates.tolist()
            verdict, improved = self._judge_epochs(metrics, rates)
            kept = self.epoch + 1 - begin.epoch
            if kept < done:
                # The epochs behind a decision were trained in vain.
                self._train_anew(begin, self.epoch)
                weights = arrays_of(self._weights)
                metrics = {name: values[:kept] for name, values in metrics.items()}
            best = self.best.follow(begin.epoch, metrics[self.best.monitor])
            self._carry_out(verdict, weights, improved, begin)
            spelt = [_spelt(rate) for rate in rates[:kept]]
            yield Epochs(begin.epoch, metrics, spelt, seconds, self.train.rows / seconds, *best)
            count = self._policy.next_count(count, seconds * done)

    def _judge_epochs(self, metrics: Mapping[str, list[float | None]], rates: Sequence[float]) -> tuple[_Verdict, int]:
        """Go on to the last epoch of a dispatch, or to one behind which it should have ended.

        Returns:
            What follows from that epoch, and the last one whose weights may be those to end with, 0 for none.
        """
        names = {watch.best.monitor for watch in (self.stopper, self.plateau) if watch}
        if not names:  # nothing to judge, and ten thousand epochs to look at
            self.epoch += len(rates)
            return _NOTHING_FOLLOWS, 0
        improved = 0
        for *values, rate in zip(*(metrics[name] for name in names), rates, strict=True):
            self.epoch += 1
            verdict = self._judge(dict(zip(names, values, strict=True)), rate)
            improved = self.epoch if verdict.improved else improved
            if verdict.ends_dispatch:
                break
        return verdict, improved

    def _train_anew(self, begin: _Begin, epoch: int) -> None:
        """Bring the state behind an epoch of a dispatch back: training ends in the same bits each time."""
        assign(self._state_variables, begin.state)
        self._run_epochs(begin.epoch, epoch - begin.epoch + 1)

    def _run_epochs(self, first: int, count: int) -> tuple[int, bool, Arrays, np.ndarray]:
        return self.loop.run_epochs(self.train, self.validation, self.seed, _scalar(first), _scalar(count))

    def _long_epochs(self, absent: Collection[str]) -> Iterator[Sequence[Event]]:
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
                metrics = metric_values(results, absent)
                now = time.perf_counter()
                step_count = self._policy.next_count(count, now - dispatched)
                yield [Progress(self.epoch + 1, self.step, metrics, self.step * loop.batch_size / (now - began))]
            if finite and self.rest:
                self.step, finite = self.step + 1, bool(loop.run_rest(self.train, order))
            if not finite:
                place = f"step {self.step} of epoch {self.epoch + 1}"
                self.stop = _Stop(Status.DIVERGED, f"the loss is not a finite number at {place}")
                return
            results = loop.results()
            if self.validation is not None:
                results |= {on_validation(k): v for k, v in loop.run_validation(self.validation).items()}
            metrics = metric_values(results, absent)
            self.epoch, self.step = self.epoch + 1, 0
            rate = float(self.model.optimizer.learning_rate)
            ended = self._epoch_ended(metrics, rate, time.perf_counter() - began)
            verdict = self._judge(metrics, rate)
            self._carry_out(verdict, arrays_of(self._weights), self.epoch if verdict.improved else 0)
            yield [ended]

    def _epoch_ended(self, metrics: Metrics, rate: float, seconds: float) -> EpochEnded:
        self.best.update(self.epoch, metrics)
        speed = self.train.rows / seconds
        return EpochEnded(self.epoch, metrics, _spelt(rate), seconds, speed, self.best.epoch, self.best.value)

    def _judge(self, metrics: Metrics, rate: float) -> _Verdict:
        """Say what follows from the metrics of an epoch."""
        if not self.stopper and not self.plateau:
            return _NOTHING_FOLLOWS
        improved, stop = self.stopper.update(self.epoch, metrics) if self.stopper else (False, False)
        improved = improved and bool(self.stopper and self.stopper.spec.restore_best_weights)
        lowered = self.plateau.update(self.epoch, metrics, rate) if self.plateau else rate
        return _Verdict(improved, stop, lowered if lowered != rate else None)

    def _carry_out(self, verdict: _Verdict, weights: Arrays, improved: int, begin: _Begin | None = None) -> None:
        """Keep the weights if they are finite, or the best; lower the rate or stop where that is due.

        Args:
            verdict: on the epoch that has just ended.
            weights: as that epoch left them.
            improved: the last epoch of the dispatch that was the best so far, or 0.
            begin: where the dispatch began, if it was of several epochs.
        """
        if not all_finite(weights):
            self.stop = _Stop(Status.DIVERGED, f"weights are not finite numbers after epoch {self.epoch}")
            return
        self.last_finite = _Snapshot(self.epoch, weights)
        if improved == self.epoch:
            self.best_weights, self._best_passed = self.last_finite, None
        elif improved and begin:
            self._best_passed = (begin, improved)
        if verdict.lowered_rate is not None:
            self.model.optimizer.learning_rate = verdict.lowered_rate
        if verdict.stop and self.stopper:
            waited = self.stopper.wait
            what = "has not improved" if self.stopper.best.epoch else "has had no value"
            reason = f"{self.best.monitor} {what} for {counted(waited, 'epoch')}"
            self.stop = _Stop(Status.STOPPED_EARLY, reason)

    def _find_best_weights(self) -> None:
        """Train again up to the best epoch, where it lies within a dispatch: to the same bits as before."""
        if self._best_passed:
            (begin, epoch), now = self._best_passed, arrays_of(self._state_variables)
            self._train_anew(begin, epoch)
            self.best_weights, self._best_passed = _Snapshot(epoch, arrays_of(self._weights)), None
            assign(self._state_variables, now)

    def _final_weights(self) -> int:
        """Give the model its final weights; returns the epoch that they are of."""
        self._find_best_weights()
        self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
        if self.stopper and self.stopper.spec.restore_best_weights and self.best_weights.epoch:
            ending = self.best_weights
        elif self.stop and self.stop.outcome == Status.DIVERGED:
            ending = self.last_finite
        else:
            return self.last_finite.epoch
        assign(self._weights, ending.weights)
        return ending.epoch


@dataclass(frozen=True)
class _Snapshot:
    """The model's weights as they were after an epoch; epoch 0 is before training."""

    epoch: int
    weights: Arrays


@dataclass(frozen=True)
class _Begin:
    """The state before an epoch, which a dispatch begins with."""

    epoch: int
    state: Arrays


@dataclass(frozen=True)
class _Verdict:
    """What follows from the metrics of an epoch."""

    improved: bool
    """Whether its weights may be those to end with."""
    stop: bool
    lowered_rate: float | None

    @property
    def ends_dispatch(self) -> bool:
        """Whether the next epoch is not to follow, or not at this rate."""
        return self.stop or self.lowered_rate is not None


_NOTHING_FOLLOWS = _Verdict(improved=False, stop=False, lowered_rate=None)


@dataclass(frozen=True)
class _Stop:
    outcome: str
    reason: str


def _columns(series: Arrays, absent: Collection[str]) -> dict[str, list[float | None]]:
    """Return the metrics of some epochs, as ``metric_values`` returns those of one."""
    columns = {name: array.tolist() for name, array in series.items()}
    for name in set(absent) & set(columns):
        columns[name] = [None if math.isnan(value) else value for value in columns[name]]
    return columns


@lru_cache(maxsize=8)  # most epochs have the rate of the one before
def _spelt(rate: float) -> float:
    """Return 0.001 for 0.0010000000474974513: the fewest digits that say which float32 it is."""
    return float(str(np.float32(rate)))


def _scalar(value: int) -> tf.Tensor:
    return tf.constant(value, tf.int32)
