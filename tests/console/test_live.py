import io
import re
import time

import pytest
from rich.console import Console

from dltool.console.live import LiveDisplay, stays_on_screen
from dltool.contracts.events import EpochEnded, Progress, Started

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

XOR = """
from dltool.console.display import display_for
from dltool.contracts.events import *
with display_for(as_json=False, quiet=False) as show:
    show(Started(1000, 1, 4, 4, 41, "cpu", "loss"))
    for epoch in range(1, 1001):
        show(EpochEnded(epoch, {"loss": 1 / epoch, "accuracy": 0.5}, 0.01, 0.0003, 13000.0, epoch, 1 / epoch))
    show(Finished("completed", "", 1000, 0.3, 1000, 0.001, 1000))
"""


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

    monkeypatch.setattr(time, "monotonic", lambda: Clock.now)
    return Clock


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def display(stream):
    return LiveDisplay(Console(file=stream, force_terminal=True, width=100, highlight=False))


def drawings(stream: io.StringIO) -> list[str]:
    """Split what was written into what appeared at each drawing, without escape codes."""
    found = re.split(r"(?=\n *epoch +[\d,]+/)", ESCAPE.sub("", stream.getvalue()).replace("\r", ""))
    return [text for text in found if re.match(r"\n *epoch +[\d,]+/", text)]


class TestOnATerminal:
    def test_a_thousand_quick_epochs_leave_few_lines_and_no_figures(self, on_terminal):
        written = on_terminal(XOR)
        assert "\x1b[" in written
        rows = re.findall(r"^ +([\d,]+) +[\d.]+ +0\.5000 +0\.3 ms\r?$", ESCAPE.sub("", written), re.MULTILINE)
        assert rows == ["1", "2", "3", "5", "10", "20", "30", "50", "100", "200", "300", "500", "1000"]
        assert len(written) < 20_000

    def test_the_cursor_comes_back_whatever_happens(self, on_terminal):
        broken = XOR.replace("1001)", "7)").replace("    show(Finished", "    raise RuntimeError\n    show(Finished")
        program = f"try:\n    exec({broken!r})\nexcept RuntimeError:\n    print('it broke')"
        written = on_terminal(program)
        assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")
        assert written.endswith("it broke\r\n")
        assert re.search(r"^ +6 +0\.1667", ESCAPE.sub("", written), re.MULTILINE), "the last epoch's row stays"

    @pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
    def test_plain_lines_where_no_colours_are_wanted(self, on_terminal, environment):
        written = on_terminal(XOR, **environment)
        assert "\x1b" not in written
        assert 40 <= written.count("epoch ") <= 50

    def test_an_error_before_training_leaves_nothing_behind(self, on_terminal):
        program = (
            "from dltool.console.display import display_for\n"
            "with display_for(as_json=False, quiet=False) as show:\n    raise SystemExit(0)"
        )
        assert on_terminal(program) == ""


class TestFigures:
    def test_what_is_shown_midway(self, stream, display, clock):
        display.show(Started(10, 1688, 32, 54_000, 93_322, "gpu:0", "validation_loss"))
        display.show(EpochEnded(1, {"loss": 0.5, "validation_loss": 0.25}, 0.01, 2.5, 19_000.0, 1, 0.25))
        clock.now += 3
        display.show(Progress(2, 422, {"loss": 0.25, "accuracy": 0.75}, 18_600.4))
        clock.now += 1
        display.show(Progress(2, 844, {"loss": 0.125, "accuracy": 0.875}, 18_600.4))
        epoch, step, now, best = drawings(stream)[-1].strip("\n").splitlines()[:4]
        assert re.fullmatch(r"  epoch +2/10 +━{4}╸━{25}  0:3[45] left", epoch)
        assert re.fullmatch(r"  step +844/1,688 +━{30}  18,600 examples/s", step)
        assert now == "  now    loss 0.1250  accuracy 0.8750"
        assert best == "  best   validation_loss 0.2500 in epoch 1"

    def test_one_step_an_epoch_needs_no_bar_of_steps(self, stream, display, clock):
        display.show(Started(10, 1, 4, 4, 41, "cpu", "loss"))
        display.show(EpochEnded(1, {"loss": 0.5}, 0.01, 2.5, 1.0, 1, 0.5))
        assert "step " not in drawings(stream)[-1]

    def test_nothing_is_called_best_before_anything_was_good(self, stream, display, clock):
        display.show(Started(10, 1, 4, 4, 41, "cpu", "loss"))
        clock.now += 1
        display.show(EpochEnded(1, {"loss": float("nan")}, 0.01, 2.5, 1.0, 0, float("nan")))
        assert "now    loss nan" in drawings(stream)[-1]
        assert "best " not in drawings(stream)[-1]

    def test_at_most_five_drawings_a_second(self, stream, display, clock):
        display.show(Started(2, 1000, 32, 32_000, 41, "cpu", "loss"))
        for step in range(500):
            clock.now += 0.01
            display.show(Progress(1, step, {"loss": 0.5}, 1.0))
        assert 20 <= len(drawings(stream)) <= 26

    def test_metrics_that_do_not_fit_are_left_out_of_the_rows(self, clock):
        stream = io.StringIO()
        display = LiveDisplay(Console(file=stream, force_terminal=True, width=40, highlight=False))
        metrics = {"loss": 0.5, "accuracy": 0.25, "a_very_long_metric_name": 0.125}
        with display:
            display.show(Started(1, 1, 4, 4, 41, "cpu", "loss"))
            display.show(EpochEnded(1, metrics, 0.01, 2.5, 1.0, 1, 0.5))
        found = re.search(r"(    epoch     loss  accuracy     time)\n( .*)\n", ESCAPE.sub("", stream.getvalue()))
        assert found[2].split() == ["1", "0.5000", "0.2500", "2.50", "s"]
        assert len(found[1]) == len(found[2]) <= 40

    def test_wide_numbers_do_not_run_into_one_another(self, stream, display, clock):
        metrics = {"loss": 49_123_456.0, "validation_loss": 994_000.0, "mae": 12_345_678.0, "mse": 123_456_789.0}
        with display:
            display.show(Started(1, 1, 4, 4, 41, "cpu", "loss"))
            display.show(EpochEnded(1, metrics, 0.01, 2.5, 1.0, 1, 0.5))
        row = next(line for line in ESCAPE.sub("", stream.getvalue()).splitlines() if "49,123,456" in line)
        assert row.split() == ["1", "49,123,456", "994,000", "12,345,678", "123,456,789", "2.50", "s"]

    def test_the_epochs_that_were_the_best_so_far_stand_out(self, stream, display, clock):
        with display:
            display.show(Started(2, 1, 4, 4, 41, "cpu", "loss"))
            display.show(EpochEnded(1, {"loss": 0.5}, 0.01, 2.5, 1.0, 1, 0.5))
            display.show(EpochEnded(2, {"loss": 0.75}, 0.01, 2.5, 1.0, 1, 0.5))
        assert re.search(r"\x1b\[1;32m +0\.5000\x1b\[0m", stream.getvalue())
        assert not re.search(r"\x1b\[1;32m +0\.7500\x1b\[0m", stream.getvalue())


@pytest.mark.parametrize("epochs, shown", [(1, 1), (20, 20), (21, 7), (1000, 13), (1_000_000, 25)])
def test_few_epochs_stay_and_the_last_one_always(epochs, shown):
    stay = [epoch for epoch in range(1, epochs + 1) if stays_on_screen(epoch, epochs)]
    assert stay[-1] == epochs
    assert len(stay) == shown
