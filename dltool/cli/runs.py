"""List runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dltool.cli.options import Json


def runs(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of runs and sweeps, or a sweep.")] = Path(
        "runs"
    ),
    as_json: Json = False,
) -> None:
    """List runs and sweeps: how they ended, the best value of what they watched, when, and how long it took."""
    from dltool import api
    from dltool.console.runs import entry_facts, print_entries

    entries, problems = api.list_runs(folder)
    if as_json:
        for entry in entries:
            typer.echo(json.dumps(entry_facts(entry)))
    elif entries:
        print_entries(entries)
    else:
        typer.echo(f"no runs in {folder}", err=True)
    for problem in problems:
        typer.echo(f"warning: {problem}", err=True)
