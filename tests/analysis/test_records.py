"""Sweeps and runs read back, and listed."""

import json
import re
import warnings

import pytest

from dltool.analysis.records import SweepRecord, list_entries, open_run
from dltool.console.runs import entry_facts, print_entries
from dltool.errors import DataError, DataNote, InputMissingError
from dltool.runs.run import Run
from dltool.training.events import EpochEnded
from tests.support.sweeps import SWEEP


def edit(path, **facts):
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


def test_a_sweep_is_read_back(sweep, directory):
    result, _ = sweep()
    record = SweepRecord.read(directory.path)
    assert (record.name, record.status, record.metric, record.direction) == ("rates", "completed", "loss", "minimize")
    assert record.trials == list(result.trials)
    assert (record.best.point, record.seconds, record.total) == (result.best.point, 8 * 1.5, 8)
    assert [point.point for point in record.ranked] == [3, 4, 1, 2]
    with pytest.raises(InputMissingError, match="there is no sweep in"):
        SweepRecord.read(directory.path / "001")


@pytest.mark.parametrize("path", ["..", ".", "", "a/b", "/tmp", "report.html"])
def test_a_trial_lies_in_a_folder_of_the_sweeps_own(sweep, directory, path):
    sweep()
    trials = json.loads(directory.facts_path.read_text())["trials"]
    trials[0]["path"] = path
    edit(directory.facts_path, trials=trials)
    with pytest.raises(DataError, match=r"sweep\.json: damaged"):
        SweepRecord.read(directory.path)


def test_a_search_that_was_interrupted_lists_all_the_trials_that_it_will_have(sweep, directory, capsys):
    pytest.importorskip("optuna")
    text = SWEEP.replace("axes:", "search: {type: tpe, trials: 50}\naxes:\n  training.batch_size: {low: 1, high: 100}")
    with pytest.raises(KeyboardInterrupt):
        sweep(text, mishaps={4: ["interrupt"]})
    (entry,), problems = list_entries(directory.path.parent)
    assert (entry.status, entry.trials, entry.done, problems) == ("interrupted", 100, 3, [])
    print_entries([entry])
    assert "3 of 100 trials" in capsys.readouterr().out
    facts = json.loads(directory.facts_path.read_text())
    del facts["total"]  # as an earlier version wrote it
    directory.facts_path.write_text(json.dumps(facts))
    assert list_entries(directory.path.parent)[0][0].trials == 4


