"""The points of a sweep before it runs, and the table at its end."""

from dataclasses import replace
from pathlib import Path

import pytest

from dltool.console.sweep_results import print_points, print_result, result_facts
from dltool.experiments.sweep_events import SweepResult
from dltool.runs.run import Run
from dltool.runs.sweep_facts import Importance, Luck


def test_the_end_has_the_points_best_first_the_winner_and_the_failures(result, capsys):
    print_result(result)
    out, err = capsys.readouterr()
    assert out == ""
    lines = [line.split() for line in err.splitlines() if line]
    assert lines[:3] == [
        ["point", "learning_rate", "loss", "runs", "status"],
        ["1", "0.1", "0.3750", "±", "0.1250", "2", "of", "2", "completed"],
        ["2", "0.01", "0.1250", "1", "of", "2", "failed"],
    ]
    assert "best  loss 0.3750 ± 0.1250  point 1: learning_rate 0.1" in err
    assert "selected on the training part, by loss: the config has no validation part" in err
    assert "trial 4 failed: no memory\nat all" in err
    assert lines[lines.index(["runs", "runs/s/001,", "runs/s/002"]) :][:5] == [
        ["runs", "runs/s/001,", "runs/s/002"],
        ["report", "runs/s/report.html"],
        ["evaluate", "dltool", "evaluate", "runs/s"],
        ["predict", "dltool", "predict", "runs/s", "INPUT"],
        ["compare", "dltool", "compare", "runs/s"],
    ]


def test_how_much_of_the_lead_is_luck_is_said_where_it_is_known(result, capsys):
    print_result(result)
    assert "luck" not in capsys.readouterr().err
    luck = Luck(probability=0.637, optimism=0.0125, expected=0.3875, over="seeds", points=1200)
    print_result(replace(result, luck=luck))
    assert (
        "\n      luck: truly the best of 1,200 points with a probability of 64 %; "
        "expect 0.3875 with other seeds, since a chosen score flatters\n"
    ) in capsys.readouterr().err
    assert result_facts(replace(result, luck=luck))["luck"] == {
        "probability": 0.637, "optimism": 0.0125, "expected": 0.3875, "over": "seeds", "points": 1200,
    }  # fmt: skip
    assert result_facts(result)["luck"] is None


def test_how_much_each_axis_matters_is_said_where_it_is_known(result, capsys):
    importance = {
        "axes": [{"axis": "training.optimizer.learning_rate", "share": 0.715, "low": 0.401, "high": 0.9}],
        "rest": 0.285,
        "points": 12,
    }
    told = replace(result, importance=Importance.model_validate(importance))
    print_result(told)
    said = "\n      importance: learning_rate 72 % (40 to 90); interactions and chance 28 %\n"
    assert said in capsys.readouterr().err
    assert result_facts(told)["importance"] == importance
    assert result_facts(result)["importance"] is None
    print_result(result)
    assert "importance" not in capsys.readouterr().err


def test_the_commands_to_type_next_can_be_pasted_and_measure_a_part_that_there_is(result, tmp_path, capsys):
    with Run.create("x", tmp_path / "my sweep" / "002") as run:
        run.start({}, rows={"train": 4, "validation": 2, "test": 0})
    print_result(replace(result, path=tmp_path / "my sweep"))
    err = capsys.readouterr().err
    assert f"\nevaluate  dltool evaluate '{tmp_path}/my sweep' --split validation\n" in err


def test_where_nothing_is_the_best_no_command_asks_for_it(result, capsys):
    print_result(replace(result, best=None))
    err = capsys.readouterr().err
    assert "\nruns     dltool runs runs/s\n" in err
    assert "dltool evaluate" not in err
    assert "dltool compare runs/s\n" in err
    print_result(replace(result, best=None, trials=result.trials[3:]))
    assert "dltool compare" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("direction", "order"), [("minimize", ["4", "1", "3", "2"]), ("maximize", ["1", "4", "3", "2"])]
)
def test_points_that_cannot_be_judged_come_last_those_without_a_value_behind_the_others(
    definition, trials, capsys, direction, order
):
    ends = [replace(trials[3], trial=i, point=i // 2) for i in (4, 5)]
    better = [replace(trials[0], trial=i, point=4, objective=0.25) for i in (7, 8)]
    found = (*trials[:2], *ends, replace(trials[2], point=3), replace(trials[3], point=3), *better)
    definition = replace(definition, direction=direction)
    print_result(SweepResult(Path("runs/s"), "failed", definition, found, None))
    rows = [line.split() for line in capsys.readouterr().err.splitlines()]
    assert [row[0] for row in rows if row[1:2] == ["0.1"] or row[1:2] == ["0.01"]] == order


def test_points_are_printed_before_anything_runs(definition, capsys):
    print_points(definition)
    out = capsys.readouterr().out
    assert [line.split() for line in out.splitlines()[:3]] == [["point", "learning_rate"], ["1", "0.1"], ["2", "0.01"]]
    assert "2 points, 2 runs each: 4 trials" in out
