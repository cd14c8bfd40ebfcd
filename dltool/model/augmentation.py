"""What the layers that change images at random make of some images, to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import keras
import numpy as np

from dltool.contracts.plan import Plan
from dltool.model.build import adapt, build


def augmented(
    plan: Plan, layers: int, train: Mapping[str, np.ndarray], images: np.ndarray, versions: int
) -> np.ndarray:
    """Return images as a network sees them in training, in the unit that they are given in.

    Args:
        plan: of the network.
        layers: how many of its first layers scale images or change them at random.
        train: all training rows, by input, by which scaling layers are measured.
        images: some of them, shape (images, height, width, channels).
        versions: how many of each to make.

    Returns:
        float32, shape (images, versions, height, width, channels); they follow from Keras's global seed.
    """
    name = next(iter(plan.signature.inputs))
    first = replace(plan, layers=plan.layers[:layers])
    model = build(first)
    adapt(model, first, train)
    seen = model({name: np.repeat(images, versions, axis=0)}, training=True)
    made = _unscaled(model, name, images, keras.ops.convert_to_numpy(seen))
    return made.reshape(len(images), versions, *images.shape[1:])


def _unscaled(model: keras.Model, name: str, images: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Undo what layers scale: of two images of one value each they show by how much, since nothing else is changed."""
    low, high = (np.full((1, *images.shape[1:]), value, images.dtype) for value in (0, 1))
    begin, end = (keras.ops.convert_to_numpy(model({name: each}, training=False)) for each in (low, high))
    with np.errstate(divide="ignore", invalid="ignore"):
        unscaled: np.ndarray = np.nan_to_num((seen - begin) / (end - begin))
    return unscaled
