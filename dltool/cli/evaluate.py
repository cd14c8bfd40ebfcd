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
    split: Annotated[Split | None, typer.Option(help="The part of the run's own data.", show_default="test")] = None,
    data: Annotated[Path | None, typer.Option(metavar="FILE", help="Labelled data to measure on instead.")] = None,
    header: Header = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Measure the model of a run: metrics and, for classes, a confusion matrix."""
    from dltool import api
    from dltool.console.evaluation import evaluation_facts, print_evaluation

    evaluation = api.evaluate(run, split=split and split.value, file=data, header=header, device=device)
    if as_json:
        typer.echo(json.dumps(evaluation_facts(evaluation)))
    else:
        print_evaluation(evaluation)
