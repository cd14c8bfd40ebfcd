"""Metrics equal their definitions, worked out in NumPy in float64 or by hand, however the rows come."""

from itertools import product

import numpy as np
import pytest
from pydantic import TypeAdapter

from dltool.config.losses import AnyLoss, AnyMetric
from dltool.contracts.signature import Signature
from dltool.model.build import keras_metric
from dltool.tasks import task_of
from dltool.tasks.class_scores import average_scores


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def metric_of(metric, loss, rows):
    """Return our metric for a spec and a loss as a config has them."""
    loss = TypeAdapter(AnyLoss).validate_python(loss)
    task = task_of(Signature(loss.task, (2,), "float32", 2), loss)
    return keras_metric(TypeAdapter(AnyMetric).validate_python(metric), task, rows)


def metric_value(metric, loss, targets, outputs, batch=7):
    """Return what our metric says of rows that come a batch at a time; a first look at other rows leaves no trace."""
    made = metric_of(metric, loss, len(targets))
    made.update_state(targets[:1], outputs[:1])
    made.reset_state()
    for first in range(0, len(targets), batch):
        made.update_state(targets[first : first + batch], outputs[first : first + batch])
    return float(made.result())


def roc(targets, scores):
    """P(a positive's score > a negative's) + P(equal) / 2, over every pair."""
    positives, negatives = scores[targets == 1].astype(float), scores[targets == 0].astype(float)
    pairs = positives[:, None] - negatives[None]
    return np.mean((pairs > 0) + 0.5 * (pairs == 0))


def average_precision(targets, scores):
    """Σ (R_n - R_(n-1)) · P_n over every score as a threshold, the highest first."""
    targets, total, before = targets.astype(float), 0.0, 0.0
    for threshold in np.unique(scores)[::-1]:
        called = scores >= threshold
        recall, precision = targets[called].sum() / targets.sum(), targets[called].mean()
        total, before = total + (recall - before) * precision, recall
    return total


AREAS = {"ROC": roc, "PR": average_precision}


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_the_first_of_equally_likely_classes_is_the_one_that_is_predicted(loss, rng):
    scores = rng.integers(-2, 3, (200, 4)).astype("float32")
    scores[rng.random(scores.shape) < 0.2] = -0.0
    classes = rng.integers(0, 4, (200, 1))
    targets = classes if loss.startswith("sparse") else np.eye(4, dtype="float32")[classes[:, 0]]
    expected = np.mean(scores.argmax(axis=1) == classes[:, 0])
    assert metric_value("accuracy", loss, targets, scores) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("curve", AREAS)
def test_areas_by_hand(curve):
    # Positives at 0.8 and 0.4, negatives at 0.6, 0.4 and 0.1. Of the 6 pairs 4 are in order, and one is a tie: 0.4.
    # Thresholds 0.8: R 1/2, P 1; 0.6: R 1/2, P 1/2; 0.4: R 1, P 2/4. So 1/2 · 1 + 1/2 · 1/2.
    targets = np.array([[1], [0], [1], [0], [0]], "float32")
    scores = np.array([[0.8], [0.6], [0.4], [0.4], [0.1]], "float32")
    expected = {"ROC": (4 + 0.5) / 6, "PR": 0.75}
    assert AREAS[curve](targets[:, 0], scores[:, 0]) == pytest.approx(expected[curve], abs=1e-15)
    found = metric_value({"type": "auc", "curve": curve}, "binary_crossentropy", targets, scores, batch=2)
    assert found == pytest.approx(expected[curve], abs=1e-12)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "categorical_crossentropy"])
@pytest.mark.parametrize("metric", ["auc", "accuracy", "f1_score", "precision", "recall", "average precision"])
def test_a_weight_counts_as_so_many_rows(loss, metric, rng):
    targets = rng.integers(0, 2, (60, 1)).astype("float32")
    scores = rng.random((60, 1)).astype("float32").round(1)
    if loss == "categorical_crossentropy":
        targets, scores = np.hstack([1 - targets, targets]), np.hstack([1 - scores, scores])
    weights = rng.integers(0, 4, 60)
    weights[scores[:, 0].argsort()[[0, -1]]] = 0  # what is scored first and last
    spec = {"type": "auc", "curve": "PR"} if metric == "average precision" else {"type": metric}
    found = metric_of(spec, loss, 60)
    for first in range(0, 60, 7):
        some = slice(first, first + 7)
        found.update_state(targets[some], scores[some], weights[some])
    repeated = metric_value(spec, loss, targets.repeat(weights, axis=0), scores.repeat(weights, axis=0))
    assert float(found.result()) == pytest.approx(repeated, abs=1e-7)


