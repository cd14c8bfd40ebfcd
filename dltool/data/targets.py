"""From raw targets - class names, class indices, one-hot rows, numbers - to what the model learns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dltool.config.signature import Signature, Task
from dltool.data.twins import twins
from dltool.data.warn import warn
from dltool.errors import DataError
from dltool.preprocessing.booleans import spellings
from dltool.preprocessing.target import fit_numbers, frequencies

Place = Callable[..., str]
"""Says where a row, or a row's column, stands: ``place(3)`` or ``place(3, 1)``, counted from 0."""

MOST_FLOAT32 = float(np.finfo(np.float32).max)

_MOST_CLASSES = 100_000


@dataclass(frozen=True)
class TargetReader:
    """Reads the targets of every part in the way that was fitted to the training targets."""

    task: Task
    outputs: int
    """The number of classes, or of target columns."""
    classes: tuple[str, ...] = ()
    """The class names by index; empty for numbers and for several labels."""
    transform: str = "none"
    """``log`` where numbers must be positive, since their logarithms are learnt."""

    @classmethod
    def of(cls, signature: Signature) -> TargetReader:
        """Return the reader that the training data were read with."""
        transform = signature.target_numbers.transform if signature.target_numbers else "none"
        return cls(signature.task, signature.outputs, signature.classes, transform)

    @classmethod
    def fit(
        cls, raw: np.ndarray, task: Task, place: Place, names: Sequence[str] | None = None, transform: str = "none"
    ) -> TargetReader:
        """Find the classes or the number of outputs in raw training targets.

        ``raw`` has the shape (rows,) or (rows, outputs). Texts are class names; numbers are class
        indices, one-hot rows, several labels or values to predict, as the task says. ``names`` are the
        classes in order of their indices, if the user named them; ``transform`` is what is done to numbers.
        Raises DataError.
        """
        raw = _flat(raw)
        if task is Task.REGRESSION:
            if names is not None:
                raise DataError("data.classes: the loss is one of regression, which knows no classes; leave them out")
            return cls(task, 1 if raw.ndim == 1 else raw.shape[1], transform=transform)
        if task is Task.BINARY and raw.ndim == 2:
            _check_count(names, raw.shape[1], "labels")
            return cls(task, raw.shape[1])
        indices = raw
        if raw.dtype.kind in "UO":
            indices = np.zeros(0)
            raw = _spelt_alike(raw, names)
            found: Sequence[str] = class_names(raw)
            if spaced := spaced_twin(found):
                row = int((raw.astype(str) == spaced).argmax())
                raise DataError(
                    f"{place(row)}: label {spaced!r} and label {spaced.strip()!r} differ in spaces alone; mend one"
                )
            for alike in twins(found):
                warn(f"{place()}: labels {alike}, and are two classes; mend one if they mean the same")
            classes = tuple(found if names is None else names)
        else:
            indices = _class_indices(raw, place)
            count = raw.shape[1] if raw.ndim == 2 else int(indices.max()) + 1
            if names is not None and raw.ndim == 1 and count > len(names):
                row = int((indices >= len(names)).argmax())
                raise DataError(
                    f"{place(row)}: label {indices[row]} is not one of the {len(names)} classes that data.classes "
                    f"names (0 to {len(names) - 1})"
                )
            _check_count(names, count, "classes")
            classes = tuple(str(index) for index in range(count)) if names is None else tuple(names)
            found = [classes[index] for index in np.unique(indices)]
        if len(found) < 2:
            raise DataError(f"{place()}: all training rows are of class {found[0]!r}; expected at least two classes")
        return cls(task, len(classes), classes)

    def measure(self, targets: np.ndarray) -> dict[str, Any]:
        """Return what a signature says of the training rows' targets, as ``read`` returned them."""
        if self.task is Task.REGRESSION:
            return {"target_numbers": fit_numbers(targets, self.transform)}
        return {"frequencies": frequencies(targets, self.outputs)}

    def read(self, raw: np.ndarray, place: Place) -> np.ndarray:
        """Return int32 class indices of shape (rows,), float32 labels or float64 numbers of shape (rows, outputs).

        Raises DataError, naming the row, if a target is not finite, not a class, or not one of the
        classes that were trained.
        """
        raw = _flat(raw)
        if self.classes:
            return self._read_names(raw, place) if raw.dtype.kind in "UO" else self._read_indices(raw, place)
        values = finite_numbers(raw, place).reshape(len(raw), -1)
        if values.shape[1] != self.outputs:
            raise DataError(f"{place()}: {values.shape[1]} targets a row; expected {self.outputs} as in training")
        if self.task is Task.BINARY:
            wrong = np.argwhere((values != 0) & (values != 1))
            if len(wrong):
                row, column = map(int, wrong[0])
                raise DataError(
                    f"{place(row, column)}: label {values[row, column]:g}; several labels a row must each be 0 or 1"
                )
            return values.astype(np.float32)
        if self.transform == "log" and not (positive := values > 0).all():
            row, column = map(int, np.argwhere(~positive)[0])
            raise DataError(
                f"{place(row, column)}: target {values[row, column]:g}; data.target_transform: log is for positive "
                f"numbers, and {(~positive).sum():,} of {positive.size:,} are none; leave it out"
            )
        return values

    def _read_names(self, raw: np.ndarray, place: Place) -> np.ndarray:
        index_of = {name: index for index, name in enumerate(self.classes)}
        distinct, inverse = np.unique(_spelt_alike(raw, self.classes).astype(str), return_inverse=True)
        indices = np.array([index_of.get(str(name), -1) for name in distinct], np.int32)[inverse]
        if (indices < 0).any():
            row = int((indices < 0).argmax())
            raise DataError(f"{place(row)}: label {str(raw[row])!r} is not one of the classes: {self._listed()}")
        return indices

    def _read_indices(self, raw: np.ndarray, place: Place) -> np.ndarray:
        if raw.ndim == 2 and raw.shape[1] != self.outputs:
            raise DataError(f"{place()}: rows of {raw.shape[1]} targets; expected {self.outputs} classes one-hot")
        indices = _class_indices(raw, place)
        if len(indices) and indices.max() >= self.outputs:
            row = int((indices >= self.outputs).argmax())
            raise DataError(
                f"{place(row)}: label {indices[row]} is not one of the {self.outputs} classes (0 to {self.outputs - 1})"
            )
        return indices.astype(np.int32)

    def _listed(self) -> str:
        return ", ".join(self.classes[:10]) + (", …" if len(self.classes) > 10 else "")


