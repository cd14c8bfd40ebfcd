"""The labelled rows on which a model is measured: a part of its run's own data, or a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.api.trained import model_of, table_format_of
from dltool.config.config import Config
from dltool.contracts.model_description import ModelDescription
from dltool.errors import DataError, UsageError
from dltool.tasks import task_of_model
from dltool.tasks.contract import Task
from dltool.wording.formatting import escape_controls

if TYPE_CHECKING:
    from keras import Model

    from dltool.contracts.dataset import Part
    from dltool.contracts.signature import Signature
    from dltool.runs.run import Run
    from dltool.runs.run_facts import Rows


@dataclass(frozen=True)
class MeasuredPart:
    """A model, and rows that it takes."""

    model: Model
    """As ``read_model`` returns it."""
    description: ModelDescription
    task: Task
    part: Part
    """Scaled and encoded as the model has it."""
    name: str
    """The part's, or the file's, as it can be shown."""
    train: Part | None = None
    """The training rows, likewise; None where those are not at hand as they were."""
    config: Config | None = None
    """Of the run; None of a model file."""
    file: str = ""
    """The file that the rows stand in, where it is not the one that the config names as its data."""


def usual_part(rows: Rows, least: int = 1) -> str:
    """Return the part that says most of a model: the first of test, validation and train that has rows enough.

    Args:
        rows: of the parts.
        least: how many are enough; train is what is left.
    """
    return next((part for part in ("test", "validation") if getattr(rows, part) >= least), "train")


def refuse_header_alone(header: bool | None, file: str | Path | None) -> None:
    """Raise UsageError where it is said whether a file has a header, and no file is named."""
    if header is not None and file is None:
        raise UsageError("--header and --no-header go with a file (--data)")


def measured_part(
    opened: Run | None, run: Run | str | Path, split: str, file: str | Path | None, header: bool | None, device: str
) -> MeasuredPart:
    """Read rows and the model that is to be measured on them.

    Args:
        opened: the run; None where ``run`` is a model file.
        run: what the user named.
        split: the part of the run's own data, where no file is named.
        file: labelled data to read instead.
        header: whether the first row of a CSV names its columns; by default as in training.
        device: as for ``evaluate``.

    Raises:
        UsageError: no file is named beside a model file.
        DltoolError: the run, the data or the device cannot be used.
    """
    if file is not None:
        return _of_file(opened, run, str(file), header, device)
    if opened is None:
        raise UsageError(f"{run} is a model without its data; name a labelled file with --data")
    return _of_run(opened, split, device)


def _of_file(opened: Run | None, run: Run | str | Path, file: str, header: bool | None, device: str) -> MeasuredPart:
    from dltool.data.inputs import load_labelled, spec_for

    model, description = model_of(opened, run, device)
    config = opened.config() if opened else None
    spec = config.data if config else spec_for(description.signature)
    part = load_labelled(file, description.signature, spec, table_format_of(description, header))
    return MeasuredPart(model, description, task_of_model(description), part, escape_controls(file), None, config, file)


def _of_run(opened: Run, split: str, device: str) -> MeasuredPart:
    from dltool import data
    from dltool.data.inputs import load_labelled

    config, known = opened.own_config(), opened.facts["data_fingerprint"]
    dataset = data.load(config.data, config.needs, config.seed)
    part = getattr(dataset, split)
    if part is None:
        raise DataError(
            f"the run has no {split} part (data.{split} in its config); measure another part with --split, or a "
            "file with --data"
        )
    # Other parts may be others by now: these rows are still those that were set apart when the model was trained.
    if dataset.fingerprint[split] != known.get(split):
        raise DataError(
            f"the {split} part of the data has changed since the run was trained; name a labelled file with --data"
        )
    model, description = model_of(opened, opened.path, device)

    def scales_as(signature: Signature) -> Signature:
        """Leave out what follows from the network too, and what is said of a table for a person."""
        return replace(signature, typical=(), table=())

    own = getattr(config.data, split, None)
    file = own if isinstance(own, str) else ""
    if scales_as(dataset.signature) != scales_as(description.signature):
        if not file:
            raise DataError(
                f"{opened.path}: the training rows have changed since, and with them how the {split} part would be "
                "scaled and encoded; name a labelled file with --data, which is read as the model has it"
            )
        # Scaled and encoded as the model has it, whatever the training rows are by now.
        part = load_labelled(file, description.signature, config.data, description.table_format)
    train = dataset.train if dataset.fingerprint["train"] == known.get("train") else None
    return MeasuredPart(model, description, task_of_model(description), part, split, train, config, file)
