"""A sweep on a terminal, in a log and as JSON, and the table at the end."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from dltool import api
from dltool.console import sweep as shown
from dltool.console.display import Lines
from dltool.experiments.sweep_events import SweepEnded, SweepResult, SweepStarted, TrialEnded, TrialStarted
from dltool.runs.run import Run
from dltool.runs.trials import PointResult, Trial

BASE = Path(__file__).parent.parent.parent / "configs" / "xor.yaml"


@pytest.fixture
def definition(tmp_path):
    axes = {"training.optimizer.learning_rate": [0.1, 0.01]}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump({"name": "s", "base": str(BASE), "axes": axes, "repeats": 2}))
    return api.read_sweep(tmp_path / "s.yaml")


@pytest.fixture
def trials():
    def trial(number, rate, objective, status="completed", reason=""):
        return Trial(
            trial=number,
            point=(number + 1) // 2,
            repeat=2 - number % 2,
            seed=8 - number % 2,
            values={"training.optimizer.learning_rate": rate},
            status=status,
            attempts=1,
            seconds=2.0,
            path=f"{number:03d}",
            objective=objective,
            reason=reason,
        )

    return (
        trial(1, 0.1, 0.5),
        trial(2, 0.1, 0.25),
        trial(3, 0.01, 0.125),
        trial(4, 0.01, None, "failed", "no memory\nat all"),
    )


@pytest.fixture
def result(definition, trials):
    best = PointResult(1, trials[0].values, trials[:2])
    return SweepResult(Path("runs/s"), "failed", definition, trials, best)


def test_a_log_gets_a_line_a_trial(definition, trials, result):
    stream = io.StringIO()
    display = shown.PlainSweep(Lines(stream))
    display.show(SweepStarted(Path("runs/s"), definition, 4, 1, 3))
    for trial in trials[1:]:
        display.show(TrialStarted(trial))
        display.show(TrialEnded(trial, None))
    display.show(SweepEnded(result))
    assert stream.getvalue().splitlines() == [
        "s: 4 trials (2 points, 2 runs each), 3 at a time; 1 trial done already",
        "2/4  trial 2  learning_rate 0.1  seed 8  completed  loss 0.2500  2.00 s",
        "3/4  trial 3  learning_rate 0.01  seed 7  completed  loss 0.1250  2.00 s",
        "4/4  trial 4  learning_rate 0.01  seed 8  failed  2.00 s  no memory",
    ]


def test_the_end_has_the_points_best_first_the_winner_and_the_failures(result, capsys):
    shown.print_result(result)
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


def test_the_commands_to_type_next_can_be_pasted_and_measure_a_part_that_there_is(result, tmp_path, capsys):
    with Run.create("x", tmp_path / "my sweep" / "002") as run:
        run.start({}, rows={"train": 4, "validation": 2, "test": 0})
    shown.print_result(replace(result, path=tmp_path / "my sweep"))
    err = capsys.readouterr().err
    assert f"\nevaluate  dltool evaluate '{tmp_path}/my sweep' --split validation\n" in err


def test_where_nothing_is_the_best_no_command_asks_for_it(result, capsys):
    shown.print_result(replace(result, best=None))
    err = capsys.readouterr().err
    assert "\nruns     dltool runs runs/s\n" in err
    assert "dltool evaluate" not in err
    assert "dltool compare runs/s\n" in err
    shown.print_result(replace(result, best=None, trials=result.trials[3:]))
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
    shown.print_result(SweepResult(Path("runs/s"), "failed", definition, found, None))
    rows = [line.split() for line in capsys.readouterr().err.splitlines()]
    assert [row[0] for row in rows if row[1:2] == ["0.1"] or row[1:2] == ["0.01"]] == order


def test_json_has_an_object_an_event(definition, trials, result, capsys):
    with shown.sweep_display_for(as_json=True, quiet=False) as show:
        show(SweepStarted(Path("runs/s"), definition, 4, 0, 1))
        show(TrialStarted(trials[0]))
        show(TrialEnded(trials[0], None))
        show(SweepEnded(result))
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["started", "trial_started", "trial_ended", "finished"]
    assert events[2]["values"] == {"training.optimizer.learning_rate": 0.1}
    assert events[3]["best"]["mean"] == 0.375
    assert events[3]["best"]["runs"] == ["runs/s/001", "runs/s/002"]
    assert events[3]["failed"] == [4]


def test_a_terminal_has_what_runs_what_is_best_and_what_failed(on_terminal, definition, tmp_path):
    program = f"""
import time
from pathlib import Path
from dltool import api
from dltool.console.sweep import sweep_display_for
from dltool.experiments.sweep_events import *
from dltool.runs.trials import PointResult, Trial
definition = api.read_sweep({str(tmp_path / "s.yaml")!r})
def trial(number, **more):
    values = {{"training.optimizer.learning_rate": 0.1}}
    return Trial(trial=number, point=1, repeat=number, seed=6 + number, values=values, attempts=1, path="001", **more)
with sweep_display_for(as_json=False, quiet=False) as show:
    show(SweepStarted(Path("runs/s"), definition, 4, 0, 2))
    for number in (1, 2, 3):
        show(TrialStarted(trial(number)))
    done = trial(1, status="completed", objective=0.5)
    show(TrialEnded(done, PointResult(1, done.values, (done,))))
    show(TrialEnded(trial(2, status="failed", reason="no memory"), None))
    show(TrialEnded(trial(2, status="pruned"), PointResult(1, done.values, (done,))))
"""
    written = on_terminal(program)
    assert "\x1b[" in written
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
    assert "s: 4 trials (2 points, 2 runs each), 2 at a time" in text
    assert "trial 2  learning_rate 0.1  seed 8  failed  no memory" in text
    last = text[text.rindex("  trials ") :]
    assert re.search(r"trials 3/4  1 completed  1 failed  1 pruned", last)
    assert "best   loss 0.5000  point 1: learning_rate 0.1  on the training part" in last
    assert re.search(r"now +3  learning_rate 0\.1  seed 9  0:0\d", last)


def test_points_are_printed_before_anything_runs(definition, capsys):
    shown.print_points(definition)
    out = capsys.readouterr().out
    assert [line.split() for line in out.splitlines()[:3]] == [["point", "learning_rate"], ["1", "0.1"], ["2", "0.01"]]
    assert "2 points, 2 runs each: 4 trials" in out
