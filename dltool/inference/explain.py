"""Explaining a model: what its columns are worth, how its answers depend on them, and what made single answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import keras
import numpy as np

from dltool.contracts.dataset import Batch, Inputs, Part
from dltool.contracts.model_description import ModelDescription
from dltool.contracts.signature import Signature
from dltool.inference.column_entries import ColumnEntries, column_entries
from dltool.inference.dependence import partial_dependence
from dltool.inference.explained_answers import MOST_OUTPUTS, answer_names, explained_answers
from dltool.inference.explained_rows import ExplainedRow
from dltool.inference.explanation import Dependence, Example, Explanation, Importance
from dltool.inference.importance import REPEATS, permutation_importance
from dltool.inference.outputs import compiled_outputs
from dltool.tasks.classes import Classes
from dltool.tasks.contract import Task

MOST_EXAMPLES = 12
MOST_BACKGROUND = 1_000
"""Rows over which answers are averaged, and a mean example is made of."""
_FEWEST_MEASURED = 10
"""Rows that a column is shuffled in: in fewer, many stay where they were."""
_MOST_MEASURED, _MOST_SHUFFLED = 10_000, 20_000_000
_MOST_COLUMNS, _MOST_DEPENDENCES = 1_000, 6


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
    chosen: Sequence[ExplainedRow] = (),
) -> Explanation:
    """Explain a model.

    Args:
        model: compiled with the loss and metrics of the config, where there is a part.
        description: what it is.
        task: what its outputs mean.
        examples: those to explain one by one; the first ``MOST_EXAMPLES`` of them are. ``kept`` are the cells that the
            table has for them, as far as it is known.
        name: what to call where they are from.
        part: labelled rows on which columns are shuffled; None where there are none.
        part_name: what to call them.
        seed: of what is drawn.
        left_out: why there is no part, if there should be one.
        chosen: the examples again, with why they were chosen; empty where they were named.

    Raises:
        DataError: there is one row only, and nothing else to compare it with.
    """
    signature, random = description.signature, np.random.default_rng(seed)
    columns, reasons = column_entries(signature), list(left_out)
    importances: list[Importance] = []
    dependences: list[Dependence] = []
    measured = 0
    background = examples.features if part is None else _some(part.features, MOST_BACKGROUND, random)
    if reason := _refusal(signature, columns, part, part_name):
        reasons.append(reason)
    elif part is not None:
        most = min(_MOST_MEASURED, _MOST_SHUFFLED // (REPEATS * len(columns)))
        rows = np.sort(random.permutation(len(part))[:most])
        measured = len(rows)
        importances = permutation_importance(model, task, _rows_of(part, rows), columns, random)
        dependences = _dependences(model, task, columns, importances, background)
    shown = {key: values[:MOST_EXAMPLES] for key, values in examples.features.items()}
    answers, method, unsuited = explained_answers(
        model, description, task, columns, shown, background, part_name, [each.wrong for each in chosen]
    )
    kind, names = _parts(signature, columns)
    texts, images = _texts(signature, columns, shown, examples.kept), _images(signature, shown)
    explained = [
        Example(str(id_), "", "", held, image, tuple(attributions))
        for id_, held, image, attributions in zip(examples.ids, texts, images, answers, strict=False)
    ]
    if chosen:
        explained = [replace(each, why=row.why, true=row.true) for each, row in zip(explained, chosen, strict=True)]
    return Explanation(
        name,
        kind,
        names,
        part_name if measured else "",
        measured,
        task.unit,
        tuple(importances),
        tuple(dependences),
        tuple(explained),
        method,
        (*reasons, *unsuited),
    )


def _some(inputs: Inputs, most: int, random: np.random.Generator) -> Inputs:
    count = len(next(iter(inputs.values())))
    rows = np.sort(random.permutation(count)[:most])
    return {name: values[rows] for name, values in inputs.items()}


def _rows_of(part: Part, rows: np.ndarray) -> Part:
    features = {name: values[rows] for name, values in part.features.items()}
    return Part(features, part.targets[rows], weights=None if part.weights is None else part.weights[rows])


def _refusal(signature: Signature, columns: Sequence[ColumnEntries], part: Part | None, part_name: str) -> str:
    """Say why no column is shuffled; nothing where it can be, as far as there are rows."""
    if signature.input_dtype == "int32":
        why = "the steps of a sequence are no columns; a token means something wherever it stands"
    elif len(signature.input_shape) > 1:
        why = "neighbours say nearly the same, so that shuffling one number of an example tells little"
    elif len(columns) > _MOST_COLUMNS:
        why = f"there are more than {_MOST_COLUMNS:,} columns"
    elif part is not None and len(part) < _FEWEST_MEASURED:
        why = f"{part_name} has fewer than {_FEWEST_MEASURED} rows, too few to shuffle"
    else:
        return ""
    return f"permutation importance and partial dependence: {why}"


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

    names = answer_names(task)
    mean = answers(background).mean(axis=0)
    chosen = list(range(len(mean)))
    if isinstance(task, Classes):  # of two classes, one says it all
        chosen = sorted(np.argsort(-mean, kind="stable")[:MOST_OUTPUTS].tolist()) if len(names) > 2 else [1]
    outputs = [(i, names[i]) for i in chosen[:MOST_OUTPUTS]]
    by_name = {column.name: column for column in columns}
    found = (
        partial_dependence(answers, background, by_name[each.column], task.signature, outputs)
        for each in importances[:_MOST_DEPENDENCES]
    )
    return [each for each in found if each]


def _parts(
    signature: Signature, columns: Sequence[ColumnEntries]
) -> tuple[Literal["columns", "steps", "pixels"], tuple[str, ...]]:
    """Return what attributions are of, and the names of those."""
    if columns:
        return "columns", tuple(column.name for column in columns)
    if len(signature.input_shape) == 3:
        return "pixels", ()
    return "steps", tuple(f"step_{i + 1}" for i in range(signature.input_shape[0]))


def _texts(
    signature: Signature, columns: Sequence[ColumnEntries], shown: Inputs, cells: Mapping[str, Sequence[str | None]]
) -> list[tuple[str, ...]]:
    """Return what each example holds, column by column; nothing where a column holds more than a number."""
    if columns:
        return list(zip(*(each.texts(shown, signature, cells.get(each.name)) for each in columns), strict=True))
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
