"""The run and the model that a command is given."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dltool.config.status import SUCCESSFUL
from dltool.config.table_format import TableFormat
from dltool.contracts.model_description import ModelDescription
from dltool.errors import DataWarning

if TYPE_CHECKING:
    from keras import Model

    from dltool.runs.run import Run


def run_of(run: Run | str | Path) -> Run | None:
    """Return the run; None for the path of a model file."""
    from dltool.analysis.records import open_run
    from dltool.runs.run import Run

    if isinstance(run, Run):
        return run
    return None if Path(run).suffix == ".keras" and not Path(run).is_dir() else open_run(run)


def model_of(opened: Run | None, run: Run | str | Path, device: str) -> tuple[Model, ModelDescription]:
    """Read the model of a run, or the model file ``run``."""
    from dltool.backend.start import start
    from dltool.runs.stored_files import open_regular

    # A run may come from anywhere, and so may a link in it; a path that the user typed is the user's own.
    stream = opened.open_model() if opened else open_regular(Path(str(run)), follow_links=True)
    if opened and (status := opened.facts.get("status")) not in SUCCESSFUL:
        warnings.warn(f"the run {opened.path} is {status}: its model is that of the last sound moment", DataWarning, 3)
    with stream:
        start(device)

        from dltool.inference.model_file import read_model
        from dltool.model.build import build

        return read_model(stream, str(opened.model_path if opened else run), build)


def table_format_of(description: ModelDescription, header: bool | None) -> TableFormat:
    """Return how a table is written that a model is given; ``header`` says so where it is other than in training."""
    return description.table_format if header is None else replace(description.table_format, header=header)
