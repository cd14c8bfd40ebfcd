"""The cells of a table that rows stand in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dltool.api.trained import table_format_of
from dltool.config.config import Config
from dltool.config.tables import Csv, TableSource

if TYPE_CHECKING:
    import numpy as np

    from dltool.contracts.model_description import ModelDescription
    from dltool.data.held_table import HeldTable

_MOST_CELLS = 40
"""Columns of a row that a page shows."""


class Cells:
    """The table that rows stand in."""

    def __init__(
        self, description: ModelDescription, config: Config | None, file: str | HeldTable, header: bool | None
    ) -> None:
        self._spec = config.data if config and isinstance(config.data, TableSource) else None
        self._description, self._file, self._header = description, file, header

    def shown(self, rows: np.ndarray) -> dict[str, list[str | None]]:
        """Return what a page shows of rows: of the training table all columns, else targets and features.

        As many as fit, and without those that hold lists and the like.
        """
        signature = self._description.signature
        known = [each.name for each in (signature.columns if self._file else signature.table)]
        return self.read(rows, list(dict.fromkeys([*signature.targets, *known]))[:_MOST_CELLS], cells_alone=True)

    def read(self, rows: np.ndarray, names: Sequence[str], *, cells_alone: bool = False) -> dict[str, list[str | None]]:
        """Return cells of rows as they stand there; ``cells_alone`` as ``data.raw_cells`` has it."""
        from dltool.data.raw_cells import cells_of, own_cells

        if self._spec and not self._file:
            return own_cells(self._spec, rows, names, cells_alone=cells_alone)
        format_ = table_format_of(self._description, self._header)
        skips = isinstance(self._spec, Csv) and self._spec.errors == "skip" and self._header is None
        signature = self._description.signature
        return cells_of(self._file, signature, format_, rows, names, skips=skips, cells_alone=cells_alone)