@pytest.mark.parametrize("curve", AREAS)
@pytest.mark.parametrize("digits", [1, 2, 7])
@pytest.mark.parametrize("share", [0.006, 0.5])
def test_areas_are_exact_with_rare_positives_and_ties(curve, digits, share, rng):
    targets = (rng.random((3000, 1)) < share).astype("float32")
    # Close together at one end, where evenly spaced thresholds see nothing.
    scores = np.round(1 / (1 + np.exp(6 - targets - rng.normal(size=targets.shape))), digits).astype("float32")
    found = metric_value({"type": "auc", "curve": curve}, "binary_crossentropy", targets, scores, batch=512)
    assert found == pytest.approx(AREAS[curve](targets[:, 0], scores[:, 0]), abs=1e-12)


@pytest.mark.parametrize("curve", AREAS)
def test_areas_of_classes_and_labels_are_over_all_outputs_together(curve, rng):
    classes = np.eye(4, dtype="float32")[rng.integers(0, 4, 200)]
    labels = (rng.random((200, 3)) < 0.2).astype("float32")
    logits = rng.normal(size=(200, 4)).astype("float32") + classes
    raised = np.exp(logits.astype(float))
    softmax = raised / raised.sum(axis=1, keepdims=True)
    area, metric = AREAS[curve], {"type": "auc", "curve": curve}
    found = metric_value(metric, "categorical_crossentropy", classes, softmax.astype("float32"))
    assert found == pytest.approx(area(classes.ravel(), softmax.ravel()), abs=1e-7)
    # Of logits, the same: rows are comparable as probabilities only.
    found = metric_value(metric, {"type": "categorical_crossentropy", "from_logits": True}, classes, logits)
    assert found == pytest.approx(area(classes.ravel(), softmax.ravel()), abs=1e-6)
    for loss in ({"type": "binary_crossentropy", "from_logits": True}, "hinge"):
        found = metric_value(metric, loss, labels, logits[:, :3])
        assert found == pytest.approx(area(labels.ravel(), logits[:, :3].ravel()), abs=1e-12)


@pytest.mark.parametrize(
    ("curve", "targets", "scores", "expected"),
    [
        ("ROC", [1, 1], [0.1, 0.2], None),
        ("ROC", [0, 0], [0.1, 0.2], None),
        ("PR", [0, 0], [0.1, 0.2], None),
        ("PR", [1, 1], [0.1, 0.2], 1.0),  # precision is 1 at every threshold
        ("ROC", [0, 1], [0.1, np.nan], None),
        ("PR", [0, 1], [np.nan, 0.1], None),
        ("ROC", [0, 1], [-np.inf, np.inf], 1.0),
        ("ROC", [0, 1], [-0.0, 0.0], 0.5),
    ],
)
def test_an_area_that_is_undefined_is_no_number(curve, targets, scores, expected):
    targets, scores = (np.array(values, "float32")[:, None] for values in (targets, scores))
    found = metric_value({"type": "auc", "curve": curve}, "binary_crossentropy", targets, scores)
    assert np.isnan(found) if expected is None else found == expected


@pytest.mark.parametrize("far", [0, 1e8])
def test_r2_is_over_the_targets_that_vary(far, rng):
    targets = far + np.stack([rng.normal(size=20), np.full(20, 0.1), rng.normal(size=20)], axis=1)
    outputs = targets + rng.normal(0, 0.3, targets.shape)
    each = 1 - ((targets - outputs) ** 2).sum(axis=0) / (20 * targets.var(axis=0).clip(1e-9))
    assert metric_value("r2_score", "mean_squared_error", targets, outputs) == pytest.approx(
        each[[0, 2]].mean(), rel=1e-6
    )
    assert np.isnan(metric_value("r2_score", "mean_squared_error", targets[:, 1:2], outputs[:, 1:2]))
    assert np.isnan(metric_value("r2_score", "mean_squared_error", targets[:, 1:2], targets[:, 1:2])), "0 / 0"


