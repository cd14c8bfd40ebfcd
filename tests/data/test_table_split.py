"""Groups are not divided, time runs from training to test, and folds are alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.config.parts import FoldPart, GroupPart, TimePart
from dltool.data.table_split import fold_of_rows, split_table
from dltool.errors import DataError

labels = st.lists(st.integers(0, 3), min_size=10, max_size=120).map(np.array)


def divided(targets, seed=0, keys=None, **parts):
    return split_table(targets, {"validation": None, "test": None} | parts, seed, keys or {})


def group(fraction, column="g"):
    return GroupPart(by="group", fraction=fraction, column=column)


def time(fraction, column="t"):
    return TimePart(by="time", fraction=fraction, column=column)


@given(st.lists(st.integers(0, 30), min_size=40, max_size=200).map(np.array), st.integers(0, 2**32))
def test_a_group_is_never_divided_and_parts_are_about_as_large_as_asked_for(groups, seed):
    targets, largest = np.zeros((len(groups), 1)), np.bincount(groups).max()
    try:
        parts = divided(targets, seed, {"g": groups}, validation=group(0.3), test=group(0.2))
    except DataError:
        assert largest > 0.3 * len(groups)  # one group would take a part, or none of it
        return
    found = [set(groups[rows].tolist()) for rows in (parts.train, parts.validation, parts.test)]
    assert sum(map(len, found)) == len(set(groups.tolist()))
    assert sorted([*parts.train, *parts.validation, *parts.test]) == list(range(len(groups)))
    for rows, share in ((parts.validation, 0.3), (parts.test, 0.2)):
        assert abs(len(rows) - share * len(groups)) <= largest


@given(st.lists(st.integers(0, 1000), min_size=20, max_size=200).map(np.array))
def test_what_is_later_tests_and_what_is_earlier_trains(moments):
    try:
        parts = divided(np.zeros(len(moments), int), 0, {"t": moments}, validation=time(0.2), test=time(0.1))
    except DataError:
        assert len(set(moments.tolist())) < len(moments)  # rows of one moment took all
        return
    assert moments[parts.train].max() < moments[parts.validation].min()
    assert moments[parts.validation].max() < moments[parts.test].min()


def test_rows_of_different_moments_are_taken_as_asked_for():
    moments = np.random.default_rng(0).permutation(100)
    parts = divided(np.zeros(100, int), 0, {"t": moments}, test=time(0.25))
    assert sorted(moments[parts.test]) == list(range(75, 100))


@given(labels, st.integers(2, 6), st.integers(0, 2**32))
def test_folds_have_like_sizes_and_like_shares_of_each_class(targets, folds, seed):
    dealt = fold_of_rows(targets, None, folds, seed)
    sizes = np.bincount(dealt, minlength=folds)
    assert sizes.max() - sizes.min() <= 1
    for label in set(targets.tolist()):
        of_label = np.bincount(dealt[targets == label], minlength=folds)
        assert of_label.max() - of_label.min() <= 1


@given(labels, st.integers(2, 5), st.integers(0, 2**32))
def test_folds_of_groups_keep_them_whole(targets, folds, seed):
    groups = np.arange(len(targets)) // 2
    dealt = fold_of_rows(targets, groups, folds, seed)
    assert set(dealt.tolist()) == set(range(folds))
    assert all(len(set(dealt[groups == each].tolist())) == 1 for each in set(groups.tolist()))


def test_groups_of_one_class_are_spread_over_the_folds():
    targets = np.repeat([0, 1, 0, 1, 0, 1], 10)
    dealt = fold_of_rows(targets, np.repeat(np.arange(6), 10), 3, 4)
    assert all(np.bincount(targets[dealt == fold]).tolist() == [10, 10] for fold in range(3))


def test_folds_validate_in_turn_the_rows_that_the_test_part_leaves():
    targets = np.arange(50) % 3
    found = [divided(targets, 7, validation=FoldPart(by="fold", fold=i, folds=4), test=0.2) for i in (1, 2, 3, 4)]
    assert len({tuple(parts.test) for parts in found}) == 1
    assert tuple(divided(targets, 7, test=0.2).test) == tuple(found[0].test)
    rows = np.concatenate([parts.validation for parts in found])
    assert sorted([*rows, *found[0].test]) == list(range(50))
    assert all(len(parts.train) + len(parts.validation) == 40 for parts in found)


def test_folds_are_a_function_of_the_seed():
    first, again, other = (fold_of_rows(np.zeros(60, int), None, 5, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("parts", "keys", "words"),
    [
        ({"validation": FoldPart(by="fold", fold=1, folds=9)}, {}, ["8 rows cannot be divided into 9 folds"]),
        (
            {"validation": FoldPart(by="fold", fold=1, folds=3, column="g")},
            {"g": np.arange(8) % 2},
            ["2 groups cannot be divided into 3 folds"],
        ),
        ({"test": time(0.5)}, {"t": np.zeros(8)}, ["data.test", "takes 8 rows and leaves 0"]),
        ({"validation": group(0.2)}, {"g": np.zeros(8, int)}, ["data.validation", "takes 0 rows"]),
        ({"test": time(0.01)}, {"t": np.arange(8)}, ["data.test", "0.01 of 8 rows are 0"]),
    ],
)
def test_a_division_that_leaves_a_part_empty_is_refused(parts, keys, words):
    with pytest.raises(DataError) as error:
        divided(np.zeros(8, int), 0, keys, **parts)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize("folds", [5, 10])
def test_groups_of_one_class_each_fill_every_fold(folds):
    groups = np.repeat(np.arange(60), 5)
    dealt = fold_of_rows(np.repeat(np.arange(60), 5), groups, folds, 0)
    assert np.bincount(dealt, minlength=folds).tolist() == [300 // folds] * folds
