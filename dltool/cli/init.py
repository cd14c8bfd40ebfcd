"""Starter configs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dltool.errors import UsageError


class Template(StrEnum):
    """What a config is written for; those of ``_TABLES`` read one."""

    MLP = "mlp"
    CNN = "cnn"
    CSV = "csv"
    PARQUET = "parquet"
    EXCEL = "excel"
    IMAGES = "images"


_TABLES = Template.CSV, Template.PARQUET, Template.EXCEL


def init(
    template: Annotated[Template, typer.Argument(metavar="TEMPLATE", help="What to start from.")] = Template.MLP,
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="PATH", help="A table of your own, for `csv`, `parquet` and `excel`, or a folder of images."
        ),
    ] = None,
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column of the table to predict.")] = None,
) -> None:
    """Print a commented config that trains as it stands: a starter, or one for a table or images of your own.

    The latter by `dltool init csv homes.csv --target price > homes.yaml`, and by
    `dltool init images photos > photos.yaml` where photos holds a folder for each class.
    """
    if path is None and target is None and template not in (Template.PARQUET, Template.EXCEL):
        from dltool.config.templates import template_text

        text = template_text(template.value)
    elif template is Template.IMAGES and path is not None and target is None:
        from dltool import api

        text = api.draft_images(path)
    elif template is Template.IMAGES:
        raise UsageError("`dltool init images FOLDER` takes no --target: the class folders name the classes")
    elif template not in _TABLES:
        raise UsageError(
            f"`dltool init {template.value}` takes no file; expected `dltool init csv FILE --target COLUMN` or "
            "`dltool init images FOLDER`"
        )
    elif path is None or target is None:
        lacking = "--target COLUMN, the column to predict" if path else "FILE, the table"
        raise UsageError(f"`dltool init {template.value}` lacks {lacking}")
    else:
        from dltool import api

        text = api.draft(path, target, template.value)
    typer.echo(text, nl=False)
