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

_NOISE = 0.1
"""Of a core: when other processes take more than this during a pair, it is run again."""
_MOST_AGAIN = 1
"""How many pairs of a comparison are run again at most, so that a busy machine gets to an end."""


@dataclass(frozen=True)
class Sample:
    """One run of a command."""

    seconds: float
    """Wall time of the whole process."""
    mebibytes: float
    """Peak resident memory of the process."""
    others: float
    """Cores that other processes kept busy meanwhile."""
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
    # Where it is set, modules are compiled anew at every start, which is not what users wait for.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with (folder / "errors").open("w+") as errors, (folder / "output").open("w+") as output:
        busy, began = _busy_seconds(), time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        others = _busy_seconds() - busy - usage.ru_utime - usage.ru_stime
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{(folder / 'errors').read_text()}")
    output_text = (folder / "output").read_text()
    return Sample(seconds, usage.ru_maxrss / 1024, max(0.0, others / seconds), output_text, folder)


def _busy_seconds() -> float:
    """Return for how long this machine's cores have been busy, stolen time included; 0 where it does not say."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return 0.0
    user, nice, system, _idle, _wait, interrupt, soft, stolen = map(int, fields[:8])
    return (user + nice + system + interrupt + soft + stolen) / os.sysconf("SC_CLK_TCK")


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


def in_turn(ours: Command, theirs: Command, repeats: int, *, warm_up: bool = True) -> tuple[list[Sample], list[Sample]]:
    """Run two commands A B A B …, after one run of each that does not count.

    A pair during which other processes were busy is run again.
    """
    if warm_up:
        run(ours)
        run(theirs)
    pairs: list[tuple[Sample, Sample]] = []
    again = _MOST_AGAIN if warm_up else 0
    while len(pairs) < repeats:
        pair = run(ours), run(theirs)
        others = max(sample.others for sample in pair)
        if others > _NOISE and again:
            again -= 1
            print(f"  other processes took {others:.2f} cores: this pair is run again", file=sys.stderr)
            continue
        pairs.append(pair)
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def compare(
    figure: Figure, ours: Sequence[Sample], theirs: Sequence[Sample], other: Figure | None = None
) -> Comparison:
    """Take one figure of every run; ``other`` where theirs is read in another way."""
    return Comparison(tuple(map(figure, ours)), tuple(map(other or figure, theirs)))


def spread(values: Sequence[float]) -> str:
    """Return ``median (lowest-highest)``."""
    return f"{statistics.median(values):.3g} ({min(values):.3g}-{max(values):.3g})"
