"""The driver: what it hands out, and what it makes of what comes back. The trainings are on paper."""

import csv
import json
import math
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dltool import api
from dltool.analysis.records import SweepRecord
from dltool.errors import ConfigError, InputMissingError, LockedError, OutputError
from dltool.experiments.definition import Definition, Point
from dltool.experiments.driver import run_sweep
from dltool.experiments.sweep_events import SweepEnded, SweepStarted, TrialEnded, TrialStarted
from dltool.report.sweep import sweep_report_html
from dltool.runs.lock import Lock
from tests.support.sweeps import SWEEP, PaperEngine

REPOSITORY = Path(__file__).parent.parent.parent


def facts_of(directory):
    return json.loads(directory.facts_path.read_text())


def statuses(directory):
    return [trial["status"] for trial in facts_of(directory)["trials"]]


def test_every_trial_has_a_run_and_a_row(sweep, directory):
    result, engine = sweep()
    assert result.status == "completed"
    assert [job.run_dir for job in engine.submitted] == [str(directory.path / f"{i:03d}") for i in range(1, 9)]
    facts = facts_of(directory)
    assert list(facts) == [
        "name", "status", "created", "ended", "command", "versions", "search", "repeats", "total", "objective", "ranks",
        "axes", "luck", "importance", "trials",
    ]  # fmt: skip
    assert facts["objective"] == {"metric": "loss", "direction": "minimize"}
    assert facts["axes"]["model.hidden_units"] == {"values": [[4], [8]]}
    assert facts["trials"][2] == {
        "trial": 3,
        "point": 2,
        "repeat": 1,
        "seed": 7,
        "values": {"training.optimizer.learning_rate": 0.1, "model.hidden_units": [8]},
        "status": "completed",
        "attempts": 1,
        "seconds": 1.5,
        "path": "003",
        "metrics": {"loss": 0.1 / 20, "accuracy": 0.5},
        "objective": 0.1 / 20,
        "reason": "",
    }
    rows = list(csv.DictReader(directory.results_path.read_text().splitlines()))
    assert list(rows[0]) == [
        "trial", "point", "repeat", "seed", "status", "objective", "seconds", "path",
        "training.optimizer.learning_rate", "model.hidden_units", "loss", "accuracy",
    ]  # fmt: skip
    assert [row["model.hidden_units"] for row in rows] == ["[4]", "[4]", "[8]", "[8]"] * 2
    assert [float(row["objective"]) for row in rows] == [trial["objective"] for trial in facts["trials"]]


def test_each_point_has_the_same_seeds(sweep):
    _, engine = sweep()
    assert [job.config["seed"] for job in engine.submitted] == [7, 8] * 4


def test_the_best_point_has_the_best_mean(sweep):
    losses = {(4, 7): 0.1, (4, 8): 0.9, (8, 7): 0.4, (8, 8): 0.5}
    text = SWEEP.replace("training.optimizer.learning_rate: [0.1, 0.01]", "training.epochs: [1]")
    result, _ = sweep(text, loss=lambda config: losses[config["model"]["hidden_units"][0], config["seed"]])
    assert result.best.values == {"training.epochs": 1, "model.hidden_units": [8]}
    assert result.best.mean == pytest.approx(0.45)
    assert result.best.standard_error == pytest.approx(np.std([0.4, 0.5], ddof=1) / np.sqrt(2))


def test_of_equal_points_the_first_is_the_best_whichever_ends_first(sweep, directory):
    result, _ = sweep(jobs=4, loss=lambda config: 0.5, outcomes={1: ["crash"]})  # so that point 2 is over before it
    assert result.best.point == SweepRecord.read(directory.path).best.point == 1


def test_a_metric_that_is_not_finite_does_not_damage_the_sweep(sweep, directory):
    result, _ = sweep(loss=lambda config: math.nan)
    record = SweepRecord.read(directory.path)
    assert result.best is record.best is None
    assert [trial.metrics["accuracy"] for trial in record.trials] == [0.5] * 8
    assert all(trial.metrics["loss"] is None for trial in record.trials)
    assert "none can be called the best" in sweep_report_html(record)


def test_texts_can_be_values(sweep, directory):
    text = (
        "name: t\nbase: base.yaml\naxes:\n  model.activation: [relu, tanh]\n  training.optimizer: [adam, {type: sgd}]\n"
    )
    result, _ = sweep(text)
    rows = json.loads(directory.facts_path.read_text())["trials"]
    assert [row["values"]["model.activation"] for row in rows] == ["relu", "relu", "tanh", "tanh"]
    assert [row["values"]["training.optimizer"] for row in rows] == ["adam", {"type": "sgd"}] * 2
    assert {trial.status for trial in result.trials} == {"completed"}


