"""Measuring a model on labelled examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import keras
import numpy as np

from dltool.backend.compiled import compiled
from dltool.backend.examples import Examples, encode_targets, measure
from dltool.config.losses import Loss
from dltool.config.signature import Signature
from dltool.inference.outputs import class_scores, compiled_outputs

if TYPE_CHECKING:
    from dltool.data.dataset import Part

_ROWS = 512


@dataclass(frozen=True)
class Evaluation:
    """What a model achieves on some rows."""

    split: str
    """The part that was measured, or the file."""
    rows: int
    metrics: dict[str, float]
    """The loss and the config's metrics."""
    classes: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    """Rows by true class (first index) and predicted class; empty where there are no classes."""
    outputs: np.ndarray = field(kw_only=True, compare=False)
    """A score for each class, or the values: float32, shape (rows, classes or targets)."""


def evaluate(model: keras.Model, signature: Signature, loss: Loss, part: Part, split: str) -> Evaluation:
    """Measure a compiled model on a part of the data.

    Args:
        model: compiled with the loss and metrics of the config.
        signature: what its inputs and outputs mean.
        loss: the config's loss.
        part: the labelled rows.
        split: what to call them.
    """
    examples = Examples.of(part.features, encode_targets(part.targets, signature, loss))
    model.test_step(examples.slice(0, 1))  # makes the metrics' variables, which a compiled program may not
    metrics = {name: float(value) for name, value in compiled(measure, model)(examples).items()}
    predict = compiled_outputs(model, loss)
    outputs = np.concatenate([predict(part.features[i : i + _ROWS]) for i in range(0, len(part), _ROWS)])
    if not signature.classes:
        return Evaluation(split, len(part), metrics, outputs=outputs)
    outputs = class_scores(outputs, signature, loss)
    confusion = np.zeros((len(signature.classes),) * 2, dtype=int)
    np.add.at(confusion, (part.targets, outputs.argmax(axis=1)), 1)
    rows = tuple(tuple(int(count) for count in row) for row in confusion)
    return Evaluation(split, len(part), metrics, signature.classes, rows, outputs=outputs)
