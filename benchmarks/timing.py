"""Running two commands in turn, and what each run took."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Command = Sequence[str]


@dataclass(frozen=True)
class Sample:
    """One run of a command."""

    seconds: float
    """Wall time of the whole process."""
    mebibytes: float
    """Peak resident memory of the process."""
    output: str
    """What it printed."""
    folder: Path
    """Where it ran."""

    @property
    def facts(self) -> dict[str, Any]:
        """The last line of the output, as JSON."""
        facts: dict[str, Any] = json.loads(self.output.splitlines()[-1])
        return facts


def run(command: Command) -> Sample:
    """Run a command in an empty folder of its own and take its time and memory.

    Raises:
        SystemExit: the command failed; what it said is printed.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    with (folder / "errors").open("w+") as errors, (folder / "output").open("w+") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{(folder / 'errors').read_text()}")
    return Sample(seconds, usage.ru_maxrss / 1024, (folder / "output").read_text(), folder)


@dataclass(frozen=True)
class Comparison:
    """One figure of two commands that ran in turn."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """How many times more theirs took, pair by pair."""
        return [theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios."""
        return statistics.median(self.ratios)


Figure = Callable[[Sample], float]


def in_turn(ours: Command, theirs: Command, repeats: int) -> tuple[list[Sample], list[Sample]]:
    """Run two commands A B A B …, after one run of each that does not count."""
    run(ours)
    run(theirs)
    pairs = [(run(ours), run(theirs)) for _ in range(repeats)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def compare(
    figure: Figure, ours: Sequence[Sample], theirs: Sequence[Sample], other: Figure | None = None
) -> Comparison:
    """Take one figure of every run; ``other`` where theirs is read in another way."""
    return Comparison(tuple(map(figure, ours)), tuple(map(other or figure, theirs)))


def spread(values: Sequence[float]) -> str:
    """Return ``median (lowest-highest)``."""
    return f"{statistics.median(values):.3g} ({min(values):.3g}-{max(values):.3g})"
