"""A calibrated network is the trained one, its logits divided."""

import keras
import numpy as np
import pytest

from dltool.config.needs import TaskName
from dltool.contracts.model_description import ModelDescription
from dltool.contracts.signature import InputNumbers, Rows, Signature
from dltool.model.build import adapt, build
from dltool.model.calibrated import calibrated
from dltool.model.plan import plan
from tests.support.examples import config_from

HEAD = "name: t\nseed: 1\ndata: {source: inline, features: [[1], [2]], targets: [0, 1], scaling: none}\n"
NUMBERS = InputNumbers("float32", *((value,) * 6 for value in (0.0, 1.0, -9.0, 9.0)))
SIGNATURE = Signature(
    TaskName.CATEGORICAL, (6,), "float32", 3, tuple("abc"), frequencies=(0.2, 0.3, 0.5), input_numbers=NUMBERS
)
HIDDEN = (
    "{type: normalization}, {type: dense, units: 5, activation: relu}, {type: batch_normalization}, "
    "{type: dropout, rate: 0.5}"
)


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        ("{type: dense, units: 3, activation: softmax}", "categorical_crossentropy"),
        ("{type: dense, units: 3}, {type: activation, activation: softmax}", "categorical_crossentropy"),
        ("{type: dense, units: 3}", "{type: categorical_crossentropy, from_logits: true}"),
    ],
)
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_logits_are_divided_and_nothing_else_changes(last, loss, policy):
    text = f"model: {{type: sequential, layers: [{HIDDEN}, {last}]}}\n"
    training = f"training: {{loss: {loss}, epochs: 1, dtype_policy: {policy}}}\n"
    config = config_from(HEAD + text + training)
    made = plan(config, SIGNATURE, Rows(10))
    model = build(made, policy)
    features = {"numbers": np.random.default_rng(0).normal(3, 4, (50, 6)).astype(np.float32)}
    adapt(model, made, features)
    description = ModelDescription(signature=SIGNATURE, layers=made.specs, training=config.training, temperature=2.5)
    before = np.asarray(model(features, training=False))
    after = np.asarray(calibrated(model, description)(features, training=False))
    logits = before if "from_logits" in loss else np.log(before)
    expected = logits / 2.5 if "from_logits" in loss else np.asarray(keras.ops.softmax(logits / 2.5))
    np.testing.assert_allclose(after, expected, rtol=1e-4, atol=1e-6)
    assert np.ptp(after) > 0.1
    np.testing.assert_array_equal(model(features, training=False), before)
