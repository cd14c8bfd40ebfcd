import math

from dltool.assessment.assess import ColumnSlices
from dltool.assessment.slices import Slice
from dltool.wording.listings import history_listing, metrics_listing, pairs_listing, scores_listing, slices_listing
from tests.support.finished_run import evaluation_of


def test_a_history_is_the_epoch_of_the_weights_the_best_epoch_and_the_trivial_answer(facts, rows):
    listing = history_listing(facts | {"weights_epoch": 4}, rows)
    assert listing.head == ("metric", "epoch 4", "best", "in epoch", "trivial")
    assert listing.body == [
        ("loss", "0.7500", "0.2500", "3", "0.6931"),
        ("accuracy", "0.8750", "0.8750", "4", "0.5000"),
        ("validation_loss", "0.8750", "0.3750", "3", "0.7000"),
    ]


def test_a_model_with_its_initial_weights_has_no_history(facts):
    assert history_listing(facts | {"weights_epoch": 0}, []) is None


def test_only_a_metric_that_no_answer_can_have_is_a_dash(facts, rows):
    for row in rows:
        row["accuracy"] = row["validation_loss"] = math.nan
    facts["trivial"] |= {"accuracy": None}
    cells = {row[0]: row[1] for row in history_listing(facts, rows).body}
    assert (cells["accuracy"], cells["validation_loss"]) == ("-", "nan")


def test_metrics_stand_beside_the_trivial_answers(evaluation):
    assert metrics_listing(evaluation).body == [("loss", "0.5000", "1.2500")]


def test_parts_of_the_rows_stand_below_all_of_them():
    parts = [Slice("Ulm", 3, 0.25, None), Slice("Köln", 5, 0.75, (0.5, 1.0))]
    listing = slices_listing(ColumnSlices("town", "accuracy", Slice("all rows", 8, 0.5625, (0.25, 0.875)), parts))
    assert listing.head == ("town", "accuracy", "95% interval", "rows")
    assert listing.body == [
        ("all rows", "0.5625", "0.2500 to 0.8750", "8"),
        ("Ulm", "0.2500", "-", "3"),
        ("Köln", "0.7500", "0.5000 to 1.0000", "5"),
    ]


def test_classes_are_listed_with_their_averages():
    listing = scores_listing(evaluation_of(("cat", "dog"), ((9, 1), (0, 0))))
    assert listing.body == [("cat", "1.0000", "0.9000", "0.9474", "10"), ("dog", "0.0000", "-", "0.0000", "0")]
    assert [row[0] for row in listing.totals] == ["macro average", "weighted average"]


def test_numbers_have_no_scores():
    assert scores_listing(evaluation_of()) is None


def test_pairs_are_listed_with_their_share_of_the_true_class():
    listing = pairs_listing(evaluation_of(("cat", "dog"), ((1500, 500), (1, 0))))
    assert listing.body == [("cat", "dog", "500", "25.0%"), ("dog", "cat", "1", "100.0%")]
