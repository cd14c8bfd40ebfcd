"""A training ends in one of four ways, and each leaves what it should behind."""

import keras
import numpy as np
import pytest

import dltool
from dltool.contracts.events import EpochEnded, StopTraining
from dltool.errors import Interrupted, OutputError
from dltool.runs.run import Run
from tests.support.examples import config_of

CONFIG = """
name: t
data: {source: inline, features: [[0, 1], [1, 0], [2, 2], [3, 1]], targets: [0, 1, 1, 0], validation: 0.25}
model: {type: mlp, hidden_units: [4]}
training:
  {loss: binary_crossentropy, epochs: 3, batch_size: 2, early_stopping: {patience: 9, restore_best_weights: false}}
"""


def weights_of(run):
    return keras.saving.load_model(run.model_path).get_weights()


def assert_same_weights(run, other):
    for ours, theirs in zip(weights_of(run), weights_of(other), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def raised_after(epoch, error):
    """Return an observer that raises an error when an epoch has ended."""

    def observe(event):
        if isinstance(event, EpochEnded) and event.epoch == epoch:
            raise error

    return observe


@pytest.fixture
def config(tmp_path):
    return config_of(tmp_path, CONFIG)


@pytest.fixture
def whole(config, tmp_path):
    """A run that nothing disturbed."""
    return dltool.train(config, tmp_path / "whole", device="cpu")


def test_one_that_came_to_its_end_leaves_all_its_files(whole):
    assert (whole.facts["status"], whole.facts["epochs"]) == ("completed", 3)
    texts, others = {"config.yaml", "run.json", "metrics.jsonl", "report.html"}, {"model.keras", "checkpoint"}
    assert {path.name for path in whole.path.iterdir()} >= texts | others | {"predictions.safetensors"}


def test_one_that_an_observer_stops_leaves_the_weights_of_that_moment(config, tmp_path):
    eager = {"epochs": 3, "checkpoint_seconds": 1e-6}
    config = config.model_copy(update={"training": config.training.model_copy(update=eager)})
    two = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 2})})
    expected = dltool.train(two, tmp_path / "two", device="cpu")
    request = StopTraining("pruned", "enough")
    run = dltool.train(config, tmp_path / "run", device="cpu", observe=raised_after(2, request))
    facts = run.facts
    assert (facts["status"], facts["reason"], facts["epochs"]) == ("pruned", "enough", 2)
    assert [row["epoch"] for row in run.metrics()] == [1, 2]
    assert not run.report_path.exists()
    assert_same_weights(run, expected)
    # Log and checkpoints agree, though the dispatch went on behind what the observer saw.
    whole = dltool.train(config, tmp_path / "whole", device="cpu")
    assert_same_weights(dltool.train(config, run.path, resume=True, device="cpu"), whole)


@pytest.mark.parametrize("error", [Interrupted(15), OSError("the pipe is gone")], ids=["a signal", "a lost output"])
def test_one_that_is_interrupted_goes_on_to_the_same_end(config, whole, tmp_path, error):
    with pytest.raises(type(error)):
        dltool.train(config, tmp_path / "run", device="cpu", observe=raised_after(2, error))
    run = Run.open(tmp_path / "run")
    assert (run.facts["status"], run.facts["reason"]) == ("interrupted", str(error))
    # A process that is told to end may not come back: it leaves a model.
    assert run.model_path.exists() == isinstance(error, Interrupted)
    assert getattr(error, "run_dir", None) == (run.path if isinstance(error, Interrupted) else None)
    assert_same_weights(dltool.train(config, run.path, resume=True, device="cpu"), whole)


def test_one_that_fails_says_why(config, tmp_path):
    with pytest.raises(ZeroDivisionError) as caught:
        dltool.train(config, tmp_path / "run", device="cpu", observe=raised_after(2, ZeroDivisionError("by chance")))
    run = Run.open(tmp_path / "run")
    assert (run.facts["status"], run.facts["reason"]) == ("failed", "ZeroDivisionError: by chance")
    assert not run.model_path.exists()
    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("file", ["model.keras", "report.html", "predictions.safetensors"])
def test_a_fault_behind_the_training_loses_no_weights(config, whole, tmp_path, file):
    in_the_way = tmp_path / "run" / file

    def obstruct(event):
        if isinstance(event, EpochEnded) and event.epoch == 3:
            in_the_way.mkdir()

    with pytest.raises(OutputError, match=file) as caught:
        dltool.train(config, tmp_path / "run", device="cpu", observe=obstruct)
    assert caught.value.__notes__ == [f"the trained weights are safe: go on with --run-dir {tmp_path / 'run'} --resume"]
    in_the_way.rmdir()
    events = []
    run = dltool.train(config, tmp_path / "run", resume=True, device="cpu", observe=events.append)
    assert run.facts["status"] == "completed"
    assert not any(isinstance(event, EpochEnded) for event in events)
    assert_same_weights(run, whole)
