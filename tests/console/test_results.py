import json
import math
from pathlib import Path
from types import SimpleNamespace

import pytest

from dltool.console.results import evaluation_facts, plan_facts, print_evaluation, print_plan, print_summary
from tests.support.finished_run import evaluation_of


@pytest.fixture
def printed(capsys):
    """Lines of standard output and of standard error, each split at spaces."""

    def read() -> tuple[list[list[str]], list[list[str]]]:
        out, err = capsys.readouterr()
        assert "\x1b" not in out + err
        assert not any(line != line.rstrip() for line in (out + err).splitlines())
        return [line.split() for line in out.splitlines()], [line.split() for line in err.splitlines()]

    return read


class TestSummary:
    def test_how_it_ended_and_what_to_type_next(self, facts, rows, printed):
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

    def test_a_network_that_is_worse_than_none_is_told_so(self, facts, rows, printed):
        rows[2]["validation_loss"] = 4.9e7
        print_summary(Path("run"), facts | {"worse_than_trivial": ["validation_loss"]}, rows)
        (warning,) = (" ".join(line) for line in printed()[1] if line[:1] == ["warning:"])
        assert "worse than the trivial answer: validation_loss 49,000,000 against 0.7000" in warning

    def test_the_unit_of_the_loss_is_said(self, facts, rows, printed):
        print_summary(Path("run"), facts | {"loss_unit": "targets in standard deviations"}, rows)
        assert any(line[:5] == ["loss:", "of", "targets", "in", "standard"] for line in printed()[1])

    def test_a_model_far_from_the_best_epoch_is_told_of(self, facts, rows, capsys):
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
    def test_the_colour_of_the_outcome_says_so_too(self, facts, rows, on_terminal, weights_epoch, colour):
        rows[3]["validation_loss"] = 4.9e7
        told = facts | {"status": "completed", "monitor": "validation_loss", "weights_epoch": weights_epoch}
        program = "from pathlib import Path; from dltool.console.results import print_summary; "
        assert f"\x1b[1;{colour}mcompleted" in on_terminal(program + f"print_summary(Path('run'), {told!r}, {rows!r})")

    @pytest.mark.parametrize(
        "parts, option",
        [
            ({"train": 4, "validation": 0, "test": 0}, ["--split", "train"]),
            ({"train": 4, "validation": 0, "test": 2}, []),
        ],
    )
    def test_the_command_measures_a_part_that_there_is(self, facts, rows, printed, parts, option):
        print_summary(Path("run"), facts | {"rows": parts}, rows)
        assert ["evaluate", "dltool", "evaluate", "run", *option] in printed()[1]

    def test_a_path_with_spaces_can_be_pasted(self, facts, rows, printed):
        print_summary(Path("my run"), facts, rows)
        err = printed()[1]
        assert ["predict", "dltool", "predict", "'my", "run'", "INPUT"] in err
        assert ["run", "my", "run"] in err

    def test_a_long_path_is_not_cut(self, facts, rows, capsys):
        path = Path("/".join(["folder"] * 40))
        print_summary(path, facts, rows)
        assert f"dltool predict {path} INPUT\n" in capsys.readouterr().err

    def test_a_terminal_is_left_to_wrap_what_may_be_copied(self, facts, rows, on_terminal):
        program = (
            "from pathlib import Path; from dltool.console.results import print_summary; "
            f"print_summary(Path('runs/a-rather-long-name-001'), {facts!r}, {rows!r})"
        )
        assert "dltool predict runs/a-rather-long-name-001 INPUT" in on_terminal(program, columns=30)

    def test_a_run_that_diverged_at_once_has_no_metrics(self, facts, printed):
        print_summary(Path("run"), facts | {"status": "diverged", "epochs": 0, "weights_epoch": 0}, [])
        err = printed()[1]
        assert ["diverged", "after", "0", "epochs,", "10.0", "s", "on", "cpu"] in err
        assert not any(line and line[0] == "metric" for line in err)

    def test_metrics_that_are_not_finite(self, facts, rows, printed):
        rows[2]["loss"] = math.nan
        print_summary(Path("run"), facts, rows)
        assert ["loss", "nan", "0.5000", "2", "0.6931"] in printed()[1]

    def test_a_metric_that_does_not_exist_is_a_dash(self, facts, rows, printed):
        for row in rows:
            row["validation_auc"] = math.nan
        print_summary(Path("run"), facts | {"trivial": facts["trivial"] | {"validation_auc": None}}, rows)
        assert ["validation_auc", "-", "-", "1", "-"] in printed()[1]


