"""A training that goes on from a checkpoint ends in the bits of one that was never interrupted."""

import dataclasses

import keras
import numpy as np
import pytest

from dltool.runs.checkpoints import Checkpoints
from dltool.training.loop_cache import LoopCache
from tests.support.trainers import CASES, LONG, SHORT, TABLE, end_of, epochs_of, trainer_of


@pytest.mark.parametrize(
    ("case", "path"),
    [
        *((case, "long") for case in CASES),
        ("adam", "long without rest"),
        # A whole epoch's state is part of what is saved within one; these have variables outside of the model, too.
        *((case, "short") for case in ("areas", "early stopping", "plateau", "augmentation")),
    ],
)
def test_from_every_event_to_the_same_bits(case, path, tmp_path):
    # As many events as can be: each step, each epoch.
    policy = dataclasses.replace(SHORT if path == "short" else LONG, dispatch_seconds=0.0)
    rest = path != "long without rest"
    keras.utils.set_random_seed(1)
    golden = trainer_of(*CASES[case], rest, policy)
    states, groups = [], []
    for events in golden.events("cpu"):
        groups.append(events)
        states.append(golden.checkpoint())
    expected, rows = end_of(golden), epochs_of(groups)
    assert len(states) >= 4
    assert any(state.step for state in states) == (path != "short")
    # In the middle, behind the start, and at the very end; the first of them compiles a loop for the others.
    loops = LoopCache()
    for number in (len(states) // 2, 1, len(states) - 1):
        checkpoints = Checkpoints(tmp_path / str(number))
        checkpoints.folder.mkdir()
        checkpoints.save(states[number])
        keras.utils.set_random_seed(100 + number)
        resumed = trainer_of(*CASES[case], rest, policy, loops)
        checkpoint, _ = checkpoints.newest()
        resumed.restore(checkpoint)
        again = epochs_of(resumed.events("cpu"))
        assert again == rows[checkpoint.epoch :], number
        assert end_of(resumed) == expected, number
        loops.release(resumed.loop)


@pytest.mark.parametrize("path", ["short", "long"])
def test_a_divergence_is_reached_again(path):
    policy = SHORT if path == "short" else LONG
    case = (TABLE, "{type: dense, units: 4}", "optimizer: {type: sgd, learning_rate: 1e9, momentum: 0.9}")
    keras.utils.set_random_seed(1)
    golden = trainer_of(*case, rest=True, policy=policy)
    states = [golden.checkpoint() for _ in golden.events("cpu")]
    finished, weights = end_of(golden)
    kept = [state for state in states if state]
    assert all(np.isfinite(array).all() for state in kept for array in state.arrays.values())
    resumed = trainer_of(*case, rest=True, policy=policy)
    resumed.restore(kept[-1])
    list(resumed.events("cpu"))
    again, same = end_of(resumed)
    assert again == finished
    assert finished.best is None, "there was no epoch"
    model_variables = len(golden.model.variables)
    assert same[:model_variables] == weights[:model_variables]


def test_weights_that_are_no_numbers_make_no_checkpoint():
    trainer = trainer_of(TABLE, "{type: dense, units: 4}", "optimizer: adam", rest=True)
    assert trainer.checkpoint() is not None
    kernel = trainer.model.trainable_variables[0]
    kernel.assign(np.full(kernel.shape, np.nan))
    assert trainer.checkpoint() is None


def test_the_last_finite_epoch_does_not_depend_on_where_a_dispatch_began():
    ends = []
    for seconds in (0.0, 1e9):  # one epoch a dispatch, as many as can be
        policy = dataclasses.replace(SHORT, dispatch_seconds=seconds)
        keras.utils.set_random_seed(1)
        training = "optimizer: {type: sgd, learning_rate: 3e5, momentum: 0.9}"
        trainer = trainer_of(TABLE, "{type: dense, units: 4}", training, rest=True, policy=policy)
        rows = epochs_of(trainer.events("cpu"))
        finished, weights = end_of(trainer)
        assert finished.outcome == "diverged"
        ends.append((repr(rows), repr(finished), weights[: len(trainer.model.variables)]))
    assert ends[0] == ends[1]