def class_names(raw: np.ndarray) -> list[str]:
    """Return the distinct names: by value if all of them are whole numbers, else alphabetically."""
    names = [str(name) for name in np.unique(raw.astype(str))]
    if all(name.removeprefix("-").isdecimal() for name in names):
        return sorted(names, key=int)
    return names


def spaced_twin(names: Sequence[str]) -> str | None:
    """Return a name that differs from another in the spaces around it alone; nobody means two classes by that."""
    known = set(names)
    return next((name for name in names if name != name.strip() and name.strip() in known), None)


def finite_numbers(raw: np.ndarray, place: Place) -> np.ndarray:
    """Return the values as float64. Raises DataError, naming the first that float32 could not hold as finite."""
    if raw.dtype.kind not in "biuf":
        value = raw.flat[0] if raw.size else raw.dtype
        raise DataError(f"{place()}: {str(value)!r} is not a number; expected numbers")
    values = np.ascontiguousarray(raw, np.float64)
    if raw.dtype.kind == "f" and not (finite := np.abs(values) <= MOST_FLOAT32).all():
        index = tuple(map(int, np.argwhere(~finite)[0]))
        raise DataError(f"{place(*index)}: {raw[index]} is not a number that float32 can hold; mend or remove it")
    return values


def _spelt_alike(raw: np.ndarray, known: Sequence[str] | None) -> np.ndarray:
    """Return labels, boolean ones in one spelling."""
    distinct, inverse = np.unique(raw.astype(str), return_inverse=True)
    spelling = spellings(distinct.tolist(), known)
    return np.array([spelling.get(text, text) for text in distinct.tolist()], object)[inverse] if spelling else raw


def _flat(raw: np.ndarray) -> np.ndarray:
    return raw[:, 0] if raw.ndim == 2 and raw.shape[1] == 1 else raw


def _class_indices(raw: np.ndarray, place: Place) -> np.ndarray:
    """Return class indices from whole numbers or from one-hot rows."""
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


def _check_count(names: Sequence[str] | None, count: int, what: str) -> None:
    if names is not None and len(names) != count and (what == "labels" or len(names) < count):
        raise DataError(f"data.classes: {len(names)} names; the targets have {count} {what}")
