"""Some training rows, as a person would pick them: of every class, and as they stand in their table."""

from __future__ import annotations

import numpy as np

from dltool.config.data import Data
from dltool.config.tables import TableSource
from dltool.contracts.data_view import Sample, is_picture
from dltool.contracts.dataset import Part
from dltool.contracts.signature import Signature
from dltool.data.raw_cells import own_cells
from dltool.tasks.target_words import target_words

_CLASSES, _OF_A_CLASS, _IMAGES, _ROWS, _TARGETS = 10, 5, 10, 4, 3


def samples(spec: Data, part: Part, signature: Signature) -> list[Sample]:
    """Return some training rows in the order of their classes or, of numbers to predict, from the least to the largest.

    Of images five each of up to ten classes, or ten; of anything else four rows, of as many of the classes as may be.

    Args:
        spec: the source.
        part: its training rows.
        signature: what is known of them.

    Raises:
        DataError: the table, which is read again, cannot be used any more.
    """
    most, each, alone = _ROWS, max(1, _ROWS // max(1, len(signature.classes))), _ROWS
    if is_picture(signature):
        most, each, alone = _CLASSES, _OF_A_CLASS, _IMAGES
    if signature.classes:
        groups = [np.flatnonzero(part.targets == index) for index in range(min(len(signature.classes), most))]
        places = np.concatenate([_spread(group, each) for group in groups])
    else:
        by_target = np.argsort(part.targets[:, 0], kind="stable") if part.targets.shape[1] else np.arange(len(part))
        places = _spread(by_target, alone)
    features = [{name: values[i] for name, values in part.features.items()} for i in places]
    labels = [_label(part.targets[i], signature) for i in places]
    if not isinstance(spec, TableSource) or part.rows is None:
        return [Sample(label, inputs) for label, inputs in zip(labels, features, strict=True)]
    rows = part.rows[places]
    cells = own_cells(spec, rows, [column.name for column in signature.columns])
    return [
        Sample(labels[i], features[i], f"row {row + 1:,}", {name: of[i] for name, of in cells.items()})
        for i, row in enumerate(rows)
    ]


def _spread(places: np.ndarray, count: int) -> np.ndarray:
    """Return so many of the places, evenly chosen: neighbours are often alike."""
    chosen: np.ndarray = places[np.linspace(0, len(places) - 1, min(len(places), count)).astype(int)]
    return chosen


def _label(target: np.ndarray, signature: Signature) -> str:
    words = target_words(target, signature)
    return ", ".join([*words[:_TARGETS], *["…"] * (len(words) > _TARGETS)])
