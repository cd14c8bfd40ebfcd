"""How the values of each column are spread over the parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

import numpy as np

from dltool.contracts.data_view import Distribution
from dltool.contracts.dataset import Dataset, Part
from dltool.contracts.signature import Column, Signature
from dltool.preprocessing.input_scaler import input_scaler_of

MOST_TARGETS, MOST_COLUMNS = 4, 24
_MOST_BINS, _MOST_LABELS, _MOST_EXAMPLES = 30, 12, 2000
_LARGE = 1e6
"""Beyond, float32 hardly tells whole numbers from others."""
_COLOURS = ("red", "green", "blue")

Values = Callable[[Part], np.ndarray]


def target_distributions(dataset: Dataset) -> list[Distribution]:
    """Return how targets are spread: all classes as one, all labels as one, or up to four numbers."""
    signature, parts = dataset.signature, _parts(dataset)
    if signature.classes:
        name = signature.targets[0] if signature.targets else "class"
        return [_of_labels(name, signature.classes, parts, lambda part: part.targets)]
    if signature.frequencies:
        names = signature.targets or tuple(f"label {i + 1}" for i in range(signature.outputs))
        counts = {name: part.targets.sum(axis=0).astype(int) for name, part in parts.items()}
        shown, note = counts, ""
        if len(names) > _MOST_LABELS:
            shown = {name: of[:_MOST_LABELS] for name, of in counts.items()}
            note = f"{len(names) - _MOST_LABELS:,} more labels are left out"
        return [Distribution("labels", shown, _rows(parts), labels=names[:_MOST_LABELS], note=note)]
    width = dataset.train.targets.shape[1]
    names = signature.targets or tuple(f"target {i + 1}" for i in range(width))
    return [
        _of_numbers(name, parts, lambda part, i=i: part.targets[:, i])  # type: ignore[misc]
        for i, name in enumerate(names[: min(width, MOST_TARGETS)])
    ]


def column_distributions(dataset: Dataset) -> tuple[list[Distribution], int]:
    """Return how the columns of the input are spread, in their own units, and how many there are in all.

    At most 24 come. What an array of more axes holds is one column, or one a channel of up to four, and so are tokens;
    two thousand examples of each part are then looked at.
    """
    signature, parts = dataset.signature, _parts(dataset)
    if signature.columns:
        return list(islice(_of_columns(signature, parts), MOST_COLUMNS)), len(signature.columns)
    if len(signature.input_shape) == 1 and signature.tokens is None:
        count = signature.input_shape[0]
        every = (_of_numbers(f"input {i + 1}", parts, _number(signature, i)) for i in range(min(count, MOST_COLUMNS)))
        return list(every), count
    some = {name: _some(part) for name, part in parts.items()}
    note = f"of {_MOST_EXAMPLES:,} examples" if any(len(part) > _MOST_EXAMPLES for part in parts.values()) else ""
    if signature.tokens is not None:
        names = tuple(map(str, range(signature.tokens)))
        return [_of_labels("tokens", names, some, lambda part: part.features["tokens"].ravel(), note)], 1
    channels = signature.input_shape[-1]
    if len(signature.input_shape) < 3 or channels > 4:
        return [_of_numbers("all values", some, lambda part: _raw(part, signature).ravel(), note)], 1
    names = _COLOURS if channels == 3 else tuple(f"channel {i + 1}" for i in range(channels))
    names = names if channels > 1 else ("pixels",)
    found = [
        _of_numbers(name, some, lambda part, i=i: _raw(part, signature)[..., i].ravel(), note)  # type: ignore[misc]
        for i, name in enumerate(names)
    ]
    return found, channels


def _parts(dataset: Dataset) -> dict[str, Part]:
    """Return the parts that there are, by name."""
    every = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return {name: part for name, part in every.items() if part is not None}


def _of_columns(signature: Signature, parts: Mapping[str, Part]) -> Iterator[Distribution]:
    numbers = categories = 0
    for column in signature.columns:
        note = f"{column.holes:,} missing, taken for {column.fill}" if column.holes else ""
        if column.vocabulary is not None:
            names = ("unknown", *column.vocabulary)
            values = _category(categories)
            # Nothing is said of "unknown" where nothing is.
            if not any((values(part) == 0).any() for part in parts.values()):
                names, values = column.vocabulary, _category(categories, first=1)
            yield _of_labels(column.name, names, parts, values, note)
            categories += 1
        else:
            yield _of_numbers(
                column.name, parts, _number(signature, numbers, column), note, is_date=bool(column.moment)
            )
            numbers += column.width


def _category(place: int, first: int = 0) -> Values:
    return lambda part: part.features["categories"][:, place] - first


def _number(signature: Signature, place: int, column: Column | None = None) -> Values:
    """Return what reads one of the numbers in its own unit, NaN at a hole."""
    numbers = input_scaler_of(signature).numbers.take([place])

    def values(part: Part) -> np.ndarray:
        raw = numbers.raw(part.features["numbers"][:, place])
        return raw if column is None else column.raw(raw)

    return values


def _raw(part: Part, signature: Signature) -> np.ndarray:
    """Return the examples of an array in their own unit."""
    if signature.input_dtype == "uint8":
        return part.features["images"]
    return input_scaler_of(signature).numbers.raw(part.features["numbers"])


def _some(part: Part) -> Part:
    places = np.linspace(0, len(part) - 1, min(len(part), _MOST_EXAMPLES)).astype(int)
    return Part({name: values[places] for name, values in part.features.items()}, part.targets[places])


def _rows(parts: Mapping[str, Part]) -> dict[str, int]:
    return {name: len(part) for name, part in parts.items()}


def _of_labels(
    name: str, labels: tuple[str, ...], parts: Mapping[str, Part], values: Values, note: str = ""
) -> Distribution:
    """Count labels; of many the most frequent of the training rows, in the labels' own order, and all others as one."""
    counts = {part: np.bincount(values(of), minlength=len(labels)) for part, of in parts.items()}
    rows = {part: int(of.sum()) for part, of in counts.items()}
    if len(labels) > _MOST_LABELS:
        kept = np.sort(np.argsort(-counts["train"], kind="stable")[:_MOST_LABELS])
        others = {part: of.sum() - of[kept].sum() for part, of in counts.items()}
        counts = {part: np.append(of[kept], others[part]) for part, of in counts.items()}
        labels = (*(labels[i] for i in kept), f"{len(labels) - _MOST_LABELS:,} others")
    return Distribution(name, counts, rows, labels=labels, note=note)


