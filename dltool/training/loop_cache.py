"""Compiled loops that have done their work, together with their models: the next training of the same kind uses one.

Compiling takes several times as long as a small training, and TensorFlow never quite gives back what it took.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from dltool.config.losses import AUC
from dltool.config.optimizers import Schedule
from dltool.config.training import Training
from dltool.contracts.plan import Plan
from dltool.training.engine import Engine
from dltool.training.loop import Loop
from dltool.training.variables import arrays_of, assign, normalization_statistics, state_variables


def loop_key(plan: Plan, training: Training, engine: Engine) -> str:
    """Return all that the compiled program of a training depends on, but for the shapes of its rows."""
    others = {"epochs", "early_stopping", "reduce_lr_on_plateau", "checkpoint_seconds"}
    compiled = training.model_dump(exclude=others)
    if not isinstance(training.optimizer.learning_rate, Schedule):
        del compiled["optimizer"]["learning_rate"]  # a variable of the optimizer
    if any(isinstance(metric, AUC) for metric in training.metrics):
        compiled["rows"] = plan.rows.most  # the metric's variables have room for so many
    targets = plan.signature.target_numbers and plan.signature.target_numbers.transform
    # Where the categories of a table stand among its features is part of the program.
    columns: list[Any] = [
        (column.width, column.vocabulary is None, column.embedding_shape) for column in plan.signature.columns
    ]
    if plan.signature.network_fills_holes:
        columns.append(plan.signature.input_numbers)  # the network fills holes itself
    weighted = plan.signature.weights is not None
    return repr((plan.specs, plan.signature.task, plan.signature.inputs, columns, targets, weighted, compiled, engine))


class LoopCache:
    """Loops by their key, each used by one training at a time."""

    def __init__(self, most_loops: int = 4, most_parameters: int = 1_000_000) -> None:
        """Make an empty cache.

        Args:
            most_loops: how many idle loops to keep; the oldest go first.
            most_parameters: loops of larger models are not kept: beside their training, compiling is short.
        """
        self._most_loops, self._most_parameters = most_loops, most_parameters
        self._idle: dict[str, Loop] = {}

    def __len__(self) -> int:
        return len(self._idle)

    def acquire(self, key: str, model: keras.Model, make: Callable[[keras.Model], Loop]) -> Loop:
        """Return a loop that nobody else uses, whose own model begins with the values of the one given.

        Args:
            key: as ``loop_key`` works it out.
            model: built and compiled, its optimizer built; it is not to be used any more, for the loop's model may be
                another one.
            make: makes a loop of the model, where there is none of this key.
        """
        begin = arrays_of(state_variables(model))
        # A recurrent layer's generator moves on even where a new loop evaluates the model on an example.
        loop = self._idle.pop(key, None) or make(model)
        loop.key = key
        assign(state_variables(loop.model), begin)
        for mine, given in zip(normalization_statistics(loop.model), normalization_statistics(model), strict=True):
            mine.assign(given)
        return loop

    def release(self, loop: Loop) -> None:
        """Let another training have a loop, and its model with it: neither is to be used any more."""
        if loop.model.count_params() <= self._most_parameters:
            self._idle[loop.key] = loop
            while len(self._idle) > self._most_loops:
                del self._idle[next(iter(self._idle))]

    def clear(self) -> None:
        """Give back what earlier trainings hold: idle loops, and what TensorFlow keeps of every variable ever made."""
        self._idle.clear()
        keras.backend.clear_session()


LOOPS = LoopCache()
"""The loops of this process."""
