"""Explaining a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from dltool.api.cells import Cells
from dltool.api.measured_part import MeasuredPart, measured_part, usual_part
from dltool.api.trained import model_of, run_of, table_format_of
from dltool.backend.settings import given_back
from dltool.errors import DataError, DltoolError, UsageError, first_line
from dltool.tasks import task_of_model
from dltool.wording.formatting import escape_controls

if TYPE_CHECKING:
    from dltool.api.predicting import Source
    from dltool.contracts.dataset import Batch
    from dltool.contracts.model_description import ModelDescription
    from dltool.inference.explained_rows import ExplainedRow
    from dltool.inference.explanation import Explanation
    from dltool.runs.run import Run

FOLDER = "explanation"
IN_MEMORY = "data in memory"
"""What inputs are called that come from no file."""


@given_back()
def explain(
    run: Run | str | Path,
    inputs: Source | Sequence[Source] = (),
    *,
    header: bool | None = None,
    device: str = "auto",
) -> Explanation:
    """Explain a trained model: what its columns are worth, how answers depend on them, and what made single answers.

    Columns are measured on the run's test part, else on its validation part, else on its training rows: the first that
    has two rows and more.

    Args:
        run: the run, its directory, that of a sweep (for its best run), or the ``.keras`` file of a run.
        inputs: what ``predict`` takes, files or data in memory, one or a list of several; the first 12 examples are
            explained. By default rows of that part.
        header: whether the first row of a CSV names its columns; by default as in training.
        device: ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    Raises:
        UsageError: no input is named beside a model file; a header without an input.
        DataError: there is one row only, and nothing else to compare it with.
        DltoolError: the run, an input or the device cannot be used.
    """
    inputs = inputs if isinstance(inputs, list | tuple) else [inputs]
    opened, name, reasons, measured = run_of(run), "", [], None
    if not inputs and opened is None:
        raise UsageError(f"{run} is a model without its data; name an INPUT to explain")
    if header is not None and not any(map(_is_path, inputs)):
        raise UsageError("--header and --no-header go with an INPUT, a file")
    if opened is not None and not _are_images(inputs):
        name = usual_part(opened.read_facts().rows, least=2)  # one row alone has no others to be compared with
        try:
            measured = measured_part(opened, run, name, None, None, device)
        except DltoolError as error:
            if not inputs:
                raise
            reasons = [f"permutation importance and partial dependence: {escape_controls(first_line(error))}"]
    model, description = (measured.model, measured.description) if measured else model_of(opened, run, device)
    part, task, seed = measured.part if measured else None, task_of_model(description), 0

    from dltool.inference.explain import explain as explained
    from dltool.model.build import compile_model

    if opened is not None and part is not None:
        compile_model(model, description.training, task, len(part))
        seed = opened.config().seed
    elif opened is None and description.signature.input_dtype != "uint8":
        reasons = ["permutation importance and partial dependence: a model file has no labelled rows of its own"]
    if inputs:
        chosen: list[ExplainedRow] = []
        examples = _read(inputs, description, header, alone=part is None)
        shown = ", ".join(map(_in_words, inputs))
    else:
        assert measured is not None  # noqa: S101  (what is wrong with it was raised)
        (examples, chosen), shown = _of_part(measured), name
    part_name = name if part else shown
    found = explained(model, description, task, examples, shown, part, part_name, seed, reasons, chosen)
    return replace(found, inputs=tuple(str(each) if _is_path(each) else IN_MEMORY for each in inputs))


def write_explanation(run: Run | str | Path, explanation: Explanation, folder: str | Path | None = None) -> Path | None:
    """Write the page of an explanation with its pictures and tables.

    Args:
        run: what was explained.
        explanation: as ``explain`` returns it.
        folder: is made, or held such a page before. By default ``explanation`` in the run's directory, or
            ``explanation-<model>`` beside a model file, if that can be written to; where inputs were named, that with
            ``-file-<the first input>``, ``-standard-input`` or ``-data`` behind it.

    Returns:
        The path of the page; None where there is none.

    Raises:
        OutputError, InputOutputError, RefusedError: a folder that was named cannot be written to.
    """
    from dltool.data.tables import STANDARD_INPUT
    from dltool.interruptions import interruptions
    from dltool.report.explanation import explanation_page
    from dltool.runs.page_folder import write_page_by_default

    opened, path = run_of(run), Path(str(run))
    usual = opened.path / FOLDER if opened else path.with_name(f"{FOLDER}-{path.stem}")
    if explanation.inputs:
        first = explanation.inputs[0]
        named = {STANDARD_INPUT: "standard-input", IN_MEMORY: "data"}
        behind = named.get(first) or f"file-{Path(first).resolve().name}"
        usual = usual.with_name(f"{usual.name}-{behind}")
    html, files = explanation_page(explanation, escape_controls(opened.path.resolve().name if opened else path.name))
    with interruptions():
        return write_page_by_default(folder, usual, html, files)


def _is_path(source: Source) -> TypeGuard[str | Path]:
    return isinstance(source, str | Path)


def _in_words(source: Source) -> str:
    from dltool.data.tables import STANDARD_INPUT

    if not _is_path(source):
        return IN_MEMORY
    return "standard input" if str(source) == STANDARD_INPUT else escape_controls(str(source))


def _are_images(inputs: Sequence[Source]) -> bool:
    """Tell whether all that is named are images, whose explanation needs nothing of the run's data."""
    from dltool.data.image_files import is_image

    return bool(inputs) and all(_is_path(each) and (Path(each).is_dir() or is_image(Path(each))) for each in inputs)


