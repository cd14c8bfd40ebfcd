"""The directory of a sweep, and what a trial's own says."""

import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from dltool.contracts.events import Checkpoint, EpochEnded
from dltool.errors import ConfigError, DataError, InputMissingError, LockedError, OutputError, RefusedError
from dltool.runs import sweep_directory as module
from dltool.runs.lock import Lock
from dltool.runs.run import Run
from dltool.runs.sweep_directory import SweepDirectory
from dltool.runs.sweep_facts import Conclusions
from dltool.runs.trials import Trial

PLAIN = {"name": "rates", "base": {"seed": 7}, "axes": {"rate": [0.1, None], "units": [[4], [8]]}, "repeats": 1}
FACTS = {
    "name": "rates",
    "search": {"type": "grid"},
    "repeats": 1,
    "total": 4,
    "objective": {"metric": "loss", "direction": "minimize"},
    "ranks": True,
    "axes": {"rate": {"values": [0.1, None]}, "units": {"values": [[4], [8]]}},
}


def trial(number=1, **more):
    values = {"rate": None, "units": [4]}
    return Trial(trial=number, point=number, repeat=1, seed=7, values=values, attempts=1, path=f"{number:03d}", **more)


@pytest.fixture
def directory(tmp_path):
    return SweepDirectory(tmp_path / "out")


@pytest.fixture
def started(directory):
    with directory.locked(PLAIN, resume=False):
        directory.start(PLAIN, FACTS)
    return directory


def train(directory, number=1, *, status="completed", losses=(0.5, 0.25), weights_epoch=None):
    """Leave the run of a trial as a training would."""
    with Run.create("x", directory.path / f"{number:03d}") as run:
        run.start({"seed": 7}, seed=7)
        run.append_metrics([EpochEnded(i, {"loss": loss}, 0.1, 1.0, 4.0, i, loss) for i, loss in enumerate(losses, 1)])
        run.end(status=status, epochs=len(losses), training_seconds=1.5, weights_epoch=weights_epoch)
    return run


def test_a_new_sweep_notes_everything_filled_in(started):
    text = started.definition_path.read_text()
    assert text.splitlines()[0] == "# Everything filled in: `dltool sweep sweep.yaml` repeats the sweep."
    assert yaml.safe_load(text) == PLAIN
    assert [path.name for path in started.path.iterdir()] == ["sweep.yaml"]  # no lock is left behind


def test_a_list_of_configs_is_not_said_to_be_a_sweep_file(directory):
    with directory.locked(PLAIN, resume=False):
        directory.start(PLAIN, FACTS | {"ranks": False})
    assert directory.definition_path.read_text().splitlines()[0] == "# Everything filled in."


def test_only_the_same_sweep_is_gone_on_with(started):
    with started.locked(PLAIN, resume=True):
        pass
    other = PLAIN | {"axes": {"units": [[4], [8]], "rate": [0.1, None]}}  # the order numbers the trials
    for plain, changed in ((other, "axes"), (PLAIN | {"repeats": 2, "name": "x"}, "name, repeats")):
        with pytest.raises(ConfigError, match=f"is another one: {changed} changed"), started.locked(plain, resume=True):
            pass
    with pytest.raises(OutputError, match="there is a sweep in"), started.locked(PLAIN, resume=False):
        pass


@pytest.mark.parametrize("text", ["- 1", "name: [", "name: x", "name: &a x"])
def test_a_damaged_definition_is_said_to_be_damaged(started, text):
    started.definition_path.write_text(text)
    with pytest.raises(DataError, match=r"sweep\.yaml is damaged"), started.locked(PLAIN, resume=True):
        pass


def test_without_a_sweep_there_is_nothing_to_go_on_with(directory):
    with pytest.raises(InputMissingError, match="there is no sweep in"), directory.locked(PLAIN, resume=True):
        pass
    assert not directory.path.exists()


def test_whoever_holds_the_directory_has_it_alone(started):
    with started.locked(PLAIN, resume=True), pytest.raises(LockedError):
        Lock(started.path)
    Lock(started.path).release()


def test_a_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    directory = SweepDirectory(tmp_path / "file" / "out")
    with pytest.raises(OutputError, match="cannot create the directory"), directory.locked(PLAIN, resume=False):
        pass


