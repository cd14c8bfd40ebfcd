"""What rows hold that the training rows did not: counted while they are read, and said once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dltool.config.counts import counted
from dltool.contracts.signature import Column, Signature, number_features
from dltool.data.written_dates import date_text
from dltool.errors import warn
from dltool.preprocessing.input_scaler import InputScaler
from dltool.preprocessing.near_duplicates import near_duplicates

_MOST_COLUMNS = 8
_MOST_TEXTS = 3
_KEPT_TEXTS = 10_000
# Numbers that were written and read in other ways differ by so much.
_ROUNDING = 1e-6
_LARGEST_LOGARITHM = 709.0
"""Of what float64 holds."""
_SAMPLE_ROWS = 1000
_SAMPLE_NUMBERS = 200_000


class Novelties:
    """Categories that training never saw, numbers far outside its range, holes where it had none."""

    def __init__(self, where: str, signature: Signature, *, same_table: bool = False) -> None:
        """Begin with none.

        Args:
            where: names the rows for a person.
            signature: what a model was trained on.
            same_table: whether they are other rows of the training table, whose cells are not spelt in another way.
        """
        self._where, self._columns, self._same_table = where, signature.columns, same_table
        self._texts: dict[str, Counter[str]] = {}
        self._holes: Counter[str] = Counter()
        self._rows = 0
        self._far: dict[str, tuple[int, str, float, int]] = {}
        self._least = self._most = None
        numbers = signature.input_numbers
        if numbers is None:  # images and tokens, of which every value is in the range
            return
        if self._columns:
            numbers = numbers.take(number_features(self._columns))
        self._low, self._high = np.array(numbers.low), np.array(numbers.high)
        slack = self._high - self._low + _ROUNDING * np.maximum(np.abs(self._low), np.abs(self._high))
        self._names = [str(index) for index in range(len(slack))]
        if self._columns:
            numeric = [column for column in self._columns if column.vocabulary is None]
            self._names = [column.name for column in numeric for _ in range(column.width)]
            # Of a date the days alone can be far, its places in the cycles cannot; nor can an indicator.
            slack[[i > 0 for column in numeric for i in range(column.width)]] = np.inf
        self._least, self._most = self._low - slack, self._high + slack

    def add_numbers(self, raw: np.ndarray, place: Callable[[int], str]) -> None:
        """Take raw numbers of shape (rows, …, entries), NaN where missing; ``place`` says where a row stands."""
        if self._least is None:
            return
        far = (raw < self._least) | (raw > self._most)
        if not far.any():
            return
        far = far.reshape(len(far), -1, far.shape[-1])
        for entry in np.flatnonzero(far.any(axis=(0, 1))):
            rows = far[:, :, entry].any(axis=1)
            name, row = self._names[entry], int(rows.argmax())
            if name not in self._far:
                value = raw.reshape(far.shape)[row, far[row, :, entry].argmax(), entry]
                self._far[name] = (0, place(row), float(value), int(entry))
            count, *first = self._far[name]
            self._far[name] = (count + int(rows.sum()), *first)  # type: ignore[assignment]

    def add_rows(self, count: int) -> None:
        """Take a number of rows, whatever they hold."""
        self._rows += count

    def add_texts(self, column: str, texts: Sequence[str]) -> None:
        """Take cells of a column that are no category of the training rows."""
        counts = self._texts.setdefault(column, Counter())
        for text in texts:
            counts[text if text in counts or len(counts) < _KEPT_TEXTS else "…"] += 1

    def add_holes(self, column: str, count: int) -> None:
        """Take a number of missing values in a column."""
        self._holes[column] += count

    def warn(self) -> None:
        """Say what was counted, if anything was."""
        known = {column.name: column for column in self._columns}
        for name, texts in list(self._texts.items())[:_MOST_COLUMNS]:
            vocabulary, where, total = known[name].vocabulary or (), f"{self._where}, column {name!r}", texts.total()
            shown = _first([f"{text!r} {count:,}" for text, count in texts.most_common()])
            alike = "".join(f"; {each}" for each in near_duplicates(vocabulary, texts))
            if not self._same_table and total == self._rows - self._holes[name] > 1:
                seen = _first([repr(text) for text in vocabulary])
                warn(
                    f"{where}: none of the {total:,} cells is a category that training saw ({shown}; training saw "
                    f"{seen}), and all are taken as unknown, so that the model knows nothing by the column; if it is "
                    f"the same one as in training, spell its cells as they were there{alike}"
                )
                continue
            warn(
                f"{where}: {counted(total, 'cell')} with a category that training never saw ({shown}), taken as "
                f"unknown{alike}"
            )
        for name, (count, place, value, entry) in list(self._far.items())[:_MOST_COLUMNS]:
            written = _way_to_write(known.get(name))
            low, high = written(self._low[entry]), written(self._high[entry])
            seen = f"always {low}" if low == high else f"{low} to {high}"
            what = f"column {name!r}" if self._columns else f"index {name} of the last axis"
            warn(
                f"{self._where}, {what}: {counted(count, 'row')} with a number far outside the "
                f"training rows' ({seen}), the first at {place}: {written(value)}; "
                "what the model says of them is a guess"
            )
        for name, count in self._holes.items():
            if known[name].holes == 0:
                warn(
                    f"{self._where}, column {name!r}: {counted(count, 'cell')} missing, which training had none of; "
                    f"taken as {known[name].fill}"
                )
        unnamed = max(len(self._texts), len(self._far)) - _MOST_COLUMNS
        if unnamed > 0:
            warn(f"{self._where}: {unnamed:,} more columns hold what training never saw")


def _way_to_write(column: Column | None) -> Callable[[float], str]:
    """Return what writes the numbers of a column, or of an array, as they stand in the file."""
    if column and column.moment:
        return date_text
    if column and column.transform == "log":
        return lambda logarithm: f"{math.exp(min(logarithm, _LARGEST_LOGARITHM)):.6g}"
    return "{:.6g}".format


def _first(words: Sequence[str]) -> str:
    """Return the first of some words, and how many others there are."""
    others = len(words) - _MOST_TEXTS
    more = f", and {counted(others, 'other')}" if others > 0 else ""
    return ", ".join(words[:_MOST_TEXTS]) + more


def sample_rows(rows: np.ndarray, numbers: int) -> np.ndarray:
    """Return the first of some rows, as many as can be looked at quickly where each holds so many numbers."""
    return rows[: min(_SAMPLE_ROWS, max(2, _SAMPLE_NUMBERS // numbers))]


def merged(names: Sequence[str], originals: Sequence[Any], scaled: np.ndarray) -> list[str]:
    """Say in which entries different values of a sample have become the same number.

    Args:
        names: Of the entries, for a person.
        originals: The values of each entry, as they stand.
        scaled: What the network takes, shape (rows, entries).
    """
    found = []
    for name, values, made in zip(names, originals, scaled.T, strict=True):
        before, after = len(np.unique(values)), len(np.unique(made))
        if after < before:
            found.append(f"{name} ({before:,} values become {after:,})")
    return found


def with_enough_precision(
    scaler: InputScaler, where: str, names: Sequence[str], originals: Sequence[Any], raw: np.ndarray, scaling: str
) -> InputScaler:
    """Return a scaler that tells a sample's values apart, as far as one can; warn where none does.

    Args:
        scaler: As it was fitted.
        where: Names the rows for a person.
        names: As for ``merged``.
        originals: As for ``merged``.
        raw: The sample, shape (rows, entries).
        scaling: How it is scaled; only ``normalization`` centres, and so gains by float64.
    """
    lost = merged(names, originals, scaler.apply(raw))
    if lost and scaling == "normalization" and scaler.numbers.dtype == "float32":
        scaler = scaler.in_float64()
        lost = merged(names, originals, scaler.apply(raw))
    if lost:
        shown = ", ".join(lost[:_MOST_COLUMNS]) + (", …" if len(lost) > _MOST_COLUMNS else "")
        advice = "set data.scaling: normalization, which centres them first"
        if scaling == "normalization":
            advice = "take an outlier, or what is common to them, out of the data"
        warn(f"{where}: float32 cannot tell all values apart in {shown}; {advice}")
    return scaler
