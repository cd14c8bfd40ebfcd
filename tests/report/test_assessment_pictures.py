import re
from dataclasses import replace

import numpy as np
import pytest

from dltool.assessment.assess import Assessment, ColumnSlices, Ranked
from dltool.assessment.confidence import accuracy_by_coverage, reliability_of
from dltool.assessment.ranking import Ranking
from dltool.assessment.slices import Slice
from dltool.inference.evaluation import Evaluation
from dltool.report.assessment_pictures import assessment_pictures
from dltool.tasks.class_scores import confused_pairs
from dltool.tasks.reconstruction import RowErrors
from dltool.tasks.regression import TargetScores


def evaluation(outputs, **more):
    said = {"trivial": {}, "trivial_answer": "", "loss_unit": "", "worse_than_trivial": ()}
    return Evaluation("test", len(outputs), {}, outputs=outputs, **said, **more)


def of_classes(count):
    generator = np.random.default_rng(0)
    outputs = generator.dirichlet(np.ones(count), 60)
    targets, said = generator.integers(0, count, 60), outputs.argmax(axis=1)
    names = tuple(f"c{i}" for i in range(count))
    confusion = np.zeros((count, count), int)
    np.add.at(confusion, (targets, said), 1)
    ranked, ones = [], np.ones(60)
    for i, name in enumerate(names):
        ranking = Ranking(targets == i, outputs[:, i])
        ranked.append(Ranked(name, ranking.roc(ones), ranking.precision_recall(ones), float((targets == i).mean())))
    right, confidence = said == targets, outputs.max(axis=1)
    assessment = Assessment(
        {}, ranked, reliability_of(confidence, right, ones), accuracy_by_coverage(confidence, right),
        [ColumnSlices("a $b", "accuracy", Slice("all rows", 4, 0.625, (0.2, 0.9)),
                      [Slice("x", 3, 0.5, (0.1, 0.9)), Slice("y", 1, 1.0, None)])],
    )  # fmt: skip
    pairs = tuple(confused_pairs(names, confusion.tolist(), 5))
    rows = tuple(tuple(row) for row in confusion.tolist())
    return evaluation(outputs, classes=names, confusion=rows, confused_pairs=pairs), assessment, targets


def test_classes_have_their_pictures_each_of_its_own_name():
    made = assessment_pictures(*of_classes(3))
    assert [each.name for each in made] == [
        "confusion", "roc", "precision_recall", "calibration", "coverage", "slices_1",
    ]  # fmt: skip
    assert all(each.description and each.png.startswith(b"\x89PNG") for each in made)
    assert made[-1].description.endswith("all rows 0.6250, x 0.5000")
    assert all(f">{text}</text>" in made[-1].inline for text in ("all rows  (4)", "x  (3)", "y  (1)"))


def test_confusion_names_the_counts_and_what_is_confused_most_often():
    found, assessment, targets = of_classes(3)
    picture = assessment_pictures(found, assessment, targets)[0]
    worst = found.confused_pairs[0]
    assert f"{worst.true} was taken for {worst.predicted}, {worst.rows} times" in picture.description
    assert all(f">{count}</text>" in picture.inline for row in found.confusion for count in row if count)


def test_of_many_classes_the_worst_are_named():
    roc = assessment_pictures(*of_classes(12))[1]
    assert "and 7 more" in roc.description
    assert "7 more, better" in roc.inline


def test_a_class_whose_name_begins_with_an_underscore_is_in_the_legends():
    found, assessment, targets = of_classes(3)
    assessment = replace(assessment, ranked=tuple(replace(each, name=f"_{each.name}") for each in assessment.ranked))
    for made in assessment_pictures(found, assessment, targets)[1:3]:
        assert all(f"{each.name}: " in made.svg.decode() for each in assessment.ranked)


def test_more_classes_than_can_be_read_have_no_matrix():
    found, assessment, targets = of_classes(21)
    assert "confusion" not in [each.name for each in assessment_pictures(found, assessment, targets)]


@pytest.mark.parametrize("rows", [3, 5000])
def test_numbers_have_three_pictures_a_target(rows):
    targets = np.random.default_rng(0).normal(size=(rows, 2))
    outputs = targets + np.array([0.5, 0])
    outputs[0, 1] = np.inf
    scores = tuple(TargetScores(name, 0.5, 1.0, 0.5, 0.9) for name in ("price", "size"))
    made = assessment_pictures(evaluation(outputs, targets=scores), Assessment({}), targets)
    kinds = ("predicted", "residuals", "error_by_size")
    assert [each.name for each in made] == [f"{kind}_{i}" for i in (1, 2) for kind in kinds]
    assert "mean absolute error 0.5000" in made[0].description
    assert "median -0.5000" in made[1].description
    assert ("1,000 of 5,000 rows" in made[0].description) == (rows == 5000)
    assert all(len(each.svg) < 300_000 for each in made)


def test_what_is_most_confused_is_written_dark_on_a_dark_page_too():
    found, assessment, targets = of_classes(2)
    found = replace(found, confusion=((409, 1), (40, 0)))
    picture = assessment_pictures(found, assessment, targets)[0]
    styles = {count: style for style, count in re.findall(r'<text style="([^"]*)"[^>]*>(\d+)</text>', picture.inline)}
    assert {count: "#101418" in styles[count] for count in ("409", "1", "40")} == {"409": False, "1": False, "40": True}


def test_targets_that_do_not_vary_have_no_error_by_size():
    made = assessment_pictures(evaluation(np.ones((4, 1))), Assessment({}), np.zeros((4, 1)))
    assert [each.name for each in made] == ["predicted", "residuals"]


def test_answers_beyond_all_axes_are_counted_and_not_drawn():
    targets, outputs = np.arange(20.0)[:, None], np.arange(20.0)[:, None]
    outputs[3] = 1e200
    made = assessment_pictures(evaluation(outputs), Assessment({}), targets)
    assert "not drawn: 1 row beyond 1e+30" in made[0].description
    huge = evaluation(np.array([[np.inf]]), row_errors=RowErrors(((1.0, np.inf),)))
    assert assessment_pictures(huge, Assessment({}), np.zeros((1, 0))) == []


def test_reconstructions_have_the_spread_of_their_errors():
    errors = RowErrors(((0.5, 1.0), (1.0, 4.0)))
    made = assessment_pictures(
        evaluation(np.array([[1.0], [4.0], [0.5]]), row_errors=errors), Assessment({}), np.zeros((3, 0))
    )
    assert [each.name for each in made] == ["row_errors"]
    assert "median 1.0000, largest 4.0000" in made[0].description
