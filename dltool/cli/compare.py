"""Compare runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dltool.cli.options import Json
from dltool.errors import UsageError


def compare(
    paths: Annotated[list[Path], typer.Argument(metavar="RUN", help="Run directories, or those of sweeps.")],
    metric: Annotated[
        str | None,
        typer.Option(metavar="M", help="What to compare by.", show_default="one sweep's objective, else loss"),
    ] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row a run.")] = False,
) -> None:
    """Compare runs, or the points of sweeps: what differs, by how much, and whether that is more than noise."""
    from dltool import api
    from dltool.console import comparison as shown

    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other")
    comparison = api.compare(paths, metric)
    if as_json:
        typer.echo(json.dumps(shown.comparison_facts(comparison)))
    elif as_csv:
        shown.write_comparison(comparison)
    else:
        shown.print_comparison(comparison)
