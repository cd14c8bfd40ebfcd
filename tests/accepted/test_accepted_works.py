"""What ``check`` accepts is shown, trains, is saved, evaluated, predicts, answers alike in plain Keras, and resumes.

A minute of random experiments; with SOAK=1 an hour and more of them.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, note, reject, settings
from PIL import Image

import dltool
from dltool.errors import ConfigError, DataError, DataWarning
from dltool.preprocessing.booleans import spellings_of
from dltool.training.loop_cache import LOOPS
from tests.accepted.experiments import experiments

SOAK = bool(os.environ.get("SOAK"))
EXAMPLES = 1500 if SOAK else 12
"""Those that are accepted: of the others, Hypothesis likes to vary one again and again."""


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
    with server.process:  # leaving it closes both ends, and waits
        yield server


def write_table(path, experiment, rows):
    if path.suffix == ".parquet":
        pq.write_table(pa.table(dict(zip(experiment.header, map(list, zip(*rows, strict=True)), strict=True))), path)
        return
    with path.open("w", encoding="utf-8", newline="") as stream:
        # Texts in quotes are texts, whatever they spell.
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
        if experiment.config["data"].get("header", True):
            writer.writerow(experiment.header)
        writer.writerows(["" if cell is None else cell for cell in row] for row in rows)


def written(experiment, folder):
    if experiment.table:
        write_table(folder / experiment.config["data"]["path"], experiment, experiment.table)
    else:
        np.savez(folder / "arrays.npz", **experiment.arrays)
    for number, (name, pixels) in enumerate(zip(experiment.folders, experiment.arrays.get("x", ()), strict=False)):
        (folder / "images" / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.squeeze()).save(folder / "images" / name / f"{number:03d}.png")
    # JSON is YAML with everything in quotes.
    (folder / "c.yaml").write_text(json.dumps(experiment.config, ensure_ascii=False), "utf-8")
    return dltool.load_config(folder / "c.yaml")


def to_predict(experiment, folder):
    """Return a file to predict from, and the rows of a table that it holds."""
    if not experiment.table:
        return folder / ("images" if experiment.folders else "arrays.npz"), []
    rows = [list(row) for row in experiment.table]
    if experiment.config["data"]["missing"] == "mean":
        for i, row in enumerate(rows[::3]):
            row[i % len(experiment.features)] = None  # also in columns that had no hole
    elif experiment.config["data"]["missing"] == "drop":
        rows = [row for row in rows if None not in row]  # there, a hole to predict from is refused
    new = folder / f"new.{experiment.config['data']['source']}"
    write_table(new, experiment, rows)
    return new, rows


def raw_inputs(experiment, rows, columns):
    """Return the arrays that plain Keras is given, and their names: a tensor a column unless all are plain numbers."""
    if not experiment.table:
        values = experiment.arrays["x"]
        return [values if values.dtype.kind in "ui" else values.astype("float64")], None
    arrays, keys = [], []
    for name, is_text, _ in columns:
        cells = [row[experiment.header.index(name)] for row in rows]
        if is_text:
            arrays.append(np.array([["" if cell is None else str(cell)] for cell in cells]))
        else:
            arrays.append(np.array([[np.nan if cell is None else float(cell)] for cell in cells]))
        key = name.replace("/", "_")  # Keras allows no "/" in the name of an input
        while key in [*keys, "input_layer"]:
            key += "_"
        keys.append(key)
    as_they_are = all(is_plain for *_, is_plain in columns)
    return ([np.concatenate(arrays, axis=1)], None) if as_they_are else (arrays, keys)


def noise_of(experiment, arrays):
    """Return what float32 may lose of a sum of numbers that nothing brings near 0."""
    part = {"normalization": 0.0, "rescaling": 1 / 255, "none": 1.0}[experiment.config["data"]["scaling"]]
    numbers = [array[np.isfinite(array)] for array in arrays if array.dtype == np.float64]
    return 4 * np.finfo(np.float32).eps * part * max((np.abs(array).max(initial=0) for array in numbers), default=0)


def assert_alike(ours, theirs, spread, *, sixteen):
    """Compare answers by how far they lie apart at all, not by how far they are from zero."""
    np.testing.assert_array_equal(np.isfinite(ours), np.isfinite(theirs))
    finite = np.isfinite(theirs)
    width = theirs[finite].max(initial=-np.inf) - theirs[finite].min(initial=np.inf)
    tolerance = 0.05 * max(spread, width) if sixteen else 1e-5 * spread
    np.testing.assert_allclose(ours[finite], theirs[finite], rtol=0.05 if sixteen else 1e-6, atol=tolerance)


def sigmoid(logits):
    with np.errstate(over="ignore"):  # far below zero, which gives 0
        return 1 / (1 + np.exp(-logits))


def compare_answers(experiment, table, outputs, classes, threshold, sixteen, noise):
    """Hold what the tool says against what plain Keras says."""
    logits = isinstance(experiment.config["training"]["loss"], dict)
    theirs = outputs.astype(float).reshape(len(outputs), -1)
    if "label" not in table:
        ours = np.stack([np.asarray(column, float) for name, column in table.items() if name != "id"], axis=1)
        theirs = sigmoid(theirs) if logits else theirs
        spread = (
            np.ptp(experiment.targets, axis=0).max()
            if "error" not in table
            else np.abs(ours[np.isfinite(ours)]).max(initial=1)
        )
        assert_alike(ours, theirs, spread * max(1, 1e5 * noise), sixteen=sixteen)
        return
    scored = "probability" if "probability" in table else "score"
    if theirs.shape[1] == 1:
        theirs = sigmoid(theirs) if logits else theirs
        theirs = np.concatenate([(scored == "probability") - theirs, theirs], axis=1)
    elif logits:
        theirs = np.exp(theirs - theirs.max(axis=1, keepdims=True))
        theirs /= theirs.sum(axis=1, keepdims=True)
    if threshold is not None:
        assert_alike(table[f"probability_{classes[1]}"], theirs[:, 1], max(1, 1e5 * noise), sixteen=sixteen)
        clear = np.abs(theirs[:, 1] - threshold) > max(0.1 if sixteen else 1e-4, 10 * noise)
        told = [classes[int(yes)] for yes in theirs[clear, 1] > threshold]
        assert [label for label, is_clear in zip(table["label"], clear, strict=True) if is_clear] == told
        return
    assert_alike(np.asarray(table[scored], float), theirs.max(axis=1), max(1, 1e5 * noise), sixteen=sixteen)
    first, second = np.sort(theirs, axis=1)[:, -1], np.sort(theirs, axis=1)[:, -2]
    clear = first - second > max(0.1 if sixteen else 1e-4, 10 * noise) * np.maximum(1, np.abs(first))
    assert [label for label, is_clear in zip(table["label"], clear, strict=True) if is_clear] == [
        classes[i] for i in theirs[clear].argmax(axis=1)
    ]


def compare_metrics(experiment, run, source, table, rows):
    """Hold metrics that are quickly worked out against what follows from the predictions."""
    metrics = dltool.evaluate(run, data=source).metrics
    right, weights = np.asarray(experiment.targets), np.array(experiment.weights or [1.0] * len(experiment.targets))
    if rows and len(rows) < len(experiment.table):
        kept = [None not in row for row in experiment.table]
        right, weights = right[kept], weights[kept]
    if "label" in table and "accuracy" in metrics:
        true = [str(i) if experiment.names is None else experiment.names[i] for i in right[:, 0]]
        truths = spellings_of(sorted(set(true)))
        told = np.average([truths.get(a, a) == b for a, b in zip(true, table["label"], strict=True)], weights=weights)
        assert metrics["accuracy"] == pytest.approx(told, abs=1.5 / len(true) if "score" in table else 1e-6)
    elif "error" in table:
        if metrics.keys() & {"mean_squared_error"} and experiment.config["data"].get("missing") != "mean":
            error = np.average(np.asarray(table["error"], float), weights=weights)
            assert metrics["mean_squared_error"] == pytest.approx(error, rel=1e-4, nan_ok=True)
    elif "mean_absolute_error" in metrics:
        answers = np.stack([np.asarray(column, float) for name, column in table.items() if name != "id"], axis=1)
        error = np.average(np.abs(answers - right).mean(axis=1), weights=weights)
        assert metrics["mean_absolute_error"] == pytest.approx(error, rel=1e-5, abs=1e-6 * np.ptp(right), nan_ok=True)


def check_all(experiment, folder, plain_keras):
    try:
        config = written(experiment, folder)
        dltool.check(config)
    except (ConfigError, DataError) as error:
        note(str(error))
        reject()
    assert dltool.show_data(config, folder / "page")[1].stat().st_size < 1_000_000
    run = dltool.train(config, folder / "run", device="cpu")
    status = run.facts["status"]
    assert status in ("completed", "diverged", "stopped_early")
    evaluation, page = dltool.write_evaluation(run, split="train")
    assert evaluation.metrics.keys() == evaluation.trivial.keys()
    assert page and page.stat().st_size < 1_000_000
    source, rows = to_predict(experiment, folder)
    parts = list(dltool.predict(run, source))
    table = {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}
    assert len(table["id"]) == len(rows or experiment.arrays["x"])
    with zipfile.ZipFile(run.model_path) as archive:
        described = json.loads(archive.read("dltool.json"))
    signature = described["signature"]
    if described["residuals"]:
        first = next(dltool.predict(run, source, interval=0.5))
        assert len(first) == 1 + 3 * signature["outputs"]
    columns = [
        (
            column["name"],
            column["vocabulary"] is not None,
            column["vocabulary"] is None and column["transform"] == "none" and not column["indicator"],
        )
        for column in signature["columns"]
    ]
    arrays, keys = raw_inputs(experiment, rows, columns)
    outputs = plain_keras.call(folder, run.model_path, arrays, keys)
    sixteen = experiment.config["training"]["dtype_policy"] != "float32"
    jumps = sixteen and "hard_shrink" in json.dumps(experiment.config)  # where the last of 16 bits decides
    if not jumps:
        noise = noise_of(experiment, arrays)
        compare_answers(experiment, table, outputs, signature["classes"], described["threshold"], sixteen, noise)
    if not sixteen and np.isfinite(outputs).all():
        compare_metrics(experiment, run, source, table, rows)
    if SOAK and run.read_facts().rows.train > 1:
        dltool.write_explanation(run, dltool.explain(run, device="cpu"))
    if status == "completed":
        more = dltool.load_config(folder / "c.yaml", ["training.epochs=2"])
        again = dltool.train(more, folder / "run", resume=True, device="cpu").facts
        assert again["epochs"] == 2 or again["status"] == "diverged"
    return status


COUNTS = Counter()


@settings(
    max_examples=EXAMPLES, derandomize=not SOAK, database=None, print_blob=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(experiments())
def test_what_is_accepted_works(plain_keras, experiment):
    note(json.dumps(experiment.config, ensure_ascii=False))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        COUNTS[check_all(experiment, Path(folder), plain_keras)] += 1
    LOOPS.clear()


def test_most_experiments_came_to_an_end():
    assert COUNTS.total() > EXAMPLES / 2, COUNTS
    assert COUNTS["completed"] > 5 * COUNTS["diverged"], COUNTS
