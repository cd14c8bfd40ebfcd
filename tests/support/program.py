"""The two ways to run the program: forked, which costs no start-up, and anew.

Tests ask for the fixture ``program``, or for ``trainer`` where TensorFlow is needed, unless they use a terminal or look
at the start itself.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import NamedTuple

from tests.support.places import REPOSITORY

COMMAND = [sys.executable, "-m", "dltool"]


class Done(NamedTuple):
    """What a command left: its exit code, -n where signal n ended it, and what it wrote to its two streams."""

    code: int
    out: str
    err: str


class Program:
    """The program, started once and forked for each command: see ``tests.support.server``.

    Args:
        process: the server.
        seconds: when a command that hangs is ended, which then leaves with -14.
    """

    def __init__(self, process, seconds=60):
        self._process, self._seconds = process, seconds

    def within(self, seconds):
        """Return the same program with less patience, or more."""
        return Program(self._process, seconds)

    def run(self, words, folder, stdin="", **environment):
        """Run a command in a folder, with the variables of this process and some more."""
        with self.begun(words, folder, stdin, **environment) as running:
            return running.end()

    @contextmanager
    def begun(self, words, folder, stdin="", **environment):
        """Begin to run a command, the same way; left while it goes on, it is killed."""
        request = {
            "words": [str(word) for word in words],
            "folder": str(folder),
            "stdin": stdin,
            "environment": os.environ | environment,
            "seconds": self._seconds,
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        running = Running(self._process.stdout)
        try:
            yield running
        finally:
            if not running.ended:
                os.kill(running.pid, signal.SIGKILL)
                running.end()


class Running:
    """A command that has begun, the process ``pid``."""

    def __init__(self, answers):
        self._answers = answers
        self.pid, self.ended = int(answers.readline()), False

    def end(self):
        """Wait for its end, and return what it left."""
        self.ended = True
        line = self._answers.readline()
        assert line, "the server died"
        return Done(**json.loads(line))


@contextmanager
def started(*words):
    """Start the server, and end it."""
    command = [sys.executable, "-m", "tests.support.server", *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    # One thread, or the server could not be forked safely; its commands have the environment that they are given.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, **pipes) as process:
        yield Program(process)
        process.stdin.close()


def run_anew(words, folder, stdin=None, **environment):
    """Run a command in a folder as a shell does, in a process of its own from its start on."""
    done = subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env=os.environ | environment,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