def test_the_directory_of_a_sweep_stands_for_the_best_run_of_its_best_point(sweep, directory, capsys):
    # Of point 3, the best on the mean, the second repeat is the better one.
    losses = {(0.1, 8): 0.5, (0.1, 7): 0.5, (0.01, 7): 0.25, (0.01, 8): 0.125}
    sweep(loss=lambda config: losses[config["training"]["optimizer"]["learning_rate"], config["seed"]])
    with pytest.warns(
        DataNote, match=re.escape(f"{directory.path} is a sweep; taking {directory.path / '006'}")
    ) as told:
        assert open_run(directory.path).path == directory.path / "006"
    assert "its best run of its best point (learning_rate 0.01, hidden_units [4]; loss 0.00625" in str(told[0].message)
    entries, _ = list_entries(directory.path)
    assert [entry.path.name for entry in entries if entry.is_best] == ["006"]
    print_entries(entries)
    marked = [line for line in capsys.readouterr().out.splitlines() if "completed, best" in line]
    assert len(marked) == 1
    assert marked[0].startswith(str(directory.path / "006"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_run(directory.path / "001").path == directory.path / "001"


def test_where_higher_is_better_the_highest_run_is_the_best(sweep, directory):
    sweep(SWEEP + "objective: {metric: loss, direction: maximize}\n", loss=lambda config: config["seed"])
    with pytest.warns(DataNote):
        assert open_run(directory.path).path.name == "002"


def test_of_a_sweep_that_is_not_over_the_best_run_so_far_is_taken(sweep, directory):
    with pytest.raises(KeyboardInterrupt):
        sweep(mishaps={4: ["interrupt"]})
    with pytest.warns(DataNote, match="its best run of its best point so far"):
        assert open_run(directory.path).path.name == "001"


def test_where_none_is_the_best_the_way_out_is_named(sweep, directory, tmp_path):
    sweep(mishaps={number: ["diverge"] for number in (1, 3, 5, 7)})
    listing = f"such as {directory.path / '002'}; `dltool runs {directory.path}` lists them"
    with pytest.raises(InputMissingError, match=f"no point has come to a sound end in all its runs\nhint: .*{listing}"):
        open_run(directory.path)
    edit(directory.facts_path, ranks=False)
    with pytest.raises(InputMissingError, match=f"none of them is called the best\nhint: .*{listing}"):
        open_run(directory.path)
    with pytest.raises(InputMissingError, match="there is no run directory"):
        open_run(tmp_path / "nowhere")
    with pytest.raises(InputMissingError, match="cannot read"):
        open_run("x" * 5000)


def test_a_sweep_is_listed_with_its_objective(sweep, directory, tmp_path, capsys):
    losses = {7: 8.0, 8: 4.0}
    sweep(loss=lambda config: losses[config["seed"]])
    (entry,), _ = list_entries(tmp_path)
    mean = (8 + 4) / 2 / 20
    assert (entry.metric, entry.best) == ("loss", pytest.approx(mean))
    assert entry.standard_error == pytest.approx((8 - 4) / 20 / 2)  # of two values: half their distance
    print_entries([entry])
    assert "loss 0.3000 ± 0.1000 (training part)" in capsys.readouterr().out
    facts = json.loads(directory.facts_path.read_text())
    edit(directory.facts_path, trials=[trial | {"objective": None} for trial in facts["trials"]])
    print_entries(list_entries(tmp_path)[0])
    assert "completed  loss -  8 of 8 trials" in capsys.readouterr().out
    edit(directory.facts_path, ranks=False)
    print_entries(list_entries(tmp_path)[0])
    assert "loss" not in capsys.readouterr().out


def test_one_entry_that_may_not_be_read_does_not_end_the_listing(sweep, directory, tmp_path):
    sweep()
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "run.json").symlink_to(directory.path / "001" / "run.json")
    entries, problems = list_entries(tmp_path)
    assert [entry.path for entry in entries] == [directory.path]
    assert len(problems) == 1
    assert str(linked / "run.json") in problems[0]


def test_whatever_names_a_best_value_says_on_which_part_it_was_selected(sweep, directory, tmp_path, capsys):
    sweep()
    for name, monitor in (("on-training", "loss"), ("on-validation", "validation_loss")):
        with Run.create("x", tmp_path / name) as run:
            run.start({}, monitor=monitor)
            run.end(status="completed", best=0.25, epochs=2, training_seconds=1.0)
    entries, _ = list_entries(tmp_path)
    facts = {entry.path.name: entry_facts(entry)["selected_on"] for entry in entries}
    assert facts == {"out": "training", "on-training": "training", "on-validation": "validation"}
    print_entries(entries)
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "loss 0.2500 (training part)" in lines[str(tmp_path / "on-training")]
    assert "validation_loss 0.2500  " in lines[str(tmp_path / "on-validation")]
    edit(tmp_path / "on-training" / "run.json", best=None)
    unknown = next(entry for entry in list_entries(tmp_path)[0] if entry.path.name == "on-training")
    assert entry_facts(unknown)["selected_on"] is None


def test_a_model_that_is_not_the_best_epochs_is_told_apart_from_it(tmp_path, capsys):
    with Run.create("x", tmp_path / "run") as run:
        run.start({}, monitor="loss", loss_unit="targets in standard deviations")
        losses = ((1, 0.25), (2, 0.75))
        run.append_metrics([EpochEnded(epoch, {"loss": loss}, 0.1, 1.0, 1.0, 1, 0.25) for epoch, loss in losses])
        run.end(status="completed", best=0.25, best_epoch=1, weights_epoch=2, epochs=2, training_seconds=1.0)
    entries, _ = list_entries(tmp_path)
    print_entries(entries)
    told = "loss 0.2500 (its model: 0.7500) (training part) (of targets in standard deviations)"
    assert told in capsys.readouterr().out
