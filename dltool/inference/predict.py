"""Predictions as tidy tables, a batch at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from dltool.config.signature import Signature
from dltool.errors import DataWarning
from dltool.inference.outputs import compiled_outputs
from dltool.preprocessing.target import TargetCode

if TYPE_CHECKING:
    from dltool.data.inputs import Batch

Table = dict[str, Any]
"""Column name to a sequence of values, all of one length."""


def predict(model: keras.Model, code: TargetCode, batches: Iterable[Batch], top: int = 1) -> Iterator[Table]:
    """Yield a table of predictions for each batch.

    Its columns are ``id`` and, for classes, ``label`` and ``probability`` of the likeliest class (then
    ``label_2``, ``probability_2`` … for ``top`` > 1; ``score`` where the loss makes no probabilities); for several
    labels ``probability_`` and the name of each; for regression ``prediction_`` and the name of each target.
    """
    outputs, signature = compiled_outputs(model, code.loss), code.signature
    names = np.asarray(signature.classes, dtype=object)
    beyond, rows = 0, 0
    for batch in batches:
        values = code.decode(outputs(batch.features))
        beyond, rows = beyond + int((~np.isfinite(values)).any(axis=1).sum()), rows + len(values)
        table: Table = {"id": batch.ids}
        if signature.classes:
            _add_classes(table, values, names, top, "probability" if code.gives_probabilities else "score")
        else:
            table |= {name: values[:, i] for i, name in enumerate(value_names(signature))}
        yield table
    if beyond:
        warnings.warn(
            f"{beyond:,} of {rows:,} answers are no finite numbers: their input lies too far from what training saw",
            DataWarning,
            stacklevel=2,
        )


def _add_classes(table: Table, scores: np.ndarray, names: np.ndarray, top: int, score_name: str) -> None:
    top = min(top, scores.shape[1])
    best = scores.argmax(axis=1)[:, None]
    ranked = best if top == 1 else np.argsort(-scores, axis=1, kind="stable")[:, :top]
    for place in range(top):
        suffix = f"_{place + 1}" if place else ""
        table[f"label{suffix}"] = names[ranked[:, place]]
        table[f"{score_name}{suffix}"] = np.take_along_axis(scores, ranked[:, place : place + 1], axis=1)[:, 0]


def value_names(signature: Signature) -> list[str]:
    """Return the names of the output columns where there are no classes; none of them can be ``id``."""
    kind = "probability" if signature.multi_label else "prediction"
    if signature.targets:
        return [f"{kind}_{name}" for name in signature.targets]
    return [kind] if signature.outputs == 1 else [f"{kind}_{i + 1}" for i in range(signature.outputs)]
