"""Against Keras's own metrics, weighted rows included."""

import keras
import numpy as np
import pytest

from dltool.assessment.metric_functions import metric_functions
from dltool.config.needs import TaskName
from dltool.config.training import Training
from dltool.contracts.signature import Signature, TargetNumbers
from dltool.tasks import task_of

ROWS = 60
generator = np.random.default_rng(3)
WEIGHTS = generator.integers(1, 4, ROWS).astype(float)


def functions(task, targets, outputs, measured, **training):
    spec = Training.model_validate({"epochs": 1, **training})
    made = task_of(task, spec.loss, standardized=task.target_numbers is not None)
    return metric_functions(spec, made, targets, outputs, measured, WEIGHTS)


def measured(metric, true, predicted):
    metric.update_state(true, predicted, sample_weight=WEIGHTS)
    return float(np.mean(metric.result()))


def checked(found, expected):
    assert {name: each(np.ones(ROWS)) for name, each in found.items()} == pytest.approx(expected, rel=2e-6)


def test_of_two_classes():
    signature = Signature(TaskName.BINARY, (3,), "float32", 2, ("no", "yes"), frequencies=(0.5, 0.5))
    targets, scores = generator.integers(0, 2, ROWS).astype("int32"), generator.random(ROWS).astype("float32")
    true, predicted = targets[:, None].astype("float32"), scores[:, None]
    expected = {
        "loss": float(WEIGHTS @ -np.log(np.where(targets == 1, scores, 1 - scores.astype(float))) / ROWS),
        "accuracy": measured(keras.metrics.BinaryAccuracy(), true, predicted),
        "precision": measured(keras.metrics.Precision(), true, predicted),
        "recall": measured(keras.metrics.Recall(thresholds=0.3), true, predicted),
        "f1_score": measured(keras.metrics.F1Score(threshold=0.5), true, predicted),
    }
    metrics = ["accuracy", "precision", {"type": "recall", "thresholds": 0.3}, "f1_score"]
    outputs = np.stack([1 - scores, scores], axis=1)
    checked(functions(signature, targets, outputs, expected, loss="binary_crossentropy", metrics=metrics), expected)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_of_several_classes(average):
    signature = Signature(TaskName.CATEGORICAL, (3,), "float32", 4, tuple("abcd"), frequencies=(0.25,) * 4)
    targets = generator.integers(0, 4, ROWS).astype("int32")
    outputs = generator.dirichlet(np.ones(4), ROWS).astype("float32")
    true = np.eye(4, dtype="float32")[targets]
    expected = {
        "accuracy": measured(keras.metrics.CategoricalAccuracy(), true, outputs),
        "top_k_categorical_accuracy": measured(keras.metrics.TopKCategoricalAccuracy(k=2), true, outputs),
        "precision": measured(keras.metrics.Precision(), true, outputs),
        "recall": measured(keras.metrics.Recall(), true, outputs),
        "f1_score": measured(keras.metrics.F1Score(average=average), true, outputs),
    }
    metrics = [
        "accuracy", {"type": "top_k_categorical_accuracy", "k": 2}, "precision", "recall",
        {"type": "f1_score", "average": average},
    ]  # fmt: skip
    training = {"loss": "categorical_crossentropy", "metrics": metrics}
    checked(functions(signature, targets, outputs, expected, **training), expected)


def test_of_numbers_in_their_own_unit_and_the_loss_as_it_is_learnt():
    numbers = TargetNumbers("none", (10.0, 5.0), (4.0, 2.0), (10.0, 5.0), (10.0, 5.0))
    signature = Signature(TaskName.REGRESSION, (3,), "float32", 2, targets=("a", "b"), target_numbers=numbers)
    targets = generator.normal((10, 5), (4, 2), (ROWS, 2))
    outputs = targets + generator.normal(size=(ROWS, 2))
    scale = np.array([4.0, 2.0])
    expected = {
        "loss": float(WEIGHTS @ (((outputs - targets) / scale) ** 2).mean(axis=1) / ROWS),
        "mean_squared_error": measured(keras.metrics.MeanSquaredError(), targets, outputs),
        "root_mean_squared_error": measured(keras.metrics.RootMeanSquaredError(), targets, outputs),
        "mean_absolute_error": measured(keras.metrics.MeanAbsoluteError(), targets, outputs),
        "mean_absolute_percentage_error": measured(keras.metrics.MeanAbsolutePercentageError(), targets, outputs),
        "r2_score": measured(keras.metrics.R2Score(), targets, outputs),
    }
    metrics = [name for name in expected if name != "loss"]
    found = functions(signature, targets, outputs, expected, loss="mean_squared_error", metrics=metrics)
    checked(found, expected)


def test_areas_are_those_of_the_ranking_over_all_labels():
    signature = Signature(TaskName.BINARY, (3,), "float32", 2, targets=("a", "b"), frequencies=(0.5, 0.5))
    targets = generator.integers(0, 2, (ROWS, 2)).astype("float32")
    outputs = generator.random((ROWS, 2)).astype("float32")
    has, scores, weights = targets.ravel() > 0, outputs.ravel(), np.repeat(WEIGHTS, 2)
    pairs = weights[has][:, None] * weights[~has]
    area = float((pairs * (scores[has][:, None] > scores[~has])).sum() / pairs.sum())
    found = functions(signature, targets, outputs, {"auc": area}, loss="binary_crossentropy", metrics=["auc"])
    checked(found, {"auc": area})


def test_what_was_measured_otherwise_is_left_out():
    signature = Signature(TaskName.BINARY, (3,), "float32", 2, ("no", "yes"), frequencies=(0.5, 0.5))
    targets, scores = np.array([0, 1] * 30, "int32"), np.linspace(0.1, 0.9, ROWS)
    outputs = np.stack([1 - scores, scores], axis=1)
    training = {"loss": "binary_crossentropy", "metrics": ["accuracy"]}
    assert not functions(signature, targets, outputs, {"loss": 99.0, "accuracy": None}, **training)


def test_a_row_that_is_drawn_twice_counts_twice():
    signature = Signature(TaskName.BINARY, (3,), "float32", 2, ("no", "yes"), frequencies=(0.5, 0.5))
    targets, scores = generator.integers(0, 2, ROWS).astype("int32"), generator.random(ROWS)
    outputs, right = np.stack([1 - scores, scores], axis=1), (scores > 0.5) == targets
    spread = -np.log(np.where(targets == 1, scores, 1 - scores))
    known = {"accuracy": float(np.average(right, weights=WEIGHTS)), "loss": float(WEIGHTS @ spread / ROWS)}
    found = functions(signature, targets, outputs, known, loss="binary_crossentropy", metrics=["accuracy"])
    drawn = generator.integers(0, ROWS, ROWS)
    counts = np.bincount(drawn, minlength=ROWS).astype(float)
    assert found["accuracy"](counts) == pytest.approx(np.average(right[drawn], weights=WEIGHTS[drawn]))
    assert found["loss"](counts) == pytest.approx((WEIGHTS * spread)[drawn].mean())


def test_rows_that_count_nothing_give_no_number():
    signature = Signature(TaskName.BINARY, (3,), "float32", 2, ("no", "yes"), frequencies=(0.5, 0.5))
    targets, outputs = np.array([0, 1] * 30, "int32"), np.full((ROWS, 2), 0.5)
    found = functions(signature, targets, outputs, {"accuracy": float(np.average(targets == 0, weights=WEIGHTS))},
                      loss="binary_crossentropy", metrics=["accuracy"])  # fmt: skip
    assert np.isnan(found["accuracy"](np.zeros(ROWS)))
