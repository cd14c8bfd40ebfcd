"""Directories of runs and sweeps, tampered with file by file: what is not as it was written is refused by name.

Nothing hangs, nothing outside is read or changed, and no message shows what a link leads to.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from tests.hostile.conftest import REPOSITORY

SECRET = "the secret of another file"
CONFIG = """name: small
data: {source: csv, path: data.csv, targets: kind, validation: 0.25}
model: {type: mlp, hidden_units: [3]}
training: {loss: binary_crossentropy, metrics: [accuracy], epochs: 2}
"""
SWEEP = """name: search
base: c.yaml
search: {type: random, trials: 2}
axes: {training.optimizer.learning_rate: {low: 0.001, high: 0.1, log: true}}
"""
TRAIN = ["train", "c.yaml", "--run-dir", "run", "--resume", "--set", "training.epochs=3", "--device", "cpu"]
RESUME = ["sweep", "s.yaml", "--run-dir", "sweep", "--resume"]
COMMANDS = {
    "run/run.json": [["runs", "."], ["evaluate", "run"], ["predict", "run", "data.csv"], ["reproduce", "run"],
                     ["compare", "run", "other"], TRAIN],
    "run/config.yaml": [["evaluate", "run", "--split", "train"], ["reproduce", "run"], ["compare", "run", "other"], TRAIN],
    "run/metrics.jsonl": [["reproduce", "run"], ["compare", "run", "other"], TRAIN],
    "run/model.keras": [["evaluate", "run"], ["predict", "run", "data.csv"], ["reproduce", "run"]],
    "run/predictions.safetensors": [["compare", "run", "other"]],
    "run/checkpoint": [TRAIN],
    "run/.lock": [["runs", "."], TRAIN],
    "sweep/sweep.yaml": [RESUME],
    "sweep/sweep.json": [["runs", "."], ["runs", "sweep"], ["compare", "sweep"], RESUME],
    "sweep/search.journal": [RESUME],
    "sweep/.lock": [["runs", "."], RESUME],
    "sweep/001": [["compare", "sweep"], RESUME],
    "sweep/001/run.json": [["runs", "sweep"], ["compare", "sweep"], RESUME],
}  # fmt: skip


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder with two runs and a sweep, as the program leaves them."""
    folder = tmp_path_factory.mktemp("trained")
    rows = [f"{x},{x * x % 7},{'no' if x < 20 else 'yes'}" for x in range(40)]
    (folder / "data.csv").write_text("\n".join(["a,b,kind", *rows]) + "\n")
    (folder / "c.yaml").write_text(CONFIG)
    (folder / "s.yaml").write_text(SWEEP)
    program = [sys.executable, "-m", "dltool"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    for words in (
        ["train", "c.yaml", "--run-dir", "run"],
        ["train", "c.yaml", "--run-dir", "other", "--set", "seed=1"],
        ["sweep", "s.yaml", "--run-dir", "sweep"],
    ):
        subprocess.run([*program, *words], cwd=folder, env=environment, check=True, capture_output=True)
    return folder


@pytest.fixture
def folder(trained, tmp_path):
    """The trained folder, to be tampered with, beside a secret."""
    (tmp_path / "secret").write_text(SECRET)
    return shutil.copytree(trained, tmp_path / "folder")


def away(path):
    """Put a file or folder where the directory's owner did not have it."""
    target = path.parent.parent.parent / "away"
    if path.exists():
        path.rename(target)
    else:
        target.write_text("process 1 on nowhere")
    return target


def removed(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def linked(path):
    target = away(path)
    path.symlink_to(target)


def link_to_the_secret(path):
    removed(path)
    path.symlink_to(path.parent.parent.parent / "secret")


def link_to_nothing(path):
    removed(path)
    path.symlink_to(path.parent.parent.parent / "made")


def pipe(path):
    removed(path)
    os.mkfifo(path)


def link_to_a_device(path):
    removed(path)
    path.symlink_to("/dev/zero")


def a_folder(path):
    removed(path)
    path.mkdir()


def content(text):
    def make(path):
        removed(path)
        path.write_bytes(text)

    return make


def endless(path):
    removed(path)
    with path.open("wb") as file:
        file.truncate(1 << 42)


FORMS = {
    "a link to itself, elsewhere": linked,
    "a link to another file": link_to_the_secret,
    "a link to nothing": link_to_nothing,
    "a pipe": pipe,
    "a link to a device": link_to_a_device,
    "a folder": a_folder,
    "empty": content(b""),
    "no text": content(b"\xff\x00\xfe" * 100),
    "a number": content(b"3\n"),
    "nested": content(b"[" * 100_000),
    "nested mappings": content(b'{"a":' * 100_000),
    "endless": endless,
}
REFUSED = (65, 66, 73, 74, 77, 78)


def state(folder):
    """What lies beside the folder: the secret, and what links lead to."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and folder / "folder" not in path.parents
    }


def run(program, words, folder):
    before = state(folder.parent)
    code, out, err = program.run(words, folder)
    assert "Traceback" not in err, err
    assert SECRET not in out + err
    assert len(err) < 3000, err
    assert state(folder.parent) == before
    return code, out, err


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_file_in_another_form(program, folder, name, form):
    FORMS[form](folder / name)
    for words in COMMANDS[name]:
        code, out, err = run(program, words, folder)
        if words[0] == "runs" and (folder / words[1] / name).exists() and name != "sweep/sweep.json":
            pass
        print("RESULT", name, "|", form, "|", " ".join(words[:2]), "|", code, "|", err.strip().splitlines()[:1])
