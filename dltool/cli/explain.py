"""Explain a trained model."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from dltool.cli.options import Device, Header, Json, RunPath


def explain(
    run: RunPath,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT",
            help="Tables, NPZ files, images or folders of such to explain.",
            show_default="rows of the run's test part",
        ),
    ] = None,
    header: Header = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Explain the model of a run: what its columns are worth, and what made single answers."""
    from dltool import api
    from dltool.console.explanation import explanation_facts, print_explanation

    explanation = api.explain(run, inputs or (), header=header, device=device)
    if as_json:
        typer.echo(json.dumps(explanation_facts(explanation)))
    else:
        print_explanation(explanation)
        typer.echo(api.write_explanation(run, explanation))
