"""What made the answers to single examples: which answers, against which baselines, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from dltool.contracts.dataset import Inputs
from dltool.contracts.model_description import ModelDescription
from dltool.errors import DataError
from dltool.inference.attribution import IntegratedGradients, error_shares, points_of
from dltool.inference.column_entries import ColumnEntries
from dltool.inference.explanation import Attribution
from dltool.inference.grad_cam import GradCam, spatial_layer
from dltool.inference.outputs import compiled_outputs
from dltool.tasks.classes import Classes
from dltool.tasks.contract import Task
from dltool.tasks.labels import Labels
from dltool.tasks.reconstruction import Reconstruction

MOST_OUTPUTS = 5
"""Of several numbers or labels, those of a row that are explained; of classes in a picture likewise."""
_MOST_BASELINES = 32
_EXACT = (
    "An autoencoder's error is a mean over what it reconstructs: the numbers are what each part adds to it, and exact."
)


def answer_names(task: Task) -> list[str]:
    """Return what each decoded output is called."""
    if isinstance(task, Classes):
        return [f"{task.score_name} of {name}" for name in task.signature.classes]
    names = task.columns(np.zeros((1, task.signature.outputs)), 1)
    return [name.replace("_", " of ", 1) if task.signature.targets else name for name in names]


def explained_answers(
    model: keras.Model,
    description: ModelDescription,
    task: Task,
    columns: Sequence[ColumnEntries],
    shown: Inputs,
    background: Inputs,
    part_name: str,
    wrong: Sequence[Sequence[int]] = (),
) -> tuple[list[list[Attribution]], str, list[str]]:
    """Return the attributions of each example, how they are worked out in words, and why some are left out.

    Args:
        model: as ``read_model`` returns it.
        description: what it is.
        task: what its outputs mean.
        columns: of a table; none of what has none.
        shown: the examples.
        background: rows that they are compared with.
        part_name: what to call those.
        wrong: of each example the labels, or numbers, to explain first; empty where none is known to be wrong.

    Raises:
        DataError: there is one row only, and nothing else to compare it with.
    """
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
    names = answer_names(task)
    if isinstance(task, Classes):
        chosen = [[int(best)] for best in task.ranked(outputs, 1)[:, 0]]
    else:
        chosen = [_most_asked(task, *each) for each in zip(outputs, wrong or [()] * len(outputs), strict=True)]
    integrated = IntegratedGradients(model, description, task)
    points = points_of(model, description, shown)
    baselines, of_what = _baselines(model, description, columns, background, part_name)
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


def _most_asked(task: Task, output: np.ndarray, wrong: Sequence[int]) -> list[int]:
    """Return which labels or numbers are explained, in their order: what is wrong, then labels of high scores."""
    others = np.argsort(-output, kind="stable").tolist() if isinstance(task, Labels) else range(len(output))
    return sorted(list(dict.fromkeys([*wrong, *others]))[:MOST_OUTPUTS])


def _baselines(
    model: keras.Model,
    description: ModelDescription,
    columns: Sequence[ColumnEntries],
    background: Inputs,
    part_name: str,
) -> tuple[np.ndarray, str]:
    """Return the points that are compared with, and what they are in words.

    Rows of a table are many: the mean of them all is itself of some class, and explains nothing to its like.
    """
    signature = description.signature
    if signature.input_dtype == "uint8":
        return np.zeros((1, *signature.input_shape), np.float32), "a black image"
    points = points_of(model, description, background)
    if columns:
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
