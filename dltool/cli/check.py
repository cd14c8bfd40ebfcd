"""Check a config."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dltool.cli.options import ConfigFile, Json, Settings

_Show = Annotated[
    Path | None,
    typer.Option(
        "--show", metavar="DIR", help="Write a page of what the network will see: samples, augmented images, columns."
    ),
]


def check(config: ConfigFile, settings: Settings = None, show: _Show = None, as_json: Json = False) -> None:
    """Check a config and its data, and show the layers, without training.

    With --show the page's path is printed last.
    """
    from dltool import api
    from dltool.console.plan import plan_facts, print_plan

    loaded, page = api.load_config(config, settings or ()), None
    if show is None:
        planned = api.check(loaded)
    else:
        planned, page = api.show_data(loaded, show)
    if as_json:
        typer.echo(json.dumps(plan_facts(planned) | ({"page": str(page)} if page else {})))
        return
    print_plan(planned)
    if page:
        typer.echo(page)
