"""The config of a point is the base with the point's values in it."""

from dltool import api
from tests.support.sweeps import sweep_of


def test_named_choices_set_several_values_together(write):
    choices = {
        "small": {"model.hidden_units": [2], "training.batch_size": 1},
        "large": {"model": {"type": "mlp", "hidden_units": [9, 9], "dropout": 0.5}},
    }
    points = api.read_sweep(write(sweep_of({"size": choices}))).points
    assert [p.values for p in points] == [{"size": "small"}, {"size": "large"}]
    assert (points[0].config.model.hidden_units, points[0].config.training.batch_size) == ([2], 1)
    assert (points[1].config.model.hidden_units, points[1].config.model.dropout) == ([9, 9], 0.5)
    assert points[1].config.training.batch_size == 4


def test_another_type_drops_the_arguments_of_the_base_as_it_does_with_extends(write):
    axes = {"training.optimizer": ["sgd", {"type": "rmsprop", "rho": 0.5}, {"learning_rate": 0.5}]}
    optimizers = [p.config.training.optimizer for p in api.read_sweep(write(sweep_of(axes))).points]
    assert [o.type for o in optimizers] == ["sgd", "rmsprop", "adam"]
    assert [o.learning_rate for o in optimizers] == [0.01, 0.001, 0.5]
