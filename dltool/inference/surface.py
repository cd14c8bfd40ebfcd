"""What a network of two numbers answers between and around its rows: all that it has learnt, in one picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np

from dltool.contracts.dataset import Part
from dltool.contracts.signature import Column, Signature
from dltool.contracts.surface import Surface
from dltool.inference.evaluate import decoded_outputs
from dltool.preprocessing.input_scaler import input_scaler_of
from dltool.tasks.contract import Task
from dltool.tasks.labels import Labels
from dltool.tasks.reconstruction import Reconstruction

_STEPS, _MARGIN = 101, 0.1
_MOST_POINTS, _MOST_CLASSES, _MOST_ANSWERS = 300, 10, 4


def surfaces(model: keras.Model, task: Task, parts: Mapping[str, Part]) -> list[Surface]:
    """Return what a model answers over the range of its rows and a tenth of it around them.

    Args:
        model: as ``read_model`` returns it.
        task: what its outputs mean.
        parts: the rows by the part's name, encoded and scaled as the model has it.

    Returns:
        One for all classes or, of several labels or numbers, one each, at most four. None at all where the input is
        other than two numbers, there are more than ten classes, or no answer is a finite number.
    """
    signature = task.signature
    if not _takes_two_numbers(signature) or len(signature.classes) > _MOST_CLASSES:
        return []
    columns = signature.columns or (Column("input 1"), Column("input 2"))
    numbers = input_scaler_of(signature).numbers
    held = {name: numbers.raw(part.features["numbers"]) for name, part in parts.items()}
    axes = [_steps(np.concatenate([rows[:, i] for rows in held.values()])) for i in range(2)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    features = {"numbers": input_scaler_of(signature).apply(grid)}
    answers = decoded_outputs(model, task, Part(features, np.zeros(len(grid)))).astype(np.float64)
    answers = answers.reshape(_STEPS, _STEPS, -1)
    if not np.isfinite(answers).any():
        return []
    chosen = {name: _some(rows) for name, rows in held.items()}
    surface = partial(
        Surface,
        names=tuple(column.name for column in columns),
        logarithmic=tuple(column.transform == "log" for column in columns),
        x=columns[0].raw(axes[0]),
        y=columns[1].raw(axes[1]),
        points={
            name: np.stack([column.raw(held[name][some, i]) for i, column in enumerate(columns)], axis=1)
            for name, some in chosen.items()
        },
        rows={name: len(part) for name, part in parts.items()},
        threshold=0.5 if task.threshold is None else task.threshold,
    )
    targets = {name: parts[name].targets[some] for name, some in chosen.items()}
    return [surface(**told) for told in _told(task, answers, targets)]


def _takes_two_numbers(signature: Signature) -> bool:
    inputs = signature.inputs
    # One number with its indicator are two of the same column.
    return list(inputs) == ["numbers"] and inputs["numbers"].shape == (2,) and len(signature.columns) in (0, 2)


def _steps(values: np.ndarray) -> np.ndarray:
    """Return evenly spaced numbers over a range and some way beyond; a range of one number is as wide as that is far.

    Holes that the network fills are passed over.
    """
    known = values[np.isfinite(values)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 0.0)
    margin = _MARGIN * (high - low) or _MARGIN * abs(low) or 1.0
    return np.linspace(low - margin, high + margin, _STEPS)


def _some(rows: np.ndarray) -> np.ndarray:
    """Return the places of rows, evenly chosen from those that are complete."""
    complete = np.flatnonzero(np.isfinite(rows).all(axis=1))
    places = np.linspace(0, len(complete) - 1, min(len(complete), _MOST_POINTS))
    chosen: np.ndarray = complete[places.astype(int)]
    return chosen


def _told(task: Task, answers: np.ndarray, targets: dict[str, np.ndarray]) -> Iterator[dict[str, Any]]:
    """Yield, for each surface, what is answered."""
    signature, likely = task.signature, task.loss.gives_probabilities
    if isinstance(task, Reconstruction):
        none = {name: np.zeros(0) for name in targets}
        yield _number(answers[..., 0], "error of the reconstruction", none)
    elif signature.classes:
        said = {"classes": signature.classes, "targets": targets}
        if len(signature.classes) == 2 and likely:
            yield {"kind": "probability", "answers": answers[..., 1], "answer": signature.classes[1], **said}
        else:
            yield {"kind": "classes", "answers": answers, "answer": "", **said}
    else:
        names = signature.targets or [f"target {i + 1}" for i in range(signature.outputs)]
        for i, name in enumerate(names[:_MOST_ANSWERS]):
            own = {part: of[:, i] for part, of in targets.items()}
            if isinstance(task, Labels) and likely:
                said = {"classes": ("no", "yes"), "targets": {part: of.astype(int) for part, of in own.items()}}
                yield {"kind": "probability", "answers": answers[..., i], "answer": name, **said}
            else:
                yield _number(answers[..., i], f"predicted {name}", own)


def _number(answers: np.ndarray, answer: str, targets: dict[str, np.ndarray]) -> dict[str, Any]:
    return {"kind": "number", "answers": answers, "answer": answer, "classes": (), "targets": targets}
