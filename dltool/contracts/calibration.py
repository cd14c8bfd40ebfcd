"""A temperature that a model's logits are divided by: what it does to the layers, and what it was good for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from dltool.config.core_layers import Activation, Dense
from dltool.config.field_types import kind_of
from dltool.config.layer import Layer
from dltool.config.losses import Loss
from dltool.config.normalization_layers import Rescaling
from dltool.config.table_format import CLOSED

LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.05, 20.0
_ACTIVATIONS = ("sigmoid", "softmax")


@dataclass(frozen=True)
class Calibration:
    """How good probabilities are on some rows, before and after their logits were divided by a temperature."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    temperature: float
    part: str
    """The rows: ``validation``, ``test``, ``folds``, a file or what was in memory."""
    rows: int
    chosen: bool
    """Whether the temperature was chosen on these very rows, so that they flatter it."""
    negative_log_likelihood_before: float
    negative_log_likelihood_after: float
    expected_calibration_error_before: float
    expected_calibration_error_after: float
    gain: float
    """What the mean negative log likelihood fell by."""
    gain_low: float
    """Where its 95 % interval begins, over rows drawn with replacement."""
    gain_high: float


def with_temperature(layers: Sequence[Layer], temperature: float) -> list[Layer]:
    """Return layers that divide their logits by a temperature, before what makes probabilities of them."""
    *rest, last = layers
    scale = Rescaling(type="rescaling", scale=1 / temperature)
    if not (isinstance(last, Dense | Activation) and last.activation in _ACTIVATIONS):
        return [*layers, scale]
    linear = last.model_copy(update={"activation": "linear"})
    return [*rest, linear, scale, Activation(type="activation", activation=last.activation)]


def temperature_refusal(last: Layer, loss: Loss) -> str:
    """Return why there are no logits to be divided by a temperature, for a message; empty where there are.

    Args:
        last: the last layer.
        loss: how answers are judged.
    """
    if not loss.gives_probabilities:
        return f"loss {kind_of(type(loss))} gives none"
    if loss.takes_logits:
        return ""
    if isinstance(last, Dense) and last.activity_regularizer:
        return f"the last layer ({kind_of(type(last))}) has an activity_regularizer, which is of probabilities"
    if not isinstance(last, Dense | Activation):
        return f"the last layer ({kind_of(type(last))}) does not make them itself"
    return "" if last.activation in _ACTIVATIONS else f"those of {last.activation} do not follow from logits"
