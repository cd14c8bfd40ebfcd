"""Train a run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dltool.cli.options import Json, RunPath


def reproduce(
    run: RunPath,
    run_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The directory for the new run.", show_default="one that is removed"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a run's stored config again and tell whether it comes out the same, to the bit. Leaves with 1 if not."""
    from dltool import api
    from dltool.console.display import display_for
    from dltool.console.reproduction import print_reproduction

    with display_for(as_json=False, quiet=as_json) as show:
        reproduction = api.reproduce(run, run_dir, observe=show)
    if as_json:
        facts = {"identical": reproduction.identical, "difference": reproduction.difference}
        typer.echo(json.dumps({**facts, "changed": reproduction.changed}))
    else:
        print_reproduction(reproduction)
    if not reproduction.identical:
        raise typer.Exit(1)
