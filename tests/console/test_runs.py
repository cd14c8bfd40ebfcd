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
    assert line(RUN).startswith("runs/a stopped early validation_loss 0.2500 1,500 2026-01-0")
    assert line(RUN).endswith(" 1 min 01 s")


def test_a_sweep_has_its_mean_with_its_error_and_its_trials(line):
    assert "validation_loss 0.2500 ± 0.0125 3 of 12 trials" in line(SWEEP)
    assert "validation_loss - 3 of 12 trials" in line(replace(SWEEP, best=None))


def test_what_a_number_is_not_is_said(line):
    assert "validation_loss 0.2500 (its model: 0.5000)" in line(replace(RUN, kept=0.5))
    assert "loss 0.2500 (training part)" in line(replace(RUN, metric="loss"))
    assert "validation_loss 0.2500 (of logarithms)" in line(replace(RUN, loss_unit="logarithms"))


def test_values_have_a_column_where_there_are_such(printed):
    print_entries([RUN])
    head = printed()[0][0]
    assert head == ["run", "status", "best", "epochs", "when", "training", "time"]
    print_entries([replace(RUN, values={"training.optimizer.learning_rate": 0.5}, is_best=True)])
    (head, line), _ = printed()
    assert head == ["run", "status", "best", "values", "epochs", "when", "training", "time"]
    assert line[1:8] == ["stopped", "early,", "best", "validation_loss", "0.2500", "learning_rate", "0.5"]


def test_a_date_that_is_none_is_left_out(line):
    assert line(replace(RUN, created="yesterday")).endswith(" 1,500 1 min 01 s")


def test_a_program_gets_every_field_and_the_part(line):
    facts = entry_facts(replace(RUN, best=math.inf, metric="loss"))
    assert set(facts) == {*vars(RUN), "selected_on"}
    assert (facts["path"], facts["best"], facts["selected_on"]) == ("runs/a", None, "training")
    assert entry_facts(replace(RUN, best=None))["selected_on"] is None
