"""Draw what `dltool check` says of a table as it was exported: `python docs/draw_check.py` writes docs/check.svg."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from io import StringIO
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

_WIDTH = 112
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def customers(rows: int = 400) -> str:
    """Return a table with an index, an id, dates, zip codes, booleans, many places and holes."""
    random = np.random.default_rng(4)
    lines = [",customer,joined,zip,town,member,income,bought"]
    for i in range(rows):
        day = np.datetime64("2019-01-01") + int(random.integers(0, 2190))
        code, town = random.choice(["01067", "04109", "10115", "20095", "50667", "80331"]), random.integers(0, 60)
        member = random.choice(["yes", "no"])
        income = "?" if random.random() < 0.04 else round(random.lognormal(10, 0.5))
        bought = "yes" if (member == "yes") + random.normal() > 0.6 else "no"
        lines.append(f"{i},C-{48_211 + 7 * i},{day},{code},town {town},{member},{income},{bought}")
    return "\n".join(lines) + "\n"


def picture() -> str:
    """Return what `init` and `check` make of it, as a terminal shows it: SVG that loads nothing."""
    dltool = [sys.executable, "-m", "dltool"]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "customers.csv").write_text(customers())
        words = "init", "csv", "customers.csv", "--target", "bought"
        Path(folder, "customers.yaml").write_text(_on_a_terminal([*dltool, *words], folder))
        said = _on_a_terminal([*dltool, "check", "customers.yaml"], folder)
    console = Console(record=True, width=_WIDTH, file=StringIO())
    console.print(Text.from_ansi(said.rstrip()))
    svg = console.export_svg(title="dltool check customers.yaml", theme=MONOKAI, unique_id="check")
    return _FONTS.sub("", svg).replace("Fira Code", "ui-monospace, Menlo, Consolas")


def _on_a_terminal(command: list[str], folder: str) -> str:
    """Return what a command writes to a terminal, colours included."""
    ours, terminal = pty.openpty()
    environment = os.environ | {"COLUMNS": str(_WIDTH), "TERM": "xterm-256color"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=terminal, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ):
        os.close(terminal)
        said = b""
        with suppress(OSError):  # how a terminal ends
            while some := os.read(ours, 1 << 16):
                said += some
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


if __name__ == "__main__":
    (Path(__file__).parent / "check.svg").write_text(picture(), "utf-8")
