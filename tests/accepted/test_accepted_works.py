"""What ``check`` accepts trains, is saved, measured, predicts, answers alike in plain Keras, and resumes.

Two minutes of random experiments; with SOAK=1 an hour of them.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, note, settings
from PIL import Image

import dltool
from dltool.errors import ConfigError, DataError, DataWarning
from dltool.training.warm import forget
from tests.accepted.experiments import experiments

SOAK = bool(os.environ.get("SOAK"))
EXAMPLES = 2500 if SOAK else 60


class PlainKeras:
    def __init__(self):
        server = Path(__file__).with_name("keras_server.py")
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.process = subprocess.Popen(
            [sys.executable, str(server)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def call(self, folder, model, arrays, names):
        np.savez(folder / "raw.npz", **{f"a{i}": array for i, array in enumerate(arrays)})
        request = {"model": str(model), "arrays": str(folder / "raw.npz"), "output": str(folder / "out.npy")}
        self.process.stdin.write(json.dumps(request | {"names": names}) + "\n")
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        assert not reply, reply
        return np.load(folder / "out.npy")


@pytest.fixture(scope="module")
def plain_keras():
    server = PlainKeras()
    yield server
    server.process.stdin.close()
    server.process.wait()


def written(experiment, folder):
    if experiment.table:
        with (folder / "table.csv").open("w", encoding="utf-8", newline="") as stream:
            # Texts in quotes are texts, whatever they spell.
            writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
            writer.writerow(experiment.header)
            writer.writerows(["" if cell is None else cell for cell in row] for row in experiment.table)
    else:
        np.savez(folder / "arrays.npz", **experiment.arrays)
    for number, (name, pixels) in enumerate(zip(experiment.folders, experiment.arrays.get("x", ()), strict=False)):
        (folder / "images" / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.squeeze()).save(folder / "images" / name / f"{number:03d}.png")
    (folder / "c.yaml").write_text(
        json.dumps(experiment.config, ensure_ascii=False), "utf-8"
    )  # JSON is YAML, all quoted
    return dltool.load_config(folder / "c.yaml")


def raw_inputs(experiment, deployed_columns):
    """Return the arrays that plain Keras is given: a tensor a column where there are texts, else one."""
    if not experiment.table:
        values = experiment.arrays["x"]
        return [values if values.dtype == np.uint8 else values.astype("float64")], None
    columns = []
    for name, is_text in deployed_columns:
        cells = [row[experiment.header.index(name)] for row in experiment.table]
        if is_text:
            columns.append(np.array([["" if cell is None else str(cell)] for cell in cells]))
        else:
            columns.append(np.array([[np.nan if cell is None else float(cell)] for cell in cells]))
    if any(is_text for _, is_text in deployed_columns):
        keys = []
        for name, _ in deployed_columns:
            key = name.replace("/", "_")  # Keras allows no "/" in the name of an input
            while key in [*keys, "input_layer"]:
                key += "_"
            keys.append(key)
        return columns, keys
    return [np.concatenate(columns, axis=1)], None


def answers(table, outputs, loss):
    """Return what the tool says and what plain Keras says, as comparable numbers."""
    logits = isinstance(loss, dict)
    if "label" not in table:
        ours = np.stack([np.asarray(column, float) for name, column in table.items() if name != "id"], axis=1)
        return ours, 1 / (1 + np.exp(-outputs)) if logits else outputs
    ours = np.asarray(table["probability" if "probability" in table else "score"], float)
    theirs = outputs.astype(float)
    if theirs.shape[1] == 1:
        if logits:
            theirs = 1 / (1 + np.exp(-theirs))
        theirs = np.concatenate([(1 if "probability" in table else 0) - theirs, theirs], axis=1)
    elif logits:
        theirs = np.exp(theirs - theirs.max(axis=1, keepdims=True))
        theirs /= theirs.sum(axis=1, keepdims=True)
    return ours, theirs.max(axis=1)


def check_all(experiment, folder, plain_keras):
    try:
        config = written(experiment, folder)
        dltool.check(config)
    except (ConfigError, DataError) as error:
        note(str(error))
        return False
    run = dltool.train(config, folder / "run", device="cpu")
    assert run.facts["status"] in ("completed", "diverged", "stopped_early")
    evaluation = dltool.evaluate(run, split="train")
    assert evaluation.metrics.keys() == evaluation.trivial.keys()
    source = folder / ("table.csv" if experiment.table else "images" if experiment.folders else "arrays.npz")
    if experiment.table and experiment.config["data"]["missing"] == "drop":
        experiment.table = [row for row in experiment.table if None not in row]
        written(experiment, folder)  # a hole to predict from is refused
    parts = list(dltool.predict(run, source))
    table = {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}
    description = json.loads(_member(run.model_path, "dltool.json"))
    columns = [(c["name"], c["vocabulary"] is not None) for c in description["signature"]["columns"]]
    outputs = plain_keras.call(folder, run.model_path, *raw_inputs(experiment, columns))
    ours, theirs = answers(table, outputs, experiment.config["training"]["loss"])
    assert len(ours) == len(experiment.table or experiment.arrays["x"])
    sixteen = experiment.config["training"]["dtype_policy"] != "float32"
    scale = np.nanmax(np.abs(theirs), initial=1e-30)
    np.testing.assert_allclose(ours, theirs, rtol=0.05 if sixteen else 1e-5, atol=(0.05 if sixteen else 2e-6) * scale)
    if run.facts["status"] == "completed":
        more = dltool.load_config(folder / "c.yaml", ["training.epochs=2"])
        if experiment.config["data"].get("missing") != "drop":  # its table was mended for the predictions
            assert dltool.train(more, folder / "run", resume=True, device="cpu").facts["epochs"] in (1, 2)
    return True


def _member(path, name):
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


COUNTS = {True: 0, False: 0}


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=not SOAK, database=None, print_blob=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(experiments())
def test_what_is_accepted_works(plain_keras, experiment):
    note(yaml.safe_dump(experiment.config, allow_unicode=True))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        warnings.simplefilter("ignore", RuntimeWarning)  # infinities of what diverges
        COUNTS[check_all(experiment, Path(folder), plain_keras)] += 1
    forget()


def test_most_experiments_were_accepted():
    assert COUNTS[True] > COUNTS[False] / 3, COUNTS
