"""The labelled rows on which a model is measured: a part of its run's own data, a file, or data in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from dltool.data.held_table import ArrowStream, HeldTable
    from dltool.runs.run import Run
    from dltool.runs.run_facts import Rows

    LabelledData = str | Path | Mapping[str, Any] | ArrowStream


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
    """What the rows are called: the part, the file or the data in memory, as it can be shown."""
    train: Part | None = None
    """The training rows, likewise; None where those are not at hand as they were."""
    config: Config | None = None
    """Of the run; None of a model file."""
    file: str | HeldTable = ""
    """The file that the rows stand in, or the table in memory, where it is not what the config names as its data."""


def usual_part(rows: Rows, least: int = 1) -> str:
    """Return the part that says most of a model: the first of test, validation and train that has rows enough.

    Args:
        rows: of the parts.
        least: how many are enough; train is what is left.
    """
    return next((part for part in ("test", "validation") if getattr(rows, part) >= least), "train")


def refuse_header_alone(header: bool | None, data: object) -> None:
    """Raise UsageError where it is said whether a file has a header, and no file is named."""
    if header is not None and not isinstance(data, str | Path):
        raise UsageError("--header and --no-header go with a file (--data)")


def measured_part(
    opened: Run | None, run: Run | str | Path, split: str, data: LabelledData | None, header: bool | None, device: str
) -> MeasuredPart:
    """Read rows and the model that is to be measured on them.

    Args:
        opened: the run; None where ``run`` is a model file.
        run: what the user named.
        split: the part of the run's own data, where no others are given.
        data: labelled data to read instead.
        header: whether the first row of a CSV names its columns; by default as in training.
        device: as for ``evaluate``.

    Raises:
        UsageError: no data are given beside a model file.
        DltoolError: the run, the data or the device cannot be used.
    """
    if data is not None:
        return _of_data(opened, run, data, header, device)
    if opened is None:
        raise UsageError(f"{run} is a model without its data; name a labelled file with --data")
    return _of_run(opened, split, device)


def _of_data(
    opened: Run | None, run: Run | str | Path, data: LabelledData, header: bool | None, device: str
) -> MeasuredPart:
    from dltool.data.held_arrays import HeldArrays
    from dltool.data.inputs import held_labelled, load_labelled, spec_for

    model, description = model_of(opened, run, device)
    config = opened.config() if opened else None
    signature, task = description.signature, task_of_model(description)
    spec = config.data if config else spec_for(signature)
    file = str(data) if isinstance(data, str | Path) else held_labelled(data, signature)
    part = load_labelled(file, signature, spec, table_format_of(description, header))
    name, table = escape_controls(str(file)), "" if isinstance(file, HeldArrays) else file
    return MeasuredPart(model, description, task, part, name, None, config, table)


def _of_run(opened: Run, split: str, device: str) -> MeasuredPart:
    from dltool.data import load
    from dltool.data.inputs import load_labelled

    config, known = opened.own_config(), opened.facts["data_fingerprint"]
    dataset = load(config.data, config.needs, config.seed)
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
