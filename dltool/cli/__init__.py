"""Words -> api -> exit code; a file a command."""

from __future__ import annotations

from typing import Annotated

import typer

from dltool.cli.calibrate import calibrate
from dltool.cli.check import check
from dltool.cli.command import Command, Group
from dltool.cli.compare import compare
from dltool.cli.evaluate import evaluate
from dltool.cli.explain import explain
from dltool.cli.init import init
from dltool.cli.predict import predict
from dltool.cli.reproduce import reproduce
from dltool.cli.runs import runs
from dltool.cli.schema import schema
from dltool.cli.sweep import sweep
from dltool.cli.train import train

app = typer.Typer(
    name="dltool",
    cls=Group,
    help="Train, evaluate and use neural networks from one YAML file.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help starts sooner and stands in docs/commands.md as it is
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (train, sweep, evaluate, explain, calibrate, predict, runs, compare, reproduce, check, schema, init):
    app.command(cls=Command)(command)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"dltool {version('dltool')}")
        raise typer.Exit


@app.callback()
def main_options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Train, evaluate and use neural networks from one YAML file."""
    del version
