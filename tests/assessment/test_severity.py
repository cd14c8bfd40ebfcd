"""How wrong answers made by hand are."""

from dataclasses import replace

import numpy as np
import pytest

from dltool.assessment.severity import errors, severities, wrong_distances
from dltool.config.needs import TaskName
from dltool.config.training import Training
from dltool.contracts.signature import Signature, TargetNumbers
from dltool.tasks import task_of

INF, NAN = np.inf, np.nan


def task(loss, signature):
    return task_of(signature, Training.model_validate({"epochs": 1, "loss": loss}).loss)


LABELS = Signature(TaskName.BINARY, (2,), "float32", 2, targets=("x", "y"), frequencies=(0.5, 0.5))
NUMBERS = Signature(
    TaskName.REGRESSION, (2,), "float32", 1, target_numbers=TargetNumbers("none", *((0.0,), (1.0,)) * 2)
)


def test_of_classes_the_score_of_the_wrong_one():
    signature = Signature(TaskName.BINARY, (2,), "float32", 2, ("no", "yes"), frequencies=(0.8, 0.2))
    second = np.array([0.25, 0.75, 0.1, NAN])
    outputs, targets = np.stack([1 - second, second], axis=1), np.array([0, 0, 1, 0])
    made = task("binary_crossentropy", signature)
    assert severities(made, targets, outputs).tolist() == [-INF, 0.75, 0.9, INF]
    assert severities(replace(made, threshold=0.2), targets, outputs).tolist() == [0.25, 0.75, 0.9, INF]


def test_of_labels_the_distance_of_the_surest_that_is_wrong():
    outputs = np.array([[0.75, 0.25], [0.125, 0.625], [0.0, 0.625], [NAN, 0.25]])
    targets = np.array([[1, 0], [0, 0], [1, 0], [0, 0]])
    made = task("binary_crossentropy", LABELS)
    assert severities(made, targets, outputs).tolist() == [-INF, 0.125, 0.5, INF]
    assert wrong_distances(made, targets, outputs).tolist() == [
        [-INF, -INF], [-INF, 0.125], [0.5, 0.125], [INF, -INF],
    ]  # fmt: skip


def test_of_numbers_the_largest_error():
    targets = np.array([[1.0], [2.0], [3.0]])
    outputs = np.array([[3.0], [-1.0], [-INF]])
    assert severities(task("mean_squared_error", NUMBERS), targets, outputs).tolist() == [2, 3, INF]


def test_of_several_numbers_errors_are_in_deviations_of_each():
    targets = np.array([[0.0, 0.0, 5.0], [2.0, 200.0, 5.0]])  # deviations of 1, 100, and none
    assert errors(targets, targets + np.array([1, -50, 3])).tolist() == [[1, -0.5, 3], [1, -0.5, 3]]


@pytest.mark.parametrize(("error", "severity"), [(0.25, 0.25), (NAN, INF)])
def test_of_reconstructions_the_error(error, severity):
    signature = Signature(TaskName.RECONSTRUCTION, (2,), "float32", 2, typical=(0.0, 0.0))
    made = task("mean_squared_error", signature)
    assert severities(made, np.zeros((1, 0)), np.array([[error]])).tolist() == [severity]