class TestEvaluation:
    def test_the_tables(self, evaluation, printed):
        print_evaluation(evaluation)
        out, err = printed()
        assert err == []
        assert out[0] == ["validation:", "20", "rows"]
        assert ["loss", "0.5000", "1.2500"] in out
        assert ["class", "precision", "recall", "F1", "rows"] in out
        assert ["cat", "0.8889", "0.8000", "0.8421", "10"] in out
        assert ["macro", "average", "0.7741", "0.8000", "0.7837", "20"] in out
        assert ["true", "\\", "predicted", "cat", "dog", "<b>"] in out
        assert ["dog", "1", "3", "1"] in out

    def test_names_are_text_not_markup(self, evaluation, printed):
        evaluation = evaluation_of(("[red]cat[/red]", ":dog:", "[bold"), evaluation.confusion)
        print_evaluation(evaluation)
        out = printed()[0]
        assert ["[red]cat[/red]", "8", "2", "0"] in out
        assert [":dog:", "1", "3", "1"] in out

    def test_regression_has_metrics_only(self, printed):
        evaluation = evaluation_of()
        print_evaluation(evaluation)
        assert printed()[0] == [
            ["validation:", "20", "rows"],
            [],
            ["metric", "value", "trivial"],
            ["loss", "0.5000", "1.2500"],
            [],
            f"trivial: always answering {evaluation.trivial_answer}".split(),
        ]

    def test_a_network_that_is_worse_than_none_is_told_so(self, evaluation, printed):
        evaluation.metrics = {"loss": 2.0}
        print_evaluation(evaluation)
        (warning,) = printed()[1]
        assert "loss 2.0000 against 1.2500" in " ".join(warning)
        assert evaluation_facts(evaluation)["worse_than_trivial"] == ["loss"]
        evaluation.penalised = True  # the loss holds more than errors
        print_evaluation(evaluation)
        assert printed()[1] == []

    def test_several_targets_are_told_one_by_one(self, evaluation, printed):
        evaluation.classes = ()
        evaluation.targets = (
            SimpleNamespace(
                name="price",
                mean_absolute_error=7019.0,
                trivial=115000.0,
                root_mean_squared_error=8909.0,
                r2_score=0.99,
            ),
        )
        print_evaluation(evaluation)
        assert ["price", "7,019", "115,000", "8,909", "0.9900"] in printed()[0]
        assert evaluation_facts(evaluation)["targets"]["price"]["trivial"] == 115000

    def test_labels_are_told_one_by_one(self, evaluation, printed):
        evaluation.classes = ()
        evaluation.labels = (
            SimpleNamespace(
                name="spam", accuracy=0.9, trivial_accuracy=0.75, precision=0.5, recall=0.25, f1=1 / 3, rows=4
            ),
        )
        print_evaluation(evaluation)
        assert ["spam", "0.9000", "0.7500", "0.5000", "0.2500", "0.3333", "4"] in printed()[0]
        assert evaluation_facts(evaluation)["labels"]["spam"]["trivial_accuracy"] == 0.75

    def test_what_does_not_exist_is_a_dash_and_null(self, evaluation, printed):
        evaluation = evaluation_of(evaluation.classes, ((0, 0, 0), (1, 3, 0), (1, 0, 0)))
        evaluation.metrics, evaluation.trivial = {"loss": math.nan, "auc": None}, {"loss": 1.25, "auc": None}
        print_evaluation(evaluation)
        out = printed()[0]
        assert ["loss", "nan", "1.2500"] in out
        assert ["auc", "-", "-"] in out
        assert ["cat", "0.0000", "-", "0.0000", "0"] in out
        assert ["<b>", "-", "0.0000", "0.0000", "1"] in out
        facts = json.loads(json.dumps(evaluation_facts(evaluation), allow_nan=False))
        assert facts["metrics"] == {"loss": None, "auc": None}
        assert (facts["classes"]["cat"]["recall"], facts["classes"]["cat"]["precision"]) == (None, 0)
        assert facts["worse_than_trivial"] == ["loss"]

    def test_the_same_for_a_program(self, evaluation):
        facts = json.loads(json.dumps(evaluation_facts(evaluation)))
        assert (facts["split"], facts["rows"], facts["metrics"]) == ("validation", 20, {"loss": 0.5})
        assert facts["classes"]["dog"] == {
            "precision": pytest.approx(0.6),
            "recall": pytest.approx(0.6),
            "f1": pytest.approx(0.6),
            "rows": 5,
        }
        assert facts["averages"]["weighted average"]["recall"] == pytest.approx(0.8)
        assert facts["confusion"] == [[8, 2, 0], [1, 3, 1], [0, 0, 5]]
        evaluation.classes = ()
        assert not {"classes", "averages", "confusion", "labels", "targets"} & set(evaluation_facts(evaluation))
        assert facts["trivial"] == {"loss": 1.25}


class TestPlan:
    def test_the_layers_and_the_work(self, plan, printed):
        print_plan(plan)
        out, err = printed()
        assert err == []
        assert ["layer", "output", "shape", "parameters", "memory"] in out
        assert ["conv2d", "26", "x", "26", "x", "32", "320", "1.2", "KiB"] in out
        assert ["flatten", "21632", "0", "0", "B"] in out
        assert ["total", "65,219", "254.8", "KiB"] in out
        assert ["rows", "1,000", "train,", "100", "validation"] in out
        assert ["classes", "3:", "cat,", "dog,", "<b>"] in out
        assert ["steps", "32", "an", "epoch", "(batches", "of", "32)"] in out

    def test_the_same_for_a_program(self, plan):
        facts = json.loads(json.dumps(plan_facts(plan)))
        assert facts["layers"][0] == {
            "type": "conv2d",
            "output_shape": [26, 26, 32],
            "parameters": 320,
            "bytes": 1280,
        }
        assert (facts["parameters"], facts["steps"], facts["batch_size"]) == (65219, 32, 32)
        assert facts["rows"] == {"train": 1000, "validation": 100, "test": 0}
        assert facts["classes"] == ["cat", "dog", "<b>"]
