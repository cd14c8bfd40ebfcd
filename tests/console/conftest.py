import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from rich.console import Console
from rich.table import Table

from dltool import api
from dltool.experiments.sweep_events import SweepResult
from dltool.runs.trials import PointResult, Trial
from tests.support.finished_run import evaluation, facts, plan, rows
from tests.support.places import XOR

__all__ = ["evaluation", "facts", "plan", "rows"]


@pytest.fixture
def on_terminal() -> Callable[..., str]:
    """Run a program on a terminal of its own and return everything that it wrote there."""

    def run(program: str, *, columns: int = 100, **environment: str) -> str:
        main, terminal = pty.openpty()
        variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        variables |= {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": "40", **environment}
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=terminal, stdout=terminal, stderr=terminal, env=variables
        )
        os.close(terminal)
        written = b""
        try:
            while chunk := os.read(main, 65536):
                written += chunk
        except OSError:  # how Linux says that nobody holds the terminal any longer
            pass
        os.close(main)
        assert process.wait() == 0, written.decode()
        return written.decode()

    return run


@pytest.fixture
def definition(tmp_path):
    axes = {"training.optimizer.learning_rate": [0.1, 0.01]}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump({"name": "s", "base": str(XOR), "axes": axes, "repeats": 2}))
    return api.read_sweep(tmp_path / "s.yaml")


@pytest.fixture
def trials():
    def trial(number, rate, objective, status="completed", reason=""):
        return Trial(
            trial=number,
            point=(number + 1) // 2,
            repeat=2 - number % 2,
            seed=8 - number % 2,
            values={"training.optimizer.learning_rate": rate},
            status=status,
            attempts=1,
            seconds=2.0,
            path=f"{number:03d}",
            objective=objective,
            reason=reason,
        )

    return (
        trial(1, 0.1, 0.5),
        trial(2, 0.1, 0.25),
        trial(3, 0.01, 0.125),
        trial(4, 0.01, None, "failed", "no memory\nat all"),
    )


@pytest.fixture
def result(definition, trials):
    best = PointResult(1, trials[0].values, trials[:2])
    return SweepResult(Path("runs/s"), "failed", definition, trials, best)


@pytest.fixture
def printed(capsys):
    """Lines of standard output and of standard error, each split at spaces."""

    def read() -> tuple[list[list[str]], list[list[str]]]:
        out, err = capsys.readouterr()
        assert "\x1b" not in out + err
        assert not any(line != line.rstrip() for line in (out + err).splitlines())
        return [line.split() for line in out.splitlines()], [line.split() for line in err.splitlines()]

    return read


@pytest.fixture
def drawn() -> Callable[..., list[list[str]]]:
    """Draw a table in a width and return its lines, each split at spaces."""

    def draw(table: Table, width: int = 1000) -> list[list[str]]:
        stream = io.StringIO()
        Console(file=stream, width=width).print(table)
        return [line.split() for line in stream.getvalue().splitlines()]

    return draw