def test_a_point_that_diverged_once_cannot_be_the_best(sweep, directory):
    result, _ = sweep(outcomes={8: ["diverge"]})
    assert result.status == "completed"
    assert statuses(directory)[7] == "diverged"
    assert result.best.point == 3
    assert facts_of(directory)["trials"][7]["objective"] is None


def test_a_crash_costs_one_trial_one_attempt(sweep, directory):
    result, engine = sweep(jobs=2, outcomes={3: ["crash"]})
    assert result.status == "completed"
    assert [job.trial for job in engine.submitted].count(3) == 2
    assert [trial["attempts"] for trial in facts_of(directory)["trials"]] == [1, 1, 2, 1, 1, 1, 1, 1]
    assert (directory.path / "003" / "worker.log").read_text() == "one\nterminate called\n"


def test_a_second_crash_is_a_failure_with_the_end_of_the_log_and_the_others_go_on(sweep, directory):
    result, _ = sweep(jobs=2, outcomes={3: ["crash", "crash"], 5: ["fail"]})
    assert result.status == facts_of(directory)["status"] == "failed"
    assert statuses(directory) == ["completed"] * 2 + ["failed", "completed"] * 2 + ["completed"] * 2
    assert [trial.trial for trial in result.failures] == [3, 5]
    assert result.failures[0].reason == "crashed twice; the worker was ended by SIGABRT\none\nterminate called"
    assert result.failures[1].reason == "no such file"
    assert result.best.point == 4


def test_failing_fast_stops_at_the_first_failure(sweep, directory):
    result, engine = sweep(outcomes={3: ["fail"]}, fail_fast=True)
    assert engine.stopped
    assert engine.closed
    assert statuses(directory) == ["completed"] * 2 + ["failed"] + ["waiting"] * 5
    assert result.status == "failed"


def test_an_interrupted_sweep_goes_on_and_does_nothing_twice(sweep, directory):
    with pytest.raises(KeyboardInterrupt):
        sweep(outcomes={4: ["interrupt"]})
    assert facts_of(directory)["status"] == "interrupted"
    assert statuses(directory) == ["completed"] * 3 + ["interrupted"] + ["waiting"] * 4
    result, engine = sweep(resume=True)
    assert [job.trial for job in engine.submitted] == [4, 5, 6, 7, 8]
    assert result.status == "completed"
    assert [trial.attempts for trial in result.trials] == [1, 1, 1, 2, 1, 1, 1, 1]


def test_going_on_tries_what_failed_again_and_leaves_what_is_done(sweep, directory):
    sweep(outcomes={2: ["fail"], 3: ["diverge"], 6: ["crash", "crash"]})
    result, engine = sweep(resume=True)
    assert [job.trial for job in engine.submitted] == [2, 6]
    assert result.status == "completed"
    assert sweep(resume=True)[1].submitted == []


def test_the_run_directories_are_the_truth_not_the_table(sweep, directory):
    first, _ = sweep()
    for path in (directory.facts_path, directory.results_path):
        path.unlink()
    (directory.path / "004" / "run.json").write_text(
        (directory.path / "004" / "run.json").read_text().replace('"completed"', '"running"')
    )
    (directory.path / "004" / "metrics.jsonl").unlink()  # its worker was killed as it began
    (directory.path / "005.log").write_text("a warning\n")  # of a driver that was killed just then
    again, engine = sweep(resume=True)
    assert [job.trial for job in engine.submitted] == [4]
    assert [trial.attempts for trial in again.trials] == [1] * 8
    assert (directory.path / "005" / "worker.log").read_text() == "a warning\n"
    assert [trial.objective for trial in again.trials] == [trial.objective for trial in first.trials]
    assert again.best.mean == first.best.mean


