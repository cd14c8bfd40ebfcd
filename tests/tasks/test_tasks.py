"""Targets are encoded as the loss wants them, and decoded into what they were."""

import numpy as np
import pytest

from dltool.config import losses
from dltool.config.field_types import kind_of
from dltool.config.needs import TaskName
from dltool.contracts.signature import Signature
from dltool.tasks import check_predictions, row_scores, task_of
from dltool.tasks.reading import fit_numbers, target_reader

RNG = np.random.default_rng(0)
THREE = Signature(TaskName.CATEGORICAL, (2,), "float32", 3, ("a", "b", "c"), frequencies=(0.5, 0.3, 0.2))
TWO = Signature(TaskName.BINARY, (2,), "float32", 2, ("no", "yes"), frequencies=(0.25, 0.75))
LABELS = Signature(TaskName.BINARY, (2,), "float32", 2, frequencies=(0.1, 0.8))
NUMBERS = Signature(
    TaskName.REGRESSION, (2,), "float32", 2, target_numbers=fit_numbers(np.array([[0.5, 2], [1, 3]]), "none")
)
PRICES = np.exp(RNG.normal(12, 0.5, size=(101, 1)))


def loss(kind, **arguments):
    spec = getattr(losses, kind)
    return spec(type=kind_of(spec), **arguments)


def code_of(targets, transform="none", kind="MeanSquaredError", standardized=True):
    signature = Signature(
        TaskName.REGRESSION, (2,), "float32", targets.shape[1], target_numbers=fit_numbers(targets, transform)
    )
    return task_of(signature, loss(kind), standardized)


@pytest.mark.parametrize(
    ("targets", "signature", "kind", "encoded"),
    [
        ([2, 0], THREE, "CategoricalCrossentropy", [[0, 0, 1], [1, 0, 0]]),
        ([2, 0], THREE, "SparseCategoricalCrossentropy", [[2], [0]]),
        ([1, 0], TWO, "BinaryCrossentropy", [[1], [0]]),
        ([[0.5, 2], [1, 3]], NUMBERS, "Huber", [[0.5, 2], [1, 3]]),
    ],
)
def test_targets_are_what_the_loss_wants(targets, signature, kind, encoded):
    dtype = "int32" if signature.classes else "float64"
    found = task_of(signature, loss(kind)).encode(np.array(targets, dtype))
    np.testing.assert_array_equal(found, encoded)
    assert found.dtype == {"Huber": "float64", "SparseCategoricalCrossentropy": "int32"}.get(kind, "float32")


