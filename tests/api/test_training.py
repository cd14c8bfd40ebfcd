"""Training as a whole: what is trained is not lost."""

import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

import dltool
from dltool.contracts.events import EpochEnded
from dltool.errors import DataNote, DltoolError, InputMissingError
from dltool.runs.run import Run
from tests.support.places import REPOSITORY


def weights_of(run):
    return keras.saving.load_model(run.model_path).get_weights()


MOVED = """
name: t
data: {source: csv, path: train.csv, targets: y, validation: validation.csv, test: 0.25}
model: {type: mlp, hidden_units: [4]}
training: {loss: binary_crossentropy, epochs: EPOCHS, batch_size: 2}
"""


def table(rows, first):
    return "a,b,y\n" + "".join(f"{first + i},{i % 3},{i % 2}\n" for i in range(rows))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of three epochs that was stopped in the second, and its data, moved to another folder together."""
    here = tmp_path_factory.mktemp("trained") / "here"
    here.mkdir()
    (here / "c.yaml").write_text(MOVED.replace("EPOCHS", "3"))
    (here / "train.csv").write_text(table(12, 0))
    (here / "validation.csv").write_text(table(6, 2))
    config = dltool.load_config(here / "c.yaml")
    dltool.train(config, here / "whole", device="cpu")

    def interrupt(event):
        if isinstance(event, EpochEnded) and event.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dltool.train(config, here / "run", device="cpu", observe=interrupt)
    return here.rename(here.with_name("there"))


@pytest.fixture
def moved(trained, tmp_path):
    """A copy of it, to be changed."""
    return shutil.copytree(trained, tmp_path / "there")


def test_a_run_that_was_moved_with_its_data_goes_on_to_the_same_bits(moved):
    config = dltool.load_config(moved / "c.yaml")
    with pytest.warns(DataNote, match="its data lie elsewhere now, and are the same"):
        run = dltool.train(config, moved / "run", resume=True, device="cpu")
    assert run.facts["status"] == "completed"
    for weights, expected in zip(weights_of(run), weights_of(Run.open(moved / "whole")), strict=True):
        np.testing.assert_array_equal(weights, expected)
    assert run.config().data.path == str(moved / "train.csv")
    assert run.config().data.validation == str(moved / "validation.csv")
    assert dltool.evaluate(run).rows == 3


def test_a_finished_run_takes_note_of_the_place_and_changes_in_nothing_else(moved):
    run = Run.open(moved / "whole")
    with pytest.raises(InputMissingError):
        dltool.evaluate(run)

    def rest():
        files = [path for path in run.path.rglob("*") if path.is_file()]
        held = {path: path.read_bytes() for path in files if path not in (run.config_path, run.facts_path)}
        return held, {name: value for name, value in run.facts.items() if name != "seal"}  # which is the config's

    before = rest()
    with pytest.warns(DataNote):
        dltool.train(dltool.load_config(moved / "c.yaml"), run.path, resume=True, device="cpu")
    assert rest() == before
    assert dltool.evaluate(run).rows == 3
    assert dltool.reproduce(run).identical


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("train.csv", table(12, 1), "data_fingerprint.train: .*data.path: "),
        ("validation.csv", table(6, 3), "data_fingerprint.validation: .*data.path: .*data.validation: "),
        ("c.yaml", MOVED.replace("EPOCHS", "3").replace("test: 0.25", "test: train.csv"), "data_fingerprint.train"),
        ("c.yaml", MOVED.replace("EPOCHS", "3").replace("targets: y", "targets: y, delimiter: ';'"), "no column 'y'"),
    ],
)
def test_other_data_are_refused_wherever_they_lie(moved, file, text, said):
    (moved / file).write_text(text)
    before = (moved / "run" / "config.yaml").read_text()
    with pytest.raises(DltoolError, match=f"(?s){said}"):
        dltool.train(dltool.load_config(moved / "c.yaml"), moved / "run", resume=True, device="cpu")
    assert (moved / "run" / "config.yaml").read_text() == before


def test_training_does_not_wait_for_what_draws_evaluations(tmp_path):
    program = (
        "import sys, dltool\n"
        f"config = dltool.load_config({str(REPOSITORY / 'configs' / 'xor.yaml')!r}, ['training.epochs=2'])\n"
        f"dltool.train(config, {str(tmp_path / 'run')!r}, device='cpu')\n"
        "print([name for name in sys.modules if name.startswith('matplotlib')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
