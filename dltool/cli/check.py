"""Check a config."""

from __future__ import annotations

import json

import typer

from dltool.cli.options import ConfigFile, Json, Settings


def check(config: ConfigFile, settings: Settings = None, as_json: Json = False) -> None:
    """Check a config and its data, and show the layers, without training."""
    from dltool import api
    from dltool.console.plan import plan_facts, print_plan

    planned = api.check(api.load_config(config, settings or ()))
    if as_json:
        typer.echo(json.dumps(plan_facts(planned)))
    else:
        print_plan(planned)
