"""The inputs of a network as one array, which tests compare with what was written."""

import numpy as np


def seen(inputs, signature=None):
    """Return what the first layer sees of named inputs: the only one, or a table's features in order of its columns.

    ``signature`` is that of a table with categories.
    """
    if signature is None or "categories" not in inputs:
        (only,) = inputs.values()
        return only
    numbers, categories, parts = 0, 0, []
    for column in signature.columns:
        if column.vocabulary is None:
            parts.append(inputs["numbers"][:, [numbers]])
            numbers += 1
        else:
            parts.append(np.eye(column.width, dtype=np.float32)[inputs["categories"][:, categories]])
            categories += 1
    return np.concatenate(parts, axis=1)


def as_inputs(features):
    """Return examples that are no table as the one input of a network."""
    return {{"uint8": "images", "int32": "tokens"}.get(str(features.dtype), "numbers"): features}