def _of_part(measured: MeasuredPart) -> tuple[Batch, list[ExplainedRow]]:
    """Return rows of a part that one would ask about, with their cells, and why they are asked about."""
    import numpy as np

    from dltool.contracts.dataset import Batch
    from dltool.inference.evaluate import decoded_outputs
    from dltool.inference.explain import MOST_EXAMPLES
    from dltool.inference.explained_rows import explained_rows

    part, task, description = measured.part, measured.task, measured.description
    outputs = decoded_outputs(measured.model, task, part)
    chosen = explained_rows(task, part.targets, outputs, MOST_EXAMPLES)
    places = np.array([each.row for each in chosen])
    features = {name: values[places] for name, values in part.features.items()}
    if part.rows is None:
        return Batch(places, features), chosen
    # Where an indicator tells of holes, and where there can be none, no cell is needed.
    names = [each.name for each in description.signature.columns if each.fill and not each.indicator]
    cells = Cells(description, measured.config, measured.file, None).read(part.rows[places], names) if names else {}
    return Batch(part.rows[places] + 1, features, cells), chosen


def _read(inputs: Sequence[Source], description: ModelDescription, header: bool | None, *, alone: bool) -> Batch:
    """Return the first examples of inputs; where they stand alone, as many as a baseline is made of."""
    import numpy as np

    from dltool.contracts.dataset import Batch
    from dltool.data.inputs import held_inputs, is_read_as_table, open_inputs
    from dltool.inference.explain import MOST_BACKGROUND, MOST_EXAMPLES

    table_format, most = table_format_of(description, header), MOST_BACKGROUND if alone else MOST_EXAMPLES
    known = [column.name for column in description.signature.columns if not column.indicator]
    ids: list[str] = []
    batches = []
    for source in inputs:
        name = _in_words(source)
        if _is_path(source):
            keep = known if is_read_as_table(str(source), description.signature) else []
            found = open_inputs(str(source), description.signature, table_format, keep)
        else:
            keep = known
            found = held_inputs(source, description.signature, table_format, keep)
        for batch in found:
            room = most - len(ids)
            if not room:
                break
            batch_ids = batch.ids[:room]
            ids += [str(each) if len(inputs) == 1 or each == name else f"{name}: {each}" for each in batch_ids]
            first = {column: values[:room] for column, values in batch.features.items()}
            batches.append(Batch(batch_ids, first, {column: batch.kept[column][:room].to_pylist() for column in keep}))
    if not ids:
        raise DataError(f"{', '.join(map(_in_words, inputs))}: no example in it")
    features = {column: np.concatenate([batch.features[column] for batch in batches]) for column in batches[0].features}
    cells = {}
    if all(batch.kept for batch in batches):
        cells = {column: [cell for batch in batches for cell in batch.kept[column]] for column in known}
    return Batch(ids, features, cells)
