"""What follows from a config with folds."""

import keras
import pytest

from dltool.config.folds import fold_config, number_of_folds, whole_config
from tests.support.examples import config_of

CONFIG = """
name: t
data: {{source: csv, path: t.csv, targets: y, test: 0.2, {}}}
model: {{type: mlp, hidden_units: [4]}}
training:
  {{loss: mean_squared_error, epochs: 30, optimizer: {{type: adam, learning_rate: 0.5}},
   early_stopping: {{patience: 2}},
   reduce_lr_on_plateau: {{patience: 1}}}}
"""


@pytest.mark.parametrize(
    ("data", "number", "column"), [("folds: 5", 5, None), ("folds: {number: 3, column: g}", 3, "g")]
)
def test_a_fold_validates_and_the_others_train(tmp_path, data, number, column):
    config = config_of(tmp_path, CONFIG.format(data))
    fold = fold_config(config, 2)
    part = fold.data.validation
    assert number_of_folds(config) == number
    assert (fold.data.folds, part.fold, part.folds, part.column) == (None, 2, number, column)
    assert (fold.name, fold.data.test, fold.training) == ("t-fold-2", 0.2, config.training)


def test_without_folds_there_are_none(tmp_path):
    assert number_of_folds(config_of(tmp_path, CONFIG.format("validation: 0.2"))) == 0


def test_nothing_stops_the_network_of_all_rows_and_it_follows_the_rates_of_a_fold(tmp_path):
    rates, steps = [0.5, 0.5, 0.05, 0.05, 0.005], 7
    training = whole_config(config_of(tmp_path, CONFIG.format("folds: 5")), 5, rates, steps).training
    assert (training.epochs, training.early_stopping, training.reduce_lr_on_plateau) == (5, None, None)
    spec = training.optimizer.learning_rate
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(spec.boundaries, spec.values)
    assert [float(schedule(step)) for step in range(5 * steps)] == pytest.approx(
        [r for r in rates for _ in range(steps)]
    )


def test_a_rate_that_no_plateau_lowered_stays_a_number(tmp_path):
    training = whole_config(config_of(tmp_path, CONFIG.format("folds: 5")), 3, [0.5] * 3, 7).training
    assert training.optimizer.learning_rate == 0.5
