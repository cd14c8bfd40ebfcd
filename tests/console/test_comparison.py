"""Comparisons as tables, as CSV and as plain data."""

import csv
import io
import json
import math
from dataclasses import replace

import pytest

from dltool.analysis.compare import Comparison, Difference, Standing
from dltool.analysis.statistics import MeanInterval
from dltool.console.comparison import comparison_facts, print_comparison, write_comparison

RATE = "training.optimizer.learning_rate"
BEST = Standing("a", {RATE: 0.1}, "completed", 2, 2, 0.25, 0.0125, 0.7, 0)
OTHER = Standing("b", {RATE: 0.01}, "completed", 2, 2, 0.75, None, 0.7, 1)
FAILED = Standing("c", {RATE: 1.0}, "failed", 0, 2, None, None, None, 0)
WORSE = Difference("b", "validation_loss", "the same seeds", MeanInterval(0.5, 0.25, 0.75), 4e-5, "worse", "", 1.25e-2)
UNKNOWN = Difference("c", "validation_loss", "", None, None, "unknown", "no run came to a sound end")


@pytest.fixture
def comparison():
    return Comparison("validation_loss", "min", (BEST, OTHER, FAILED), "a", (WORSE, UNKNOWN), ("s point 4",))


def test_standings_come_before_differences(comparison, capsys):
    print_comparison(comparison)
    out, err = ([line.split() for line in stream.splitlines()] for stream in capsys.readouterr())
    assert out[:4] == [
        ["run", "learning_rate", "validation_loss", "trivial", "runs", "status"],
        ["a", "0.1", "0.2500", "±", "0.0125", "0.7000", "2", "completed"],
        ["b", "0.01", "0.7500", "0.7000", "2", "completed"],
        ["c", "1", "-", "-", "0", "of", "2", "failed"],
    ]
    assert ["validation_loss:", "lower", "is", "better"] in out
    heading = "against a, the best of them: differences in validation_loss over the same seeds"
    differences = out[out.index(heading.split()) :]
    assert differences[1:4] == [
        ["run", "difference", "95", "%", "interval", "p", "verdict"],
        ["b", "+0.5", "+0.25", "to", "+0.75", "0.013", "worse"],
        ["no", "verdict", "on", "c:", "no", "run", "came", "to", "a", "sound", "end"],
    ]
    assert ["1", "point", "left", "out:", "no", "run", "came", "to", "a", "sound", "end"] in out
    assert [" ".join(line) for line in err] == ["warning: b is worse than the trivial answer in 1 of 2 runs"]


def test_how_several_are_judged_is_said_and_that_an_interval_may_say_otherwise(comparison, capsys):
    certain = replace(WORSE, name="d", basis="all seeds", adjusted_p_value=3e-5)
    print_comparison(replace(comparison, differences=(WORSE, certain)))
    out = capsys.readouterr().out
    assert "adjusted p  of               over            verdict" in out
    assert "< 0.0001  validation_loss  all seeds       worse" in out
    assert "adjusted p: for all differences together, and for the best one being chosen by looking (Holm)\n" in out
    assert "verdicts go by p" not in out
    noise = replace(WORSE, verdict="within the noise", adjusted_p_value=0.1)
    print_comparison(replace(comparison, differences=(noise, UNKNOWN)))
    out = capsys.readouterr().out
    assert "adjusted" not in out
    assert "verdicts go by p; each interval is for itself, and may say otherwise\n" in out
    print_comparison(replace(comparison, differences=(replace(noise, interval=MeanInterval(0.5, -0.5, 1.5)),)))
    assert "verdicts go by p" not in capsys.readouterr().out


def test_what_all_share_is_said_once(comparison, capsys):
    alike = tuple(replace(BEST, name=name, standard_error=None) for name in "ab")
    unknown = tuple(replace(UNKNOWN, name=name) for name in "bc")
    print_comparison(replace(comparison, standings=alike, differences=unknown))
    out = capsys.readouterr().out
    assert out.startswith("run  learning_rate  validation_loss\na              0.1           0.2500\n")
    assert "\ntrivial: 0.7000, what an answer that ignores the input scores\nruns: 2 each, completed\n" in out
    assert "\nagainst a, the best of them\nno verdict on b, c: no run came to a sound end\n" in out


