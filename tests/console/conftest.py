import os
import pty
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support.finished_run import evaluation, facts, plan, rows

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
