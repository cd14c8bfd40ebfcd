import math

import pytest

from dltool.wording.notes import (
    calibration_notes,
    coverage_note,
    evaluation_notes,
    importance_text,
    lost_since_best,
    metric_notes,
    selection_text,
    weights_note,
    worse_than_trivial_answer,
)
from tests.support.finished_run import evaluation_of


@pytest.mark.parametrize(
    ("values", "kept", "lost"),
    [
        ([1.0, 0.5, 0.3], 3, False),  # the last is the best
        ([1.0, 0.2, 0.4], 3, False),  # of 0.8 gained, 0.2 are lost: a quarter
        ([1.0, 0.2, 0.41], 3, True),  # a little more
        ([1.0, 0.2, 0.41], 2, False),  # the best weights were restored
        ([0.7, 4.9e7], 2, True),  # nothing gained, all lost
        ([0.7, 0.7001], 2, True),  # it only got worse
        ([0.7], 1, False),
        ([0.7, 0.7], 2, False),
        ([math.nan, 1.0, 0.2, 0.9], 4, True),  # measured from the first epoch that has a value
        ([1.0, 0.2, math.inf], 3, True),
        ([1.0, 0.2, math.nan], 3, False),  # not known
        ([0.7], 0, False),  # diverged in the first epoch: the model holds its initial weights
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_what_was_lost_since_the_best_epoch(values, kept, lost, sign):
    rows = [{"epoch": i + 1, "score": sign * value} for i, value in enumerate(values)]
    best = min((row for row in rows if math.isfinite(row["score"])), key=lambda row: sign * row["score"])
    facts = {"monitor": "score", "best": best["score"], "best_epoch": best["epoch"], "weights_epoch": kept}
    assert bool(lost_since_best(facts, rows)) == lost


def test_where_nothing_is_known_of_a_best_epoch_nothing_is_said(rows):
    assert lost_since_best({"monitor": "loss", "best": None, "best_epoch": 0, "weights_epoch": 4}, rows) == ""
    assert lost_since_best({"best": 0.1, "best_epoch": 1, "weights_epoch": 4}, rows) == ""  # of an older run


def test_the_unit_of_the_loss_is_said_where_it_is_not_the_targets_own():
    assert metric_notes("the mean", "") == ["trivial: always answering the mean"]
    assert metric_notes("the mean", "rows weighted by their class") == [
        "trivial: always answering the mean",
        "loss: of rows weighted by their class",
    ]
    _, loss, answers = metric_notes("the median", "logarithms of targets in their standard deviations")
    assert loss == "loss: of logarithms of targets in their standard deviations; errors in the target's own unit"
    assert answers.startswith("answers: the median of the target")


def test_what_decides_between_two_classes_is_said():
    assert metric_notes("the mean", "", "yes where its probability is above 0.3")[1:] == [
        "predicted: yes where its probability is above 0.3"
    ]


def test_a_network_is_worse_than_the_trivial_answer_in_metrics_that_it_has():
    trivial = {"loss": 0.5, "accuracy": 0.25}
    assert worse_than_trivial_answer([], {"loss": 1.0}, trivial) == ""
    assert worse_than_trivial_answer(["accuracy"], {"loss": 1.0}, trivial) == ""
    said = worse_than_trivial_answer(["loss", "accuracy"], {"loss": 1.0, "accuracy": 0.125}, trivial)
    assert "loss 1.0000 against 0.5000, accuracy 0.1250 against 0.2500" in said


def test_a_selection_without_a_validation_part_says_so():
    assert selection_text("validation_loss") == "selected on the validation part, by validation_loss"
    assert selection_text("loss") == "selected on the training part, by loss: the config has no validation part"


def test_what_intervals_hold_is_said_from_the_least_to_the_most():
    assert coverage_note(()) == ""
    assert coverage_note((0.887,)) == "90% intervals hold 88.7% of the rows"
    assert coverage_note((0.9, 0.887, 1)) == "90% intervals hold 88.7% to 100.0%, target by target, of the rows"


def test_what_counts_by_weights_is_said():
    assert weights_note(evaluation_of()) == ""
    said = weights_note(evaluation_of(weighted_rows=True))
    assert said.startswith("weights: metrics, curves and calibration count rows by their weights")
    of_folds = weights_note(evaluation_of(weighted_rows=True, split="folds"))
    assert of_folds.startswith("weights: metrics and what a temperature gains count")


def test_of_many_axes_the_less_important_ones_are_told_together():
    axes = [(f"a{i}", 0.1, 0.0 if i else 0.004, 0.2) for i in range(8)]
    rest = "(0 to 20, not told apart from chance)"
    assert importance_text(axes, 0.2) == (
        f"importance: a0 10 % (0 to 20); a1 10 % {rest}; a2 10 % {rest}; a3 10 % {rest}; a4 10 % {rest}; 3 more 30 %; "
        "interactions and chance 20 %"
    )


def calibration(**changed):
    names = ("negative_log_likelihood", "expected_calibration_error")
    measures = {f"{name}_{when}": 0.25 for name in names for when in ("before", "after")}
    gain = {"gain": 0.1, "gain_low": 0.05, "gain_high": 0.2}
    return {"temperature": 2.0, "part": "test", "rows": 9, "chosen": False, **measures, **gain, **changed}


def test_what_a_temperature_is_good_for_is_not_more_than_can_be_said():
    assert calibration_notes(None) == []
    divided, gain = calibration_notes(calibration())
    assert "divided by 2; on the test part, the negative log likelihood went from 0.2500 to 0.2500" in divided
    assert gain == "gain: 0.1000, with a 95% interval from 0.0500 to 0.2000"
    assert calibration_notes(calibration(gain_low=-0.01))[1].endswith("0.2000, so that chance may have brought it")
    assert "chose the temperature" in calibration_notes(calibration(chosen=True))[1]
    assert " on new.csv, " in calibration_notes(calibration(part="new.csv"))[0]


@pytest.mark.parametrize(("split", "said"), [("folds", True), ("validation", False)])
def test_means_over_folds_are_told_from_what_is_of_all_rows(split, said):
    notes = evaluation_notes(evaluation_of(split=split))
    assert any("means over the folds" in note and "all rows together" in note for note in notes) == said
