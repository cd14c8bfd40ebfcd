"""Predictions come back as they were kept, and a file that cannot be what was kept is refused."""

import numpy as np
import pytest
from safetensors.numpy import save

from dltool.errors import DataError
from dltool.runs.predictions import Predictions, packed, read_predictions

TARGETS, OUTPUTS = np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]], "float32")


@pytest.mark.parametrize("rows", [None, np.array([5, 7, 2])])
@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_what_is_kept_comes_back(tmp_path, rows, temperature):
    path = tmp_path / "predictions.safetensors"
    path.write_bytes(packed(Predictions(TARGETS, OUTPUTS, rows, temperature)))
    found = read_predictions(path)
    np.testing.assert_array_equal(found.targets, TARGETS)
    np.testing.assert_array_equal(found.outputs, OUTPUTS)
    assert (found.rows is None) == (rows is None)
    assert rows is None or found.rows.tolist() == rows.tolist()
    assert found.temperature == temperature


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no arrays", "damaged"),
        (save({"targets": TARGETS}), "outputs"),
        (save({"targets": TARGETS[:2], "outputs": OUTPUTS}), r"shape \(2,\), outputs of shape \(3, 2\)"),
        (save({"targets": TARGETS, "outputs": OUTPUTS, "rows": TARGETS[:2]}), r"rows of shape \(2,\)"),
        (save({"targets": TARGETS, "outputs": OUTPUTS, "temperature": np.array(1e9)}), "a temperature of 1e"),
    ],
)
def test_what_cannot_have_been_kept_is_refused(tmp_path, content, words):
    path = tmp_path / "predictions.safetensors"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_predictions(path)
