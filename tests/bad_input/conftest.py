"""A program to run on bad input, and what to look at afterwards."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent


class Program:
    """The program, started once and forked for each command."""

    def __init__(self, process):
        self._process = process

    def run(self, words, folder, stdin=""):
        """Return exit code, standard output and standard error of a command."""
        request = {"words": list(words), "folder": str(folder), "stdin": stdin}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["code"], answer["out"], answer["err"]


@pytest.fixture(scope="session")
def program():
    command = [sys.executable, "-m", "tests.bad_input.server"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=REPOSITORY, **pipes) as process:
        yield Program(process)
        process.stdin.close()


def tree(folder):
    """Return every path below a folder with what it holds: nothing that a command writes goes unnoticed."""
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


def write(folder, files):
    """Write files, given as text or bytes; None makes a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
