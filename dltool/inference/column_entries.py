"""Where the columns of a table stand in the inputs of a network, and what they hold there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dltool.contracts.dataset import Inputs
from dltool.contracts.signature import Column, Signature

_DIGITS, _MINUTES_A_DAY = 6, 1440


@dataclass(frozen=True)
class ColumnEntries:
    """A column, or an entry of an array that has no columns."""

    name: str
    column: Column
    numbers: slice
    """Its entries in the input ``numbers``; none for a category."""
    category: int | None
    """Its place in the input ``categories``; None for a number."""
    features: slice
    """Its entries among the features that the first layer sees."""

    def of_rows(self, inputs: Inputs, rows: np.ndarray | int) -> dict[str, np.ndarray]:
        """Return inputs in which the column holds what it holds in other rows: one for each, or one for all."""
        name, places = self._place
        return self._holding(inputs, inputs[name][rows, places])

    @property
    def missing_name(self) -> str:
        """What to call a missing value: of a category, all that training rows hold in its place."""
        if self.category is None or self.column.rare == 0:
            return "missing"
        return "missing or other" if self.column.holes else "other"

    def missing(self, inputs: Inputs, signature: Signature) -> dict[str, np.ndarray] | None:
        """Return inputs in which the column is missing in all rows; None where the model cannot tell that it is.

        It can where training rows were missing and became a category of their own or one with rare texts, an indicator,
        or a hole that an autoencoder is shown as such.
        """
        if self.category is not None:
            return self._holding(inputs, np.array(0)) if self.column.holes or self.column.rare else None
        if not self.column.holes:
            return None
        numbers = signature.input_numbers
        if numbers is None or not (self.column.indicator or signature.network_fills_holes):
            return None
        own = numbers.take(range(self.features.start, self.features.stop))
        held = (np.array(own.fill) - own.offset) * own.scale
        if signature.network_fills_holes:
            held[:] = math.nan
        if self.column.indicator:
            held[-1] = 1
        return self._holding(inputs, held)

    @property
    def _place(self) -> tuple[str, slice | int]:
        return ("numbers", self.numbers) if self.category is None else ("categories", self.category)

    def _holding(self, inputs: Inputs, held: np.ndarray) -> dict[str, np.ndarray]:
        name, places = self._place
        changed = inputs[name].copy()
        changed[:, places] = held
        return {**inputs, name: changed}

    def known(self, inputs: Inputs) -> np.ndarray:
        """Tell which rows have a value, shape (rows,)."""
        if self.category is not None:
            return inputs["categories"][:, self.category] > 0
        held = inputs["numbers"][:, self.numbers]
        return ~(np.isnan(held[:, 0]) | (self.column.indicator and held[:, -1] > 0))

    def numbers_of(self, inputs: Inputs, signature: Signature) -> np.ndarray:
        """Return a number a row, float64: in the table's unit, days since 1970 of a date, the place of a category."""
        if self.category is not None:
            return inputs["categories"][:, self.category].astype(np.float64)
        values = inputs["numbers"][:, self.numbers.start].astype(np.float64)
        if numbers := signature.input_numbers:
            own = numbers.take([self.features.start])
            # What float32 does not know of a scaled number is no digit of the raw one.
            values = np.round(own.raw(values), math.floor(_DIGITS + math.log10(own.scale[0])))
        return self.column.raw(values)

    def text(self, number: float) -> str:
        """Write one of those numbers as the table has it."""
        if self.category is not None:
            if number:
                return (self.column.vocabulary or ())[int(number) - 1]
            return "unknown" if self.column.rare == 0 else "other"
        if not math.isfinite(number):
            return "missing" if math.isnan(number) else str(number)
        if self.column.moment == "date":
            return str(np.datetime64(round(number), "D"))
        if self.column.moment == "time":
            return str(np.datetime64(round(number * _MINUTES_A_DAY), "m"))
        return plain_number(number, 5 if self.column.transform == "log" else 6)

    def texts(self, inputs: Inputs, signature: Signature, cells: Sequence[str | None] | None = None) -> list[str]:
        """Write what each row holds; of a hole that the model cannot tell, what stands in for it too.

        Args:
            inputs: the rows.
            signature: of the model.
            cells: what the table has there, nothing where a value is missing; None where that is not known.
        """
        written = [self.text(value) for value in self.numbers_of(inputs, signature)]
        is_number = self.category is None
        for i, known in enumerate(self.known(inputs)):
            if is_number and not known:
                written[i] = "missing"
            elif cells is not None and not cells[i]:
                written[i] = f"missing ({written[i]})" if is_number else "missing"
        return written


def plain_number(number: float, digits: int) -> str:
    """Write a finite number with so many significant digits, as tables have it: large ones without an exponent."""
    rounded = f"{number + 0.0:.{digits}g}"  # 0 has no sign
    return f"{float(rounded):.0f}" if 1 <= abs(number) < 1e15 and "e" in rounded else rounded


def column_entries(signature: Signature) -> list[ColumnEntries]:
    """Return the columns of a table, or the entries of an array of numbers; nothing for what has neither."""
    columns = signature.columns
    if not columns:
        if signature.input_dtype != "float32" or len(signature.input_shape) > 1:
            return []
        columns = tuple(Column(f"input_{i + 1}") for i in range(signature.input_shape[0]))
    found, features, numbers, categories = [], 0, 0, 0
    for column in columns:
        is_number = column.vocabulary is None
        place = slice(features, features + column.width)
        entries = slice(numbers, numbers + column.width * is_number)
        found.append(ColumnEntries(column.name, column, entries, None if is_number else categories, place))
        features, numbers, categories = place.stop, entries.stop, categories + (not is_number)
    return found