def test_a_directory_in_use_for_anything_else_is_left_alone(sweep, directory):
    directory.path.mkdir()
    (directory.path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty"):
        sweep()
    with pytest.raises(InputMissingError, match="there is no sweep in"):
        sweep(resume=True)
    assert [path.name for path in directory.path.iterdir()] == ["mine.txt"]


def test_what_a_killed_driver_left_half_written_is_in_nobodys_way_and_goes(sweep, directory):
    directory.path.mkdir()
    (directory.path / ".4711-0123456789abcdef.yaml").write_text("na")
    sweep()
    (directory.path / ".4712-0123456789abcdef.csv").write_text("tri")
    sweep(resume=True)
    assert [path.name for path in directory.path.iterdir() if path.name.startswith(".")] == []


def test_a_second_sweep_of_the_name_is_refused_and_so_is_going_on_with_another(sweep, directory):
    sweep()
    with pytest.raises(OutputError, match="--resume"):
        sweep()
    with pytest.raises(ConfigError, match="is another one: axes changed"):
        sweep(SWEEP.replace("[0.1, 0.01]", "[0.01, 0.1]"), resume=True)
    with pytest.raises(ConfigError, match="is another one: axes, repeats changed"):
        sweep(SWEEP.replace("0.01]", "0.02]").replace("repeats: 2", "repeats: 3"), resume=True)


def test_two_drivers_cannot_work_in_one_directory(sweep, directory):
    sweep()
    held = Lock(directory.path)
    with pytest.raises(LockedError):
        sweep(resume=True)
    held.release()
    sweep(resume=True)


def test_events_tell_all_of_it(sweep):
    events = []
    result, _ = sweep(observe=events.append, outcomes={1: ["crash"]})
    assert isinstance(events[0], SweepStarted)
    assert (events[0].total, events[0].done) == (8, 0)
    assert sum(isinstance(event, TrialStarted) for event in events) == 9
    assert sum(isinstance(event, TrialEnded) for event in events) == 8
    assert isinstance(events[-1], SweepEnded)
    assert events[-1].result is result


def ends_of(events):
    return [event.trial.trial for event in events if isinstance(event, TrialEnded)]


# Of many points, so that there are as many to draw as are asked for.
MANY = SWEEP.replace("repeats:", "  training.batch_size: {low: 1, high: 100}\nrepeats:")
SEARCH = MANY.replace("axes:", "search: {type: random, trials: 12, pruning: median}\naxes:")


def test_a_poor_point_is_pruned_and_its_repeats_never_run(sweep, directory):
    pytest.importorskip("optuna")
    result, engine = sweep(SEARCH)
    pruned = {trial.point for trial in result.trials if trial.status == "pruned"}
    assert pruned
    for point in pruned:
        first, second = (trial for trial in result.trials if trial.point == point)
        assert first.values["training.optimizer.learning_rate"] == 0.1
        assert engine.told[first.trial][-1]
        assert (second.status, second.attempts) == ("pruned", 0)
        assert f"pruned in trial {first.trial}" in second.reason
    assert result.best.values["training.optimizer.learning_rate"] == 0.01
    assert not any(engine.told.get(trial.trial) for trial in result.trials if trial.repeat == 2)


def test_every_trial_ends_once_also_those_that_never_run(sweep):
    pytest.importorskip("optuna")
    events = []
    with pytest.raises(KeyboardInterrupt):
        sweep(SEARCH, observe=events.append, outcomes={1: ["fail"], 21: ["interrupt"]})
    ended = ends_of(events)
    assert len(ended) == len(set(ended))
    events.clear()
    result, _ = sweep(SEARCH, observe=events.append, resume=True)
    assert "pruned" in {trial.status for trial in result.trials if not trial.attempts}
    again = ends_of(events)
    assert len(again) == len(set(again)) == events[0].total - events[0].done
    assert set(ended) | set(again) == set(range(1, 25))
    assert 1 in again


TOO_LARGE = """name: t
base: base.yaml
search: {type: tpe, trials: 6}
axes:
  training.batch_size: {low: 1, high: 4}
  shape:
    sound: {model.dropout: 0.5}
    unsound: {model.hidden_units: [1, 2]}
"""


def cannot_be(definition, bad):
    """Return the definition, with points that turn out not to be possible when they are drawn."""

    def refuse(values):
        raise ConfigError("this cannot be")

    class Impossible(Definition):
        def point(self, number, values):
            return Point(number, values, refuse) if number in bad else super().point(number, values)

    return Impossible(**vars(definition))


def test_points_that_cannot_be_fail_and_end_like_any_other(write, directory):
    pytest.importorskip("optuna")
    events = []
    definition = cannot_be(api.read_sweep(write(TOO_LARGE)), (2, 3, 6))
    result = run_sweep(definition, directory.path, PaperEngine(), observe=events.append)
    assert [trial.status == "failed" for trial in result.trials] == [False, True, True, False, False, True]
    assert result.trials[1].reason == "this cannot be"
    assert sorted(ends_of(events)) == [1, 2, 3, 4, 5, 6]
    events.clear()
    run_sweep(definition, directory.path, PaperEngine(), resume=True, observe=events.append)
    assert events[0].done == 3
    assert ends_of(events) == [2, 3, 6]


def test_failing_fast_asks_for_no_point_after_one_that_cannot_be(write, directory):
    pytest.importorskip("optuna")
    definition = cannot_be(api.read_sweep(write(TOO_LARGE)), (2, 3))
    engine = PaperEngine()
    result = run_sweep(definition, directory.path, engine, fail_fast=True)
    assert [trial.status for trial in result.trials] == ["completed", "failed"]
    assert [job.trial for job in engine.submitted] == [1]


def test_a_pruned_search_goes_on_where_the_first_run_of_a_point_failed(sweep):
    pytest.importorskip("optuna")
    first, _ = sweep(SEARCH, outcomes={3: ["fail"]})
    assert [trial.status for trial in first.failures] == ["failed"]
    result, engine = sweep(SEARCH, resume=True)
    assert [job.trial for job in engine.submitted] == [3]
    assert result.status == "completed"


def test_a_config_is_that_of_the_values_in_the_journal(write, directory):
    pytest.importorskip("optuna")
    text = MANY.replace("axes:", "search: {type: random, trials: 9}\naxes:").replace("repeats: 2", "repeats: 1")
    definition = api.read_sweep(write(text))
    with pytest.raises(KeyboardInterrupt):
        run_sweep(definition, directory.path, PaperEngine(outcomes={5: ["interrupt"]}))
    # As if another version of Optuna drew other points.
    other = replace(definition, points=[replace(point, number=i) for i, point in enumerate(definition.points[::-1], 1)])
    engine = PaperEngine()
    result = run_sweep(other, directory.path, engine, resume=True)
    assert [job.trial for job in engine.submitted] == [5, 6, 7, 8, 9]
    for job in engine.submitted:
        training = job.config["training"]
        made = training["optimizer"]["learning_rate"], job.config["model"]["hidden_units"], training["batch_size"]
        assert made == tuple(result.trials[job.trial - 1].values.values())


def test_whoever_looks_while_the_driver_waits_finds_what_runs(write, directory, monkeypatch):
    from dltool.runs import sweep_directory as module

    now = [0.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))

    class Slow(PaperEngine):
        waits = 0

        def wait(self, seconds=None):
            if seconds is not None:
                now[0] += seconds
                return []
            self.waits += 1
            shown = {i for i, status in enumerate(statuses(directory), 1) if status == "running"}
            assert shown == set(self.running)
            return super().wait()

    engine = Slow(jobs=2)
    run_sweep(api.read_sweep(write()), directory.path, engine)
    assert engine.waits == 8


