"""The columns of a table as the network takes them: their numbers measured on the training rows, and rows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from dltool.config.tables import TableSource
from dltool.contracts.dataset import Digest, Part
from dltool.contracts.signature import Column, InputNumbers, Signature, number_features
from dltool.data.blocks import RawBlock, in_blocks, made_ahead, read_scaled
from dltool.data.chunks import Chunks
from dltool.data.columns import logarithms_of, raw_block, unify_booleans
from dltool.data.dates import check_zones, days_of
from dltool.data.fitted_columns import fill_of
from dltool.data.novelties import Novelties, sample_rows, with_enough_precision
from dltool.data.tables import CellPlace, Cells, Table
from dltool.preprocessing.input_scaler import InputScaler, input_scaler_of


class TrainedColumns:
    """The feature columns of a table in memory, made into what the network takes a block of rows at a time."""

    def __init__(self, columns: Sequence[Column], cells: Cells) -> None:
        self._columns, self._cells = columns, cells
        self.values = as_trained(columns, [cells.columns[column.name] for column in columns], cells.table, cells.place)
        self._chunks = [
            Chunks(values if column.vocabulary is None or column.boolean else cells.encoded(column.name))
            for column, values in zip(columns, self.values, strict=True)
        ]
        self.size = sum(column.width for column in columns)

    def fit(self, rows: np.ndarray, spec: TableSource) -> InputNumbers:
        """Measure the numbers of the training rows, and say where float32 cannot tell them apart."""
        # A date is several entries, of which the first alone tells all dates apart; an indicator is left as it is.
        every = [
            (column, values, i)
            for column, values in zip(self._columns, self.values, strict=True)
            if column.vocabulary is None
            for i in range(column.width)
        ]
        measured = [place for place, (column, _, i) in enumerate(every) if i < column.measured_width]
        entries = [every[place] for place in measured]
        filled = any(column.fill for column in self._columns)
        blocks = made_ahead(partial(self._numbers, measured=measured), in_blocks(rows, (self.size,)))
        scaler = InputScaler.fit(blocks, len(entries), spec.scaling, filled=filled)
        sample = sample_rows(rows, self.size)
        originals = [[] if i else Chunks(values).take(sample).drop_null() for _, values, i in entries]
        names = [f"column {column.name!r}" for column, _, _ in entries]
        where, raw = self._cells.table.name, self._numbers(sample, measured)
        numbers = with_enough_precision(scaler, where, names, originals, raw, spec.scaling).numbers
        if filled:
            fill = (
                fill_of(column, spec.missing_in(column.name), partial(values.take, pa.array(rows)), mean)
                for (column, values, _), mean in zip(entries, numbers.fill, strict=True)
            )
            numbers = replace(numbers, fill=tuple(fill))
        features = number_features(self._columns)
        return numbers.spread([features[place] for place in measured], self.size, filled=filled)

    def part(
        self,
        rows: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray | None,
        signature: Signature,
        novelties: Novelties | None = None,
    ) -> Part:
        """Return some rows, scaled, with those of all targets and weights that are theirs."""
        numbers, categories = Digest(), Digest()

        def digest_of(block: RawBlock) -> None:
            numbers.update(block.numbers)
            if block.categories is not None and block.categories.size:
                categories.update(block.categories)

        raw, scaler = partial(self._raw, novelties=novelties), input_scaler_of(signature)
        features, own = read_scaled(rows, raw, scaler, signature, digest_of), self._cells.rows[rows]
        digest = numbers.text + categories.text
        return Part(features, targets[rows], own, digest, None if weights is None else weights[rows])

    def _numbers(self, rows: np.ndarray, measured: list[int]) -> np.ndarray:
        """Return some of the entries of some rows, as they stand: column by column in memory, as they are summed."""
        numeric = [i for i, column in enumerate(self._columns) if column.vocabulary is None]
        numbers = self._block(rows, numeric, None).numbers if numeric else np.empty((len(rows), 0))
        return np.asfortranarray(numbers[:, measured])

    def _raw(self, rows: np.ndarray, novelties: Novelties | None = None) -> RawBlock:
        return self._block(rows, range(len(self._columns)), novelties)

    def _block(self, rows: np.ndarray, which: Sequence[int], novelties: Novelties | None) -> RawBlock:
        taken = [self._chunks[i].take(rows) for i in which]

        def place(row: int, name: str | None) -> str:
            return self._cells.place(int(rows[row]), name)

        return raw_block([self._columns[i] for i in which], taken, place, novelties)


def as_trained(columns: Sequence[Column], cells: Sequence[Any], table: Table, place: CellPlace) -> list[Any]:
    """Spell the cells of boolean columns as in training, make days of dates, take logarithms where they are asked."""
    made = []
    for column, values in zip(columns, cells, strict=True):
        if column.boolean:
            made.append(unify_booleans(values, column.vocabulary))
        elif column.moment and pa.types.is_string(values.type):
            format_ = None if table.holds_dates(column.name) else column.format
            if format_ is None:
                check_zones(values, column.name, place, zoned=column.zoned)
            made.append(days_of(values, format_, column.name, place))
        elif column.transform == "log":
            made.append(logarithms_of(values, column.name, place))
        else:
            made.append(values)
    return made
