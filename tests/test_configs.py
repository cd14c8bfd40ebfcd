"""Every example config is checked against the schema and run or, where that takes minutes, planned."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

import dltool
from dltool.config.reference import json_schema
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


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_trains(path, tmp_path):
    epochs = 1 if "mnist" in path.stem else 20
    config = dltool.load_config(path, [f"training.epochs={epochs}"])
    if path.stem == "mnist_augmented":
        # An epoch takes the better part of a minute; a tenth of the rows will do.
        config = dltool.load_config(path, ["training.epochs=1", "data.validation=0.97"])
    run = dltool.train(config, tmp_path / "run", device="cpu")
    assert run.facts["status"] in ("completed", "stopped_early")
    losses = [row["loss"] for row in run.metrics()]
    assert losses[-1] <= losses[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_template_trains_as_it_stands(name, tmp_path):
    path = tmp_path / "experiment.yaml"
    path.write_text(template_text(name))
    quicker = ["training.epochs=1"] if name in ("cnn", "images") else []
    run = dltool.train(dltool.load_config(path, quicker), tmp_path / "run", device="cpu")
    assert json.loads(run.facts_path.read_text())["status"] in ("completed", "stopped_early")
