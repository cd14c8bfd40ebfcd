"""From raw targets - class names, class indices, one-hot rows, numbers - to what a ``Part`` holds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dltool.config.needs import Needs, TaskName
from dltool.contracts.signature import Signature, TargetNumbers
from dltool.errors import DataError, warn
from dltool.preprocessing import booleans
from dltool.preprocessing.finite_numbers import Place, finite_numbers
from dltool.preprocessing.moments import Moments
from dltool.preprocessing.near_duplicates import near_duplicates, padded_name

_MOST_CLASSES = 100_000


@dataclass(frozen=True)
class TargetReader(ABC):
    """Reads the targets of every part in the way that was fitted to the training targets."""

    outputs: int
    """The number of classes, or of numbers or labels a row."""
    classes: tuple[str, ...] = ()
    """The class names by index; empty for numbers and for several labels."""

    @abstractmethod
    def read(self, raw: np.ndarray, place: Place) -> np.ndarray:
        """Return targets as a ``Part`` holds them.

        Args:
            raw: as the source has them, shape (rows,) or (rows, outputs).
            place: says where a target stands.

        Raises:
            DataError: a target is not finite, is no class or none of those that were trained; the row is named.
        """

    @abstractmethod
    def describe(self, targets: np.ndarray, weights: np.ndarray | None = None) -> dict[str, Any]:
        """Return what a signature says of the values of the training rows' targets.

        Args:
            targets: as ``read`` returned them.
            weights: how much each row counts, shape (rows,); by default all count alike.
        """


def fit_targets(
    needs: Needs, raw: np.ndarray, place: Place, names: Sequence[str] | None = None, transform: str = "none"
) -> TargetReader:
    """Find the classes or the number of outputs in raw training targets.

    Args:
        needs: what the config asks for.
        raw: class names, class indices, one-hot rows, several labels or numbers, shape (rows,) or (rows, outputs).
        place: says where a target stands.
        names: the classes in order of their indices, or the labels, if the user named them.
        transform: ``none`` or ``log``: what is done to numbers.

    Raises:
        DataError: they are none of the task.
    """
    raw, name = as_column(raw), needs.task
    if name is TaskName.RECONSTRUCTION:
        return NoTargets(0)
    if name is TaskName.REGRESSION:
        return NumberReader.fit(raw, names, transform, non_negative=needs.non_negative)
    if name is TaskName.BINARY and raw.ndim == 2:
        return LabelReader.fit(raw, names)
    return ClassReader.fit(raw, place, names)


def target_reader(signature: Signature) -> TargetReader:
    """Return the reader that a model's training targets were read by."""
    if signature.task is TaskName.RECONSTRUCTION:
        return NoTargets(signature.outputs)
    if signature.classes:
        return ClassReader(signature.outputs, signature.classes)
    if signature.task is TaskName.BINARY:
        return LabelReader(signature.outputs)
    numbers = signature.target_numbers
    if numbers is None:
        return NumberReader(signature.outputs)
    return NumberReader(signature.outputs, transform=numbers.transform, non_negative=numbers.non_negative)


class ClassReader(TargetReader):
    """Reads class names, class indices and one-hot rows as class indices: int32, shape (rows,)."""

    @classmethod
    def fit(cls, raw: np.ndarray, place: Place, names: Sequence[str] | None) -> ClassReader:
        """Find the classes in raw training targets of shape (rows,), or one-hot (rows, classes).

        Raises:
            DataError: they are no classes, or all of one.
        """
        indices = raw
        if raw.dtype.kind in "UO":
            indices = np.zeros(0)
            labels, index = _spelt(raw, names)
            found: Sequence[str] = class_names(labels)
            if padded := padded_name(found):
                row = int((index == labels.index(padded)).argmax())
                raise DataError(
                    f"{place(row)}: label {padded!r} and label {padded.strip()!r} differ in spaces alone; mend one"
                )
            for alike in near_duplicates(found):
                warn(f"{place()}: labels {alike}, and are two classes; mend one if they mean the same")
            classes = tuple(found if names is None else names)
        else:
            indices = class_indices(raw, place)
            count = raw.shape[1] if raw.ndim == 2 else int(indices.max()) + 1
            if names is not None and raw.ndim == 1 and count > len(names):
                row = int((indices >= len(names)).argmax())
                raise DataError(
                    f"{place(row)}: label {indices[row]} is not one of the {len(names)} classes that data.classes "
                    f"names (0 to {len(names) - 1})"
                )
            check_count(names, count, "classes")
            classes = tuple(str(index) for index in range(count)) if names is None else tuple(names)
            found = [classes[index] for index in np.unique(indices)]
        if len(found) < 2:
            raise DataError(f"{place()}: all training rows are of class {found[0]!r}; expected at least two classes")
        return cls(len(classes), classes)

    def read(self, raw: np.ndarray, place: Place) -> np.ndarray:
        """Return class indices, int32 of shape (rows,)."""
        raw = as_column(raw)
        return self._read_names(raw, place) if raw.dtype.kind in "UO" else self._read_indices(raw, place)

    def describe(self, targets: np.ndarray, weights: np.ndarray | None = None) -> dict[str, Any]:
        """Return the part of the rows that is of each class."""
        counts = np.bincount(targets, weights, minlength=self.outputs)
        return {"frequencies": tuple(map(float, counts / counts.sum()))}

    def _read_names(self, raw: np.ndarray, place: Place) -> np.ndarray:
        index_of = {name: index for index, name in enumerate(self.classes)}
        labels, index = _spelt(raw, self.classes)
        indices: np.ndarray = np.array([index_of.get(name, -1) for name in labels], np.int32)[index]
        if (indices < 0).any():
            row = int((indices < 0).argmax())
            raise DataError(f"{place(row)}: label {str(raw[row])!r} is not one of the classes: {self._listed()}")
        return indices

    def _read_indices(self, raw: np.ndarray, place: Place) -> np.ndarray:
        count = self.outputs
        if raw.ndim == 2 and raw.shape[1] != count:
            raise DataError(f"{place()}: rows of {raw.shape[1]} targets; expected {count} classes one-hot")
        indices = class_indices(raw, place)
        if len(indices) and indices.max() >= count:
            row = int((indices >= count).argmax())
            raise DataError(f"{place(row)}: label {indices[row]} is not one of the {count} classes (0 to {count - 1})")
        return indices.astype(np.int32)

    def _listed(self) -> str:
        return ", ".join(self.classes[:10]) + (", …" if len(self.classes) > 10 else "")


