"""Words -> api -> exit code."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="dltool",
    help="Train, evaluate and use neural networks from one YAML file.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help starts sooner and stands in docs/commands.md as it is
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="The YAML file.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory, e.g. runs/xor-001.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="PATH=VALUE", help="Set a value, e.g. training.epochs=5; may be repeated."),
]
Device = Annotated[str, typer.Option(help="auto, cpu, gpu or gpu:N.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Split(StrEnum):
    """The parts of a data set."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Format(StrEnum):
    """How predictions are written."""

    CSV = "csv"
    JSONL = "jsonl"
    NPZ = "npz"
    PARQUET = "parquet"


class Template(StrEnum):
    """The starter configs."""

    MLP = "mlp"
    CNN = "cnn"
    CSV = "csv"
    IMAGES = "images"


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


@app.command()
def train(
    config: ConfigFile,
    settings: Settings = None,
    run_dir: Annotated[
        Path | None, typer.Option(help="The directory to create.", show_default="runs/<name>-<number>")
    ] = None,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the run directory only.")] = False,
) -> None:
    """Train a model. Prints the run directory's path as the last line of standard output."""
    from dltool import api
    from dltool.console import results
    from dltool.console.display import display_for

    loaded = api.load_config(config, settings or ())
    with display_for(as_json=as_json, quiet=quiet) as show:
        try:
            run = api.train(loaded, run_dir, device=device, observe=show)
        except KeyboardInterrupt:
            typer.echo("interrupted; the run is marked so, its metrics and the model of this moment are kept", err=True)
            raise
    facts = run.facts
    if as_json:
        typer.echo(json.dumps({"event": "finished", "run": str(run.path), **facts}))
    else:
        if not quiet:
            results.print_summary(run.path, facts, run.metrics())
        typer.echo(run.path)
    if facts["status"] == "diverged":
        raise typer.Exit(1)


@app.command()
def evaluate(
    run: RunPath,
    split: Annotated[Split, typer.Option(help="The part of the run's own data.")] = Split.TEST,
    data: Annotated[Path | None, typer.Option(metavar="FILE", help="Labelled data to measure on instead.")] = None,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Measure the model of a run: metrics and, for classes, a confusion matrix."""
    from dltool import api
    from dltool.console import results

    evaluation = api.evaluate(run, split=split.value, file=data, device=device)
    if as_json:
        typer.echo(json.dumps(results.evaluation_facts(evaluation)))
    else:
        results.print_evaluation(evaluation)


@app.command()
def predict(
    run: RunPath,
    source: Annotated[str, typer.Argument(metavar="INPUT", help="A CSV, NPZ, image or folder; - for CSV on stdin.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write.")] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="How to write.", show_default="by OUTPUT's ending, else csv")
    ] = None,
    top: Annotated[int, typer.Option(min=1, metavar="K", help="How many of the likeliest classes to name.")] = 1,
    device: Device = "auto",
) -> None:
    """Predict for new examples, as one table; labels are not needed."""
    from dltool import api

    api.write_predictions(run, source, output, format_ and format_.value, top=top, device=device)


@app.command()
def check(config: ConfigFile, settings: Settings = None, as_json: Json = False) -> None:
    """Check a config and its data, and show the layers, without training."""
    from dltool import api
    from dltool.console import results

    planned = api.check(api.load_config(config, settings or ()))
    if as_json:
        typer.echo(json.dumps(results.plan_facts(planned)))
    else:
        results.print_plan(planned)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the config, for editors."""
    from dltool.config.reference import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
def init(
    template: Annotated[Template, typer.Argument(help="What to start from.")] = Template.MLP,
) -> None:
    """Print a commented starter config, e.g. `dltool init csv > experiment.yaml`."""
    from dltool.config.templates import template_text

    typer.echo(template_text(template.value), nl=False)
