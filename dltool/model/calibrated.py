"""A trained network, built anew with a temperature."""

from __future__ import annotations

import keras

from dltool.contracts.model_description import ModelDescription
from dltool.model.build import build


def calibrated(model: keras.Model, description: ModelDescription) -> keras.Model:
    """Return a network of a description, with the weights of one that differs in its temperature alone.

    Args:
        model: as ``build`` made it; it stays as it is.
        description: says the temperature.
    """
    made = build(description.plan, description.training.dtype_policy)
    made.set_weights(model.get_weights())
    for layer in made.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # makes of its weights what it computes with
    return made
