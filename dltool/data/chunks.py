"""Rows of Arrow columns that lie in pieces, as they were read: put together they would take as much memory again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa


class Chunks:
    """The pieces of a column."""

    def __init__(self, column: Any) -> None:
        """Take them from an Arrow column, chunked or not."""
        self._pieces = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
        self._ends = np.cumsum([len(piece) for piece in self._pieces])

    def take(self, rows: np.ndarray) -> Any:
        """Return some rows as an Arrow array: ``pa.ChunkedArray.take`` puts the whole column together first.

        Args:
            rows: where they stand, in ascending order; at least one.
        """
        places, taken = np.searchsorted(rows, self._ends), []
        first = start = 0
        for piece, end, place in zip(self._pieces, self._ends.tolist(), places.tolist(), strict=True):
            if place > first:
                taken.append(piece.take(pa.array(rows[first:place] - start)))
            first, start = place, end
        return taken[0] if len(taken) == 1 else pa.concat_arrays(taken)
