"""Explaining a model: what its columns are worth, how its answers depend on them, and what made single answers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Literal

import keras
import numpy as np

from dltool.contracts.dataset import Batch, Inputs, Part
from dltool.contracts.model_description import ModelDescription
from dltool.contracts.signature import Signature
from dltool.errors import DataError
from dltool.inference.attribution import IntegratedGradients, error_shares, points_of
from dltool.inference.column_entries import ColumnEntries, column_entries
from dltool.inference.dependence import partial_dependence
from dltool.inference.explanation import Attribution, Dependence, Example, Explanation, Importance
from dltool.inference.grad_cam import GradCam, spatial_layer
from dltool.inference.importance import REPEATS, permutation_importance
from dltool.inference.outputs import compiled_outputs
from dltool.tasks.classes import Classes
from dltool.tasks.contract import Task
from dltool.tasks.reconstruction import Reconstruction

MOST_EXAMPLES = 12
MOST_BACKGROUND = 1_000
"""Rows over which answers are averaged, and a mean example is made of."""
_FEWEST_MEASURED = 10
"""Rows that a column is shuffled in: in fewer, many stay where they were."""
_MOST_BASELINES = 32
_MOST_MEASURED, _MOST_SHUFFLED = 10_000, 20_000_000
_MOST_COLUMNS, _MOST_DEPENDENCES, _MOST_OUTPUTS = 1_000, 6, 5
_OF_COLUMNS = "permutation importance and partial dependence"
_EXACT = (
    "An autoencoder's error is a mean over what it reconstructs: the numbers are what each part adds to it, and exact."
)


@np.errstate(all="ignore")  # what is far outside may become infinite, and is told as such
def explain(
    model: keras.Model,
    description: ModelDescription,
    task: Task,
    examples: Batch,
    name: str,
    part: Part | None,
    part_name: str,
    seed: int,
    left_out: Sequence[str] = (),
) -> Explanation:
    """Explain a model.

    Args:
        model: compiled with the loss and metrics of the config, where there is a part.
        description: what it is.
        task: what its outputs mean.
        examples: those to explain one by one; the first ``MOST_EXAMPLES`` of them are.
        name: what to call where they are from.
        part: labelled rows on which columns are shuffled; None where there are none.
        part_name: what to call them.
        seed: of what is drawn.
        left_out: why there is no part, if there should be one.

    Raises:
        DataError: there is one row only, and nothing else to compare it with.
    """
    signature, random = description.signature, np.random.default_rng(seed)
    columns, reasons = column_entries(signature), list(left_out)
    importances: list[Importance] = []
    dependences: list[Dependence] = []
    measured = 0
    background = examples.features if part is None else _some(part.features, MOST_BACKGROUND, random)
    if not columns or len(columns) > _MOST_COLUMNS:
        reasons.append(_unshuffled(signature))
    elif part is not None and len(part) < _FEWEST_MEASURED:
        reasons.append(f"{_OF_COLUMNS}: {part_name} has fewer than {_FEWEST_MEASURED} rows, too few to shuffle")
    elif part is not None:
        most = min(_MOST_MEASURED, _MOST_SHUFFLED // (REPEATS * len(columns)))
        rows = np.sort(random.permutation(len(part))[:most])
        measured = len(rows)
        importances = permutation_importance(model, task, _rows_of(part, rows), columns, random)
        dependences = _dependences(model, task, columns, importances, background)
    shown = {key: values[:MOST_EXAMPLES] for key, values in examples.features.items()}
    explained, method, unsuited = _examples(model, description, task, columns, shown, background, part_name)
    kind, names = _parts(signature, columns)
    texts = _texts(signature, columns, shown)
    return Explanation(
        name,
        kind,
        names,
        part_name if measured else "",
        measured,
        task.unit,
        tuple(importances),
        tuple(dependences),
        tuple(
            Example(str(id_), held, image, tuple(attributions))
            for id_, held, image, attributions in zip(
                examples.ids, texts, _images(signature, shown), explained, strict=False
            )
        ),
        method,
        (*reasons, *unsuited),
    )


def spread_over_classes(part: Part, classes: int) -> np.ndarray:
    """Return the first rows of each class in turns, ``MOST_EXAMPLES`` in all, in the order of the part.

    Args:
        part: of a model of classes.
        classes: how many there are.
    """
    by_class = [np.flatnonzero(part.targets == i)[:MOST_EXAMPLES] for i in range(classes)]
    in_turns = [row for rows in zip_longest(*by_class) for row in rows if row is not None]
    return np.sort(np.array(in_turns[:MOST_EXAMPLES]))


def _some(inputs: Inputs, most: int, random: np.random.Generator) -> Inputs:
    count = len(next(iter(inputs.values())))
    rows = np.sort(random.permutation(count)[:most])
    return {name: values[rows] for name, values in inputs.items()}


def _rows_of(part: Part, rows: np.ndarray) -> Part:
    features = {name: values[rows] for name, values in part.features.items()}
    return Part(features, part.targets[rows], weights=None if part.weights is None else part.weights[rows])


def _unshuffled(signature: Signature) -> str:
    if signature.input_dtype == "int32":
        return f"{_OF_COLUMNS}: the steps of a sequence are no columns; a token means something wherever it stands"
    if len(signature.input_shape) > 1:
        return f"{_OF_COLUMNS}: neighbours say nearly the same, so that shuffling one number of an example tells little"
    return f"{_OF_COLUMNS}: there are more than {_MOST_COLUMNS:,} columns"


def _answer_names(task: Task) -> list[str]:
    if isinstance(task, Classes):
        return [f"{task.score_name} of {name}" for name in task.signature.classes]
    names = task.columns(np.zeros((1, task.signature.outputs)), 1)
    return [name.replace("_", " of ", 1) if task.signature.targets else name for name in names]


def _dependences(
    model: keras.Model,
    task: Task,
    columns: Sequence[ColumnEntries],
    importances: Sequence[Importance],
    background: Inputs,
) -> list[Dependence]:
    predict = compiled_outputs(model, task)

    def answers(inputs: Inputs) -> np.ndarray:
        return task.decode(predict(inputs)).astype(np.float64)

    names = _answer_names(task)
    mean = answers(background).mean(axis=0)
    chosen = list(range(len(mean)))
    if isinstance(task, Classes):  # of two classes, one says it all
        chosen = sorted(np.argsort(-mean, kind="stable")[:_MOST_OUTPUTS].tolist()) if len(names) > 2 else [1]
    outputs = [(i, names[i]) for i in chosen[:_MOST_OUTPUTS]]
    by_name = {column.name: column for column in columns}
    found = (
        partial_dependence(answers, background, by_name[each.column], task.signature, outputs)
        for each in importances[:_MOST_DEPENDENCES]
    )
    return [each for each in found if each]


def _examples(
    model: keras.Model,
    description: ModelDescription,
    task: Task,
    columns: Sequence[ColumnEntries],
    shown: Inputs,
    background: Inputs,
    part_name: str,
) -> tuple[list[list[Attribution]], str, list[str]]:
    """Return the attributions of each example, how they are worked out, and why some are left out."""
    signature = description.signature
    is_image, unsuited = signature.input_dtype == "uint8", []
    if isinstance(task, Reconstruction):
        if is_image:
            unsuited.append("Grad-CAM: an autoencoder has no answer that something in an image could speak for")
        shares = error_shares(model, shown)
        return (
            [[Attribution("error", float(each.sum()), 0.0, _summed(each, columns), 0.0, 0, None)] for each in shares],
            _EXACT,
            unsuited,
        )
    alone = all(len(rows) == 1 and np.array_equal(shown[name], rows, True) for name, rows in background.items())
    if alone and not is_image:
        raise DataError(f"{part_name}: one row alone has no others to be compared with; name a table of more rows")
    outputs = task.decode(compiled_outputs(model, task)(shown))
    names = _answer_names(task)
    if isinstance(task, Classes):
        chosen = [[int(best)] for best in task.ranked(outputs, 1)[:, 0]]
    else:
        chosen = [list(range(min(len(names), _MOST_OUTPUTS)))] * len(outputs)
    integrated = IntegratedGradients(model, description, task)
    points = points_of(model, description, shown)
    baselines, of_what = _baselines(model, description, background, part_name)
    layer = spatial_layer(description.plan) if is_image else None
    cam = GradCam(model, description.plan, task, layer) if layer else None
    if is_image and not cam:
        unsuited.append("Grad-CAM: the network has no convolution, whose channels it weighs")
    found = []
    for i, wanted in enumerate(chosen):
        attributions = []
        for output in wanted:
            made = integrated.of(points[i], baselines, output)
            one = {name: values[i : i + 1] for name, values in shown.items()}
            where = cam.of(one, output, points.shape[1:3])[0] if cam else None
            attributions.append(
                Attribution(
                    names[output], made.answer, made.baseline, _summed(made.values, columns), made.error,
                    made.steps, where,
                )
            )  # fmt: skip
        found.append(attributions)
    method = f"Integrated gradients of the answer, from {of_what}: they add up to the answer less that to the baseline."
    if layer:
        method += f" Grad-CAM at {layer.name}, of {layer.output_shape[0]} x {layer.output_shape[1]} places."
    return found, method, unsuited


def _baselines(
    model: keras.Model, description: ModelDescription, background: Inputs, part_name: str
) -> tuple[np.ndarray, str]:
    """Return the points that are compared with, and what they are in words.

    Rows of a table are many: the mean of them all is itself of some class, and explains nothing to its like.
    """
    signature = description.signature
    if signature.input_dtype == "uint8":
        return np.zeros((1, *signature.input_shape), np.float32), "a black image"
    points = points_of(model, description, background)
    if column_entries(signature):
        chosen = np.unique(np.linspace(0, len(points) - 1, _MOST_BASELINES).round().astype(int))
        return points[chosen], f"each of {len(chosen)} rows of {part_name} in turn"
    mean = points.mean(axis=(0, 1) if "tokens" in background else 0, dtype=np.float64)
    what = "token" if "tokens" in background else "example"
    return np.broadcast_to(mean, (1, *points.shape[1:])).astype(np.float32), f"the mean {what} of {part_name}"


def _summed(values: np.ndarray, columns: Sequence[ColumnEntries]) -> np.ndarray:
    """Return a number a column, a step or a pixel; of more axes than an image has, one along the first."""
    if columns:
        return np.array([values[column.features].sum() for column in columns])
    kept = 2 if values.ndim == 3 else 1
    summed: np.ndarray = values.sum(axis=tuple(range(kept, values.ndim)))
    return summed


def _parts(
    signature: Signature, columns: Sequence[ColumnEntries]
) -> tuple[Literal["columns", "steps", "pixels"], tuple[str, ...]]:
    """Return what attributions are of, and the names of those."""
    if columns:
        return "columns", tuple(column.name for column in columns)
    if len(signature.input_shape) == 3:
        return "pixels", ()
    return "steps", tuple(f"step_{i + 1}" for i in range(signature.input_shape[0]))


def _texts(signature: Signature, columns: Sequence[ColumnEntries], shown: Inputs) -> list[tuple[str, ...]]:
    """Return what each example holds, column by column; nothing where a column holds more than a number."""
    if columns:
        return list(zip(*(column.texts(shown, signature) for column in columns), strict=True))
    (values,) = shown.values()
    return [tuple(map(str, each)) if each.ndim == 1 else () for each in values]


def _images(signature: Signature, shown: Inputs) -> list[np.ndarray | None]:
    """Return what can be drawn as a picture; other numbers of such a shape are stretched between black and white."""
    (first, *_) = shown.values()
    if len(signature.input_shape) != 3:
        return [None] * len(first)
    if signature.input_dtype != "uint8":
        low, high = float(first.min()), float(first.max())
        first = ((first - low) / ((high - low) or 1) * 255).astype(np.uint8)
    return [each if each.shape[-1] in (1, 3) else each.mean(axis=-1, keepdims=True).astype(np.uint8) for each in first]
