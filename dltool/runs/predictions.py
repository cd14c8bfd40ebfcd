"""What a run keeps of its model's answers: one file of arrays, which cannot hold code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dltool.contracts.calibration import LEAST_TEMPERATURE, MOST_TEMPERATURE
from dltool.errors import DataError
from dltool.runs.stored_files import read_regular

if TYPE_CHECKING:
    import numpy as np

_MAX_BYTES = 1 << 30


class Predictions(NamedTuple):
    """What a model makes of rows that it was not trained on."""

    targets: np.ndarray
    """As the data have them, shape (rows,) or (rows, targets)."""
    outputs: np.ndarray
    """Shape (rows, classes or targets)."""
    rows: np.ndarray | None = None
    """Where they stand in their table, counted from 0, int64; None for what is no table."""
    temperature: float = 1.0
    """What the logits behind the outputs were divided by."""


def packed(predictions: Predictions) -> bytes:
    """Return the content of the file that keeps predictions."""
    import numpy as np
    from safetensors.numpy import save

    arrays = predictions._asdict()
    # With the outputs, since what is written to another file may be lost when a process is killed in between.
    arrays["temperature"] = None if predictions.temperature == 1 else np.array(predictions.temperature)
    kept = {name: values for name, values in arrays.items() if values is not None}
    return save(kept)


def read_predictions(path: Path) -> Predictions:
    """Return the predictions that a file keeps.

    Raises:
        DataError: The file is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(read_regular(path, _MAX_BYTES))
        targets, outputs, rows = arrays["targets"], arrays["outputs"], arrays.get("rows")
        temperature = float(arrays.get("temperature", 1.0))
    except (KeyError, TypeError, SafetensorError) as error:
        raise DataError(f"{path} is damaged: {error}") from None
    shapes = f"targets of shape {targets.shape}, outputs of shape {outputs.shape}"
    if targets.ndim not in (1, 2) or outputs.ndim != 2 or len(targets) != len(outputs) or not outputs.size:
        raise DataError(f"{path} is damaged: {shapes}")
    if rows is not None and (rows.shape != targets.shape[:1] or rows.dtype != "int64"):
        raise DataError(f"{path} is damaged: {shapes}, rows of shape {rows.shape}")
    if not LEAST_TEMPERATURE <= temperature <= MOST_TEMPERATURE:
        raise DataError(f"{path} is damaged: a temperature of {temperature:g}")
    return Predictions(targets, outputs, rows, temperature)
