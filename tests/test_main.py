"""The program ends with a sentence and an exit code of its own, whenever it is ended."""

import itertools
import re
import subprocess
import sys

import pytest

from tests.support.places import IRIS, REPOSITORY
from tests.support.program import COMMAND


@pytest.mark.parametrize(
    ("command", "mebibytes"),
    [("check", 128), ("check", 600), ("train", 600), ("train", 1700), ("predict", 1700), ("evaluate", 1700)],
)
def test_a_limit_on_memory_too_small_for_the_libraries_is_said_and_leaves_nothing(iris, tmp_path, command, mebibytes):
    limited = ["sh", "-c", f'ulimit -v {mebibytes * 1024}; exec "$@"', "sh", *COMMAND]
    words = {"predict": [iris, REPOSITORY / "data" / "iris.csv"], "evaluate": [iris]}.get(command, [IRIS])
    program = [*limited, command, *map(str, words)]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (71, ""), done.stderr
    assert re.fullmatch(r"error: the memory of this process is limited .*: ulimit -v unlimited\n", done.stderr)
    assert not [path for path in tmp_path.rglob("*") if path.name != "runs"]


# Both commands come by these; the last ones take seconds to get to.
IMPORTED = [
    "dltool.wording.formatting", "dltool.cli", "typer", "pydantic_core", "dltool.api", "numpy", "pyarrow", "keras",
    "tensorflow", "tensorflow.python.framework.ops", "keras.src.models.sequential", "dltool.model.build",
]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "module"),
    zip(itertools.cycle(["train", "evaluate"]), IMPORTED, strict=False),
)
def test_ctrl_c_during_an_import_ends_the_program(iris, tmp_path, command, module):
    program = f"""
import os, runpy, signal, sys

class Finder:
    def find_spec(self, name, *_):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
runpy.run_module("dltool", run_name="__main__", alter_sys=True)
"""
    words = [sys.executable, "-c", program, command, str(IRIS if command == "train" else iris)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr in ("", "interrupted by SIGINT\n")
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / "runs"])
