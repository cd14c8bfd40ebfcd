from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.tasks.class_scores import ClassScores, ConfusedPair, average_scores, class_scores, confused_pairs

CLASSES = ("cat", "dog", "emu")
CONFUSION = ((8, 2, 0), (1, 3, 1), (0, 0, 5))


@st.composite
def confusions(draw):
    """Pairs of true and predicted class, and the matrix that counts them."""
    classes = draw(st.integers(2, 5))
    label = st.integers(0, classes - 1)
    pairs = draw(st.lists(st.tuples(label, label), min_size=1, max_size=40))
    matrix = [[sum(pair == (i, j) for pair in pairs) for j in range(classes)] for i in range(classes)]
    return classes, pairs, matrix


def test_by_hand():
    assert class_scores(CLASSES, CONFUSION) == [
        ClassScores("cat", 8 / 9, 8 / 10, pytest.approx(16 / 19), 10),
        ClassScores("dog", 3 / 5, 3 / 5, pytest.approx(3 / 5), 5),
        ClassScores("emu", 5 / 6, 5 / 5, pytest.approx(10 / 11), 5),
    ]
    macro, weighted = average_scores(CLASSES, CONFUSION)
    assert macro.name == "macro average"
    assert macro.precision == pytest.approx((8 / 9 + 3 / 5 + 5 / 6) / 3)
    assert macro.rows == weighted.rows == 20
    assert weighted.name == "weighted average"
    assert weighted.recall == pytest.approx((8 + 3 + 5) / 20), "the weighted recall is the accuracy"


@given(confusions())
def test_against_counting_pairs(drawn):
    classes, pairs, matrix = drawn
    names = [str(i) for i in range(classes)]
    for i, score in enumerate(class_scores(names, matrix)):
        right = sum(pair == (i, i) for pair in pairs)
        true, predicted = sum(t == i for t, _ in pairs), sum(p == i for _, p in pairs)
        assert score.rows == true
        assert score.precision == (pytest.approx(Fraction(right, predicted)) if predicted else None)
        assert score.recall == (pytest.approx(Fraction(right, true)) if true else None)
        wrong = true + predicted - 2 * right
        assert score.f1 == (pytest.approx(Fraction(2 * right, 2 * right + wrong)) if true or predicted else None)


def test_a_class_that_neither_occurs_nor_is_predicted_does_not_count():
    empty = ((2, 0, 0), (0, 2, 0), (0, 0, 0))
    assert [score.f1 for score in class_scores(CLASSES, empty)] == [1, 1, None]
    assert [score.f1 for score in average_scores(CLASSES, empty)] == [1, 1]
    predicted = ((2, 0, 0), (0, 1, 1), (0, 0, 0))
    assert average_scores(CLASSES, predicted)[0].precision == pytest.approx(2 / 3)


def test_a_class_that_is_never_predicted_has_no_precision_and_lowers_the_average():
    never = ((2, 0), (2, 0))
    assert class_scores(CLASSES[:2], never)[1] == ClassScores("dog", None, 0, 0, 2)
    assert average_scores(CLASSES[:2], never)[0].precision == pytest.approx((2 / 4 + 0) / 2)


def test_no_rows_at_all():
    assert [score.f1 for score in average_scores(CLASSES, ((0, 0, 0),) * 3)] == [None, None]


@given(confusions(), st.integers(1, 6))
def test_confused_pairs(drawn, most):
    classes, pairs, matrix = drawn
    names = [str(i) for i in range(classes)]
    found = confused_pairs(names, matrix, most)
    wrong = {(t, p): pairs.count((t, p)) for t, p in pairs if t != p}
    assert len(found) == min(most, len(wrong))
    assert [pair.rows for pair in found] == sorted(wrong.values(), reverse=True)[:most]
    for pair in found:
        assert wrong[int(pair.true), int(pair.predicted)] == pair.rows
        assert pair.share == pytest.approx(pair.rows / sum(t == int(pair.true) for t, _ in pairs))


def test_confused_pairs_by_hand():
    assert confused_pairs(CLASSES, CONFUSION, 2) == [
        ConfusedPair("cat", "dog", 2, 0.2),
        ConfusedPair("dog", "cat", 1, 0.2),
    ]