def print_wide_comparison():
    settings = {f"a.setting_{i}": "x" * 12 for i in range(8)}
    standings = tuple(replace(each, settings=settings) for each in (BEST, FAILED))
    print_comparison(Comparison("validation_loss", "min", standings, None, (), (), "a reason"))


@pytest.mark.parametrize(("columns", "shown"), [(70, 1), (80, 2), (100, 3), (140, 6)])
def test_settings_that_would_not_fit_are_counted_and_no_cell_is_cut(on_terminal, columns, shown):
    program = "from tests.console.test_comparison import print_wide_comparison as do\ndo()"
    out = on_terminal(program, columns=columns, NO_COLOR="1")
    assert out.splitlines()[0].count("setting_") == shown
    assert f"{8 - shown} settings more differ; --json has all" in out
    assert "…" not in out
    assert "0.0125" in out


def test_where_there_is_no_best_the_reason_is_said(comparison, capsys):
    print_comparison(replace(comparison, best=None, differences=(), reason="their losses differ"))
    out = capsys.readouterr().out
    assert "none can be called the best: their losses differ\n" in out
    assert "difference" not in out
    print_comparison(replace(comparison, best=None, reason="their weights differ"))
    assert "\nagainst a, row by row, where all count alike: differences in " in capsys.readouterr().out


def test_where_no_row_is_compared_nothing_is_said_of_rows(comparison, capsys):
    print_comparison(replace(comparison, best=None, differences=(UNKNOWN,), reason="their weights differ"))
    out = capsys.readouterr().out
    assert "row by row" not in out
    assert "no verdict on c: no run came to a sound end" in out


def test_a_setting_that_is_called_as_another_column_has_its_longer_name(comparison, capsys):
    settings = {"training.validation_loss": "huber", "a.runs": 3, RATE: 0.1}
    standings = tuple(replace(each, settings=settings) for each in (BEST, FAILED))
    print_comparison(replace(comparison, standings=standings, differences=()))
    head, first = (line.split() for line in capsys.readouterr().out.splitlines()[:2])
    assert head == [
        "run", "training.validation_loss", "a.runs", "learning_rate", "validation_loss", "trivial", "runs", "status",
    ]  # fmt: skip
    assert first[:5] == ["a", "huber", "3", "0.1", "0.2500"]


def test_the_training_part_and_the_unit_of_a_loss_are_said(comparison, capsys):
    print_comparison(replace(comparison, metric="loss", direction="max", loss_unit="logarithms"))
    said = "loss, of logarithms: higher is better; on the training part, which says little of new data\n"
    assert said in capsys.readouterr().out


def test_settings_that_are_too_many_are_counted_and_long_ones_cut(comparison, capsys):
    settings = {f"a.setting_{i}": "x" * 40 for i in range(10)}
    print_comparison(replace(comparison, standings=(replace(BEST, settings=settings),)))
    out = capsys.readouterr().out
    assert "2 settings more differ; --json has all" in out
    assert "setting_7" in out and "setting_8" not in out
    assert "x" * 31 + "…" in out and "x" * 32 not in out


def test_csv_has_a_row_a_run(comparison, capsys):
    write_comparison(comparison)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["run"], row[RATE], row["validation_loss"], row["verdict"]) for row in rows] == [
        ("a", "0.1", "0.25", "best"),
        ("b", "0.01", "0.75", "worse"),
        ("c", "1.0", "", "unknown"),
    ]
    assert (rows[1]["difference"], rows[1]["low"], rows[1]["high"]) == ("0.5", "0.25", "0.75")
    assert [(row["p_value"], row["adjusted_p_value"]) for row in rows] == [("", ""), ("4e-05", "0.0125"), ("", "")]
    assert rows[0]["validation_loss_standard_error"] == "0.0125"


def test_a_program_gets_null_for_what_is_no_number(comparison):
    facts = comparison_facts(replace(comparison, standings=(replace(BEST, mean=math.nan),)))
    assert json.loads(json.dumps(facts, allow_nan=False))["standings"][0]["mean"] is None
    assert facts["selected_on"] == "validation"
