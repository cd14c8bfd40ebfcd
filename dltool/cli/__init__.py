"""Words -> api -> exit code; a file a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from dltool.cli.check import check
from dltool.cli.compare import compare
from dltool.cli.evaluate import evaluate
from dltool.cli.init import init
from dltool.cli.predict import predict
from dltool.cli.reproduce import reproduce
from dltool.cli.runs import runs
from dltool.cli.schema import schema
from dltool.cli.sweep import sweep
from dltool.cli.train import train
from dltool.errors import shortened

_UsageError: Any = typer.BadParameter.__mro__[1]  # Click's own, of which Typer has none of that name


class _Program(TyperGroup):
    """All commands; words that are none of theirs are not said back whole, however long they are."""

    def make_context(self, *words: Any, **more: Any) -> Any:
        with _briefly():
            return super().make_context(*words, **more)

    def invoke(self, *context: Any) -> Any:
        with _briefly():
            return super().invoke(*context)


@contextmanager
def _briefly() -> Iterator[None]:
    try:
        yield
    except _UsageError as error:
        error.message = shortened(error.message)
        raise


app = typer.Typer(
    name="dltool",
    cls=_Program,
    help="Train, evaluate and use neural networks from one YAML file.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help starts sooner and stands in docs/commands.md as it is
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (train, sweep, evaluate, predict, runs, compare, reproduce, check, schema, init):
    app.command()(command)


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
