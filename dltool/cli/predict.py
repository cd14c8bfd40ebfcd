"""Use a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dltool.cli.options import Device, Header, RunPath
from dltool.inference.output_format import OutputFormat


def predict(
    run: RunPath,
    source: Annotated[str, typer.Argument(metavar="INPUT", help="A table, NPZ, image or folder; - for CSV on stdin.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is standard output.")
    ] = None,
    format_: Annotated[
        OutputFormat | None, typer.Option("--format", help="How to write.", show_default="by OUTPUT's ending, else csv")
    ] = None,
    top: Annotated[int, typer.Option(min=1, metavar="K", help="How many of the likeliest classes to name.")] = 1,
    interval: Annotated[
        float | None,
        typer.Option(
            metavar="LEVEL",
            help="Write an interval beside each number, to hold e.g. 0.9 of new rows.",
        ),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Write what this layer puts out instead; `code` of an autoencoder."),
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A column of INPUT to write beside; again for more.")
    ] = None,
    header: Header = None,
    device: Device = "auto",
) -> None:
    """Predict for new examples, as one table; labels are not needed."""
    from dltool import api

    if output == Path("-"):
        output = None
    api.write_predictions(
        run,
        source,
        output,
        format_,
        top=top,
        interval=interval,
        layer=layer,
        keep=keep or (),
        header=header,
        device=device,
    )
