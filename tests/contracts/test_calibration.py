"""A temperature stands between the layers that make logits and what makes probabilities of them."""

import pytest

from dltool.config.core_layers import Activation, Dense
from dltool.config.losses import BinaryCrossentropy, Hinge
from dltool.config.normalization_layers import Rescaling
from dltool.contracts.calibration import temperature_refusal, with_temperature


def described(layers):
    return [
        (type(each), getattr(each, "activation", None), getattr(each, "scale", None), getattr(each, "units", None))
        for each in layers
    ]


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_probabilities_are_made_behind_it(activation):
    first, last = Dense(type="dense", units=4, activation="relu"), Dense(type="dense", units=3, activation=activation)
    assert described(with_temperature([first, last], 4.0)) == [
        (Dense, "relu", None, 4), (Dense, "linear", None, 3), (Rescaling, None, 0.25, None),
        (Activation, activation, None, None),
    ]  # fmt: skip
    separate = [last.model_copy(update={"activation": None}), Activation(type="activation", activation=activation)]
    assert described(with_temperature(separate, 4.0)) == [
        (Dense, None, None, 3), (Activation, "linear", None, None), (Rescaling, None, 0.25, None),
        (Activation, activation, None, None),
    ]  # fmt: skip


def test_logits_stay_logits():
    last = Dense(type="dense", units=3)
    assert described(with_temperature([last], 0.5)) == [(Dense, None, None, 3), (Rescaling, None, 2.0, None)]


def test_what_has_no_logits_is_refused():
    entropy, logits = (BinaryCrossentropy(type="binary_crossentropy", from_logits=each) for each in (False, True))
    sigmoid = Dense(type="dense", units=1, activation="sigmoid")
    assert temperature_refusal(sigmoid, entropy) == ""
    assert temperature_refusal(Dense(type="dense", units=1), logits) == ""
    assert temperature_refusal(Dense(type="dense", units=1), Hinge(type="hinge")) == "loss hinge gives none"
    hard = Dense(type="dense", units=1, activation="hard_sigmoid")
    assert temperature_refusal(hard, entropy) == "those of hard_sigmoid do not follow from logits"
