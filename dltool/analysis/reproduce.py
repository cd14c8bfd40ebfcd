"""Whether a run, trained again, comes out the same."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any

from dltool.errors import DataError, first_line
from dltool.runs.changes import changes
from dltool.runs.run import Run

_WEIGHTS = "model.weights.h5"
# These say how quick a run was, not what it came to.
_TIMES = ("seconds", "examples_per_second")
_CONDITIONS = ("versions", "device", "threads", "environment", "data_fingerprint")


@dataclass(frozen=True)
class Reproduction:
    """How a run compares to the same config trained again."""

    changed: tuple[tuple[str, Any, Any], ...]
    """Conditions that changed since: libraries, device, threads, environment, data; each before and now."""
    difference: str
    """The first value that differs, in words; empty where the two are identical."""

    def __repr__(self) -> str:
        said = "identical" if self.identical else self.difference
        changed = ", ".join(path for path, _, _ in self.changed)
        return f"<Reproduction: {said}{f'; changed since: {changed}' if changed else ''}>"

    @property
    def identical(self) -> bool:
        """Whether every metric of every epoch and every weight is the same, to the bit."""
        return not self.difference


def compare_again(run: Run, again: Run) -> Reproduction:
    """Compare a run to one that was trained of its config.

    Raises:
        DataError, InputMissingError: A file of the two is damaged or missing.
    """
    before, now = ({name: facts[name] for name in _CONDITIONS} for facts in (run.facts, again.facts))
    return Reproduction(tuple(changes(before, now)), _first_difference(run, again))


def _first_difference(run: Run, again: Run) -> str:
    rows, same_rows = run.metrics(), again.metrics()
    for row, other in zip(rows, same_rows, strict=False):
        for name in row:
            # As text, since what is not a number equals nothing.
            if name not in _TIMES and repr(row[name]) != repr(other.get(name)):
                return f"{name} of epoch {row['epoch']:.0f} was {row[name]!r}, now it is {other.get(name)!r}"
    if len(rows) != len(same_rows):
        return f"training took {len(rows)} epochs, now it takes {len(same_rows)}"
    if _weights(run) != _weights(again):
        return "the weights of model.keras differ, though every metric of every epoch is the same"
    before, now = run.read_facts().calibration, again.read_facts().calibration
    if before and now and before.part == now.part and before.temperature != now.temperature:
        return f"the temperature was {before.temperature}, now it is {now.temperature}"
    return ""


def _weights(run: Run) -> dict[str, bytes]:
    """Return the arrays of a model by their place; layers that hold none, as a temperature has, are left out."""
    import h5py

    found: dict[str, bytes] = {}

    def keep(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()].tobytes()

    try:
        with run.open_model() as file, zipfile.ZipFile(file) as archive:
            content = io.BytesIO(archive.read(_WEIGHTS))
        with h5py.File(content, "r") as weights:
            weights.visititems(keep)
    except (KeyError, zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise DataError(f"{run.model_path} is damaged: {first_line(error)}") from None
    return found
