"""Rows that one would ask about, chosen from answers made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from dltool.assessment.mistakes import worst_rows
from dltool.config.needs import TaskName
from dltool.config.training import Training
from dltool.contracts.signature import Signature, TargetNumbers
from dltool.inference.explained_rows import explained_rows
from dltool.tasks import task_of
from dltool.tasks.reconstruction import Reconstruction


def task(loss, signature):
    return task_of(signature, Training.model_validate({"epochs": 1, "loss": loss}).loss)


def chosen(task, targets, outputs, most):
    return [(each.row, each.why, each.true) for each in explained_rows(task, targets, np.array(outputs), most)]


CLASSES = Signature(TaskName.CATEGORICAL, (2,), "float32", 3, tuple("abc"), frequencies=(0.4, 0.3, 0.3))
SCORES = [
    [0.90, 0.08, 0.02],  # right, by 0.82
    [0.20, 0.70, 0.10],  # wrong, by 0.5
    [0.10, 0.00, 0.90],  # wrong, by 0.8
    [0.40, 0.35, 0.25],  # right, by 0.05
    [0.95, 0.03, 0.02],  # right, by 0.92
    [0.10, 0.80, 0.10],  # right, by 0.7
    [0.30, 0.30, 0.40],  # right, by 0.1
]
TRUE = np.array([0, 0, 1, 0, 0, 1, 2])


def test_of_classes_the_surest_mistakes_the_least_sure_and_the_surest_right_ones_of_each_class():
    found = chosen(task("categorical_crossentropy", CLASSES), TRUE, SCORES, 6)
    assert found == [
        (2, "surest mistake", "b"), (1, "surest mistake", "a"),
        (3, "least sure", "a"), (6, "least sure", "c"),
        (4, "surest right", "a"), (5, "surest right", "b"),
    ]  # fmt: skip


def test_what_a_kind_leaves_over_the_next_ones_have_and_no_row_is_there_twice():
    found = chosen(task("categorical_crossentropy", CLASSES), TRUE[3:], SCORES[3:], 12)
    assert [(row, why) for row, why, _ in found] == [
        (0, "least sure"), (3, "least sure"), (1, "surest right"), (2, "surest right"),
    ]  # fmt: skip
    found = chosen(task("categorical_crossentropy", CLASSES), TRUE[3:], SCORES[3:], 3)
    assert [(row, why) for row, why, _ in found] == [(0, "least sure"), (3, "least sure"), (1, "surest right")]


def test_what_the_last_kind_leaves_over_the_first_ones_have():
    """Of twelve rows ten are wrong: four of each kind at first, of the surest right ones two."""
    signature = replace(CLASSES, outputs=2, classes=("a", "b"), frequencies=(0.5, 0.5))
    first = np.linspace(0.52, 0.96, 12)
    found = chosen(
        task("categorical_crossentropy", signature),
        np.array([1] * 8 + [0, 1, 0, 1]),
        np.stack([first, 1 - first], 1),
        12,
    )
    assert [(row, why) for row, why, _ in found] == [
        *((row, "surest mistake") for row in (11, 9, 7, 6, 5)),
        *((row, "least sure") for row in (0, 1, 2, 3, 4)),
        *((row, "surest right") for row in (10, 8)),
    ]


def test_sure_is_far_from_the_threshold_where_one_decides():
    signature = Signature(TaskName.BINARY, (2,), "float32", 2, ("no", "yes"), frequencies=(0.8, 0.2))
    decided = replace(task("binary_crossentropy", signature), threshold=0.2)
    second = np.array([0.21, 0.5, 0.02, 0.9])
    found = chosen(decided, np.array([0, 1, 1, 0]), np.stack([1 - second, second], axis=1), 3)
    assert found == [(2, "surest mistake", "yes"), (0, "least sure", "no"), (1, "surest right", "yes")]


def test_of_labels_a_row_is_right_where_each_is():
    signature = Signature(TaskName.BINARY, (2,), "float32", 2, targets=("x", "y"), frequencies=(0.5, 0.5))
    outputs = [[0.9, 0.2], [0.1, 0.55], [0.02, 0.9], [0.99, 0.97]]
    targets = np.array([[1, 0], [0, 0], [1, 1], [1, 1]], "float32")
    assert chosen(task("binary_crossentropy", signature), targets, outputs, 3) == [
        (2, "surest mistake", "x, y"), (1, "least sure", "no label"), (3, "surest right", "x, y"),
    ]  # fmt: skip


def test_labels_that_are_wrong_are_named_the_surest_first():
    signature = Signature(TaskName.BINARY, (2,), "float32", 3, targets=("x", "y", "z"), frequencies=(0.5,) * 3)
    outputs = np.array([[0.6, 0.9, 0.05], [0.9, 0.1, 0.2], [0.9, np.nan, 0.2]])
    targets = np.array([[0, 1, 1], [1, 0, 0], [0, 0, 0]], "float32")
    found = explained_rows(task("binary_crossentropy", signature), targets, outputs, 3)
    assert {each.row: each.wrong for each in found} == {0: (2, 0), 1: (), 2: (1, 0)}
    found = explained_rows(task("categorical_crossentropy", CLASSES), TRUE, np.array(SCORES), 3)
    assert {each.wrong for each in found} == {()}


def test_numbers_are_named_by_their_errors():
    targets = np.array([[0.0, 0.0, 0.0], [2.0, 200.0, 2.0]])  # deviations of 1, 100 and 1
    found = explained_rows(numbers_of(3), targets, targets + np.array([0.5, 10.0, 2.0]), 1)
    assert found[0].wrong == (2, 0, 1)


def numbers_of(count):
    numbers = TargetNumbers("none", *((0.0,) * count, (1.0,) * count) * 2)
    return task("mean_squared_error", Signature(TaskName.REGRESSION, (2,), "float32", count, target_numbers=numbers))


def test_of_numbers_the_furthest_above_and_below_and_the_closest():
    targets = np.arange(6.0)[:, None]
    outputs = targets + np.array([[3.0], [0.5], [-2], [0.25], [-4], [-1]])
    assert chosen(numbers_of(1), targets, outputs, 6) == [
        (0, "furthest above", "target 1 0"), (1, "furthest above", "target 1 1"),
        (4, "furthest below", "target 1 4"), (2, "furthest below", "target 1 2"),
        (3, "closest", "target 1 3"), (5, "closest", "target 1 5"),
    ]  # fmt: skip
    assert [why for _, why, _ in chosen(numbers_of(1), targets, targets + 1, 4)] == ["furthest above"] * 2 + [
        "closest"
    ] * 2


def test_several_numbers_are_compared_in_deviations_of_each():
    targets = np.stack([np.arange(20.0), 1000 * np.arange(20.0)], axis=1)
    outputs = targets.copy()
    outputs[3, 0] += 6  # more than a deviation
    outputs[5, 1] += 600  # a tenth of one
    found = chosen(numbers_of(2), targets, outputs, 3)
    assert found[0] == (3, "furthest above", "target 1 3, target 2 3000")


def test_of_reconstructions_the_largest_and_the_smallest_errors():
    signature = Signature(TaskName.RECONSTRUCTION, (2,), "float32", 2, typical=(0.0, 0.0))
    made = task("mean_squared_error", signature)
    assert isinstance(made, Reconstruction)
    found = chosen(made, np.zeros((4, 0)), [[0.2], [0.9], [0.1], [0.4]], 3)
    assert found == [(1, "largest error", ""), (3, "largest error", ""), (2, "smallest error", "")]


def test_rows_without_a_finite_answer_come_first():
    found = chosen(numbers_of(1), np.arange(4.0)[:, None], [[2.0], [1.0], [np.inf], [np.nan]], 4)
    assert [(row, why) for row, why, _ in found] == [
        (2, "no finite answer"), (3, "no finite answer"), (0, "furthest above"), (1, "closest"),
    ]  # fmt: skip
    labels = Signature(TaskName.BINARY, (2,), "float32", 2, targets=("x", "y"), frequencies=(0.5, 0.5))
    outputs = [[0.9, 0.8], [np.nan, 0.1]]
    found = chosen(task("binary_crossentropy", labels), np.array([[1, 1], [0, 0]], "float32"), outputs, 2)
    assert [(row, why) for row, why, _ in found] == [(1, "no finite answer"), (0, "least sure")]


RNG = np.random.default_rng(7)
SCORES_OF_THREE = RNG.dirichlet(np.ones(3), 60)
TRUE_LABELS = RNG.integers(0, 2, (60, 2)).astype("float32")
SCORES_OF_LABELS = RNG.uniform(0, 1, (60, 2))
LABELS = Signature(TaskName.BINARY, (2,), "float32", 2, targets=("x", "y"), frequencies=(0.5, 0.5))


@pytest.mark.parametrize(
    ("made", "targets", "outputs"),
    [
        (task("categorical_crossentropy", CLASSES), RNG.integers(0, 3, 60), SCORES_OF_THREE),
        (task("binary_crossentropy", LABELS), TRUE_LABELS, SCORES_OF_LABELS),
    ],
    ids=["classes", "labels"],
)
def test_the_surest_mistakes_are_those_of_an_evaluation(made, targets, outputs):
    mistakes = [row for row, why, _ in chosen(made, targets, outputs, 12) if why == "surest mistake"]
    assert len(mistakes) == 4
    assert mistakes == [each.row for each in worst_rows(made, targets, outputs)][:4]


def test_the_furthest_of_several_numbers_are_those_of_an_evaluation():
    targets = RNG.normal(size=(60, 2)) * [1, 1000]
    outputs = targets + RNG.normal(size=(60, 2)) * [1, 1000]
    found = chosen(numbers_of(2), targets, outputs, 12)
    worst, *_ = worst_rows(numbers_of(2), targets, outputs)
    assert worst.row in {row for row, why, _ in found[:8:4]}