def test_r2_of_equal_targets_that_were_logarithms_does_not_exist():
    # The exponential of equal numbers differs in the last bit, by the place in an array.
    for value in np.random.default_rng(0).normal(3, 2, 50):
        targets = np.exp(np.full((7, 1), value) + np.array([[0, 2e-16, 0, -2e-16, 0, 0, 0]]).T)
        assert np.isnan(metric_value("r2_score", "mean_squared_error", targets, targets * 1.1))


def f1_scores(true, predicted, present):
    """F1 of each class (column) that is present, by counting rows one by one; and the rows that each is true of."""
    scores, rows = [], []
    for one, other in zip(true.T, predicted.T, strict=True):
        right = sum(a and b for a, b in zip(one, other, strict=True))
        called, there = other.sum(), one.sum()
        if called + there or not present:
            precision, recall = right / max(called, 1), right / max(there, 1)
            scores.append(2 * precision * recall / (precision + recall) if right else 0.0)
            rows.append(there)
    return np.array(scores), np.array(rows)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("kind", ["classes", "absent classes", "labels", "absent label"])
def test_f1_is_over_what_is_present(average, kind, rng):
    loss = "categorical_crossentropy"
    if "class" in kind:
        true = np.eye(6, dtype=bool)[rng.integers(0, 6 if kind == "classes" else 3, 90)]
        outputs = rng.random((90, 6)).astype("float32")
        if kind == "absent classes":
            outputs[:, 4:] = 0  # class 3 is predicted, though no row has it; 4 and 5 are neither
        predicted = np.eye(6, dtype=bool)[outputs.argmax(axis=1)]
    else:
        loss, true, outputs = "binary_crossentropy", rng.random((90, 3)) < 0.4, rng.random((90, 3)).astype("float32")
        if kind == "absent label":
            true[:, 1], outputs[:, 1] = False, 0.1
        predicted = outputs > 0.5
    scores, rows = f1_scores(true, predicted, present=True)
    assert len(scores) == {"classes": 6, "absent classes": 4, "labels": 3, "absent label": 2}[kind]
    right = (true & predicted).sum()
    expected = {
        "macro": scores.mean(),
        "weighted": (scores * rows).sum() / rows.sum(),
        "micro": 2 * right / (true.sum() + predicted.sum()),
    }[average]
    found = metric_value({"type": "f1_score", "average": average}, loss, true.astype("float32"), outputs)
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("average", ["macro", "weighted"])
@pytest.mark.parametrize("present", [2, 5])
def test_f1_is_the_average_that_the_table_of_classes_shows(average, present, rng):
    true, outputs = rng.integers(0, present, 80), np.round(rng.random((80, 5)), 1).astype("float32")  # with ties
    outputs[:, present:] = 0
    confusion = np.zeros((5, 5), int)
    np.add.at(confusion, (true, outputs.argmax(axis=1)), 1)
    shown = {score.name: score.f1 for score in average_scores("abcde", confusion.tolist())}
    one_hot = np.eye(5, dtype="float32")[true]
    found = metric_value({"type": "f1_score", "average": average}, "categorical_crossentropy", one_hot, outputs)
    assert found == pytest.approx(shown[f"{average} average"], abs=1e-6)


def test_f1_of_equal_scores_predicts_one_class_as_predictions_do():
    true = np.eye(2, dtype="float32")[[0, 1]]
    for same in (0.0, 0.5):
        # Class 0 is predicted for both rows: F1 2/3 and 0.
        found = metric_value("f1_score", "categorical_crossentropy", true, np.full((2, 2), same, "float32"))
        assert found == pytest.approx(1 / 3, abs=1e-12)


