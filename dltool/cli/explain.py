"""Explain a trained model."""

from __future__ import annotations

import json
from pathlib import Path
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
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The folder of the page and its pictures.",
            show_default="RUN/explanation, or RUN/explanation-file-INPUT; beside a model file",
        ),
    ] = None,
    header: Header = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Explain the model of a run: what columns are worth, what made single answers; --json alone writes no page."""
    from dltool import api
    from dltool.console.evaluation import print_page
    from dltool.console.explanation import explanation_facts, print_explanation

    explanation = api.explain(run, inputs or (), header=header, device=device)
    page = None if as_json and report is None else api.write_explanation(run, explanation, report)
    if as_json:
        typer.echo(json.dumps(explanation_facts(explanation)))
        return
    print_explanation(explanation)
    print_page(page)
