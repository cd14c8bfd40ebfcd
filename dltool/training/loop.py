"""The compiled loop: many steps in one dispatch.

``keras.Model.fit`` builds its input pipeline anew every epoch and leaves the compiled program after every
step. Here the rows stay on the device and the loop over them is part of the program; losses, regularisers, metrics and
loss scaling are Keras's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import keras
import numpy as np
import tensorflow as tf

from dltool.backend.compiled import compiled
from dltool.backend.device_rows import DeviceRows
from dltool.backend.evaluate import evaluate_metrics
from dltool.config.metric_names import on_validation
from dltool.training.orders import FEW_ROWS, orders_of_few_rows
from dltool.training.step import Step

_MOST_EPOCHS = 1000
"""In a dispatch, which ends by putting the numbers of so many together, one by one."""
_MOST_XLA_EPOCHS = 10_000
"""The same under XLA, where they lie together as made: of the smallest network, as many as fill half of a dispatch."""
_MOST_PLACES = 1 << 20
"""Of rows in the orders of several epochs."""

Function = TypeVar("Function", bound=Callable[..., Any])


def _compiled(function: Function) -> Function:
    """Compile a method; Keras's steps need none of autograph's rewriting, which costs time."""
    program: Function = tf.function(function, autograph=False)
    return program


class Loop:
    """Compiled passes of one model over rows.

    To compile them takes longer than a small training. What differs between trainings of one kind is therefore no
    part of them but given each time: the rows, the seed, and the values of the model's variables.

    Numbers of steps and epochs are int32 tensors of shape (): a Python number would be compiled anew for each value.
    """

    def __init__(
        self,
        model: keras.Model,
        step: Step,
        batch_size: int,
        shuffle: bool,
        example: tuple[Any, ...],
        *,
        xla: bool = False,
    ) -> None:
        """Make the variables of a model that a compiled program needs.

        Args:
            model: compiled, its optimizer built.
            step: of the model.
            batch_size: rows a step.
            shuffle: whether each epoch has an order of its own.
            example: (features, targets) or (features, targets, weights) of one row, each of shape (1, …); with it the
                model makes the variables that it makes at its first use, which must be before it is compiled.
            xla: whether XLA compiles whole epochs and steps.
        """
        self.key = ""  # by which a cache knows it
        self.model, self.step, self.batch_size, self.shuffle = model, step, batch_size, shuffle
        for layer in model.layers:
            if isinstance(layer, keras.layers.Normalization):
                # Keras computes with constants; a compiled program can be given other values of variables.
                layer.mean, layer.variance = (tf.Variable(v, trainable=False) for v in (layer.mean, layer.variance))
        self._metric_names = list(model.test_step(example))
        program = partial(tf.function, autograph=False, jit_compile=xla or None)
        self._xla = xla
        self._steps, self._rest, self._epochs = map(program, (self._run_steps, self._run_rest, self._run_epochs))

    def steps(self, train: DeviceRows) -> tuple[int, int]:
        """Return how an epoch divides into steps.

        Args:
            train: the training rows.

        Returns:
            The number of full batches, and the rows of a partial last one, 0 where there is none.
        """
        return divmod(train.rows, self.batch_size)

    def order(self, train: DeviceRows, seed: Any, epoch: Any) -> Any:
        """Return the rows in the order of an epoch: a pure function of the seed and the epoch.

        Args:
            train: the training rows.
            seed: int32, shape ().
            epoch: int32, shape (), counted from 1.

        Returns:
            Indices of rows, int32, shape (rows,).
        """
        rows = tf.range(train.rows)
        if not self.shuffle:
            return rows
        return tf.random.experimental.stateless_shuffle(rows, seed=tf.stack([seed, epoch]))

    def run_steps(self, train: DeviceRows, order: Any, first: Any, count: Any) -> tuple[Any, Any, dict[str, Any]]:
        """Train on full batches; stops behind a step whose loss is not finite.

        Args:
            train: the training rows.
            order: as ``order`` returned it, int32, shape (rows,).
            first: the number of the first batch, int32, shape (), counted from 0.
            count: how many batches, int32, shape ().

        Returns:
            The number of the next batch (int32), whether all losses were finite (bool), and the metrics of the epoch so
            far, all of shape (); but for those metrics that rank all rows, which would take as long as the steps.
        """
        return self._steps(train, order, first, count)  # type: ignore[no-any-return]

    def _run_steps(self, train: DeviceRows, order: Any, first: Any, count: Any) -> tuple[Any, Any, dict[str, Any]]:
        step, finite = self._full_steps(train, order, first, first + count)
        inner = [each for metric in self.model.metrics for each in getattr(metric, "metrics", ())]
        ranking = {metric.name for metric in inner if getattr(metric, "ranks", False)}
        results = self.model.get_metrics_result()
        return step, finite, {name: value for name, value in results.items() if name not in ranking}

    def run_rest(self, train: DeviceRows, order: Any) -> Any:
        """Train on the partial last batch.

        Args:
            train: the training rows.
            order: as ``order`` returned it, int32, shape (rows,).

        Returns:
            Whether the loss was finite: bool, shape ().
        """
        return self._rest(train, order)

    @_compiled
    def results(self) -> dict[str, Any]:
        """Return the metrics of the epoch so far, each of shape ()."""
        return dict(self.model.get_metrics_result())

    def most_epochs(self, train: DeviceRows) -> int:
        """Return how many epochs ``run_epochs`` does at most."""
        most = _MOST_XLA_EPOCHS if self._xla else _MOST_EPOCHS
        return max(1, min(most, _MOST_PLACES // train.rows))

    def run_epochs(
        self, train: DeviceRows, validation: DeviceRows | None, seed: Any, first: Any, count: Any
    ) -> tuple[int, bool, dict[str, np.ndarray], np.ndarray]:
        """Train for whole epochs, validation included; stops behind one with a loss that is not finite.

        Args:
            train: the training rows.
            validation: what is evaluated after each epoch, if anything.
            seed: of the order of rows, int32, shape ().
            first: the first epoch, int32, shape (), counted from 1.
            count: how many epochs, int32, shape (), at most ``most_epochs``.

        Returns:
            The number of epochs done, whether all losses were finite, and each metric and the learning rate at the end
            of each epoch done (float64, shape (epochs,)).
        """
        # XLA cannot shuffle as TensorFlow does.
        orders = self._orders(train, seed, first, count) if self._xla else None
        done, finite, rows = self._epochs(train, validation, seed, first, count, orders)
        *columns, rates = rows.numpy()[: int(done)].T
        return int(done), bool(finite), dict(zip(self._names(validation), columns, strict=True)), rates

    def _names(self, validation: DeviceRows | None) -> list[str]:
        names = self._metric_names
        return names if validation is None else [*names, *map(on_validation, names)]

    def _orders(self, train: DeviceRows, seed: Any, first: Any, count: Any) -> Any:
        """Return the orders of some epochs, int32, shape (``most_epochs``, rows); zeros behind them."""
        if not self.shuffle or train.rows > FEW_ROWS:
            return self._draw_orders(train, seed, first, count)
        drawn = np.zeros((self.most_epochs(train), train.rows), np.int32)
        drawn[: int(count)] = orders_of_few_rows(train.rows, int(seed), int(first), int(count))
        return tf.constant(drawn)

    @_compiled
    def _draw_orders(self, train: DeviceRows, seed: Any, first: Any, count: Any) -> Any:
        orders = tf.TensorArray(tf.int32, self.most_epochs(train), element_shape=(train.rows,))
        _, orders = tf.while_loop(
            lambda i, _: i < count,
            lambda i, orders: (i + 1, orders.write(i, self.order(train, seed, first + i))),
            (0, orders),
        )
        return orders.stack()

    def _run_epochs(
        self, train: DeviceRows, validation: DeviceRows | None, seed: Any, first: Any, count: Any, orders: Any
    ) -> tuple[Any, Any, Any]:
        names = self._names(validation)

        def body(i: Any, finite: Any, rows: Any) -> tuple[Any, ...]:
            del finite
            order = self.order(train, seed, first + i) if orders is None else orders[i]
            finite, metrics = self._epoch(train, validation, order)
            numbers = [*(metrics[name] for name in names), self.model.optimizer.learning_rate]
            return i + 1, finite, rows.write(i, tf.stack([tf.cast(number, tf.float64) for number in numbers]))

        rows = tf.TensorArray(tf.float64, self.most_epochs(train), element_shape=(len(names) + 1,))
        done, finite, rows = tf.while_loop(
            lambda i, finite, _: (i < count) & finite, body, (tf.constant(0), tf.constant(True), rows)
        )
        return done, finite, rows.stack()

    def run_validation(self, validation: DeviceRows) -> dict[str, Any]:
        """Return the metrics over the validation rows, each of shape ()."""
        return compiled(evaluate_metrics, self.model)(validation)  # type: ignore[no-any-return]

    def _epoch(self, train: DeviceRows, validation: DeviceRows | None, order: Any) -> tuple[Any, dict[str, Any]]:
        self.model.reset_metrics()
        finite = tf.constant(True)
        full, rest = self.steps(train)
        if full == 1:
            finite = self._step(train, order, 0, self.batch_size)  # a loop around it would be traced as well
        elif full:
            _, finite = self._full_steps(train, order, tf.constant(0), tf.constant(full))
        if rest:
            finite &= self._run_rest(train, order)
        metrics = dict(self.model.get_metrics_result())
        if validation is not None:
            validated = evaluate_metrics(self.model, validation)
            metrics |= {on_validation(name): value for name, value in validated.items()}
        return finite, metrics

    def _full_steps(self, train: DeviceRows, order: Any, first: Any, end: Any) -> tuple[Any, Any]:
        size = self.batch_size

        def body(step: Any, finite: Any) -> tuple[Any, Any]:
            del finite
            return step + 1, self._step(train, order, step * size, size)

        step, finite = tf.while_loop(
            lambda step, finite: (step < end) & finite,
            body,
            (first, tf.constant(True)),
            parallel_iterations=1,
        )
        return step, finite

    def _run_rest(self, train: DeviceRows, order: Any) -> Any:
        full, rest = self.steps(train)
        return self._step(train, order, full * self.batch_size, rest)

    def _step(self, train: DeviceRows, order: Any, first: Any, count: int) -> Any:
        """Train on some rows of an order; returns whether the loss was finite."""
        rows = tf.slice(order, [first], [count])
        return tf.math.is_finite(self.step(train.gather(rows)))
