"""An autoencoder answers with an error a row."""

import numpy as np
import pytest

from dltool.config.losses import MeanSquaredError, Poisson
from dltool.config.needs import Needs, TaskName
from dltool.contracts.signature import Signature
from dltool.tasks import row_scores, task_of
from dltool.tasks.reading import fit_targets, target_reader

SIGNATURE = Signature(TaskName.RECONSTRUCTION, (2, 3), "float32", 6, typical=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0))
LOSS = MeanSquaredError(type="mean_squared_error")


def test_there_are_no_targets():
    raw = np.array(["a", "b", "c"])
    for reader in (fit_targets(Needs(TaskName.RECONSTRUCTION), raw, str), target_reader(SIGNATURE)):
        assert reader.read(raw, str).shape == (3, 0)
        assert reader.describe(reader.read(raw, str)) == {}


def test_the_trivial_answer_is_the_mean_row():
    task = task_of(SIGNATURE, LOSS)
    assert task.output_shape == (2, 3)
    assert task.trivial_output.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_errors_are_spread_over_rows():
    errors = np.random.default_rng(3).permutation(np.arange(101.0))
    outputs = errors[:, None].astype("float32")
    found = task_of(SIGNATURE, LOSS).scores(np.zeros((101, 0)), outputs)["row_errors"]
    assert found.quantiles == ((0.5, 50), (0.9, 90), (0.99, 99), (1, 100))
    assert task_of(SIGNATURE, LOSS).columns(outputs, 1)["error"].tolist() == errors.tolist()


def test_stored_errors_are_what_runs_are_compared_by():
    scores, what = row_scores(LOSS, np.zeros((2, 0), "float32"), np.array([[0.5], [2]], "float32"))
    assert (scores.tolist(), what) == ([0.5, 2], "squared error")


def test_a_loss_that_compares_no_numbers_is_refused():
    (problem,) = task_of(SIGNATURE, Poisson(type="poisson")).problems
    assert (problem.message, problem.hint) == (
        "loss poisson does not compare an input with its reconstruction",
        "use mean_squared_error, mean_absolute_error, huber or log_cosh",
    )
    assert task_of(SIGNATURE, LOSS).problems == []


@pytest.mark.parametrize("change", [{"outputs": 5}, {"typical": (1.0,)}, {"classes": ("a", "b")}])
def test_what_does_not_fit_is_told(change):
    found = Signature(**{**vars(SIGNATURE), **change})
    assert task_of(SIGNATURE, LOSS).is_described
    assert not task_of(found, LOSS).is_described
