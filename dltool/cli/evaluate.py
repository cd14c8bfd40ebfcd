"""Measure a trained model."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dltool.cli.options import Device, Header, Json, RunPath


class Split(StrEnum):
    """The parts of a data set."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


def evaluate(
    run: RunPath,
    split: Annotated[
        Split | None, typer.Option(help="The part of the run's own data.", show_default="test if there is one")
    ] = None,
    data: Annotated[Path | None, typer.Option(metavar="FILE", help="Labelled data to measure on instead.")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column of the table to score the rows by; may be repeated."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="The folder of the page and its pictures.", show_default="RUN/evaluation-test"
        ),
    ] = None,
    header: Header = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Measure the model of a run: a page with all of it, and the main figures here; --json alone writes no page."""
    from dltool import api
    from dltool.console.evaluation import evaluation_facts, print_evaluation, print_page

    part = split and split.value
    if as_json and report is None:
        evaluation = api.evaluate(run, split=part, data=data, by=by or (), header=header, device=device)
    else:
        evaluation, page = api.write_evaluation(
            run, report, split=part, data=data, by=by or (), header=header, device=device
        )
    if as_json:
        typer.echo(json.dumps(evaluation_facts(evaluation)))
        return
    print_evaluation(evaluation)
    print_page(page)
