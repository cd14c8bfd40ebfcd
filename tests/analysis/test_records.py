"""Sweeps read back, and the run that each of them stands for."""

import json
import re
import warnings

import pytest

from dltool.analysis.listing import list_entries
from dltool.analysis.records import SweepRecord, open_run
from dltool.console.runs import print_entries
from dltool.errors import DataError, DataNote, InputMissingError
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
        sweep(outcomes={4: ["interrupt"]})
    with pytest.warns(DataNote, match="its best run of its best point so far"):
        assert open_run(directory.path).path.name == "001"


def test_where_none_is_the_best_the_way_out_is_named(sweep, directory, tmp_path):
    sweep(outcomes={number: ["diverge"] for number in (1, 3, 5, 7)})
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