def class_names(labels: Iterable[str]) -> list[str]:
    """Return the distinct names: by value if all of them are whole numbers, else alphabetically."""
    names = sorted(set(map(str, labels)))
    if all(name.removeprefix("-").isdecimal() for name in names):
        return sorted(names, key=int)
    return names


class NoTargets(TargetReader):
    """Reads nothing: what is learnt is the input."""

    def read(self, raw: np.ndarray, place: Place) -> np.ndarray:
        """Return no number a row, float32 of shape (rows, 0)."""
        del place
        return np.zeros((len(raw), 0), np.float32)

    def describe(self, targets: np.ndarray, weights: np.ndarray | None = None) -> dict[str, Any]:
        """Return nothing."""
        del targets, weights
        return {}


class LabelReader(TargetReader):
    """Reads rows of 0 and 1: float32, shape (rows, labels)."""

    @classmethod
    def fit(cls, raw: np.ndarray, names: Sequence[str] | None) -> LabelReader:
        """Count the labels of raw training targets, shape (rows, labels).

        Raises:
            DataError: the user named another number of them.
        """
        check_count(names, raw.shape[1], "labels")
        return cls(raw.shape[1])

    def read(self, raw: np.ndarray, place: Place) -> np.ndarray:
        """Return 0 and 1, float32 of shape (rows, labels)."""
        values = numbers_by_row(raw, self.outputs, place)
        wrong = np.argwhere((values != 0) & (values != 1))
        if len(wrong):
            row, column = map(int, wrong[0])
            raise DataError(
                f"{place(row, column)}: label {values[row, column]:g}; several labels a row must each be 0 or 1"
            )
        return values.astype(np.float32)

    def describe(self, targets: np.ndarray, weights: np.ndarray | None = None) -> dict[str, Any]:
        """Return the part of the rows that has each label."""
        return {"frequencies": tuple(map(float, np.average(targets.astype(np.float64), axis=0, weights=weights)))}


@dataclass(frozen=True)
class NumberReader(TargetReader):
    """Reads numbers: float64, shape (rows, outputs)."""

    transform: str = "none"
    """``log`` where numbers must be positive, since their logarithms are learnt."""
    non_negative: bool = False
    """Whether the loss has no meaning for numbers below 0."""

    @classmethod
    def fit(cls, raw: np.ndarray, names: Sequence[str] | None, transform: str, *, non_negative: bool) -> NumberReader:
        """Count the numbers of raw training targets, shape (rows,) or (rows, outputs).

        Raises:
            DataError: the user named classes.
        """
        if names is not None:
            raise DataError("data.classes: the loss is one of regression, which knows no classes; leave them out")
        return cls(1 if raw.ndim == 1 else raw.shape[1], transform=transform, non_negative=non_negative)

    def read(self, raw: np.ndarray, place: Place) -> np.ndarray:
        """Return the numbers, float64 of shape (rows, outputs)."""
        values = numbers_by_row(raw, self.outputs, place)
        if self.non_negative and (negative := values < 0).any():
            row, column = map(int, np.argwhere(negative)[0])
            raise DataError(
                f"{place(row, column)}: target {values[row, column]:g}; the loss is for numbers of 0 or more, such as "
                f"counts, and {negative.sum():,} of {negative.size:,} are below; use mean_squared_error for such"
            )
        if self.transform == "log" and not (positive := values > 0).all():
            row, column = map(int, np.argwhere(~positive)[0])
            raise DataError(
                f"{place(row, column)}: target {values[row, column]:g}; data.target_transform: log is for positive "
                f"numbers, and {(~positive).sum():,} of {positive.size:,} are none; leave it out"
            )
        return values

    def describe(self, targets: np.ndarray, weights: np.ndarray | None = None) -> dict[str, Any]:
        """Return the statistics of the numbers."""
        numbers = fit_numbers(targets, self.transform, weights)
        return {"target_numbers": replace(numbers, non_negative=self.non_negative)}


