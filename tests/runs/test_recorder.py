"""What is kept on disk of a training as it goes."""

from types import SimpleNamespace

import numpy as np
import pytest

from dltool.contracts.events import Checkpoint, EpochEnded, Progress
from dltool.errors import Interrupted, RefusedError
from dltool.runs import recorder as module
from dltool.runs.recorder import Recorder
from dltool.runs.run import Run

LONG = 1e9
"""More seconds than any test takes."""


def ended(epoch, seconds=0.5):
    return EpochEnded(epoch, {"loss": 1 / epoch}, 0.01, seconds, 8.0, best_epoch=1, best=1.0)


@pytest.fixture
def run(tmp_path):
    with Run.create("xor", tmp_path / "run") as run:
        run.start({"name": "xor"})
        yield run


@pytest.fixture
def clock(monkeypatch):
    """The time that the recorder goes by, in seconds; it stands still unless it is set."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


class Training:
    """Something to take checkpoints of: at the n-th, n epochs are done."""

    def __init__(self):
        self.taken = 0

    def __call__(self):
        self.taken += 1
        return Checkpoint(self.taken, 0, {"weights": np.full(3, self.taken, "float32")}, {"n": self.taken})


def epochs_saved(run):
    found = run.checkpoints.newest()
    return found and found[0].epoch


def record(recorder, events):
    recorder.record(events)
    recorder.save_if_due(events)


def test_epochs_become_lines_of_the_log_and_other_events_none(run, clock):
    recorder = Recorder(run, Training(), LONG)
    record(recorder, [Progress(1, 1, {"loss": 9.0}, 8.0), ended(1), Progress(2, 1, {"loss": 9.0}, 8.0), ended(2)])
    record(recorder, [Progress(3, 1, {"loss": 9.0}, 8.0)])
    assert [(row["epoch"], row["loss"]) for row in run.metrics()] == [(1, 1.0), (2, 0.5)]
    assert epochs_saved(run) is None


def test_a_checkpoint_is_written_when_the_last_one_is_old(run, clock):
    recorder = Recorder(run, Training(), 60)
    clock.now += 59
    record(recorder, [ended(1)])
    assert epochs_saved(run) is None
    clock.now += 1
    record(recorder, [])
    assert epochs_saved(run) == 1
    clock.now += 59
    record(recorder, [ended(2)])
    assert epochs_saved(run) == 1


def test_each_epoch_that_takes_as_long_as_that_has_a_checkpoint(run, clock):
    recorder = Recorder(run, Training(), 60)
    for epoch in (1, 2):
        record(recorder, [ended(epoch, seconds=60)])
        assert epochs_saved(run) == epoch
    record(recorder, [ended(3, seconds=59)])
    assert epochs_saved(run) == 2


def test_saving_takes_a_hundredth_of_the_time_at_most(run, clock):
    training = Training()

    def take_slowly():
        clock.now += 2
        return training()

    recorder = Recorder(run, take_slowly, 60)
    recorder.save()
    clock.now += 199
    record(recorder, [ended(1, seconds=199)])
    assert epochs_saved(run) == 1
    clock.now += 1
    record(recorder, [ended(2)])
    assert epochs_saved(run) == 2


def test_a_state_that_is_not_worth_keeping_is_not_kept(run, clock):
    assert not Recorder(run, lambda: None, 0).save()
    assert epochs_saved(run) is None
    assert Recorder(run, Training(), 0).save()
    checkpoint, _ = run.checkpoints.newest()
    assert (checkpoint.epoch, checkpoint.state, list(checkpoint.arrays["weights"])) == (1, {"n": 1}, [1.0] * 3)


@pytest.mark.parametrize("error", [Interrupted(2), BrokenPipeError("the reader is gone")])
def test_what_asks_a_training_to_stop_finds_its_state_kept(run, error):
    Recorder(run, Training(), LONG).stop(error)
    assert (run.facts["status"], run.facts["reason"]) == ("interrupted", str(error))
    assert epochs_saved(run) == 1


def test_what_breaks_a_training_is_noted_and_no_state_of_it_kept(run):
    Recorder(run, Training(), LONG).stop(ValueError("3 is no shape"))
    assert (run.facts["status"], run.facts["reason"]) == ("failed", "ValueError: 3 is no shape")
    assert epochs_saved(run) is None


def test_a_failure_that_cannot_be_noted_hides_nothing(run):
    run.facts_path.unlink()
    run.facts_path.mkdir()
    Recorder(run, Training(), LONG).stop(ValueError("what went wrong first"))
    with pytest.raises(RefusedError):
        Recorder(run, Training(), LONG).stop(Interrupted(2))
