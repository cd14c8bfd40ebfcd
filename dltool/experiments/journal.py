"""What Optuna remembers of a search, on disk: a line of JSON an operation, read strictly and only added to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, Required

from optuna.storages.journal import BaseJournalBackend
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from dltool.errors import DataError, first_fault
from dltool.runs.stored_files import append_to, read_regular, write_atomically, write_error

_MAX_BYTES = 1 << 28
_Number = Annotated[int, Field(ge=0, le=2**31)]


class _Operation(TypedDict, total=False):
    """One line, as Optuna writes it."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[misc]

    op_code: Required[Literal[0, 3, 4, 5, 6, 7, 9]]
    worker_id: str
    study_name: str
    directions: Annotated[list[Literal[1, 2]], Field(min_length=1, max_length=1)]
    study_id: Literal[0]
    trial_id: _Number
    datetime_start: str | None
    datetime_complete: str | None
    param_name: str
    param_value_internal: float
    distribution: str
    state: Literal[0, 1, 2, 3]
    values: list[float] | None
    step: _Number
    intermediate_value: float
    system_attr: dict[str, Any]


_OPERATION = TypeAdapter(_Operation)


class Journal(BaseJournalBackend):  # type: ignore[misc]
    """A journal in the hands of one driver, which holds the directory's lock."""

    def __init__(self, path: Path) -> None:
        """Read what there is; a last line that a crash left unfinished is cut off.

        Raises:
            RefusedError: It is a link, a pipe or a device.
            DataError: It is damaged.
        """
        self._path = path
        self._operations: list[Any] = []
        if not os.path.lexists(path):
            return
        content = read_regular(path, _MAX_BYTES)
        *lines, unfinished = content.split(b"\n")
        if unfinished:
            write_atomically(path, content[: -len(unfinished)])
        for number, line in enumerate(lines, 1):
            try:
                self._operations.append(_OPERATION.validate_json(line))
            except ValidationError as error:
                raise DataError(f"{path}:{number}: damaged: {first_fault(error)}") from None
        if self._operations and self._operations[0]["op_code"] != 0:
            raise DataError(f"{path}:1: damaged: expected the beginning of a search")

    def read_logs(self, log_number_from: int) -> list[Any]:
        """Return the operations from a number on."""
        return self._operations[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Add operations, safely on the disk.

        Raises:
            OutputError, InputOutputError: They cannot be written.
        """
        lines = [json.dumps(log, separators=(",", ":")) for log in logs]
        try:
            with append_to(self._path) as file:
                file.write("".join(f"{line}\n" for line in lines).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise write_error(self._path, error) from None
        self._operations += map(json.loads, lines)


@contextmanager
def replaying(path: Path | None) -> Iterator[None]:
    """Say that a journal is damaged where Optuna can make nothing of its operations.

    Raises:
        DataError: So it is.
    """
    try:
        yield
    except (AttributeError, ArithmeticError, AssertionError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if path is None:
            raise
        raise DataError(f"{path}: damaged: Optuna cannot repeat what it says ({type(error).__name__})") from None
