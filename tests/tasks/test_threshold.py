"""The threshold is the best of all that there could be, tried one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.tasks.threshold import best_threshold


def worth(goal, targets, told):
    """By the definitions, row by row."""
    right = [bool(a) == bool(b) for a, b in zip(targets, told, strict=True)]
    if goal == "f1":
        found = sum(r for r, a in zip(right, targets, strict=True) if a)
        return 2 * found / max(sum(map(bool, targets)) + sum(map(bool, told)), 1)
    recalls = [np.mean([r for r, a in zip(right, targets, strict=True) if a == side]) for side in (0, 1)]
    return sum(recalls) / 2


@pytest.mark.parametrize("goal", ["f1", "balanced_accuracy"])
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12).map(lambda n: n / 12)), min_size=2, max_size=30).filter(
        lambda rows: {target for target, _ in rows} == {0, 1}
    )
)
def test_no_other_threshold_is_better_and_none_as_good_is_nearer_to_a_half(goal, rows):
    targets = np.array([target for target, _ in rows], np.int32)
    scores = np.array([score for _, score in rows], np.float32)
    found = best_threshold(targets, scores, goal)
    distinct = np.unique(scores.astype(float))
    tried = {0.5, *((distinct[1:] + distinct[:-1]) / 2)}
    best = max(worth(goal, targets, scores > each) for each in tried)
    assert worth(goal, targets, scores > np.float32(found)) == pytest.approx(best, abs=1e-12)
    nearest = min(abs(each - 0.5) for each in tried if worth(goal, targets, scores > each) > best - 1e-12)
    assert abs(found - 0.5) == pytest.approx(nearest, abs=1e-6)


@pytest.mark.parametrize(
    ("targets", "scores", "f1", "balanced"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], 0.25, 0.25),  # told apart without a fault
        ([0, 1], [0.2, 0.9], 0.5, 0.5),  # by a half too
        ([0, 0, 0, 1], [0.1, 0.1, 0.1, 0.1], 0.5, 0.5),  # not told apart
        ([0, 0, 0, 0], [0.1, 0.9, 0.3, 0.2], 0.5, 0.5),  # nothing to tell apart
        ([1, 1], [0.1, 0.3], 0.2, 0.5),
        # F1 by hand: 6/8 above 0.15, 4/5 above 0.35. Recalls: 1 and 3/5, against 2/3 and 1.
        ([0, 0, 0, 1, 0, 0, 1, 1], [0.1, 0.1, 0.1, 0.2, 0.3, 0.3, 0.4, 0.6], 0.35, 0.35),
        ([0, 1, 1], [0.25, float("nan"), 0.75], 0.5, 0.5),  # what is no number is never told
    ],
)
def test_by_hand(targets, scores, f1, balanced):
    targets, scores = np.array(targets, np.int32), np.array(scores, np.float32)
    assert best_threshold(targets, scores, "f1") == pytest.approx(f1, abs=1e-7)
    assert best_threshold(targets, scores, "balanced_accuracy") == pytest.approx(balanced, abs=1e-7)


@pytest.mark.parametrize("low", [0.1, 1e-30, 0.0, 0.9999999])
def test_neighbours_among_float32s_are_told_apart(low):
    low = np.float32(low)
    scores = np.array([low, np.nextafter(low, np.float32(2))], np.float32)
    found = best_threshold(np.array([0, 1]), scores, "f1")
    assert (scores > np.float32(found)).tolist() == [False, True]
    assert 0 <= found < 1


def test_it_is_written_briefly():
    found = best_threshold(np.array([1, 0]), np.array([0.3, 0.2], np.float32), "f1")
    assert repr(found) == "0.25"
    rough = best_threshold(np.array([1, 0]), np.array([1 / 3, 0.2], np.float32), "f1")
    assert len(repr(rough)) <= 10
    assert np.float32(rough) == np.float32((np.float32(1 / 3) + np.float32(0.2)) / 2)


@pytest.mark.parametrize("goal", ["f1", "balanced_accuracy"])
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8), st.integers(1, 3)), min_size=4, max_size=20).filter(
        lambda rows: {target for target, _, _ in rows} == {0, 1}
    )
)
def test_a_row_that_counts_twice_is_two_rows(goal, rows):
    targets, scores, weights = (np.array(column) for column in zip(*rows, strict=True))
    scores = (scores / 8).astype(np.float32)
    found = best_threshold(targets, scores, goal, weights.astype(np.float32))
    assert found == best_threshold(np.repeat(targets, weights), np.repeat(scores, weights), goal)
