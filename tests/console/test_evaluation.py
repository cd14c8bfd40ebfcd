import json
import math
from dataclasses import replace

import pytest

from dltool.console.evaluation import confusion_table, evaluation_facts, print_evaluation
from dltool.tasks.labels import LabelScores
from dltool.tasks.regression import TargetScores
from tests.support.finished_run import evaluation_of


def test_the_tables(evaluation, printed):
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


def test_names_are_text_not_markup(evaluation, printed):
    evaluation = evaluation_of(("[red]cat[/red]", ":dog:", "[bold"), evaluation.confusion)
    print_evaluation(evaluation)
    out = printed()[0]
    assert ["[red]cat[/red]", "8", "2", "0"] in out
    assert [":dog:", "1", "3", "1"] in out


def test_regression_has_metrics_only(printed):
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


def test_a_network_that_is_worse_than_none_is_told_so(printed):
    evaluation = evaluation_of(metrics={"loss": 2.0}, worse_than_trivial=("loss",))
    print_evaluation(evaluation)
    (warning,) = printed()[1]
    assert "loss 2.0000 against 1.2500" in " ".join(warning)
    assert evaluation_facts(evaluation)["worse_than_trivial"] == ["loss"]
    print_evaluation(replace(evaluation, worse_than_trivial=()))
    assert printed()[1] == []


def test_several_targets_are_told_one_by_one(printed):
    price = TargetScores("price", 7019.0, trivial=115000.0, root_mean_squared_error=8909.0, r2_score=0.99)
    evaluation = evaluation_of(targets=(price,))
    print_evaluation(evaluation)
    assert ["price", "7,019", "115,000", "8,909", "0.9900"] in printed()[0]
    assert evaluation_facts(evaluation)["targets"]["price"]["trivial"] == 115000


def test_what_decides_between_two_classes_is_told(printed):
    evaluation = evaluation_of(("no", "yes"), ((2, 1), (0, 3)), threshold=0.3, decision="yes above 0.3")
    print_evaluation(evaluation)
    assert ["predicted:", "yes", "above", "0.3"] in printed()[0]
    assert evaluation_facts(evaluation)["threshold"] == 0.3
    assert "threshold" not in evaluation_facts(evaluation_of())


def test_what_intervals_hold_is_told(printed):
    evaluation = evaluation_of(interval_coverage=(0.887,))
    print_evaluation(evaluation)
    assert ["90%", "intervals", "hold", "88.7%", "of", "the", "rows"] in printed()[0]
    assert evaluation_facts(evaluation)["interval_coverage"] == [0.887]
    assert "interval_coverage" not in evaluation_facts(evaluation_of())


def test_labels_are_told_one_by_one(printed):
    spam = LabelScores("spam", accuracy=0.9, trivial_accuracy=0.75, precision=0.5, recall=0.25, f1=1 / 3, rows=4)
    evaluation = evaluation_of(labels=(spam,))
    print_evaluation(evaluation)
    assert ["spam", "0.9000", "0.7500", "0.5000", "0.2500", "0.3333", "4"] in printed()[0]
    assert evaluation_facts(evaluation)["labels"]["spam"]["trivial_accuracy"] == 0.75


def test_what_does_not_exist_is_a_dash_and_null(evaluation, printed):
    evaluation = evaluation_of(
        evaluation.classes,
        ((0, 0, 0), (1, 3, 0), (1, 0, 0)),
        metrics={"loss": math.nan, "auc": None},
        trivial={"loss": 1.25, "auc": None},
        worse_than_trivial=("loss",),
    )
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


def test_the_same_for_a_program(evaluation):
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
    assert not {"classes", "averages", "confusion", "labels", "targets"} & set(evaluation_facts(evaluation_of()))
    assert facts["trivial"] == {"loss": 1.25}


def diagonal(count: int) -> list[list[int]]:
    return [[100 * (i == j) for j in range(count)] for i in range(count)]


@pytest.mark.parametrize(
    "classes, width, is_matrix", [(20, 1000, True), (21, 1000, False), (20, 80, False), (3, 80, True)]
)
def test_a_matrix_that_is_too_large_becomes_pairs(drawn, classes, width, is_matrix):
    names = [f"class-{i}" for i in range(classes)]
    confusion = diagonal(classes)
    confusion[1][2] = 25
    lines = drawn(confusion_table(evaluation_of(names, confusion), width))
    if is_matrix:
        assert lines[0] == ["true", "\\", "predicted", *names]
        assert lines[2][:4] == ["class-1", "0", "100", "25"]
    else:
        assert lines == [
            ["most", "confused", "taken", "for", "rows", "share"],
            ["class-1", "class-2", "25", "20.0%"],
        ]


def test_a_matrix_fits_to_the_column(drawn):
    names = ["a", "b"]
    confusion = [[1000, 0], [0, 1000]]
    needed = len("true \\ predicted") + 2 * len("  1,000")
    evaluation = evaluation_of(names, confusion)
    assert drawn(confusion_table(evaluation, needed), needed)[1] == ["a", "1,000", "0"]
    assert drawn(confusion_table(evaluation, needed - 1))[0][:2] == ["most", "confused"]


def test_at_most_twenty_pairs_the_worst_first(drawn):
    count = 30
    confusion = [[100 if i == j else i for j in range(count)] for i in range(count)]
    lines = drawn(confusion_table(evaluation_of([str(i) for i in range(count)], confusion), 1000))
    assert len(lines) == 21
    assert {line[0] for line in lines[1:]} == {"29"}
