from __future__ import annotations

import numpy as np
import pytest

from dltool.config.needs import Needs, TaskName
from dltool.contracts.signature import Signature
from dltool.errors import DataError
from dltool.tasks.reading import class_names, fit_targets, target_reader

BINARY, CATEGORICAL, REGRESSION = TaskName.BINARY, TaskName.CATEGORICAL, TaskName.REGRESSION


def place(*index: int) -> str:
    return f"y{list(index)}"


@pytest.mark.parametrize(
    ("raw", "task", "classes", "expected"),
    [
        ([0, 2, 1], CATEGORICAL, ("0", "1", "2"), [0, 2, 1]),
        ([[0], [1]], BINARY, ("0", "1"), [0, 1]),
        ([0.0, 3.0], CATEGORICAL, ("0", "1", "2", "3"), [0, 3]),
        ([False, True], BINARY, ("0", "1"), [0, 1]),
        ([[0, 1, 0], [1, 0, 0]], CATEGORICAL, ("0", "1", "2"), [1, 0]),
        (["cat", "ant", "cat"], CATEGORICAL, ("ant", "cat"), [1, 0, 1]),
        (["10", "9", "-1"], CATEGORICAL, ("-1", "9", "10"), [2, 1, 0]),
    ],
)
def test_classes(raw: list[object], task: TaskName, classes: tuple[str, ...], expected: list[int]) -> None:
    values = np.array(raw)
    reader = fit_targets(Needs(task), values, place)
    assert (reader.classes, reader.outputs) == (classes, len(classes))
    targets = reader.read(values, place)
    assert targets.dtype == np.int32
    assert targets.tolist() == expected


def test_names_given_by_the_user_follow_the_indices() -> None:
    reader = fit_targets(Needs(CATEGORICAL), np.array([0, 1, 0]), place, ["no", "yes", "never seen"])
    assert reader.classes == ("no", "yes", "never seen")


def test_names_given_by_the_user_order_texts() -> None:
    reader = fit_targets(Needs(BINARY), np.array(["low", "high"]), place, ["low", "high"])
    assert reader.read(np.array(["high", "low"]), place).tolist() == [1, 0]


@pytest.mark.parametrize("raw", [[1.5, 2.5], [[1.5], [2.5]]])
def test_one_number_to_predict_is_a_column(raw: list[object]) -> None:
    reader = fit_targets(Needs(REGRESSION), np.array(raw), place)
    targets = reader.read(np.array(raw), place)
    assert (reader.outputs, reader.classes, targets.dtype.name) == (1, (), "float64")
    assert targets.tolist() == [[1.5], [2.5]]


def test_several_labels() -> None:
    raw = np.array([[0, 1, 1], [0, 0, 0]])
    reader = fit_targets(Needs(BINARY), raw, place)
    assert (reader.outputs, reader.classes) == (3, ())
    assert reader.read(raw, place).tolist() == [[0, 1, 1], [0, 0, 0]]


def test_whole_numbers_sort_by_value_and_words_alphabetically() -> None:
    assert class_names(np.array(["10", "2", "2"])) == ["2", "10"]
    assert class_names(np.array(["10", "2", "x"])) == ["10", "2", "x"]


