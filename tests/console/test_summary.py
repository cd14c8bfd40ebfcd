import math
from pathlib import Path

import pytest

from dltool.console.summary import print_summary


def test_how_it_ended_and_what_to_type_next(facts, rows, printed):
    print_summary(Path("runs/pets-001"), facts, rows)
    out, err = printed()
    assert out == []
    assert ["stopped", "early", "after", "4", "epochs,", "10.0", "s", "on", "cpu"] in err
    assert facts["reason"].split() in err
    assert ["metric", "epoch", "3", "best", "in", "epoch", "trivial"] in err
    assert ["loss", "0.2500", "0.2500", "3", "0.6931"] in err
    assert ["accuracy", "0.5000", "0.8750", "4", "0.5000"] in err
    assert f"trivial: always answering {facts['trivial_answer']}".split() in err
    assert not any(line[:1] == ["warning:"] for line in err)
    assert ["run", "runs/pets-001"] in err
    assert ["report", "runs/pets-001/report.html"] in err
    assert ["evaluate", "dltool", "evaluate", "runs/pets-001", "--split", "validation"] in err
    assert ["predict", "dltool", "predict", "runs/pets-001", "INPUT"] in err


def test_a_network_that_is_worse_than_none_is_told_so(facts, rows, printed):
    rows[2]["validation_loss"] = 4.9e7
    print_summary(Path("run"), facts | {"worse_than_trivial": ["validation_loss"]}, rows)
    (warning,) = (" ".join(line) for line in printed()[1] if line[:1] == ["warning:"])
    assert "worse than the trivial answer: validation_loss 49,000,000 against 0.7000" in warning


def test_the_unit_of_the_loss_is_said(facts, rows, printed):
    print_summary(Path("run"), facts | {"loss_unit": "targets in standard deviations"}, rows)
    assert any(line[:5] == ["loss:", "of", "targets", "in", "standard"] for line in printed()[1])


def test_what_decides_between_two_classes_is_said(facts, rows, printed):
    print_summary(Path("run"), facts | {"decision": "dog where its probability is above 0.3"}, rows)
    assert ["predicted:", "dog", "where", "its", "probability", "is", "above", "0.3"] in printed()[1]


def test_a_model_far_from_the_best_epoch_is_told_of(facts, rows, capsys):
    told = facts | {"status": "completed", "monitor": "validation_loss", "best": 0.375, "weights_epoch": 4}
    rows[3]["validation_loss"] = 4.9e7
    print_summary(Path("run"), told, rows)
    warning = (
        "warning: the model holds the weights of epoch 4, whose validation_loss is 49,000,000; the best was "
        "0.3750, in epoch 3: training.early_stopping keeps the best weights, and a smaller "
        "learning_rate may be steadier\n"
    )
    assert warning in capsys.readouterr().err
    print_summary(Path("run"), told | {"weights_epoch": 3}, rows)
    assert "warning" not in capsys.readouterr().err


@pytest.mark.parametrize(("weights_epoch", "colour"), [(3, "32"), (4, "33")])  # green, yellow
def test_the_colour_of_the_outcome_says_so_too(facts, rows, on_terminal, weights_epoch, colour):
    rows[3]["validation_loss"] = 4.9e7
    told = facts | {"status": "completed", "monitor": "validation_loss", "weights_epoch": weights_epoch}
    program = "from pathlib import Path; from dltool.console.summary import print_summary; "
    assert f"\x1b[1;{colour}mcompleted" in on_terminal(program + f"print_summary(Path('run'), {told!r}, {rows!r})")


@pytest.mark.parametrize(
    "parts, option",
    [
        ({"train": 4, "validation": 0, "test": 0, "folds": 0}, ["--split", "train"]),
        ({"train": 4, "validation": 0, "test": 2, "folds": 0}, []),
        ({"train": 4, "validation": 0, "test": 0, "folds": 3}, ["--split", "validation"]),
    ],
)
def test_the_command_measures_a_part_that_there_is(facts, rows, printed, parts, option):
    print_summary(Path("run"), facts | {"rows": parts}, rows)
    assert ["evaluate", "dltool", "evaluate", "run", *option] in printed()[1]


def test_a_path_with_spaces_can_be_pasted(facts, rows, printed):
    print_summary(Path("my run"), facts, rows)
    err = printed()[1]
    assert ["predict", "dltool", "predict", "'my", "run'", "INPUT"] in err
    assert ["run", "my", "run"] in err


def test_a_long_path_is_not_cut(facts, rows, capsys):
    path = Path("/".join(["folder"] * 40))
    print_summary(path, facts, rows)
    assert f"dltool predict {path} INPUT\n" in capsys.readouterr().err


def test_a_terminal_is_left_to_wrap_what_may_be_copied(facts, rows, on_terminal):
    program = (
        "from pathlib import Path; from dltool.console.summary import print_summary; "
        f"print_summary(Path('runs/a-rather-long-name-001'), {facts!r}, {rows!r})"
    )
    assert "dltool predict runs/a-rather-long-name-001 INPUT" in on_terminal(program, columns=30)


def test_a_run_that_diverged_at_once_has_no_metrics(facts, printed):
    print_summary(Path("run"), facts | {"status": "diverged", "epochs": 0, "weights_epoch": 0}, [])
    err = printed()[1]
    assert ["diverged", "after", "0", "epochs,", "10.0", "s", "on", "cpu"] in err
    assert not any(line and line[0] == "metric" for line in err)


def test_metrics_that_are_not_finite(facts, rows, printed):
    rows[2]["loss"] = math.nan
    print_summary(Path("run"), facts, rows)
    assert ["loss", "nan", "0.5000", "2", "0.6931"] in printed()[1]


def test_a_metric_that_does_not_exist_is_a_dash(facts, rows, printed):
    for row in rows:
        row["validation_auc"] = math.nan
    print_summary(Path("run"), facts | {"trivial": facts["trivial"] | {"validation_auc": None}}, rows)
    assert ["validation_auc", "-", "-", "1", "-"] in printed()[1]
