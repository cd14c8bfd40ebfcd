"""Training as a whole: what is trained is not lost."""

import pickle
import shutil
import subprocess
import sys

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

import dltool
from dltool.contracts.events import EpochEnded
from dltool.errors import DataNote, DltoolError, InputMissingError, UsageError
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


IN_MEMORY = {
    "name": "m",
    "seed": 2,
    "data": {"source": "parquet", "path": "is_not_there.parquet", "targets": "y", "validation": 0.25, "test": 0.25},
    "model": {"type": "mlp", "hidden_units": [4]},
    "training": {"loss": "binary_crossentropy", "epochs": 4, "batch_size": 4},
}
COLUMNS = {"a": [i / 3 for i in range(40)], "b": ["uvw"[i % 3] for i in range(40)], "y": [i % 2 for i in range(40)]}


def config_of(**data):
    return dltool.load_config(IN_MEMORY | {"data": IN_MEMORY["data"] | data})


@pytest.fixture(scope="module")
def of_a_file(tmp_path_factory):
    """A run that was trained on the columns in a CSV that Python wrote."""
    folder = tmp_path_factory.mktemp("file")
    rows = zip(*COLUMNS.values(), strict=True)
    (folder / "t.csv").write_text("\n".join([",".join(COLUMNS), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return dltool.train(config_of(source="csv", path=str(folder / "t.csv")), folder / "run", device="cpu")


def assert_same(found, expected):
    for mine, theirs in zip(weights_of(found), weights_of(expected), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert found.facts["data_fingerprint"] == expected.facts["data_fingerprint"]


@pytest.mark.parametrize("held", [pa.table, dict], ids=["frame", "mapping"])
def test_a_table_in_memory_trains_to_the_bits_of_its_file_and_is_kept(of_a_file, tmp_path, held):
    config = config_of()
    assert dltool.check(config, data=held(COLUMNS)).rows.train == 20
    run = dltool.train(config, tmp_path / "run", data=held(COLUMNS), device="cpu")
    assert_same(run, of_a_file)
    assert b"uvw" not in pickle.dumps(run)  # it holds none of the data
    assert pa.parquet.read_table(run.path / "data.parquet").to_pydict() == COLUMNS
    moved = run.path.rename(tmp_path / "moved")
    assert dltool.evaluate(moved, device="cpu").metrics == dltool.evaluate(of_a_file, device="cpu").metrics
    assert dltool.reproduce(moved).identical
    again = dltool.train(dltool.load_config(moved / "config.yaml"), tmp_path / "by_config", device="cpu")
    assert_same(again, of_a_file)


def test_a_training_on_data_in_memory_goes_on_with_them_and_without(of_a_file, tmp_path):
    config, frame = config_of(), pa.table(COLUMNS)

    def interrupt(event):
        if isinstance(event, EpochEnded) and event.epoch == 2:
            raise KeyboardInterrupt

    for name, how in (("with", {"data": frame}), ("without", {})):
        with pytest.raises(KeyboardInterrupt):
            dltool.train(config, tmp_path / name, data=frame, device="cpu", observe=interrupt)
        asked = config if how else dltool.load_config(tmp_path / name / "config.yaml")
        assert_same(dltool.train(asked, tmp_path / name, resume=True, device="cpu", **how), of_a_file)
    with pytest.raises(DltoolError, match=r"data_fingerprint\.train"):
        dltool.train(config, tmp_path / "with", resume=True, data=frame.slice(1), device="cpu")


def test_a_run_on_a_file_goes_on_with_the_same_data_in_memory(of_a_file, tmp_path):
    pa.parquet.write_table(pa.table(COLUMNS), tmp_path / "t.parquet")
    shorter = config_of(path=str(tmp_path / "t.parquet"))
    shorter = shorter.model_copy(update={"training": shorter.training.model_copy(update={"epochs": 2})})
    dltool.train(shorter, tmp_path / "run", device="cpu")
    (tmp_path / "t.parquet").unlink()
    with pytest.warns(DataNote, match="lie elsewhere now"):
        run = dltool.train(config_of(), tmp_path / "run", resume=True, data=COLUMNS, device="cpu")
    assert_same(run, of_a_file)
    assert dltool.evaluate(run, device="cpu").rows == 10


def test_folds_of_a_table_in_memory_are_those_of_its_file(of_a_file, tmp_path):
    folds = {"validation": None, "folds": 2}
    file = of_a_file.path.parent / "t.csv"
    expected = dltool.train(config_of(source="csv", path=str(file), **folds), tmp_path / "file", device="cpu")
    run = dltool.train(config_of(**folds), tmp_path / "run", data=COLUMNS, device="cpu")
    assert_same(run, expected)
    assert run.facts["cross_validation"] == expected.facts["cross_validation"]
    moved = run.path.rename(tmp_path / "moved")
    assert dltool.evaluate(moved / "folds" / "1", split="validation", device="cpu").rows == 15
    # What was lost of it comes back with the same data.
    (moved / "data.parquet").unlink()
    shutil.rmtree(moved / "folds" / "2")
    (moved / "run.json").write_text((moved / "run.json").read_text().replace('"completed"', '"interrupted"'))
    dltool.train(config_of(**folds), moved, resume=True, data=COLUMNS, device="cpu")
    assert_same(Run.open(moved), expected)
    assert pa.parquet.read_table(moved / "data.parquet").to_pydict() == COLUMNS


def test_arrays_in_memory_train_to_the_bits_of_their_file_and_are_kept(tmp_path):
    rng = np.random.default_rng(4)
    arrays = {"x_train": rng.normal(size=(30, 3)).astype("f4"), "y_train": np.arange(30) % 2}
    np.savez(tmp_path / "a.npz", **arrays)
    data = {"source": "npz", "path": str(tmp_path / "a.npz"), "validation": 0.2}
    expected = dltool.train(dltool.load_config(IN_MEMORY | {"data": data}), tmp_path / "file", device="cpu")
    config = dltool.load_config(IN_MEMORY | {"data": data | {"path": "none.npz"}})
    run = dltool.train(config, tmp_path / "run", data=arrays | {"y_train": (np.arange(30) % 2).tolist()}, device="cpu")
    assert_same(run, expected)
    assert dltool.evaluate(run, device="cpu").metrics == dltool.evaluate(expected, device="cpu").metrics


@pytest.mark.parametrize("config", ["c.yaml", {"name": "x"}, pa.table(COLUMNS)], ids=["path", "mapping", "frame"])
def test_what_is_no_config_is_said_to_be_none(config, tmp_path):
    for function in (dltool.check, dltool.train, lambda config: dltool.show_data(config, tmp_path / "look")):
        with pytest.raises(UsageError, match=r"expected a config, as dltool\.load_config returns it, got a "):
            function(config)


@pytest.mark.parametrize(
    ("columns", "how", "words"),
    [
        (COLUMNS | {"a": ["x", *map(str, COLUMNS["a"][1:])]}, {}, "row 1, column 'a': 'x' is not a number"),
        (COLUMNS, {"device": "gpu:77"}, "gpu"),
        (COLUMNS | {"d": pa.array([(1, 2, 3)] * 40, pa.month_day_nano_interval())}, {}, "no Parquet file can keep it"),
    ],
)
def test_data_in_memory_that_cannot_be_used_leave_nothing_behind(tmp_path, columns, how, words):
    with pytest.raises(DltoolError, match=words):
        dltool.train(
            config_of(features=["a", "b"]), tmp_path / "run", data=pa.table(columns), **{"device": "cpu"} | how
        )
    assert list(tmp_path.iterdir()) == []
