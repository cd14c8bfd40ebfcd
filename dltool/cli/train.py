"""Train one model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dltool.cli.options import ConfigFile, Device, Json, Settings
from dltool.errors import Interrupted


def train(
    config: ConfigFile,
    settings: Settings = None,
    run_dir: Annotated[
        Path | None, typer.Option(help="The directory to create.", show_default="runs/<name>-<number>")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the interrupted run in --run-dir.")] = False,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the run directory only.")] = False,
) -> None:
    """Train a model. Prints the run directory's path as the last line of standard output."""
    from dltool import api
    from dltool.console import results
    from dltool.console.display import display_for

    loaded = api.load_config(config, settings or ())
    try:
        with display_for(as_json=as_json, quiet=quiet) as show:
            run = api.train(loaded, run_dir, resume=resume, device=device, observe=show)
    except Interrupted as interruption:
        saved = interruption.run_dir
        typer.echo(f"{interruption}" + (f"; go on with --run-dir {saved} --resume" if saved else ""), err=True)
        raise typer.Exit(interruption.exit_code) from None
    facts = run.facts
    if as_json:
        typer.echo(json.dumps({"event": "finished", "run": str(run.path), **facts}))
    else:
        if not quiet:
            results.print_summary(run.path, facts, run.metrics())
        typer.echo(run.path)
    if facts["status"] == "diverged":
        raise typer.Exit(1)
