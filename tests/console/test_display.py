import io
import json
import math
import re
import subprocess
import sys
import time

import pytest

from dltool.console.display import JsonDisplay, Lines, PlainDisplay, lines_to
from dltool.contracts.events import EpochEnded, Finished, Progress, Started

STARTED = Started(3, 100, 32, 3200, 41, "cpu", "loss")
FINISHED = Finished("completed", "", 3, 1.0, 1, 0.5, 3)

PROGRAM = """
from dltool.console.display import display_for
from dltool.contracts.events import *
with display_for(as_json={as_json}, quiet={quiet}) as show:
    show(Started({epochs}, 1, 4, 4, 41, "cpu", "loss"))
    for epoch in range(1, {epochs} + 1):
        show(EpochEnded(epoch, {{"loss": 1 / epoch}}, 0.01, 0.5, 8.0, epoch, 1 / epoch))
    show(Finished("completed", "", {epochs}, 0.5, {epochs}, 0.001, {epochs}))
"""


def ended(epoch: int, **metrics: float) -> EpochEnded:
    return EpochEnded(epoch, metrics, 0.01, 2.5, 1280.0, best_epoch=1, best=0.5)


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""

    class Clock:
        now = 1000.0

    monkeypatch.setattr(time, "monotonic", lambda: Clock.now)
    return Clock


def in_pipe(epochs: int, as_json: bool = False, quiet: bool = False) -> subprocess.CompletedProcess:
    program = PROGRAM.format(epochs=epochs, as_json=as_json, quiet=quiet)
    environment = {"PATH": "", "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)


class TestInAPipe:
    def test_a_thousand_epochs_are_some_dozens_of_plain_lines_on_standard_error(self):
        done = in_pipe(1000)
        lines = done.stderr.splitlines()
        assert lines[0] == "training on cpu: 4 rows, 41 parameters, 1,000 epochs of 1 step"
        assert lines[1] == "epoch 1/1000  loss 1.0000  0.50 s  8 examples/s"
        assert lines[-1] == "epoch 1000/1000  loss 0.0010  0.50 s  8 examples/s"
        epochs = [int(re.match(r"epoch (\d+)/1000 ", line)[1]) for line in lines[1:]]
        assert epochs == sorted({1, 2, 3, 5, 10, 20, 30, *range(25, 1001, 25)})
        assert done.stdout == ""

    @pytest.mark.parametrize("epochs", [1, 2, 40])
    def test_few_epochs_have_a_line_each(self, epochs):
        assert len(in_pipe(epochs).stderr.splitlines()) == 1 + epochs

    @pytest.mark.parametrize("epochs", [41, 999, 10**6])
    def test_many_epochs_have_at_most_some_dozens_and_end_with_the_last(self, clock, epochs):
        stream = io.StringIO()
        with lines_to(stream) as lines, PlainDisplay(lines) as display:
            display.show(Started(epochs, 1, 4, 4, 41, "cpu", "loss"))
            for epoch in range(1, epochs + 1):
                display.show(EpochEnded(epoch, {"loss": 0.5}, 0.01, 0.5, 8.0, 1, 0.5))
        shown = stream.getvalue().splitlines()[1:]
        assert 20 < len(shown) <= 70
        assert shown[-1].startswith(f"epoch {epochs}/{epochs} ")
        assert len(set(shown)) == len(shown)

    def test_json_has_every_epoch(self):
        done = in_pipe(1000, as_json=True)
        epochs = [found["epoch"] for line in done.stdout.splitlines() if "epoch" in (found := json.loads(line))]
        assert epochs == list(range(1, 1001))

    def test_no_escape_codes_even_where_colours_are_forced(self):
        done = in_pipe(3)
        assert "\x1b" not in done.stderr + done.stdout
        assert "\r" not in done.stderr + done.stdout

    def test_quiet_says_nothing(self):
        done = in_pipe(3, quiet=True)
        assert done.stdout == done.stderr == ""

    def test_json_goes_to_standard_output_an_object_a_line(self):
        done = in_pipe(3, as_json=True)
        objects = [json.loads(line) for line in done.stdout.splitlines()]
        assert [found["event"] for found in objects] == ["started", "epoch", "epoch", "epoch"]
        assert objects[0]["device"] == "cpu"
        assert objects[2] == {
            "event": "epoch",
            "epoch": 2,
            "metrics": {"loss": 0.5},
            "learning_rate": 0.01,
            "seconds": 0.5,
            "examples_per_second": 8.0,
            "best_epoch": 2,
            "best": 0.5,
        }
        assert done.stderr == ""

    def test_a_pipe_loads_no_rich(self):
        program = PROGRAM.format(epochs=3, as_json=False, quiet=False)
        program += "\nimport sys; print(sorted({'rich.live', 'tensorflow', 'numpy'} & set(sys.modules)))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout == "[]\n"


class TestPlain:
    def test_slow_epochs_are_written_at_once(self, clock):
        stream = io.StringIO()
        display = PlainDisplay(Lines(stream))
        display.show(STARTED)
        for epoch in (1, 2, 3):
            clock.now += 3
            display.show(ended(epoch, loss=0.5, validation_loss=12.3456))
            assert stream.getvalue().count("\n") == 1 + epoch
        assert stream.getvalue().endswith("epoch 3/3  loss 0.5000  validation_loss 12.35  2.50 s  1,280 examples/s\n")

    def test_quick_epochs_wait_for_one_another_but_not_for_long(self, clock):
        stream = io.StringIO()
        display = PlainDisplay(Lines(stream))
        display.show(STARTED)
        for epoch in (1, 2):
            clock.now += 0.01
            display.show(ended(epoch, loss=0.5))
        assert stream.getvalue().count("\n") == 1
        clock.now += 0.1
        display.show(Progress(3, 1, {"loss": 0.5}, 1280.0))
        assert stream.getvalue().count("\n") == 3

    def test_the_last_epoch_is_shown_when_training_breaks_off(self):
        program = PROGRAM.format(epochs=1000, as_json=False, quiet=False).replace("1000 + 1", "7 + 1")
        program = program.replace("    show(Finished(", "    raise SystemExit(7)\n    show(Finished(")
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert done.returncode == 7
        shown = [line.split()[1] for line in done.stderr.splitlines()[1:]]
        assert shown == ["1/1000", "2/1000", "3/1000", "5/1000", "7/1000"]


class TestJson:
    def test_progress_at_most_once_a_second(self, clock):
        stream = io.StringIO()
        display = JsonDisplay(Lines(stream))
        for step in range(25):
            display.show(Progress(1, step, {"loss": 0.5}, 1280.0))
            clock.now += 0.1
        shown = [json.loads(line) for line in stream.getvalue().splitlines()]
        assert [found["event"] for found in shown] == ["progress"] * 3
        assert [found["step"] for found in shown] == pytest.approx([0, 10, 20], abs=1)

    def test_what_is_not_finite_is_null(self, clock):
        stream = io.StringIO()
        display = JsonDisplay(Lines(stream))
        display.show(EpochEnded(1, {"loss": math.nan, "accuracy": 0.5}, 0.01, 1.0, math.inf, 0, math.nan))
        found = json.loads(stream.getvalue(), parse_constant=pytest.fail)
        assert found["metrics"] == {"loss": None, "accuracy": 0.5}
        assert found["best"] is None
        assert found["examples_per_second"] is None

    def test_the_end_is_left_to_the_caller(self, clock):
        stream = io.StringIO()
        JsonDisplay(Lines(stream)).show(FINISHED)
        assert stream.getvalue() == ""
