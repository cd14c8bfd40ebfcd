import subprocess
import sys

import pytest

PROGRAM = """
from dltool.console.streams import messages, results
from rich.text import Text
results().print(Text("result " * 40, "bold red"))
messages().print("message [red] :dog: 12", style="bold red")
"""


@pytest.mark.parametrize("forced", [{}, {"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1"}, {"COLUMNS": "20"}])
def test_a_pipe_gets_plain_text_that_is_not_wrapped(forced):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env={"TERM": "xterm", **forced}
    )
    assert done.stdout == "result " * 40 + "\n"
    assert done.stderr == "message [red] :dog: 12\n"


def test_a_terminal_gets_colours(on_terminal):
    assert "\x1b[1;31mmessage [red] :dog: 12\x1b[0m" in on_terminal(PROGRAM)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_none_gets_none(on_terminal, environment):
    assert "\x1b" not in on_terminal(PROGRAM, **environment)
