import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.wording.history import best_row, headline_metric, metric_names, row_of_epoch, thinned


def test_names(rows):
    assert metric_names(rows) == ["loss", "accuracy", "validation_loss"]
    assert metric_names([]) == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("loss", "loss"),
        ("loss validation_loss", "validation_loss"),
        ("loss accuracy", "accuracy"),
        ("loss auc accuracy validation_loss validation_auc validation_accuracy", "validation_accuracy"),
        ("loss auc f1_score", "auc"),
        ("loss mean_squared_error mean_absolute_error r2_score", "r2_score"),
        ("loss mean_squared_error mean_absolute_error", "mean_absolute_error"),
        ("loss accuracy validation_loss", "validation_loss"),
    ],
)
def test_what_a_person_would_quote(names, expected):
    assert headline_metric(names.split()) == expected


def test_a_row_is_found_by_its_epoch(rows):
    assert row_of_epoch(3, rows) is rows[2]
    assert row_of_epoch(0, rows) is None


@pytest.mark.parametrize("name, epoch", [("loss", 3), ("accuracy", 4), ("validation_loss", 3)])
def test_the_best_is_the_lowest_loss_and_the_highest_accuracy(rows, name, epoch):
    assert best_row(name, rows)["epoch"] == epoch


def test_what_is_not_finite_is_never_the_best(rows):
    rows[0]["loss"], rows[1]["loss"] = math.nan, -math.inf
    assert best_row("loss", rows)["epoch"] == 3


def test_the_first_of_equals_is_the_best(rows):
    assert best_row("accuracy", rows[1:3])["epoch"] == 2


@given(st.integers(0, 3000), st.integers(2, 500))
def test_thinned(count, most):
    rows = [{"epoch": i} for i in range(count)]
    kept = [row["epoch"] for row in thinned(rows, most)]
    assert len(kept) == min(count, most)
    assert kept == sorted(set(kept))
    if count:
        assert (kept[0], kept[-1]) == (0, count - 1)
    gaps = {b - a for a, b in pairwise(kept)}
    assert not gaps or max(gaps) - min(gaps) <= 1
