from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.contracts.signature import Rows
from dltool.data.sizes import split_sizes
from dltool.data.split import split_rows
from dltool.errors import DataError

fractions = st.none() | st.floats(0.01, 0.49)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=200), fractions, fractions, st.integers(0, 2**32))
def test_parts_cover_all_rows_once_with_the_promised_sizes(
    labels: list[int], validation: float | None, test: float | None, seed: int
) -> None:
    targets = np.array(labels)
    try:
        sizes = split_sizes(len(labels), validation, test, len(set(labels)))
    except DataError:
        with pytest.raises(DataError):
            split_rows(targets, validation, test, seed)
        return
    parts = split_rows(targets, validation, test, seed)
    assert Rows(len(parts.train), len(parts.validation), len(parts.test)) == sizes
    assert sorted([*parts.train, *parts.validation, *parts.test]) == list(range(len(labels)))
    assert set(targets[parts.train]) == set(labels)
    for rows in (parts.train, parts.validation, parts.test):
        assert (np.diff(rows) > 0).all()


@given(st.integers(0, 2**32))
def test_every_part_gets_its_share_of_each_class(seed: int) -> None:
    targets = np.repeat([0, 1, 2], [100, 60, 40])
    parts = split_rows(targets, 0.1, 0.2, seed)
    assert np.bincount(targets[parts.test]).tolist() == [20, 12, 8]
    assert np.bincount(targets[parts.validation]).tolist() == [10, 6, 4]


def test_shares_never_stray_from_the_exact_ones_by_a_row() -> None:
    counts = np.array([13, 29, 58, 7])
    targets = np.repeat(np.arange(4), counts)
    taken = np.bincount(targets[split_rows(targets, None, 0.3, 0).test])
    assert taken.sum() == round(107 * 0.3)
    assert (np.abs(taken - counts * 32 / 107) < 1).all()


def test_a_split_is_a_function_of_the_seed() -> None:
    targets = np.arange(1000) % 7
    first, again, other = (split_rows(targets, 0.2, 0.2, seed) for seed in (5, 5, 6))
    assert np.array_equal(first.test, again.test)
    assert np.array_equal(first.validation, again.validation)
    assert not np.array_equal(first.test, other.test)


def test_numbers_are_divided_at_random() -> None:
    parts = split_rows(np.zeros((50, 2), np.float32), None, 0.5, 3)
    assert len(parts.test) == 25
    assert parts.test.tolist() != list(range(25))


def test_single_rows_of_a_class_stay_in_training() -> None:
    targets = np.array([0] * 10 + [1])
    assert 10 in split_rows(targets, None, 0.5, 0).train


@pytest.mark.parametrize(
    ("rows", "validation", "test", "classes", "words"),
    [
        (4, 0.01, None, 1, ["data.validation", "0.01 of 4 rows", "larger"]),
        (10, None, 0.01, 1, ["data.test", "0.01 of 10 rows"]),
        (3, 0.4, 0.5, 1, ["0 of 3 rows are left", "1 to validation and 2 to test"]),
        (4, 0.5, None, 3, ["2 of 4 rows are left", "3 classes"]),
    ],
)
def test_a_part_without_rows_is_refused(
    rows: int, validation: float | None, test: float | None, classes: int, words: list[str]
) -> None:
    with pytest.raises(DataError) as error:
        split_sizes(rows, validation, test, classes)
    assert all(word in str(error.value) for word in words), error.value
