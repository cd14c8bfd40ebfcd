"""Training as a whole: what is trained is not lost."""

import keras
import numpy as np
import pytest

import dltool
from dltool.errors import OutputError
from dltool.training.events import EpochEnded

CONFIG = """
name: t
data: {source: inline, features: [[0, 1], [1, 0], [2, 2], [3, 1]], targets: [0, 1, 1, 0], validation: 0.25}
model: {type: mlp, hidden_units: [4]}
training: {loss: binary_crossentropy, epochs: 3, batch_size: 2}
"""


def weights_of(run):
    return keras.saving.load_model(run.model_path).get_weights()


@pytest.mark.parametrize("file", ["model.keras", "report.html", "predictions.safetensors"])
def test_a_fault_behind_the_training_loses_no_weights(tmp_path, file):
    (tmp_path / "c.yaml").write_text(CONFIG)
    config, in_the_way = dltool.load_config(tmp_path / "c.yaml"), tmp_path / "run" / file
    expected = weights_of(dltool.train(config, tmp_path / "undisturbed", device="cpu"))

    def obstruct(event):
        if isinstance(event, EpochEnded) and event.epoch == 3:
            in_the_way.mkdir()

    with pytest.raises(OutputError, match=file) as caught:
        dltool.train(config, tmp_path / "run", device="cpu", observe=obstruct)
    assert caught.value.__notes__ == [f"the trained weights are safe: go on with --run-dir {tmp_path / 'run'} --resume"]
    in_the_way.rmdir()
    events = []
    run = dltool.train(config, tmp_path / "run", resume=True, device="cpu", observe=events.append)
    assert run.facts["status"] == "completed"
    assert not any(isinstance(event, EpochEnded) for event in events)
    for ours, theirs in zip(weights_of(run), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
