"""Where the columns of a table stand in the inputs of a network, and what they hold there."""

from __future__ import annotations

import math
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
        changed = dict(inputs)
        name, places = ("numbers", self.numbers) if self.category is None else ("categories", self.category)
        changed[name] = inputs[name].copy()
        changed[name][:, places] = inputs[name][rows, places]
        return changed

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
            return (self.column.vocabulary or ())[int(number) - 1] if number else "unknown"
        if not math.isfinite(number):
            return "missing" if math.isnan(number) else str(number)
        if self.column.moment == "date":
            return str(np.datetime64(round(number), "D"))
        if self.column.moment == "time":
            return str(np.datetime64(round(number * _MINUTES_A_DAY), "m"))
        return f"{number:.5g}" if self.column.transform == "log" else f"{number:.6g}"

    def texts(self, inputs: Inputs, signature: Signature) -> list[str]:
        """Write what each row holds."""
        pairs = zip(self.numbers_of(inputs, signature), self.known(inputs), strict=True)
        return [self.text(value) if known or self.category is not None else "missing" for value, known in pairs]


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
