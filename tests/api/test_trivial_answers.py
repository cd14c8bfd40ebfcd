"""An answer that is remembered is one to the same question."""

from collections import deque

import keras
import numpy as np
import pytest

from dltool.api import trivial_answers
from dltool.api.trivial_answers import scores_of_trivial_answer
from dltool.config.needs import TaskName
from dltool.contracts.signature import Signature
from dltool.model.trivial import trivial_scores
from dltool.tasks import task_of
from tests.support.examples import config_from, part

HEAD = "name: t\ndata: {source: inline, features: [[1], [2]], targets: [0, 1]}\nmodel: {type: mlp, hidden_units: []}\n"
LABELS = np.repeat([0, 1, 2], [50, 20, 10]).astype("int32")
USUAL = {
    "training": "loss: sparse_categorical_crossentropy, metrics: [accuracy]",
    "labels": LABELS, "weights": None, "balanced": False, "frequencies": (0.625, 0.25, 0.125),
}  # fmt: skip
OTHERS = [
    {"training": "loss: sparse_categorical_crossentropy, metrics: []"},
    {"training": "loss: {type: categorical_crossentropy, label_smoothing: 0.1}, metrics: [accuracy]"},
    {"labels": LABELS[10:]},
    {"weights": np.linspace(0, 1, 80, dtype="float32")},
    {"balanced": True},
    {"frequencies": (0.25, 0.625, 0.125)},
]


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(trivial_answers, "_answered", deque(maxlen=4))


def question(training, labels, weights, balanced, frequencies):
    signature = Signature(TaskName.CATEGORICAL, (1,), "float32", 3, ("a", "b", "c"), frequencies=frequencies)
    config = config_from(f"{HEAD}training: {{{training}, epochs: 1}}\n")
    return config.training, task_of(signature, config.training.loss, False), part([[0]], labels), weights, balanced


def remembered(asked):
    training, task, rows, weights, balanced = asked
    return scores_of_trivial_answer(keras.Model(), training, task, rows, weights, balanced=balanced)


def worked_out(asked):
    training, task, rows, weights, balanced = asked
    return trivial_scores(keras.Model(), training, task, rows.features, rows.targets, weights, balanced=balanced)


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: next(iter(other)))
def test_another_question_has_another_answer(other):
    usual, changed = question(**USUAL), question(**USUAL | other)
    assert worked_out(usual) != worked_out(changed)
    for asked in (usual, changed, usual, changed):
        assert remembered(asked) == worked_out(asked)


def test_an_answer_stays_as_it_was_whatever_is_done_with_it():
    first = remembered(question(**USUAL))
    first["validation_loss"] = 1.0
    assert remembered(question(**USUAL)) == worked_out(question(**USUAL))
    assert len(trivial_answers._answered) == 1, "asked twice, worked out once"