@pytest.mark.parametrize("transform", ["none", "log"])
@pytest.mark.parametrize("targets", [PRICES, 2000 + RNG.normal(size=(101, 2)), 1.7e9 + RNG.normal(size=(101, 1))])
def test_what_is_learnt_is_standard_and_comes_back(targets, transform):
    code = code_of(targets, transform)
    learnt = code.encode(targets)
    np.testing.assert_allclose(learnt.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(learnt.std(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(code.decode(learnt), targets, rtol=1e-12)
    # In float32, as a network answers, all but what lies below a millionth of the deviation is left.
    error = code.decode(learnt.astype("float32")) - targets
    assert np.abs(error).max() < 1e-6 * targets.std(axis=0).max() + 4e-6


def test_targets_that_never_vary_are_only_shifted():
    code = code_of(np.full((9, 1), 7.0))
    np.testing.assert_array_equal(code.encode(np.array([[7.0], [8.0]])), [[0], [1]])


def test_targets_left_as_they_are():
    code = code_of(PRICES, kind="Poisson", standardized=False)
    np.testing.assert_array_equal(code.encode(PRICES), PRICES)
    np.testing.assert_array_equal(code.decode(PRICES.astype("float32")), PRICES.astype("float32"))
    assert not code.unit


@pytest.mark.parametrize(
    ("kind", "arguments", "output", "scores"),
    [
        ("BinaryCrossentropy", {}, 0.8, [0.2, 0.8]),
        ("BinaryCrossentropy", {"from_logits": True}, 0.3, [0.7, 0.3]),
        ("Hinge", {}, -1.5, [1.5, -1.5]),
    ],
)
def test_one_output_becomes_a_score_for_each_class(kind, arguments, output, scores):
    found = task_of(TWO, loss(kind, **arguments)).decode(np.array([[output]], "float32"))
    np.testing.assert_allclose(found, [scores], rtol=1e-6)


@pytest.mark.parametrize(
    ("threshold", "predicted"), [(None, [0, 0, 0, 1, 1]), (0.3, [0, 0, 1, 1, 1]), (0.7, [0, 0, 0, 0, 1])]
)
def test_a_threshold_decides_between_two_classes(threshold, predicted):
    """Of probabilities of yes; the threshold itself, as a float32, is not above itself."""
    code = task_of(TWO, loss("BinaryCrossentropy"), threshold=threshold)
    yes, targets = np.array([0.1, 0.3, 0.5, 0.7, 0.9], "float32"), np.array([1, 0, 1, 0, 1])
    outputs = code.decode(yes[:, None])
    table = code.columns(outputs, 2)
    assert table["label"].tolist() == [("no", "yes")[i] for i in predicted]
    assert table["label_2"].tolist() == [("yes", "no")[i] for i in predicted]
    np.testing.assert_array_equal(table["probability"], np.where(predicted, yes, 1 - yes))
    table = code.columns(outputs, 1)
    assert list(table) == ["label", "probability", "probability_yes"]
    np.testing.assert_array_equal(table["probability_yes"], yes)
    scores = code.scores(targets, outputs)
    expected = np.zeros((2, 2), int)
    np.add.at(expected, (targets, predicted), 1)
    assert scores["confusion"] == tuple(map(tuple, expected.tolist()))
    assert scores["threshold"] == threshold
    assert scores["decision"] == ("" if threshold is None else f"yes where its probability is above {threshold}")
    rows, what = row_scores(loss("BinaryCrossentropy"), targets, outputs, threshold)
    assert (rows.tolist(), what) == ((targets == predicted).tolist(), "accuracy")


def test_margins_are_decided_at_zero():
    code = task_of(TWO, loss("Hinge"))
    outputs = code.decode(np.array([[-0.1], [0], [0.1]], "float32"))
    table = code.columns(outputs, 1)
    assert list(table) == ["label", "score", "score_yes"]
    assert table["label"].tolist() == ["no", "no", "yes"]
    assert row_scores(loss("Hinge"), np.array([0, 1, 1]), outputs)[0].tolist() == [1, 0, 1]
    assert code.threshold_refusal == "loss hinge gives margins"


@pytest.mark.parametrize(
    ("signature", "kind", "arguments", "output"),
    [
        (THREE, "CategoricalCrossentropy", {}, [0.5, 0.3, 0.2]),
        (THREE, "SparseCategoricalCrossentropy", {"from_logits": True}, np.log([0.5, 0.3, 0.2])),
        (THREE, "CategoricalHinge", {}, [1, 0, 0]),
        (TWO, "BinaryCrossentropy", {}, [0.75]),
        (TWO, "BinaryCrossentropy", {"from_logits": True}, [np.log(3)]),
        (TWO, "SquaredHinge", {}, [1]),
        (LABELS, "BinaryFocalCrossentropy", {}, [0.1, 0.8]),
        (LABELS, "Hinge", {}, [-1, 1]),
    ],
)
def test_the_trivial_answer_to_classes_is_their_frequencies(signature, kind, arguments, output):
    np.testing.assert_allclose(task_of(signature, loss(kind, **arguments)).trivial_output, output, rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "transform", "answer"),
    [
        ("MeanSquaredError", "none", np.mean), ("MeanAbsoluteError", "none", np.median),
        ("MeanAbsoluteError", "log", np.median),
        ("MeanSquaredError", "log", lambda y: np.exp(np.log(y).mean())), ("Huber", "none", np.mean),
        ("Poisson", "none", np.mean),
    ],
)  # fmt: skip
def test_the_trivial_answer_to_numbers_is_their_mean_or_median(kind, transform, answer):
    code = code_of(PRICES, transform, kind, standardized=kind != "Poisson")
    assert code.trivial_answer == pytest.approx(answer(PRICES))
    assert code.decode(code.trivial_output[None]) == pytest.approx(answer(PRICES), rel=1e-6)


def test_frequencies_are_counted():
    classes = target_reader(Signature(TaskName.CATEGORICAL, (2,), "float32", 4, ("a", "b", "c", "d")))
    assert classes.describe(np.array([0, 2, 2, 2])) == {"frequencies": (0.25, 0, 0.75, 0)}
    assert target_reader(LABELS).describe(np.array([[0, 1], [1, 1]], "float32")) == {"frequencies": (0.5, 1)}


def test_the_unit_of_the_loss_is_said():
    assert code_of(PRICES).unit == "targets in standard deviations"
    assert "logarithm" in code_of(PRICES, "log").unit
    assert not task_of(TWO, loss("Hinge")).unit


@pytest.mark.parametrize(
    ("targets", "outputs"),
    [
        (np.array([0, 5], np.int32), np.zeros((2, 3))),
        (np.array([0.0, 1.0]), np.zeros((2, 3))),
        (np.array([0, -1], np.int32), np.zeros((2, 3))),
        (np.array([0, 1], np.int32), np.zeros((2, 1))),
    ],
)
def test_stored_predictions_of_other_classes_are_refused(targets, outputs):
    task = task_of(THREE, loss("CategoricalCrossentropy"))
    check_predictions(task, np.array([2, 0], np.int32), np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"expected|none of 3 classes"):
        check_predictions(task, targets, outputs)
