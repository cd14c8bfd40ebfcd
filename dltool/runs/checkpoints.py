"""Checkpoints on disk: files of arrays and JSON, which cannot hold code, each named by its own content."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from contextlib import suppress
from pathlib import Path

from dltool.contracts.events import Checkpoint
from dltool.environment import machine_memory
from dltool.errors import DataError, DataWarning, InputMissingError, InputOutputError
from dltool.runs.stored_files import read_regular, refuse_no_folder, write_atomically

_KEPT = 2
_NAME = re.compile(r"([0-9]{6,})-([0-9]{6,})-([0-9a-f]{16})\.safetensors")


class Checkpoints:
    """The newest two checkpoints of a run: ``<epochs done>-<steps of the next>-<digest>.safetensors``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, then remove what is older than the newest two.

        Raises:
            OutputError, InputOutputError: It cannot be written; those before are left as they were.
        """
        from safetensors.numpy import save

        content = save(checkpoint.arrays, {"state": json.dumps(checkpoint.state)})
        name = f"{checkpoint.epoch:06d}-{checkpoint.step:06d}-{_digest(content)}.safetensors"
        write_atomically(self.folder / name, content)
        # Another of the same moment differs in its clock alone.
        same = [path for path in self._newest_first() if path.name[:-29] == name[:-29] and path.name != name]
        older = [path for path in self._newest_first() if path not in same][_KEPT:]
        for path in same + older:
            with suppress(OSError):  # no reason to end a training: the next one tries again
                path.unlink()

    def newest(self) -> tuple[Checkpoint, Path] | None:
        """Read the newest checkpoint that is whole; returns it and its path, or None where there is none at all.

        Warns of newer ones that are damaged.

        Raises:
            DataError: All of them are damaged.
        """
        damaged: list[Path] = []
        for path in self._newest_first():
            try:
                checkpoint = _read(path)
            except (InputMissingError, InputOutputError, DataError):
                damaged.append(path)
                continue
            for newer in damaged:
                warnings.warn(f"the checkpoint {newer} is damaged; going on from an older one", DataWarning, 2)
            return checkpoint, path
        if damaged:
            names = ", ".join(path.name for path in damaged)
            raise DataError(f"no checkpoint in {self.folder} can be used; damaged: {names}")
        return None

    def _newest_first(self) -> list[Path]:
        refuse_no_folder(self.folder)
        try:
            paths = list(self.folder.iterdir())  # from Python 3.12 on, glob finds nothing where it may not look
        except FileNotFoundError:
            return []
        found = [(match, path) for path in paths if (match := _NAME.fullmatch(path.name))]
        return [path for match, path in sorted(found, key=lambda pair: (-int(pair[0][1]), -int(pair[0][2])))]


def _read(path: Path) -> Checkpoint:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    content = read_regular(path, machine_memory())
    match = _NAME.fullmatch(path.name)
    if match is None or _digest(content) != match[3]:
        raise DataError(f"{path} is damaged")
    try:
        arrays = load(content)  # which also says whether the header is one
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        state = dict(json.loads(header["__metadata__"]["state"]))
    except (KeyError, RecursionError, SafetensorError, TypeError, ValueError):
        raise DataError(f"{path} is damaged") from None
    return Checkpoint(int(match[1]), int(match[2]), arrays, state)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