def test_going_on_keeps_the_beginning_and_the_attempts(started):
    assert started.earlier_attempts() == {}
    first = trial()
    first.attempts = 3
    started.end("interrupted", [first], Conclusions())
    facts = json.loads(started.facts_path.read_text())
    assert (facts["status"], facts["ended"] >= facts["created"]) == ("interrupted", True)
    started.facts_path.write_text(json.dumps(facts | {"created": "2020-01-01T00:00:00+00:00"}))
    again = SweepDirectory(started.path)
    assert again.earlier_attempts() == {1: 3}
    again.start(PLAIN, FACTS)
    again.end("completed", [first], Conclusions())
    facts = json.loads(started.facts_path.read_text())
    assert (facts["status"], facts["created"]) == ("completed", "2020-01-01T00:00:00+00:00")


def test_the_table_has_a_row_a_trial_and_a_column_for_whatever_a_trial_measured(started):
    trials = [trial(1, metrics={"loss": 0.5}), trial(2, metrics={"loss": None, "accuracy": 1.0}, objective=0.25)]
    started.end("completed", trials, Conclusions())
    rows = list(csv.DictReader(started.results_path.read_text().splitlines()))
    assert [(row["trial"], row["rate"], row["units"]) for row in rows] == [("1", "null", "[4]"), ("2", "null", "[4]")]
    assert [(row["objective"], row["loss"], row["accuracy"]) for row in rows] == [("", "0.5", ""), ("0.25", "", "1.0")]


def test_the_tables_are_written_no_more_than_once_a_second(started, monkeypatch):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    assert started.write_if_due([trial()]) is None
    clock.now += 0.75
    assert started.write_if_due([]) == 0.25
    assert len(json.loads(started.facts_path.read_text())["trials"]) == 1
    clock.now += 0.25
    assert started.write_if_due([]) is None
    assert json.loads(started.facts_path.read_text())["trials"] == []


def test_writing_tables_takes_a_twentieth_of_the_time_at_most(started, monkeypatch):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    write = module.write_atomically

    def write_slowly(path, text):
        clock.now += 1
        write(path, text)

    monkeypatch.setattr(module, "write_atomically", write_slowly)
    assert started.write_if_due([]) is None
    assert started.write_if_due([]) == 40  # of two files, a second each


def test_a_trial_is_what_its_run_directory_says(started):
    one = trial(status="waiting")
    assert not started.read(one, "loss")
    assert one.status == "waiting"
    train(started, weights_epoch=1)
    assert started.read(one, "loss")
    assert (one.status, one.objective, one.metrics, one.seconds) == ("completed", 0.5, {"loss": 0.5}, 1.5)
    train(started, 2, status="interrupted")
    two = trial(2)
    assert not started.read(two, "loss")
    assert (two.status, two.objective, two.metrics) == ("interrupted", None, {"loss": 0.25})


def test_a_run_directory_that_is_a_link_is_refused(started, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (started.path / "001").symlink_to(tmp_path / "elsewhere")
    for touch in (lambda: started.read(trial(), "loss"), lambda: started.prepare(trial())):
        with pytest.raises(RefusedError, match="is a link"):
            touch()


def test_a_log_is_stored_with_the_run_and_an_empty_one_nowhere(started):
    started.store_log(trial())
    log = started.log_path(trial())
    log.write_text("no run yet")
    started.store_log(trial())
    assert log.read_text() == "no run yet"
    run = train(started)
    started.store_log(trial())
    assert (run.path / "worker.log").read_text() == "no run yet"
    log.touch()
    started.store_log(trial())
    assert not log.exists()
    assert (run.path / "worker.log").read_text() == "no run yet"


def test_an_attempt_goes_on_from_a_checkpoint_and_from_nothing_else(started):
    assert not started.prepare(trial())
    run = train(started, status="running")
    assert not started.prepare(trial())
    assert not run.path.exists()
    run = train(started, status="running")
    run.write_checkpoint(Checkpoint(2, 0, {"weights": np.zeros(3)}, {}))
    assert started.prepare(trial())
    assert run.path.exists()
    (checkpoint,) = run.checkpoints.folder.iterdir()
    checkpoint.write_bytes(b"damaged")
    assert not started.prepare(trial())
    assert not run.path.exists()