@pytest.mark.parametrize(
    ("raw", "task", "names", "words"),
    [
        ([0, 1.7], CATEGORICAL, None, ["y[1]", "1.7", "whole number", "regression"]),
        ([0, -1], BINARY, None, ["y[1]", "-1", "from 0"]),
        ([0, 1e300], BINARY, None, ["y[1]", "1e+300", "99999"]),
        (np.array([0, 2**64 - 1], np.uint64), BINARY, None, ["y[1]", "18446744073709551615"]),
        ([0, np.nan], BINARY, None, ["y[1]", "nan"]),
        ([1, 1, 1], CATEGORICAL, None, ["class '1'", "at least two"]),
        (["a", "a"], BINARY, None, ["class 'a'", "at least two"]),
        ([[0, 1], [1, 1]], CATEGORICAL, None, ["y[1]", "[1, 1]", "one-hot"]),
        ([[0, 1], [0, 0]], CATEGORICAL, None, ["y[1]", "one-hot"]),
        ([[0, 1], [0, 2]], BINARY, None, ["y[1, 1]", "label 2", "0 or 1"]),
        ([0, 10**9], CATEGORICAL, None, ["y[1]", "1000000000", "regression"]),
        ([0, 1, 2], CATEGORICAL, ["a", "b"], ["y[2]", "label 2", "2 classes that data.classes names"]),
        ([0, 1], REGRESSION, ["a", "b"], ["data.classes", "regression"]),
        ([1.0, np.inf], REGRESSION, None, ["y[1]", "inf"]),
        ([[1.0, 2.0], [1.0, np.nan]], REGRESSION, None, ["y[1, 1]", "nan"]),
        ([1.0, 1e39], REGRESSION, None, ["y[1]", "1e+39", "float32"]),
        (["a", "b"], REGRESSION, None, ["'a'", "expected numbers"]),
        (["a", "c"], CATEGORICAL, ["a", "b"], ["y[1]", "'c'", "a, b"]),
    ],
)
def test_bad_targets(raw: list[object], task: TaskName, names: list[str] | None, words: list[str]) -> None:
    values = np.array(raw)
    with pytest.raises(DataError) as error:
        fit_targets(Needs(task), values, place, names).read(values, place)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize(
    ("train", "task", "other", "words"),
    [
        ([0, 1], BINARY, [0, 2], ["y[1]", "label 2", "0 to 1"]),
        (["a", "b"], BINARY, ["a", "c"], ["y[1]", "'c'", "a, b"]),
        ([[0, 1], [1, 0]], CATEGORICAL, [[0, 0, 1]], ["rows of 3", "expected 2"]),
        ([[0.5, 1.5], [1, 0]], REGRESSION, [[0.5]], ["1 targets", "expected 2"]),
    ],
)
def test_targets_of_another_part_that_do_not_fit(
    train: list[object], task: TaskName, other: list[object], words: list[str]
) -> None:
    reader = fit_targets(Needs(task), np.array(train), place)
    with pytest.raises(DataError) as error:
        reader.read(np.array(other), place)
    assert all(word in str(error.value) for word in words), error.value


def test_a_loss_for_counts_takes_no_negative_numbers() -> None:
    needs = Needs(REGRESSION, non_negative=True)
    good, bad = np.array([[0, 2.5], [3, 0]]), np.array([[0, 2], [3, -0.5]])
    reader = fit_targets(needs, good, place)
    assert reader.read(good, place).tolist() == good.tolist()
    described = reader.describe(good)["target_numbers"]
    signature = Signature(REGRESSION, (1,), "float32", 2, target_numbers=described)
    for each in (reader, target_reader(signature)):
        with pytest.raises(DataError) as error:
            each.read(bad, place)
        assert all(word in str(error.value) for word in ("y[1, 1]", "target -0.5", "1 of 4", "mean_squared_error"))
    assert fit_targets(Needs(REGRESSION), bad, place).read(bad, place).tolist() == bad.tolist()


@pytest.mark.parametrize("transform", ["none", "log"])
@pytest.mark.parametrize("task", [BINARY, CATEGORICAL, REGRESSION])
def test_a_weight_counts_as_so_many_targets(task: TaskName, transform: str) -> None:
    rng = np.random.default_rng(5)
    raw = {
        BINARY: rng.integers(0, 2, (25, 3)), CATEGORICAL: np.arange(25) % 4, REGRESSION: rng.gamma(2, 3, (25, 2)),
    }[task]  # fmt: skip
    weights = rng.integers(0, 4, 25)
    reader = fit_targets(Needs(task), raw, place, transform=transform if task is REGRESSION else "none")
    targets = reader.read(raw, place)
    found, repeated = reader.describe(targets, weights), reader.describe(targets.repeat(weights, axis=0))
    if task is REGRESSION:
        for each in ("offset", "mean", "median"):
            expected = getattr(repeated["target_numbers"], each)
            assert getattr(found["target_numbers"], each) == pytest.approx(expected)
        # What half of the weight lies on either side of: the middle of two.
        halves = reader.describe(np.array([[1.0, 1], [2, 2], [6, 6]]), np.array([1.0, 1, 2]))["target_numbers"]
        assert halves.median == (4, 4)
    else:
        assert found["frequencies"] == pytest.approx(repeated["frequencies"])
