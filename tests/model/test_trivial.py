"""What the trivial answer scores is what one works out by hand."""

import keras
import numpy as np
import pytest

from dltool.config.needs import TaskName
from dltool.contracts.signature import Signature
from dltool.model.trivial import trivial_scores
from dltool.tasks import task_of
from dltool.tasks.reading import fit_numbers
from tests.support.examples import config_from

HEAD = "name: t\ndata: {source: inline, features: [[1], [2]], targets: [0, 1]}\nmodel: {type: mlp, hidden_units: []}\n"
RNG = np.random.default_rng(4)
PRICES = np.exp(RNG.normal(12, 0.4, (80, 1)))
LABELS = (RNG.random((80, 2)) < [0.2, 0.7]).astype("float32")
CLASSES = np.repeat([0, 1, 2], [50, 20, 10]).astype("int32")


def scores(training, targets, task, standardized=False, transform="none", weights=None):
    outputs = 3 if targets.ndim == 1 else targets.shape[1]
    rows = np.eye(outputs)[targets] if targets.ndim == 1 else targets
    fitted = (
        {"target_numbers": fit_numbers(targets, transform)}
        if task is TaskName.REGRESSION
        else {"frequencies": tuple(rows.mean(axis=0).tolist())}
    )
    signature = Signature(task, (1,), "float32", outputs, ("a", "b", "c") if targets.ndim == 1 else (), **fitted)
    config = config_from(f"{HEAD}training: {{{training}, epochs: 1}}\n")
    code = task_of(signature, config.training.loss, standardized)
    balanced = weights is not None
    return trivial_scores(keras.Model(), config.training, code, {}, targets, weights, balanced=balanced)


def test_numbers():
    found = scores(
        "loss: mean_squared_error, metrics: [r2_score, mean_absolute_error]",
        PRICES,
        TaskName.REGRESSION,
        standardized=True,
    )
    assert found["loss"] == pytest.approx(1, rel=1e-5)
    assert found["r2_score"] == 0
    assert found["mean_absolute_error"] == pytest.approx(np.abs(PRICES - PRICES.mean()).mean(), rel=1e-6)


@pytest.mark.parametrize("metric, targets, task", [
    ("r2_score", PRICES[[0, 0, 0]], TaskName.REGRESSION),
    ("auc", LABELS * 0, TaskName.BINARY),
])  # fmt: skip
def test_a_metric_that_does_not_exist_is_none(metric, targets, task):
    loss = {TaskName.REGRESSION: "mean_squared_error", TaskName.BINARY: "binary_crossentropy"}[task]
    assert scores(f"loss: {loss}, metrics: [{metric}]", targets, task)[metric] is None


def test_absolute_errors_are_least_about_the_median():
    found = scores("loss: mean_absolute_error, metrics: [mean_absolute_error]", PRICES, TaskName.REGRESSION, True)
    assert found["mean_absolute_error"] == pytest.approx(np.abs(PRICES - np.median(PRICES)).mean(), rel=1e-6)


def test_logarithms():
    found = scores("loss: mean_squared_error", PRICES, TaskName.REGRESSION, True, "log")
    assert found["loss"] == pytest.approx(1, rel=1e-5)  # no constant is better


def test_classes():
    part = np.array([50, 20, 10]) / 80
    found = scores("loss: categorical_crossentropy, metrics: [accuracy, auc]", CLASSES, TaskName.CATEGORICAL)
    assert found["loss"] == pytest.approx(-(part * np.log(part)).sum(), rel=1e-5)
    assert found["accuracy"] == pytest.approx(50 / 80)


def test_weighted_classes_count_alike():
    weights = (80 / 3 / np.array([50, 20, 10]))[CLASSES].astype("float32")
    found = scores("loss: sparse_categorical_crossentropy", CLASSES, TaskName.CATEGORICAL, weights=weights)
    assert found["loss"] == pytest.approx(np.log(3), rel=1e-5)


def test_labels():
    part = LABELS.mean(axis=0)
    found = scores("loss: binary_crossentropy, metrics: [accuracy]", LABELS, TaskName.BINARY)
    assert found["loss"] == pytest.approx(-(part * np.log(part) + (1 - part) * np.log(1 - part)).mean(), rel=1e-5)
    assert found["accuracy"] == pytest.approx(np.maximum(part, 1 - part).mean())


def test_logits_say_the_same():
    plain = scores("loss: categorical_crossentropy", CLASSES, TaskName.CATEGORICAL)
    logits = scores("loss: {type: categorical_crossentropy, from_logits: true}", CLASSES, TaskName.CATEGORICAL)
    assert logits["loss"] == pytest.approx(plain["loss"], rel=1e-5)
