"""The types of the language are found by the keys of a file."""

import pytest

from dltool.config import layer, layers, optimizers
from dltool.config.config import Config
from dltool.config.field_types import kinds_of
from dltool.config.language import annotation_at, field_paths, fields_at, item_type, kinds_of_type


@pytest.mark.parametrize(
    ("location", "specs"),
    [
        (("training", "optimizer"), optimizers.OPTIMIZERS),
        (("training", "optimizer", "<adam>", "learning_rate", "<mapping>"), optimizers.SCHEDULES),
        (("model", "<sequential>", "layers", 2), layers.LAYERS),
        (("model", "<mlp>", "kernel_regularizer"), layer.REGULARIZERS),
    ],
)
def test_the_kinds_of_a_type_are_those_that_may_be_written_there(location, specs):
    names = [name for spec in specs for name in kinds_of(spec)]
    assert list(kinds_of_type(annotation_at(Config, location))) == names


def test_a_list_has_a_type_of_items_and_a_least_number():
    assert item_type(annotation_at(Config, ("model", "<sequential>", "layers", 0, "<conv2d>", "kernel_size")))[1] == 2
    assert item_type(annotation_at(Config, ("training", "epochs"))) is None
    assert list(kinds_of_type(item_type(annotation_at(Config, ("training", "metrics")))[0]))


def test_the_keys_of_a_mapping_are_those_of_its_kind():
    assert fields_at(Config, ("model", "<mlp>")) == list(
        kinds_of_type(annotation_at(Config, ("model",)))["mlp"].model_fields
    )
    assert fields_at(Config, ("training", "epochs")) == []


def test_what_is_written_decides_which_keys_there_may_be():
    paths = {path for path, _ in field_paths(Config, {"model": "mlp", "training": {"optimizer": {"type": "sgd"}}})}
    assert ("model", "hidden_units") in paths
    assert ("model", "filters") not in paths
    assert ("training", "optimizer", "nesterov") in paths
    assert ("training", "optimizer", "beta_1") not in paths
