"""Variables have names that say what they are, and that are the same whatever the process made before."""

import keras
import numpy as np
import pytest

from dltool.training.variables import metric_variables, state_variables
from tests.support.trainers import CASES, SHORT, trainer_of


def names_of(case):
    trainer = trainer_of(*CASES[case], True, SHORT)
    return trainer.model, state_variables(trainer.model), metric_variables(trainer.model)


@pytest.mark.parametrize("case", CASES)
def test_every_variable_has_a_name_of_its_own_that_no_counter_of_keras_changes(case):
    model, state, metrics = names_of(case)
    again = names_of(case)
    assert {each.path for each in state.values()} != {each.path for each in again[1].values()}, "Keras counts"
    assert (list(state), list(metrics)) == (list(again[1]), list(again[2]))
    expected = {id(variable) for variable in (*model.variables, *model.optimizer.variables)}
    assert expected <= {id(variable) for variable in state.values()}
    assert {id(variable) for variable in metrics.values()} == {id(each) for each in model.metrics_variables}


def test_names_are_paths():
    _, state, metrics = names_of("mixed")
    assert [name for name in state if name.startswith("weights/")] == [
        "weights/random_flip/seed_generator/seed_generator_state",
        "weights/random_rotation/seed_generator/seed_generator_state",
        "weights/dropout/seed_generator/seed_generator_state",
        "weights/dense/kernel",
        "weights/dense/bias",
    ]
    assert {"optimizer/dense/kernel/momentum", "optimizer/dense/bias/velocity", "optimizer/learning_rate"} <= set(state)
    assert float(np.array(state["optimizer/momentum_product"])) == 1.0
    assert list(metrics) == ["metrics/loss/total", "metrics/loss/count"]


def recurrent_network():
    tokens = keras.Input((5,), dtype="int32")
    vectors = keras.layers.Embedding(10, 4, name="embedding")(tokens)
    both_ways = keras.layers.Bidirectional(keras.layers.LSTM(3, dropout=0.1), name="bidirectional")(vectors)
    model = keras.Model(tokens, keras.layers.Dense(1, name="dense")(both_ways))
    model.compile("adam", "mean_squared_error")
    model.optimizer.build(model.trainable_variables)
    return state_variables(model)


def test_layers_within_a_layer_have_names_without_counters_too():
    state, again = recurrent_network(), recurrent_network()
    assert {each.path for each in state.values()} != {each.path for each in again.values()}, "Keras counts"
    assert list(state) == list(again)
    assert [name for name in state if "forward" in name and "/kernel" in name] == [
        "weights/bidirectional/forward_lstm/lstm_cell/kernel",
        "optimizer/bidirectional/forward_lstm/lstm_cell/kernel/momentum",
        "optimizer/bidirectional/forward_lstm/lstm_cell/kernel/velocity",
    ]
