"""Predicting with a trained model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dltool.api.measured_part import refuse_header_alone
from dltool.api.trained import model_of, run_of, table_format_of
from dltool.backend.settings import given_back
from dltool.config.suggestions import did_you_mean_name
from dltool.contracts.model_description import ModelDescription
from dltool.data.paths import paths_of
from dltool.errors import DltoolError, InputOutputError, UsageError
from dltool.tasks import task_of_model
from dltool.tasks.intervals import interval_columns

if TYPE_CHECKING:
    import numpy as np

    from dltool.data.held_table import ArrowStream
    from dltool.inference.predict import Columns
    from dltool.runs.run import Run

    Source = str | Path | np.ndarray | Sequence[Any] | Mapping[str, Any] | ArrowStream


@given_back()
def predict(
    run: Run | str | Path,
    source: Source,
    *,
    top: int = 1,
    interval: float | None = None,
    layer: str | None = None,
    keep: str | Sequence[str] = (),
    header: bool | None = None,
    device: str = "auto",
) -> Iterator[Columns]:
    """Yield tables of predictions, a batch at a time.

    Args:
        run: the run, its directory, that of a sweep (for its best run), or the ``.keras`` file of a run.
        source: a CSV, Parquet or Excel file, an NPZ, an image, a folder of images, or ``-`` for CSV on standard input;
            labels are not needed.
            Or examples in memory: an array of shape (n, *the shape of an example) or, for the model of a table, a
            data frame that has ``__arrow_c_stream__`` (pandas, Polars, PyArrow), or a mapping of column name to array
            or list; None and NaN are missing values.
        top: for classes, how many of the likeliest to name.
        interval: for numbers, the part of new rows that an interval beside each prediction is to hold, such as 0.9.
        layer: the name of a layer, as ``check`` lists it, whose outputs to return instead; ``code`` of an autoencoder.
        keep: the column of the table, or several, that is to stand beside the answers, such as an id.
        header: whether the first row of a CSV names its columns; by default as in training.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Raises:
        UsageError: ``top`` is less than 1, or more and the model does not choose between classes; no layer has that
            name; the model has no intervals of that level; a header is said of data in memory.
        DltoolError: the run, the input or the device cannot be used.
    """
    from dltool.data.inputs import held_inputs, open_inputs

    refuse_header_alone(header, source)
    keep = [keep] if isinstance(keep, str) else keep
    if top < 1:
        raise UsageError(f"top is {top}; expected a whole number, 1 or more")
    model, description = model_of(run_of(run), run, device)

    from dltool.inference.predict import layer_outputs
    from dltool.inference.predict import predict as tables

    if layer is not None:
        _check_layer(layer, description, top, interval)
    task = task_of_model(description)
    if top > 1 and not task.ranks:
        raise UsageError(f"--top {top} ranks classes; this model predicts none")
    columns: Callable[[np.ndarray], Columns] = partial(task.columns, top=top)
    if interval is not None:
        columns = interval_columns(task, description.residuals, interval)
    table_format = table_format_of(description, header)
    if isinstance(source, str | Path):
        batches = open_inputs(str(source), description.signature, table_format, keep)
    else:
        batches = held_inputs(source, description.signature, table_format, keep)
    if layer is not None:
        return layer_outputs(model, layer, batches)
    return tables(model, task, batches, columns)


def _check_layer(layer: str, description: ModelDescription, top: int, interval: float | None) -> None:
    """Raise UsageError unless a model has a layer of that name, and nothing of the answers is asked for."""
    names = [each.name for each in description.plan.layers]
    if layer not in names:
        raise UsageError(f"no layer is called {layer!r}{did_you_mean_name(layer, names)}")
    if top > 1:
        raise UsageError("--top ranks classes, and --layer names the layer whose outputs are wanted; give one of them")
    if interval is not None:
        raise UsageError("--interval is of predictions, and --layer writes what a layer puts out; give one of them")


def write_predictions(
    run: Run | str | Path,
    source: str | Path,
    output: str | Path | None,
    form: str | None = None,
    *,
    top: int = 1,
    interval: float | None = None,
    layer: str | None = None,
    keep: str | Sequence[str] = (),
    header: bool | None = None,
    device: str = "auto",
) -> None:
    """Write predictions to a file, or to standard output.

    Args:
        run: as for ``predict``.
        source: as for ``predict``.
        output: the file, which appears whole or not at all; None for standard output.
        form: ``csv``, ``jsonl``, ``npz`` or ``parquet``; by default what the file's ending says, else ``csv``.
        top: as for ``predict``.
        interval: as for ``predict``.
        layer: as for ``predict``.
        keep: as for ``predict``.
        header: as for ``predict``.
        device: as for ``predict``.

    Raises:
        UsageError: a format that is not text cannot go to standard output.
        DltoolError: as for ``predict``, or the output cannot be written.
    """
    from dltool.console.streams import data_output
    from dltool.inference.output_format import OutputFormat, output_format_of
    from dltool.inference.write import write_tables
    from dltool.interruptions import interruptions
    from dltool.runs.stored_files import atomic_path, write_error

    output = Path(output) if isinstance(output, str) else output
    chosen = OutputFormat(form) if form else output_format_of(output)
    if output is None and not chosen.is_text:
        raise UsageError(f"{chosen} cannot go to standard output; name a file with -o")
    if output is not None:
        _refuse_output(output, run, source)
    asked = predict(run, source, top=top, interval=interval, layer=layer, keep=keep, header=header, device=device)
    tables = _reading(asked, source)
    if output is None:
        write_tables(tables, data_output(), chosen)
    elif output.exists() and not output.is_file():
        # A device or a pipe is written to; a file put in its place would be none.
        try:
            with output.open("wb") as sink:
                write_tables(tables, sink, chosen)
        except OSError as error:
            raise write_error(output, error) from None
    else:
        with interruptions(), atomic_path(output) as beside, beside.open("wb") as sink:
            write_tables(tables, sink, chosen)


def _refuse_output(output: Path, run: Run | str | Path, source: str | Path) -> None:
    """Raise UsageError where an output would take the place of what it is made from, or of a link to something else."""
    if output.is_symlink() and (output.is_file() or not output.exists()):
        raise UsageError(f"{output} is a link to {output.readlink()}; name the file itself with -o")
    if not output.exists():
        return
    opened, folder = run_of(run), Path(source)
    inputs = [*paths_of(str(source)), *(_data_of(opened) if opened else [Path(str(run))])]
    folders = [folder, *([opened.path, Path(str(run))] if opened else [])]
    if any(path.exists() and output.samefile(path) for path in inputs) or any(
        path.is_dir() and path.resolve() in output.resolve().parents for path in folders
    ):
        raise UsageError(f"{output} would be overwritten, and it is part of the input or of the run; name another file")


def _data_of(run: Run) -> list[Path]:
    """Return what the config of a run names as its data, as far as it can be read."""
    with suppress(DltoolError):
        data = run.config().data
        named = [getattr(data, name) for name in data.files]
        return [path for value in named if isinstance(value, str | list) for path in paths_of(value)]
    return []


def _reading(tables: Iterator[Columns], source: str | Path) -> Iterator[Columns]:
    """Pass tables on; an input that fails midway is not to be taken for an output that does."""
    try:
        yield from tables
    except OSError as error:
        raise InputOutputError(f"cannot read {source}: {error.strerror or error}") from None
