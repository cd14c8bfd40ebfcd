import numpy as np

from dltool.assessment.mistakes import nearest_rows, worst_rows
from dltool.config.needs import TaskName
from dltool.config.training import Training
from dltool.contracts.signature import Signature, TargetNumbers
from dltool.tasks import task_of


def task(loss, signature):
    return task_of(signature, Training.model_validate({"epochs": 1, "loss": loss}).loss)


def test_of_classes_the_surest_that_are_wrong():
    signature = Signature(TaskName.CATEGORICAL, (2,), "float32", 3, tuple("abc"), frequencies=(0.4, 0.3, 0.3))
    outputs = np.array([[0.9, 0.05, 0.05], [0.2, 0.7, 0.1], [0.1, 0.0, 0.9], [0.4, 0.35, 0.25]])
    rows = np.array([10, 11, 30, 31])
    found = worst_rows(task("categorical_crossentropy", signature), np.array([0, 0, 1, 1]), outputs, rows)
    assert [(each.row, each.id, each.true, each.predicted) for each in found] == [
        (2, 31, "b", "c (probability 0.9)"), (1, 12, "a", "b (probability 0.7)"), (3, 32, "b", "a (probability 0.4)"),
    ]  # fmt: skip


def test_of_numbers_the_largest_errors_in_deviations_of_each_and_no_more_than_twelve():
    numbers = TargetNumbers("none", (0.0, 0.0), (1.0, 1.0), (0.0, 0.0), (0.0, 0.0))
    signature = Signature(TaskName.REGRESSION, (2,), "float32", 2, target_numbers=numbers)
    targets = np.stack([np.arange(20.0), 1000 * np.arange(20.0)], axis=1)
    outputs = targets.copy()
    outputs[3, 0] += 6  # more than a deviation
    outputs[5, 1] += 600  # a tenth of one
    found = worst_rows(task("mean_squared_error", signature), targets, outputs)
    assert [each.row for each in found[:2]] == [3, 5]
    assert len(found) == 12
    assert (found[0].true, found[0].predicted) == ("target 1 3, target 2 3000", "target 1 9, target 2 3000")


def test_of_labels_the_surest_that_is_wrong():
    signature = Signature(TaskName.BINARY, (2,), "float32", 2, targets=("x", "y"), frequencies=(0.5, 0.5))
    outputs = np.array([[0.9, 0.2], [0.1, 0.55], [0.02, 0.9]])
    found = worst_rows(task("binary_crossentropy", signature), np.array([[1, 0], [0, 0], [1, 1]]), outputs)
    assert [(each.row, each.true) for each in found] == [(2, "x"), (1, "not y")]


def test_an_answer_that_is_no_finite_number_is_the_worst():
    signature = Signature(TaskName.BINARY, (2,), "float32", 2, targets=("x", "y"), frequencies=(0.5, 0.5))
    outputs = np.array([[0.1, 1.0], [np.nan, 0.2]])
    found = worst_rows(task("binary_crossentropy", signature), np.array([[0, 0], [0, 0]]), outputs)
    assert [(each.row, each.true, each.predicted) for each in found] == [
        (1, "not x", "score nan"), (0, "not y", "score 1"),
    ]  # fmt: skip


def test_the_nearest_row_by_brute_force(monkeypatch):
    generator = np.random.default_rng(0)
    numbers = [generator.normal(size=(count, 3)).astype("float32") for count in (5, 40)]
    categories = [generator.integers(0, 3, (count, 2)).astype("int32") for count in (5, 40)]
    names = ("numbers", "categories")
    expected = []
    for i in range(5):
        ones = [np.eye(3)[each].reshape(len(each), -1) for each in categories]
        distance = ((numbers[1] - numbers[0][i]) ** 2).sum(axis=1) + ((ones[1] - ones[0][i]) ** 2).sum(axis=1)
        expected.append(int(distance.argmin()))
    rows, train = (dict(zip(names, (numbers[k], categories[k]), strict=True)) for k in (0, 1))
    assert nearest_rows(rows, train).tolist() == expected
    monkeypatch.setattr("dltool.assessment.mistakes._BLOCK_BYTES", 300)  # blocks of a few rows
    assert nearest_rows(rows, train).tolist() == expected
