"""A list of configs is a sweep of one axis."""

import pytest

from dltool import api
from dltool.errors import ConfigError, DataError, InputMissingError
from dltool.experiments.config_list import define_list
from tests.support.places import IRIS, XOR

FILES = {
    "xor": (XOR, []),
    "more": (XOR, ["training.epochs=3"]),
    "iris": (IRIS, []),
    "unvalidated": (IRIS, ["data.validation=null"]),
}


def load(name):
    path, overrides = FILES[name]
    return api.load_config(path, overrides)


def test_each_config_is_a_point_of_its_own_and_none_is_the_best():
    definition = define_list("batch", ["more", "xor"], load, api.check)
    assert [(point.number, point.values) for point in definition.points] == [
        (1, {"config": "more"}),
        (2, {"config": "xor"}),
    ]
    assert [point.config.training.epochs for point in definition.points] == [3, load("xor").training.epochs]
    assert (definition.total, definition.ranks, definition.direction) == (2, False, "minimize")
    assert definition.plain["axes"]["config"]["xor"] == load("xor").plain()


@pytest.mark.parametrize(
    ("names", "metric"),
    [(["xor"], "loss"), (["iris"], "validation_loss"), (["iris", "unvalidated"], "loss"), (["iris", "xor"], "loss")],
)
def test_the_loss_shown_is_that_of_the_validation_part_where_all_have_one(names, metric):
    assert define_list("batch", names, load, api.check).metric == metric


@pytest.mark.parametrize(
    ("errors", "kind", "text"),
    [
        ([DataError("a is damaged")], DataError, "a is damaged"),
        ([DataError("a is damaged"), DataError("b is damaged")], DataError, "a is damaged\nerror: b is damaged"),
        ([DataError("no data"), DataError("no data")], DataError, "no data"),
        (
            [InputMissingError("no c"), ConfigError("x.yaml:1:1: error: y")],
            ConfigError,
            "error: no c\nx.yaml:1:1: error: y",
        ),
    ],
)
def test_what_is_wrong_with_all_of_them_is_said_at_once(errors, kind, text):
    def refuse(name):
        raise errors[int(name)]

    with pytest.raises(kind) as caught:
        define_list("batch", [str(i) for i in range(len(errors))], refuse, api.check)
    assert type(caught.value) is kind
    assert str(caught.value) == text
