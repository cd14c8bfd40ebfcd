"""Measuring a model on labelled examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import keras
import numpy as np

from dltool.backend.compiled import compiled
from dltool.backend.examples import Examples, measure, numbers
from dltool.inference.outputs import compiled_outputs
from dltool.inference.scores import ClassScores, ConfusedPair, average_scores, class_scores, confused_pairs
from dltool.preprocessing.target import TargetCode

if TYPE_CHECKING:
    from dltool.data.dataset import Part

_ROWS = 512
_MOST_PAIRS = 20


@dataclass(frozen=True)
class LabelScores:
    """How well one of several labels is told; None where there is nothing to count."""

    name: str
    accuracy: float
    trivial_accuracy: float
    """Of always answering what is more frequent in the training rows."""
    precision: float | None
    recall: float | None
    f1: float | None
    rows: int
    """Rows that have the label."""


@dataclass(frozen=True)
class TargetScores:
    """How far off one of several numbers is, in its own unit."""

    name: str
    mean_absolute_error: float
    trivial: float
    """The mean absolute error of the trivial answer."""
    root_mean_squared_error: float
    r2_score: float | None
    """None where the targets do not vary."""


@dataclass(frozen=True)
class Evaluation:
    """What a model achieves on some rows."""

    split: str
    """The part that was measured, or the file."""
    rows: int
    metrics: dict[str, float | None]
    """The loss and the config's metrics; None for one that does not exist on these rows."""
    classes: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    """Rows by true class (first index) and predicted class; empty where there are no classes."""
    class_scores: tuple[ClassScores, ...] = ()
    """A class each, in the order of ``classes``."""
    averages: tuple[ClassScores, ...] = ()
    """Over the classes: where they count alike, and where rows do."""
    confused_pairs: tuple[ConfusedPair, ...] = ()
    """The pairs of classes confused most often, the worst first, at most 20."""
    labels: tuple[LabelScores, ...] = ()
    """A label each, where there are several; empty elsewhere."""
    targets: tuple[TargetScores, ...] = ()
    """A number to predict each, where there are several; empty elsewhere."""
    trivial: dict[str, float | None] = field(kw_only=True)
    """What the trivial answer scores, by the same names; None likewise."""
    trivial_answer: str = field(kw_only=True)
    """What that is, in words."""
    loss_unit: str = field(kw_only=True)
    """What the loss is of, in words; empty where that are the targets as they are."""
    penalised: bool = field(kw_only=True)
    """Whether the loss holds penalties on weights."""
    weighted: bool = field(kw_only=True)
    """Whether classes were weighted in training."""
    outputs: np.ndarray = field(kw_only=True, compare=False)
    """A score for each class or label, float32, or the numbers, float64: shape (rows, classes or targets)."""

    def __repr__(self) -> str:
        metrics = ", ".join(
            f"{name} {'-' if value is None else f'{value:.6g}'}" for name, value in self.metrics.items()
        )
        return f"<Evaluation of {self.split}, {self.rows:,} rows: {metrics}>"


def evaluate(
    model: keras.Model, code: TargetCode, part: Part, split: str, trivial: dict[str, float | None], *, weighted: bool
) -> Evaluation:
    """Measure a compiled model on a part of the data.

    Args:
        model: compiled with the loss and metrics of the config.
        code: what its outputs mean.
        part: the labelled rows.
        split: what to call them.
        trivial: what the trivial answer scores on them.
        weighted: whether classes were weighted in training.
    """
    signature = code.signature
    examples = Examples.of(part.features, code.encode(part.targets))
    model.test_step(examples.slice(0, 1))  # makes the metrics' variables, which a compiled program may not
    measured = compiled(measure, model)(examples)
    metrics = numbers(measured, [name for name, value in trivial.items() if value is None])
    predict = compiled_outputs(model, code.loss)
    outputs = np.concatenate([predict(part.features[i : i + _ROWS]) for i in range(0, len(part), _ROWS)])
    outputs = code.decode(outputs)
    classes = signature.classes
    confusion = _confusion(part.targets, outputs) if classes else ()
    return Evaluation(
        split,
        len(part),
        metrics,
        classes,
        confusion,
        tuple(class_scores(classes, confusion)),
        tuple(average_scores(classes, confusion)) if classes else (),
        tuple(confused_pairs(classes, confusion, _MOST_PAIRS)),
        _label_scores(part.targets, outputs, code) if signature.multi_label else (),
        _target_scores(part.targets, outputs, code) if code.numbers and signature.outputs > 1 else (),
        trivial=trivial,
        trivial_answer=code.trivial_answer_in_words,
        loss_unit=code.unit,
        penalised=bool(model.losses),
        weighted=weighted,
        outputs=outputs,
    )


def _confusion(targets: np.ndarray, outputs: np.ndarray) -> tuple[tuple[int, ...], ...]:
    confusion = np.zeros((outputs.shape[1],) * 2, dtype=int)
    np.add.at(confusion, (targets, outputs.argmax(axis=1)), 1)
    return tuple(tuple(int(count) for count in row) for row in confusion)


def _label_scores(targets: np.ndarray, outputs: np.ndarray, code: TargetCode) -> tuple[LabelScores, ...]:
    names = code.signature.targets or [f"label_{i + 1}" for i in range(targets.shape[1])]
    scores = []
    for i, name in enumerate(names):
        has, told = targets[:, i] > 0.5, outputs[:, i] > code.loss.threshold
        right, rows, found = int((has & told).sum()), int(has.sum()), int(told.sum())
        usual = code.trivial_answer[i] > 0.5
        scores.append(
            LabelScores(
                name,
                float((has == told).mean()),
                float((has == usual).mean()),
                right / found if found else None,
                right / rows if rows else None,
                2 * right / (rows + found) if rows + found else None,
                rows,
            )
        )
    return tuple(scores)


def _target_scores(targets: np.ndarray, outputs: np.ndarray, code: TargetCode) -> tuple[TargetScores, ...]:
    names = code.signature.targets or [f"target_{i + 1}" for i in range(targets.shape[1])]
    errors, spread = outputs - targets, ((targets - targets.mean(axis=0)) ** 2).sum(axis=0)
    trivial = np.abs(targets - code.trivial_answer).mean(axis=0)
    with np.errstate(over="ignore", divide="ignore"):  # errors may be too large to be squared, or all too small
        return tuple(
            TargetScores(
                name,
                float(np.abs(errors[:, i]).mean()),
                float(trivial[i]),
                float((errors[:, i] ** 2).mean() ** 0.5),
                float(1 - (errors[:, i] ** 2).sum() / spread[i]) if np.ptp(targets[:, i]) else None,
            )
            for i, name in enumerate(names)
        )
