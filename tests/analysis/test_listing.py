"""Runs and sweeps are listed."""

import json
import re

import pytest

from dltool.analysis.listing import list_entries
from dltool.console.runs import entry_facts, print_entries
from dltool.contracts.events import EpochEnded
from dltool.runs.run import Run
from tests.support.sweeps import SWEEP


def edit(path, **facts):
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


def test_a_search_that_was_interrupted_lists_all_the_trials_that_it_will_have(sweep, directory, capsys):
    pytest.importorskip("optuna")
    text = SWEEP.replace("axes:", "search: {type: tpe, trials: 50}\naxes:\n  training.batch_size: {low: 1, high: 100}")
    with pytest.raises(KeyboardInterrupt):
        sweep(text, outcomes={4: ["interrupt"]})
    (entry,), problems = list_entries(directory.path.parent)
    assert (entry.status, entry.trials, entry.done, problems) == ("interrupted", 100, 3, [])
    print_entries([entry])
    assert "3 of 100 trials" in capsys.readouterr().out
    facts = json.loads(directory.facts_path.read_text())
    del facts["total"]  # as an earlier version wrote it
    directory.facts_path.write_text(json.dumps(facts))
    assert list_entries(directory.path.parent)[0][0].trials == 4


def test_a_sweep_is_listed_with_its_objective(sweep, directory, tmp_path, capsys):
    losses = {7: 8.0, 8: 4.0}
    sweep(loss=lambda config: losses[config["seed"]])
    (entry,), _ = list_entries(tmp_path)
    mean = (8 + 4) / 2 / 20
    assert (entry.metric, entry.best) == ("loss", pytest.approx(mean))
    assert entry.standard_error == pytest.approx((8 - 4) / 20 / 2)  # of two values: half their distance
    print_entries([entry])
    assert "completed  0.3000 ± 0.1000 (training part)" in capsys.readouterr().out
    facts = json.loads(directory.facts_path.read_text())
    edit(directory.facts_path, trials=[trial | {"objective": None} for trial in facts["trials"]])
    print_entries(list_entries(tmp_path)[0])
    assert re.search("completed  - +8 of 8 trials", capsys.readouterr().out)
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
    told = "completed  0.2500 (its model: 0.7500) (training part) (of targets in standard deviations)"
    assert told in capsys.readouterr().out
