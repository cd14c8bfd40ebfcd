"""Sound runs to tamper with, and a process in which to look at what came of it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from dltool.backend.start import start
from dltool.contracts.model_description import ModelDescription
from dltool.inference.model_file import save_model
from dltool.model.build import build

start("cpu", 0, threads=(1, 2))

REPOSITORY = Path(__file__).parent.parent.parent
TABLE = {
    "signature": {
        "task": "categorical", "input_shape": [4], "input_dtype": "float32", "outputs": 3,
        "classes": ["apple", "berry", "=cmd|' /C calc'!A0"], "targets": ["kind"],
        "columns": [{"name": "size"}, {"name": "colour", "vocabulary": ["green", "red"]}],
        "input_numbers": {
            "dtype": "float32", "offset": [2, 0, 0, 0], "scale": [0.5, 1, 1, 1],
            "low": [0, 0, 0, 0], "high": [4, 1, 1, 1],
        },
        "frequencies": [0.5, 0.25, 0.25],
    },
    "layers": [
        {"type": "normalization"}, {"type": "dense", "units": 5, "activation": "relu"},
        {"type": "dropout", "rate": 0.5}, {"type": "dense", "units": 3, "activation": "softmax"},
    ],
    "training": {"loss": "categorical_crossentropy", "metrics": ["accuracy"], "epochs": 1},
}  # fmt: skip
IMAGES = {
    "signature": {
        "task": "categorical", "input_shape": [6, 6, 3], "input_dtype": "uint8", "outputs": 2,
        "classes": ["cat", "dog"], "frequencies": [0.5, 0.5],
        "image": {"color_mode": "rgb", "interpolation": "bilinear"},
    },
    "layers": [
        {"type": "rescaling", "scale": 0.1}, {"type": "flatten"},
        {"type": "dense", "units": 2, "activation": "softmax"},
    ],
    "training": {"loss": "categorical_crossentropy", "epochs": 1},
}  # fmt: skip
CONFIG = """name: fruit
data: {source: csv, path: fruit.csv, targets: kind}
model: {type: mlp, hidden_units: [5]}
training: {loss: categorical_crossentropy, epochs: 1}
"""


@pytest.fixture(scope="session")
def valid(tmp_path_factory):
    """A folder with two runs, as training leaves them, and valid input for them."""
    folder = tmp_path_factory.mktemp("valid")
    for name, description in (("table", TABLE), ("images", IMAGES)):
        run = folder / name
        run.mkdir()
        read = ModelDescription.model_validate_json(json.dumps(description))
        keras.utils.set_random_seed(1)
        save_model(build(read.plan), read, run / "model.keras")
        (run / "run.json").write_text('{"status": "completed", "device": "cpu", "threads": 2}')
        (run / "config.yaml").write_text(CONFIG)
    (folder / "input.csv").write_text("size,colour,kind\n1.5,red,apple\n2.5,blue,berry\n")
    return folder


@pytest.fixture
def folder(valid, tmp_path):
    """A copy of the valid folder, to be tampered with."""
    return shutil.copytree(valid, tmp_path / "folder")


class Program:
    """The program in a process that lives on, traced where the system allows it."""

    def __init__(self, process, trace):
        self._process, self.trace = process, trace

    def run(self, words, folder, case="some"):
        """Return exit code, standard output and standard error of a command."""
        request = {"words": [str(word) for word in words], "folder": str(folder), "case": case}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process died of {' '.join(request['words'])}"
        answer = json.loads(line)
        return answer["code"], answer["out"], answer["err"]

    def calls(self):
        """Return, for each case, the calls that it made to start programs, connect and open files."""
        found, case = {}, ""
        for line in self.trace.read_text("utf-8", "replace").splitlines():
            if marked := re.search(r'"/the-next-case-is/([^"]*)"', line):
                case = marked[1]
            elif case:
                found.setdefault(case, []).append(line)
        return found


@pytest.fixture(scope="session")
def program(valid, tmp_path_factory):
    trace = tmp_path_factory.mktemp("trace") / "calls"
    traced_calls = ["-e", "trace=execve,connect,open,openat", "--seccomp-bpf"]  # which stops at no others
    tracer = ["strace", "-f", "-qq", "-s", "4096", *traced_calls, "-o", str(trace)]
    traced = (
        shutil.which("strace") and subprocess.run([*tracer, "true"], check=False, capture_output=True).returncode == 0
    )
    command = [*(tracer if traced else []), sys.executable, "-m", "tests.hostile.driver"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=REPOSITORY, **pipes) as process:
        started = Program(process, trace if traced else None)
        words = ["evaluate", "table", "--data", "input.csv", "--device", "cpu"]
        code, _, err = started.run(words, valid)
        assert code == 0, err
        yield started
        process.stdin.close()
