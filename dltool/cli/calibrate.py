"""Calibrate a trained model."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dltool.cli.options import Device, Header, Json


def calibrate(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run directory, e.g. runs/xor-001, or a sweep (its best run).")
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Labelled data to choose it on.", show_default="the validation part, or the folds"
        ),
    ] = None,
    header: Header = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Make a run's probabilities as often right as they say: divide its logits by the temperature that suits best."""
    from dltool import api
    from dltool.console.calibration import print_calibration

    calibration = api.calibrate(run, data=data, header=header, device=device)
    if as_json:
        typer.echo(json.dumps(asdict(calibration)))
    else:
        print_calibration(calibration)
