"""A finished run of three classes, as far as its summary and its report ask: fixtures for several rooms."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from dltool.config.core_layers import Dense, Flatten
from dltool.config.needs import TaskName
from dltool.config.window_layers import Conv2D
from dltool.contracts.plan import Plan, chain
from dltool.contracts.signature import Rows, Signature
from dltool.inference.evaluation import Evaluation
from dltool.tasks.class_scores import Confusion, average_scores, class_scores, confused_pairs


@pytest.fixture
def plan() -> Plan:
    specs = (
        Conv2D(type="conv2d", filters=32, kernel_size=3), Flatten(type="flatten"), Dense(type="dense", units=3),
    )  # fmt: skip
    signature = Signature(TaskName.CATEGORICAL, (28, 28, 1), "uint8", 3, classes=("cat", "dog", "<b>"))
    return Plan(tuple(chain(specs, signature)), signature, Rows(train=1000, validation=100), batch_size=32)


@pytest.fixture
def rows() -> list[dict[str, float]]:
    """Four epochs; the loss is best in the third, accuracy in the fourth."""
    losses, accuracies = [0.9, 0.5, 0.25, 0.75], [0.25, 0.5, 0.5, 0.875]
    return [
        {
            "epoch": i + 1,
            "loss": losses[i],
            "accuracy": accuracies[i],
            "validation_loss": losses[i] + 0.125,
            "learning_rate": 0.01,
            "seconds": 2.5,
            "examples_per_second": 18_600.4,
        }
        for i in range(4)
    ]


@pytest.fixture
def facts() -> dict:
    return {
        "status": "stopped_early",
        "reason": "validation_loss has not improved for 1 epoch",
        "created": "2026-01-02T03:04:05+00:00",
        "command": "dltool train pets.yaml",
        "versions": {"python": "3.12.1", "keras": "3.15.1"},
        "device": "cpu",
        "seed": 7,
        "data_fingerprint": {"train": "abc123", "validation": "def456"},
        "rows": {"train": 1000, "validation": 100, "test": 0, "folds": 0},
        "cross_validation": {},
        "parameters": 65219,
        "epochs": 4,
        "training_seconds": 10.04,
        "best_epoch": 3,
        "best": 0.375,
        "weights_epoch": 3,
        "trivial": {"loss": 0.6931, "accuracy": 0.5, "validation_loss": 0.7},
        "trivial_answer": "the frequencies of the classes in the training rows",
        "loss_unit": "",
        "decision": "",
        "worse_than_trivial": [],
    }


def evaluation_of(classes: Sequence[str] = (), confusion: Confusion = (), **others: Any) -> Evaluation:
    """Return an evaluation, of classes where there are such."""
    known: dict[str, Any] = {
        "split": "validation",
        "rows": 20,
        "metrics": {"loss": 0.5},
        "classes": tuple(classes),
        "confusion": confusion,
        "class_scores": tuple(class_scores(classes, confusion)),
        "averages": tuple(average_scores(classes, confusion)) if classes else (),
        "confused_pairs": tuple(confused_pairs(classes, confusion, 20)),
        "trivial": {"loss": 1.25},
        "trivial_answer": "the frequencies of the classes in the training rows",
        "loss_unit": "",
        "worse_than_trivial": (),
        "outputs": np.zeros((20, len(classes) or 1)),
    }
    return Evaluation(**known | others)


@pytest.fixture
def evaluation() -> Evaluation:
    return evaluation_of(("cat", "dog", "<b>"), ((8, 2, 0), (1, 3, 1), (0, 0, 5)))
