"""The JSON Schema of the files that the program reads."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    """What a file describes."""

    CONFIG = "config"
    SWEEP = "sweep"


def schema(
    kind: Annotated[Kind, typer.Argument(help="Which kind of file.")] = Kind.CONFIG,
) -> None:
    """Print the JSON Schema of the config, or of a sweep file, for editors."""
    from dltool.config.json_schema import json_schema
    from dltool.experiments.sweep_spec import Sweep

    found = json_schema(Sweep, "sweep") if kind is Kind.SWEEP else json_schema()
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
