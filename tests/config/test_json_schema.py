"""The JSON Schema takes what the language takes, and says something of every key."""

import jsonschema
import pytest

from dltool.config.json_schema import json_schema


def test_the_schema_describes_keys_and_gives_defaults():
    adam = json_schema()["$defs"]["Adam"]["properties"]
    assert adam["beta_1"]["default"] == 0.9
    assert adam["beta_1"]["description"] == "Decay of the first moment."
    assert adam["epsilon"]["exclusiveMinimum"] == 0


NAMED = {"name": "a", "data": "mnist", "model": {"type": "mlp", "hidden_units": [8]}}
TRAINING = {"loss": "categorical_crossentropy", "epochs": 1}


@pytest.mark.parametrize(
    ("config", "fits"),
    [
        (NAMED | {"training": TRAINING}, True),
        (NAMED | {"training": TRAINING | {"optimizer": {"learning_rate": 0.1}}}, False),
        (NAMED | {"training": {"epochs": 1}}, False),
        (NAMED, False),
        ({"extends": "base.yaml"}, True),
        ({"extends": "base.yaml", "data": {"validation": 0.1}, "model": {"dropout": 0.5}}, True),
        ({"extends": "base.yaml", "training": {"optimizer": {"learning_rate": 0.1}}}, True),
        ({"extends": "base.yaml", "training": {"loss": {"label_smoothing": 0.1}}}, True),
        ({"extends": "base.yaml", "data": {"validaton": 0.1}}, False),
        ({"extends": "base.yaml", "data": {"source": "mnist", "path": "x"}}, False),
        ({"extends": "base.yaml", "training": {"optimizer": {"learning_rat": 0.1}}}, False),
    ],
)
def test_the_schema_lets_a_variant_leave_out_what_its_base_provides(config, fits):
    assert jsonschema.Draft202012Validator(json_schema()).is_valid(config) == fits