@pytest.mark.parametrize("kind", ["random", "tpe"])
def test_an_interrupted_search_ends_as_one_that_was_not(sweep, tmp_path, kind):
    pytest.importorskip("optuna")
    text = SEARCH.replace("random", kind)
    whole, _ = sweep(text, path=tmp_path / "whole")
    for trial in (4, 11):
        with pytest.raises(KeyboardInterrupt):
            sweep(text, outcomes={trial: ["interrupt"]}, resume=trial > 4)
    result, _ = sweep(text, resume=True)
    assert [trial.attempts for trial in result.trials][:11] == [1] * 3 + [2] + [1] * 6 + [2]
    assert [(t.values, t.status, t.objective) for t in result.trials] == [
        (t.values, t.status, t.objective) for t in whole.trials
    ]


def test_a_thousand_trials_do_not_write_a_thousand_tables(sweep, directory, monkeypatch):
    from dltool.runs import sweep_directory as module

    written = []
    write = module.write_atomically
    monkeypatch.setattr(module, "write_atomically", lambda path, text: written.append(path.name) or write(path, text))
    text = SWEEP.replace("repeats: 2", "repeats: 100").replace("[4], [8]", "[4]")
    sweep(text)
    assert len(facts_of(directory)["trials"]) == 200
    assert written.count("sweep.json") < 50


def test_the_driver_never_loads_tensorflow(write, tmp_path):
    code = (
        f"import sys\nsys.path.insert(0, {str(REPOSITORY)!r})\n"
        "from pathlib import Path\nfrom dltool import api\nfrom dltool.experiments.driver import run_sweep\n"
        "from tests.support.sweeps import PaperEngine\n"
        f"run_sweep(api.read_sweep({str(write())!r}), Path({str(tmp_path / 'out')!r}), PaperEngine())\n"
        "print([name for name in ('tensorflow', 'keras') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


def test_signals_have_names():
    from dltool.experiments.local import _exit_text

    assert _exit_text(-signal.SIGKILL) == "the worker was ended by SIGKILL; the system may have run out of memory"
    assert _exit_text(-signal.SIGSEGV) == "the worker was ended by SIGSEGV"
    assert _exit_text(70) == "the worker left with exit code 70"