def _of_numbers(
    name: str, parts: Mapping[str, Part], values: Values, note: str = "", *, is_date: bool = False
) -> Distribution:
    """Count numbers in bins of one width over all parts, one a number where they are few whole ones.

    There are 2 · ∛n bins for n training rows (Rice's rule), at most 30.
    """
    held = ((part, values(of)) for part, of in parts.items())
    known = {part: of[np.isfinite(of)] for part, of in held}
    ends = [end(of) for of in known.values() if len(of) for end in (np.min, np.max)] or [0.0]
    low, high = float(min(ends)), float(max(ends))
    few = high - low < _MOST_BINS and max(abs(low), abs(high)) < _LARGE and (low == high or high - low > 0.5)
    whole = few and all((np.abs(of - np.round(of)) < 1e-4).all() for of in known.values())
    if whole:
        edges = np.arange(round(low), round(high) + 2) - 0.5
    else:
        bins = min(_MOST_BINS, math.ceil(2 * len(known["train"]) ** (1 / 3)))
        around = 0.0 if low < high else 0.01 * abs(low)
        edges = np.linspace(low - around, high + around, max(bins, 1) + 1)
    counts = {part: np.histogram(of, edges)[0] for part, of in known.items()}
    return Distribution(name, counts, {part: len(of) for part, of in known.items()}, edges, is_date=is_date, note=note)
