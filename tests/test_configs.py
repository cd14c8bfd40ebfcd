"""Every example config fits the schema and its data, and trains as well as it says of itself."""

from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml

import dltool
from dltool.config.json_schema import json_schema
from dltool.config.templates import NAMES, template_text

REPOSITORY = Path(__file__).parent.parent
CONFIGS = sorted((REPOSITORY / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_fits_the_schema(path):
    jsonschema.Draft202012Validator(json_schema()).validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize("name", NAMES)
def test_every_template_fits_the_schema(name):
    jsonschema.Draft202012Validator(json_schema()).validate(yaml.safe_load(template_text(name)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"sead": 1},
        {"seed": -1},
        {"training": {"optimizer": {"type": "adma"}, "loss": "huber", "epochs": 1}},
        {"model": {"type": "sequential", "layers": ["flaten"]}},
        {"model": {"type": "sequential", "layers": [{"type": "dense"}]}},
    ],
)
def test_the_schema_refuses_what_the_tool_refuses(wrong):
    config = yaml.safe_load((REPOSITORY / "configs" / "xor.yaml").read_text()) | wrong
    assert list(jsonschema.Draft202012Validator(json_schema()).iter_errors(config))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_fits_its_data(path):
    assert dltool.check(dltool.load_config(path)).steps >= 1


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The first thousand training and test images of MNIST, as a source: the whole takes minutes."""
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    with np.load(REPOSITORY / "data" / "mnist.npz") as arrays:
        np.savez(path, **{name: arrays[name][:1000] for name in arrays.files})
    return [
        f"data={{source: npz, path: {path}, scaling: rescaling, validation: 0.1}}",
        "training.batch_size=8",
    ]


# The part, the metric and its bounds. What the files promise of themselves, and of a thousand digits far more than the
# tenth that is right by chance.
EXPECTED = {
    "xor": ("train", "accuracy", 1, 1),
    "iris": ("test", "accuracy", 29 / 30, 1),
    "diabetes": ("test", "mean_absolute_error", 40, 50),
    "mnist_cnn": ("test", "accuracy", 0.7, 1),
    "mnist_mlp": ("test", "accuracy", 0.7, 1),
    "mnist_augmented": ("test", "accuracy", 0.7, 1),
    "mnist_autoencoder": ("test", "loss", 0, 0.04),  # the mean of the digits has an error of 0.066
    "mlp": ("train", "accuracy", 1, 1),
    "csv": ("test", "accuracy", 29 / 30, 1),
    "cnn": ("test", "accuracy", 0.7, 1),
    "images": ("test", "accuracy", 0.3, 1),
}
# Those on digits, and the epochs that they need.
OF_DIGITS = {"mnist_cnn": 2, "mnist_mlp": 2, "mnist_augmented": 4, "mnist_autoencoder": 2, "cnn": 2, "images": 4}


@pytest.mark.parametrize("path", [*CONFIGS, *(Path(f"{name}.yaml") for name in NAMES)], ids=lambda path: path.stem)
def test_every_config_and_template_trains_as_well_as_expected(path, digits, tmp_path):
    if path in CONFIGS:
        file = path
    else:
        file = tmp_path / path
        file.write_text(template_text(path.stem))
    epochs = OF_DIGITS.get(path.stem)
    config = dltool.load_config(file, [*digits, f"training.epochs={epochs}"] if epochs else [])
    run = dltool.train(config, tmp_path / "run", device="cpu")
    part, metric, least, most = EXPECTED[path.stem]
    metrics = dltool.evaluate(run, split=part).metrics
    assert least <= metrics[metric] <= most
