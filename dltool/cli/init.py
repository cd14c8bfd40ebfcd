"""Starter configs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Template(StrEnum):
    """The starter configs."""

    MLP = "mlp"
    CNN = "cnn"
    CSV = "csv"
    IMAGES = "images"


def init(
    template: Annotated[Template, typer.Argument(help="What to start from.")] = Template.MLP,
) -> None:
    """Print a commented starter config, e.g. `dltool init csv > experiment.yaml`."""
    from dltool.config.templates import template_text

    typer.echo(template_text(template.value), nl=False)
