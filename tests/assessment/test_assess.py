import numpy as np
import pytest

from dltool.assessment.assess import assess
from dltool.config.needs import TaskName
from dltool.config.training import Training
from dltool.contracts.signature import Signature, TargetNumbers
from dltool.tasks import task_of

ROWS = 400


def assessed(signature, targets, outputs, measured, columns=None, **training):
    spec = Training.model_validate({"epochs": 1, **training})
    return assess(spec, task_of(signature, spec.loss), targets, outputs, measured, None, columns)


def test_two_classes_have_all_of_it():
    generator = np.random.default_rng(0)
    signature = Signature(TaskName.BINARY, (3,), "float32", 2, ("no", "yes"), frequencies=(0.5, 0.5))
    scores = generator.random(ROWS)
    targets = (generator.random(ROWS) < scores).astype("int32")
    outputs, accuracy = np.stack([1 - scores, scores], axis=1), float(((scores > 0.5) == targets).mean())
    found = assessed(
        signature, targets, outputs, {"accuracy": accuracy}, {"half": ["a", "b"] * 200},
        loss="binary_crossentropy", metrics=["accuracy"],
    )  # fmt: skip
    half = 1.96 * (accuracy * (1 - accuracy) / ROWS) ** 0.5
    assert found.intervals["accuracy"] == pytest.approx((accuracy - half, accuracy + half), abs=0.006)
    assert [each.name for each in found.ranked] == ["yes"]
    wins = scores[targets == 1][:, None] > scores[targets == 0]
    assert found.ranked[0].roc.area == pytest.approx(wins.mean())
    assert found.reliability.error < 0.08
    assert found.abstaining[1][-1] == pytest.approx(accuracy)
    assert {each.name: each.rows for each in found.slices[0].slices} == {"a": 200, "b": 200}
    assert len(found.mistakes) == 12


def test_slices_of_numbers_are_errors_in_their_own_unit():
    numbers = TargetNumbers("none", (0.0,), (1.0,), (0.0,), (0.0,))
    signature = Signature(TaskName.REGRESSION, (3,), "float32", 1, target_numbers=numbers)
    targets = np.zeros((6, 1))
    outputs = np.array([[1.0], [1.0], [1.0], [3.0], [3.0], [3.0]])
    found = assessed(signature, targets, outputs, {}, {"c": list("aaabbb")}, loss="mean_squared_error")
    assert [(each.name, each.score, each.interval) for each in found.slices[0].slices] == [
        ("b", 3.0, None), ("a", 1.0, None),
    ]  # fmt: skip
    assert found.slices[0].score == "mean absolute error"
    assert found.reliability is None
    assert not found.ranked


def test_answers_that_are_no_numbers_are_not_assessed_but_shown():
    numbers = TargetNumbers("none", (0.0,), (1.0,), (0.0,), (0.0,))
    signature = Signature(TaskName.REGRESSION, (3,), "float32", 1, target_numbers=numbers)
    found = assessed(
        signature, np.zeros((2, 1)), np.array([[0.0], [np.nan]]), {"loss": None}, loss="mean_squared_error"
    )
    assert not found.intervals
    assert found.mistakes[0].row == 1
    assert "1 answers are no finite numbers" in found.left_out[0]


def test_a_class_that_all_rows_or_none_are_of_has_no_curve_and_that_is_said():
    signature = Signature(TaskName.CATEGORICAL, (3,), "float32", 3, ("a", "b", "c"), frequencies=(0.4, 0.3, 0.3))
    outputs = np.random.default_rng(0).dirichlet(np.ones(3), 20)
    found = assessed(signature, np.array([0, 1] * 10), outputs, {}, loss="categorical_crossentropy")
    assert [each.name for each in found.ranked] == ["a", "b"]
    assert found.left_out == ["ROC and precision-recall curves of c: the rows hold it always or never"]
