"""A sweep on a terminal, in a log and as JSON."""

import io
import json
import re
from pathlib import Path

from dltool.console.display import Lines
from dltool.console.sweep_display import PlainSweep, sweep_display_for
from dltool.experiments.sweep_events import SweepEnded, SweepStarted, TrialEnded, TrialStarted


def test_a_log_gets_a_line_a_trial(definition, trials, result):
    stream = io.StringIO()
    display = PlainSweep(Lines(stream))
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


def test_json_has_an_object_an_event(definition, trials, result, capsys):
    with sweep_display_for(as_json=True, quiet=False) as show:
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
from dltool.console.sweep_display import sweep_display_for
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