@pytest.mark.parametrize("k", [1, 2, 4, 9])
@pytest.mark.parametrize("sparse", [False, True])
def test_top_k_ranks_equal_scores_as_predictions_do(k, sparse, rng):
    classes, outputs = rng.integers(0, 6, 100), np.round(rng.random((100, 6)), 1).astype("float32")
    ranked = np.argsort(-outputs, axis=1, kind="stable")[:, :k]
    expected = np.mean([true in best for true, best in zip(classes, ranked, strict=True)])
    targets = classes[:, None].astype("int32") if sparse else np.eye(6, dtype="float32")[classes]
    loss = "sparse_categorical_crossentropy" if sparse else "categorical_crossentropy"
    found = metric_value({"type": "top_k_categorical_accuracy", "k": k}, loss, targets, outputs)
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("metric", "logits"), product(["accuracy", "precision", "recall", "f1_score"], [False, True]))
def test_the_threshold_itself_is_negative(metric, logits):
    outputs = np.array([[0.5], [0.5], [0.75]], "float32")
    targets = np.array([[0], [1], [1]], "float32")
    loss = {"type": "binary_crossentropy", "from_logits": logits}
    if logits:
        outputs = np.log(outputs / (1 - outputs))
    # One row is called positive, and is: of two.
    expected = {"accuracy": 2 / 3, "precision": 1, "recall": 1 / 2, "f1_score": 2 / 3}[metric]
    assert metric_value(metric, loss, targets, outputs) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("logits", [False, True])
def test_metrics_go_by_the_threshold_of_the_task(logits):
    """Also where a probability is the threshold: as a float32 it is not above itself, and as a float64 it would be."""
    loss = TypeAdapter(AnyLoss).validate_python({"type": "binary_crossentropy", "from_logits": logits})
    task = task_of(Signature(loss.task, (2,), "float32", 2, ("no", "yes")), loss, threshold=0.3)
    yes = np.array([[0.1], [0.2], [0.4], [0.6], *([[0.3]] * (not logits))], "float32")
    targets = np.array([[0], [1], [0], [1], *([[1]] * (not logits))], "float32")
    told = [0, 0, 1, 1, *([0] * (not logits))]
    right = (targets[:, 0] == told).mean()
    positives = targets.sum()
    expected = {"accuracy": right, "precision": 1 / 2, "recall": 1 / positives, "f1_score": 2 / (2 + positives)}
    for metric, value in expected.items():
        made = keras_metric(TypeAdapter(AnyMetric).validate_python(metric), task, 9)
        made.update_state(targets, np.log(yes / (1 - yes)) if logits else yes)
        assert float(made.result()) == pytest.approx(value, abs=1e-12), metric
    own = keras_metric(TypeAdapter(AnyMetric).validate_python({"type": "recall", "thresholds": 0.5}), task, 9)
    own.update_state(targets[:4], np.log(yes / (1 - yes))[:4] if logits else yes[:4])
    assert float(own.result()) == 1 / 2


@pytest.mark.parametrize("metric", ["precision", "recall"])
def test_thresholds_are_probabilities_where_the_model_puts_out_logits(metric):
    probabilities = np.array([[0.7, 0.2, 0.1], [0.35, 0.25, 0.4], [0.1, 0.3, 0.6], [0.2, 0.7, 0.1]], "float32")
    classes = np.eye(3, dtype="float32")[[0, 1, 2, 0]]
    # Above a half: (0, class 0) right, (2, class 2) right, (3, class 1) wrong; of four.
    expected = {"precision": 2 / 3, "recall": 2 / 4}[metric]
    loss = {"type": "categorical_crossentropy", "from_logits": True}
    assert metric_value(metric, loss, classes, np.log(probabilities) + 5) == pytest.approx(expected, abs=1e-12)
    labels, chosen = classes[:, :1], {"type": metric, "thresholds": 0.15}
    # Above 0.15: rows 0, 1 and 3; 0 and 3 are positive.
    expected = {"precision": 2 / 3, "recall": 1}[metric]
    loss = {"type": "binary_crossentropy", "from_logits": True}
    logits = np.log(probabilities[:, :1] / (1 - probabilities[:, :1]))
    assert metric_value(chosen, loss, labels, logits) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("metric", ["accuracy", "precision", "recall", "f1_score", "top_k_categorical_accuracy"])
def test_counts_go_on_where_float32_stands_still(metric):
    made = metric_of(metric, "categorical_crossentropy", 1)
    one = np.eye(8, dtype="float32")[:1]
    made.update_state(one, one)
    for variable in made.variables:
        variable.assign(np.where(np.array(variable) > 0, 2.0**24, 0.0))
    made.update_state(one, one)
    assert max(np.array(variable).max() for variable in made.variables) == 2**24 + 1
