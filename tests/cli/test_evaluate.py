"""``evaluate`` as scripts see it."""

import json

import numpy as np
import pytest


def test_evaluate_gives_metrics_and_a_confusion_matrix(trainer, iris):
    done = trainer.run(["evaluate", iris, "--json"], iris.parent)
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    confusion = np.array(facts["confusion"])
    assert facts["rows"] == confusion.sum() == 30
    assert np.trace(confusion) / 30 == pytest.approx(facts["metrics"]["accuracy"])
    assert facts["metrics"]["accuracy"] >= 0.9
    shown = trainer.run(["evaluate", iris], iris.parent)
    assert all(word in shown.out for word in ("accuracy", "versicolor", "precision", "recall"))