def fit_numbers(targets: np.ndarray, transform: str, weights: np.ndarray | None = None) -> TargetNumbers:
    """Measure the training rows' targets, in float64.

    Args:
        targets: float64, shape (rows, outputs); all of them positive where they are transformed by ``log``.
        transform: ``none`` or ``log``.
        weights: how much each row counts, but for the scale; by default all count alike.
    """
    transformed = np.log(targets) if transform == "log" else targets
    moments = Moments(targets.shape[1])
    moments.add(transformed)
    deviation = moments.deviation("float64")
    scale = np.where(deviation > 0, deviation, 1)
    offset, mean, median = moments.mean, targets.mean(axis=0), np.median(targets, axis=0)
    if weights is not None:
        offset, mean = (np.average(each, axis=0, weights=weights) for each in (transformed, targets))
        median = np.array([_weighted_median(column, weights) for column in targets.T])
    return TargetNumbers(transform, *(tuple(map(float, each)) for each in (offset, scale, mean, median)))


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the value up to which half of the weight lies; between two of them, the middle."""
    order = np.argsort(values)
    below = np.cumsum(weights[order], dtype=np.float64)
    places = [np.searchsorted(below, below[-1] / 2, side) for side in ("left", "right")]
    return float(np.mean(values[order][places]))


def as_column(raw: np.ndarray) -> np.ndarray:
    """Return rows of one target each, shape (rows, 1), as targets of shape (rows,); others as they are."""
    return raw[:, 0] if raw.ndim == 2 and raw.shape[1] == 1 else raw


def numbers_by_row(raw: np.ndarray, outputs: int, place: Place) -> np.ndarray:
    """Return targets that are numbers as float64, shape (rows, outputs).

    Raises:
        DataError: they are none, are not finite, or are not so many a row.
    """
    values = finite_numbers(as_column(raw), place).reshape(len(raw), -1)
    if values.shape[1] != outputs:
        raise DataError(f"{place()}: {values.shape[1]} targets a row; expected {outputs} as in training")
    return values


def class_indices(raw: np.ndarray, place: Place) -> np.ndarray:
    """Return class indices, int64 of shape (rows,), from whole numbers or from one-hot rows.

    Raises:
        DataError: they are neither.
    """
    if raw.dtype.kind not in "biuf":
        raise DataError(f"{place()}: values of type {raw.dtype}; expected class indices")
    if raw.ndim == 2:
        wrong = ~((raw == 1).sum(axis=1) == 1) | ((raw != 0).sum(axis=1) != 1)
        if wrong.any():
            row = int(wrong.argmax())
            raise DataError(
                f"{place(row)}: {raw[row, :8].tolist()} is not one-hot; expected a single 1 and zeros, "
                "or one class index a row"
            )
        ones: np.ndarray = raw.argmax(axis=1)
        return ones
    whole = (raw >= 0) & (raw < _MOST_CLASSES) & (raw == np.floor(raw))
    if not whole.all():
        row = int((~whole).argmax())
        raise DataError(
            f"{place(row)}: class label {raw[row]}; expected a whole number from 0 to {_MOST_CLASSES - 1} "
            "(for numbers to predict, choose a regression loss)"
        )
    return raw.astype(np.int64)


def _spelt(raw: np.ndarray, known: Sequence[str] | None) -> tuple[list[str], np.ndarray]:
    """Return the distinct labels, and for each row which of them it holds: ``np.unique`` would sort all rows.

    Boolean ones have one spelling (see ``booleans.spellings``, which says what known is), and may be there twice.
    """
    texts = list(map(str, raw.tolist()))
    distinct = sorted(set(texts))
    index_of = {text: index for index, text in enumerate(distinct)}
    spelling = booleans.spellings(distinct, known)
    labels = [spelling.get(text, text) for text in distinct]
    return labels, np.fromiter(map(index_of.__getitem__, texts), np.int64, len(texts))


def check_count(names: Sequence[str] | None, count: int, noun: str) -> None:
    """Raise DataError unless the user's names, if there are some, are as many as the targets have classes or labels."""
    if names is not None and len(names) != count and (noun == "labels" or len(names) < count):
        raise DataError(f"data.classes: {len(names)} names; the targets have {count} {noun}")
