"""Runs and sweeps in a listing."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from dltool.analysis.listing import Entry
from dltool.console.runs import entry_facts, print_entries

RUN = Entry(Path("runs/a"), "stopped_early", "2026-01-02T03:04:05+00:00", "validation_loss", 0.25, 1500, 61.0)
SWEEP = replace(RUN, path=Path("runs/s"), epochs=None, trials=12, done=3, standard_error=0.0125)


@pytest.fixture
def line(printed):
    """Print one entry and return its line, after the table's head."""

    def line(entry):
        print_entries([entry])
        (_, line), err = printed()
        assert err == []
        return " ".join(line)

    return line


def test_a_run_has_its_best_value_its_epochs_and_its_time(line):
    assert line(RUN).startswith("runs/a stopped early 0.2500 1,500 2026-01-0")
    assert line(RUN).endswith(" 1 min 01 s")


def test_a_sweep_has_its_mean_with_its_error_and_its_trials(line):
    assert "stopped early 0.2500 ± 0.0125 3 of 12 trials" in line(SWEEP)
    assert "stopped early - 3 of 12 trials" in line(replace(SWEEP, best=None))


def test_what_a_number_is_not_is_said(line):
    assert "early 0.2500 (its model: 0.5000)" in line(replace(RUN, kept=0.5))
    assert "early 0.2500 (training part)" in line(replace(RUN, metric="loss"))
    assert "early 0.2500 (of logarithms)" in line(replace(RUN, loss_unit="logarithms"))


def test_a_metric_of_all_is_a_head_and_those_of_several_stand_in_their_lines(printed):
    print_entries([RUN, SWEEP])
    assert printed()[0][0] == ["run", "status", "validation_loss", "epochs", "when", "time"]
    print_entries([RUN, replace(SWEEP, metric="accuracy"), replace(RUN, metric="", best=None)])
    (head, *lines), _ = printed()
    assert head == ["run", "status", "best", "epochs", "when", "time"]
    assert [line[3] for line in lines[:2]] == ["validation_loss", "accuracy"]


def test_each_axis_has_a_column(printed):
    values = {"training.optimizer.learning_rate": 0.5, "model.hidden_units": [4, 2]}
    print_entries([replace(RUN, values=values, is_best=True)])
    (head, line), _ = printed()
    assert head == ["run", "status", "validation_loss", "learning_rate", "hidden_units", "epochs", "when", "time"]
    assert line[1:7] == ["stopped", "early,", "best", "0.2500", "0.5", "[4,"]


def test_an_axis_that_is_called_as_another_column_has_its_longer_name(printed):
    values = {"training.epochs": 7, "training.loss": "huber"}
    print_entries([replace(RUN, metric="loss", values=values)])
    (head, line), _ = printed()
    assert head == ["run", "status", "loss", "training.epochs", "training.loss", "epochs", "when", "time"]
    assert " ".join(line).startswith("runs/a stopped early 0.2500 (training part) 7 huber 1,500 ")


def print_some():
    print_entries([RUN, SWEEP, replace(RUN, metric="loss")])


@pytest.mark.parametrize(
    ("columns", "left_out"),
    [(120, ""), (100, ""), (90, "time"), (80, "when, time"), (60, "epochs, when, time")],
)
def test_a_line_stays_a_line_on_a_narrow_terminal(on_terminal, columns, left_out):
    program = "from tests.console.test_runs import print_some as do\ndo()"
    lines = [line.rstrip() for line in on_terminal(program, columns=columns, NO_COLOR="1").splitlines()]
    assert [line.split()[0] for line in lines[:4]] == ["run", "runs/a", "runs/s", "runs/a"]
    assert "validation_loss 0.2500 ± 0.0125" in lines[2]
    assert lines[4:] == ([f"left out for want of room: {left_out}; --json has all"] if left_out else [])


def test_a_date_that_is_none_is_left_out(line):
    assert line(replace(RUN, created="yesterday")).endswith(" 1,500 1 min 01 s")


def test_a_program_gets_every_field_and_the_part(line):
    facts = entry_facts(replace(RUN, best=math.inf, metric="loss"))
    assert set(facts) == {*vars(RUN), "selected_on"}
    assert (facts["path"], facts["best"], facts["selected_on"]) == ("runs/a", None, "training")
    assert entry_facts(replace(RUN, best=None))["selected_on"] is None
