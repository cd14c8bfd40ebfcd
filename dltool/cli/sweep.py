"""Train many models from one sweep file."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dltool.cli.options import Device, FailFast, Jobs, Json, Quiet, resume_command
from dltool.errors import Interrupted, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dltool.console.sweep_display import Show
    from dltool.experiments.sweep_events import SweepResult

_ALLOWED_IN_DRY_RUN = ("file", "dry_run", "as_json")


class EngineName(StrEnum):
    """What carries out the trials of a sweep."""

    LOCAL = "local"
    RAY = "ray"


def sweep(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The sweep file.")],
    run_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The directory to create.", show_default="runs/<name>")
    ] = None,
    jobs: Jobs = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the sweep that is in the directory.")] = False,
    fail_fast: FailFast = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and print the points, train nothing; only --json goes with it.")
    ] = False,
    engine: Annotated[EngineName, typer.Option(help="Where trials run: here, or on a Ray cluster.")] = EngineName.LOCAL,
    ray_address: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="The head of the Ray cluster.", show_default="this machine's"),
    ] = None,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train every point that a sweep file describes. Prints the sweep's directory as the last line of standard output.

    Leaves with 1 where a trial failed; one that diverged is a result like any other.
    """
    from dltool import api

    if dry_run:
        _refuse_training_options(context)
        _print_points(file, as_json=as_json)
        return
    result = run_and_show(
        lambda show: api.sweep(
            file,
            run_dir,
            jobs=jobs,
            resume=resume,
            fail_fast=fail_fast,
            engine=engine.value,
            ray_address=ray_address,
            device=device,
            observe=show,
        ),
        as_json=as_json,
        quiet=quiet,
    )
    if result.failures:
        raise typer.Exit(1)


def _refuse_training_options(context: typer.Context) -> None:
    training_options = [option for option in context.command.params if option.name not in _ALLOWED_IN_DRY_RUN]
    if given := [option.opts[0] for option in training_options if option.name and _is_given(context, option.name)]:
        raise UsageError(f"--dry-run trains nothing; leave out {', '.join(given)}")


def _is_given(context: typer.Context, parameter: str) -> bool:
    source = context.get_parameter_source(parameter)
    return source is not None and source.name == "COMMANDLINE"


def _print_points(file: Path, *, as_json: bool) -> None:
    from dltool import api
    from dltool.console.sweep_results import points_facts, print_points

    definition = api.read_sweep(file)
    if as_json:
        typer.echo(json.dumps(points_facts(definition)))
    else:
        print_points(definition)


def run_and_show(run: Callable[[Show], SweepResult], *, as_json: bool, quiet: bool) -> SweepResult:
    """Run trials and show them: as they happen, and what came of them."""
    from dltool.console.sweep_display import sweep_display_for
    from dltool.console.sweep_results import print_failures, print_result

    try:
        with sweep_display_for(as_json=as_json, quiet=quiet) as show:
            result = run(show)
    except Interrupted as interruption:
        saved = interruption.run_dir
        more = f"; what is done is kept; go on with {resume_command(saved)}" if saved else ""
        typer.echo(f"{interruption}{more}", err=True)
        raise typer.Exit(interruption.exit_code) from None
    if not as_json:
        if quiet:
            print_failures(result)
        else:
            print_result(result)
        typer.echo(result.path)
    return result
