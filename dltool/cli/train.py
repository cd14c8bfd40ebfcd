"""Train one model, or several."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from dltool.cli.options import Device, FailFast, Jobs, Json, Quiet, Settings, resume_command
from dltool.cli.sweep import run_and_show
from dltool.config.status import Status
from dltool.errors import Interrupted, UsageError


def train(
    configs: Annotated[list[Path], typer.Argument(metavar="CONFIG", help="The YAML file, or several.")],
    settings: Settings = None,
    run_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The directory to create.",
            show_default="runs/<name>-<number>, of several runs/batch-<number>",
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what was interrupted in --run-dir.")] = False,
    jobs: Jobs = 1,
    fail_fast: FailFast = False,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a model, or several. Prints the run directory's path as the last line of standard output.

    Several configs are trained into one directory, each into a numbered run directory of its own. Leaves with 1 where
    a training diverged or failed.
    """
    from dltool import api

    if len(configs) > 1:
        many = partial(api.train_many, configs, settings or (), run_dir, resume=resume, device=device)
        result = run_and_show(
            lambda show: many(jobs=jobs, fail_fast=fail_fast, observe=show), as_json=as_json, quiet=quiet
        )
        if any(trial.status in (Status.FAILED, Status.DIVERGED) for trial in result.trials):
            raise typer.Exit(1)
        return
    if jobs > 1 or fail_fast:
        raise UsageError(f"{'--jobs' if jobs > 1 else '--fail-fast'} is for several configs, and there is one")
    from dltool.console.display import display_for
    from dltool.console.summary import print_summary, print_warnings
    from dltool.wording.notes import lost_since_best

    (config,) = configs
    loaded = api.load_config(config, settings or ())
    try:
        with display_for(as_json=as_json, quiet=quiet) as show:
            run = api.train(loaded, run_dir, resume=resume, device=device, observe=show)
    except Interrupted as interruption:
        saved = interruption.run_dir
        typer.echo(f"{interruption}" + (f"; go on with {resume_command(saved)}" if saved else ""), err=True)
        raise typer.Exit(interruption.exit_code) from None
    facts, rows = run.facts, run.metrics()
    if as_json:
        warning = lost_since_best(facts, rows) or None
        typer.echo(json.dumps({"event": "finished", "run": str(run.path), **facts, "warning": warning}))
    if as_json or quiet:
        print_warnings(facts, rows)
    else:
        print_summary(run.path, facts, rows)
    if not as_json:
        typer.echo(run.path)
    if facts["status"] == Status.DIVERGED:
        raise typer.Exit(1)
