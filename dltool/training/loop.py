"""The compiled loop: Keras's own steps, many in one dispatch.

``keras.Model.fit`` builds its input pipeline anew every epoch and leaves the compiled program after every
step. Here the rows stay on the device and the loop over them is part of the program; what a step does is
``Model.train_step`` itself, so losses, regularisers, metrics and loss scaling are Keras's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import keras
import tensorflow as tf

from dltool.backend.examples import Examples, measure

Function = TypeVar("Function", bound=Callable[..., Any])


def _compiled(function: Function) -> Function:
    """Compile a method; Keras's steps need none of autograph's rewriting, which costs time."""
    compiled: Function = tf.function(function, autograph=False)
    return compiled


class Loop:
    """Compiled passes over training and validation rows."""

    def __init__(
        self,
        model: keras.Model,
        train: Examples,
        validation: Examples | None,
        batch_size: int,
        shuffle: bool,
        seed: int,
    ) -> None:
        self.model, self.train, self.validation = model, train, validation
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, seed
        self.full_steps, self.rest = divmod(train.rows, batch_size)
        self.steps = self.full_steps + (self.rest > 0)
        # What makes variables at its first use must have been used before it is compiled.
        model.optimizer.build(model.trainable_variables)
        model.test_step(train.slice(0, 1))

    def order(self, epoch: Any) -> Any:
        """Return the rows in the order of an epoch: a pure function of the seed and the epoch."""
        rows = tf.range(self.train.rows)
        if not self.shuffle:
            return rows
        return tf.random.experimental.stateless_shuffle(rows, seed=tf.stack([self.seed, epoch]))

    @_compiled
    def run_steps(self, order: Any, first: Any, count: Any) -> tuple[Any, Any, dict[str, Any]]:
        """Train on ``count`` full batches, from batch ``first`` of the order on.

        Stops behind a step whose loss is not finite.

        Returns:
            The number of the next batch, whether all losses were finite, and the metrics of the epoch so far.
        """
        step, finite = self._full_steps(order, first, first + count)
        return step, finite, self.model.get_metrics_result()

    @_compiled
    def run_rest(self, order: Any) -> tuple[Any, dict[str, Any]]:
        """Train on the partial last batch; returns whether the loss was finite, and the epoch's metrics."""
        finite = self._rest_step(order)
        return finite, self.model.get_metrics_result()

    @_compiled
    def run_epochs(self, first: Any, count: Any) -> tuple[Any, Any, dict[str, Any], Any]:
        """Train for ``count`` whole epochs from epoch ``first`` on, validation included.

        Stops behind an epoch with a loss that is not finite.

        Returns:
            The number of epochs done, whether all losses were finite, each metric as a tensor with a value an
            epoch, and the learning rate at the end of each epoch.
        """
        names = list(self._metrics_of_epoch())
        series = {name: tf.TensorArray(tf.float32, count, element_shape=()) for name in names}
        rates = tf.TensorArray(tf.float32, count, element_shape=())

        def body(i: Any, finite: Any, series: dict[str, Any], rates: Any) -> tuple[Any, ...]:
            del finite
            finite, metrics = self._epoch(first + i)
            series = {name: array.write(i, tf.cast(metrics[name], tf.float32)) for name, array in series.items()}
            rates = rates.write(i, tf.cast(self.model.optimizer.learning_rate, tf.float32))
            return i + 1, finite, series, rates

        done, finite, series, rates = tf.while_loop(
            lambda i, finite, *_: (i < count) & finite, body, (0, tf.constant(True), series, rates)
        )
        return done, finite, {name: array.stack() for name, array in series.items()}, rates.stack()

    @_compiled
    def run_validation(self) -> dict[str, Any]:
        """Measure the validation rows; returns the metrics."""
        return measure(self.model, self.validation) if self.validation is not None else {}

    def _metrics_of_epoch(self) -> dict[str, Any]:
        names = dict.fromkeys(self.model.get_metrics_result())
        if self.validation is not None:
            names |= {f"validation_{name}": None for name in names}
        return names

    def _epoch(self, epoch: Any) -> tuple[Any, dict[str, Any]]:
        self.model.reset_metrics()
        order = self.order(epoch)
        finite = tf.constant(True)
        if self.full_steps:
            _, finite = self._full_steps(order, tf.constant(0), tf.constant(self.full_steps))
        if self.rest:
            finite &= self._rest_step(order)
        metrics = dict(self.model.get_metrics_result())
        if self.validation is not None:
            validated = measure(self.model, self.validation)
            metrics |= {f"validation_{name}": value for name, value in validated.items()}
        return finite, metrics

    def _full_steps(self, order: Any, first: Any, end: Any) -> tuple[Any, Any]:
        size = self.batch_size

        def body(step: Any, finite: Any) -> tuple[Any, Any]:
            del finite
            rows = tf.ensure_shape(order[step * size : (step + 1) * size], [size])
            logs = self.model.train_step(self.train.gather(rows))
            return step + 1, tf.math.is_finite(logs["loss"])

        step, finite = tf.while_loop(
            lambda step, finite: (step < end) & finite,
            body,
            (first, tf.constant(True)),
            parallel_iterations=1,
        )
        return step, finite

    def _rest_step(self, order: Any) -> Any:
        rows = tf.ensure_shape(order[self.train.rows - self.rest :], [self.rest])
        return tf.math.is_finite(self.model.train_step(self.train.gather(rows))["loss"])
