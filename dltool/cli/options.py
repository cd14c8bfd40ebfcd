"""Arguments and options that several commands share."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="The YAML file.")]
RunPath = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="A run directory, e.g. runs/xor-001, its model.keras, or a sweep (its best run)."
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="PATH=VALUE", help="Set a value, e.g. training.epochs=5; may be repeated."),
]
Device = Annotated[str, typer.Option(metavar="DEVICE", help="auto, cpu, gpu or gpu:N.")]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header", help="Whether a CSV's first row names its columns.", show_default="as in training"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the run directory, warnings and errors only.")]
Jobs = Annotated[int, typer.Option(min=1, metavar="N", help="How many models to train at a time.")]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Stop at the first trial that fails.")]


def resume_command(path: Path) -> str:
    """Return the whole command that resumes, in the directory at ``path``, what the command at work began."""
    command, *words = sys.argv[1:]
    more = [] if any(word.startswith("--run-dir") for word in words) else ["--run-dir", str(path)]
    more += [] if "--resume" in words else ["--resume"]
    return shlex.join(["dltool", command, *more, *words])
