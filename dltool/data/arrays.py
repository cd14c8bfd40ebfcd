"""From arrays, wherever they lie, to a data set. An array is read only when its values are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from dltool.config.signature import Rows, Signature, Task
from dltool.data.dataset import Dataset, Part
from dltool.data.sizes import split_sizes
from dltool.data.split import split_rows
from dltool.data.targets import TargetReader, finite_numbers
from dltool.data.warn import listed, warn, warn_of_constants
from dltool.errors import DataError


@dataclass(frozen=True)
class Array:
    """An array that need not be in memory yet."""

    name: str
    """File and member, for messages."""
    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[], np.ndarray]

    @classmethod
    def held(cls, name: str, values: np.ndarray) -> Array:
        """Wrap values that are in memory."""
        return cls(name, values.shape, values.dtype, lambda: values)

    def place(self, *index: int) -> str:
        """Say where a value stands."""
        return self.name + (f"[{', '.join(map(str, index))}]" if index else "")


@dataclass(frozen=True)
class Labelled:
    """Examples and their targets."""

    features: Array
    targets: Array


@dataclass(frozen=True)
class ArraySource:
    """The training examples, and for the other parts a fraction of them, examples of their own, or nothing."""

    train: Labelled
    validation: Labelled | float | None
    test: Labelled | float | None
    classes: Sequence[str] | None = None
    """The names that the user gave to the classes."""
    image: dict[str, str] = field(default_factory=dict)
    """How image files were read; see ``Signature.image``."""


def describe(source: ArraySource, task: Task, seed: int) -> tuple[Signature, Rows]:
    """Return what ``load`` would find. Images, in which no value can be wrong, are not read. Raises DataError."""
    if _input_of(source.train.features)[1] != "uint8":
        dataset = load(source, task, seed)
        return dataset.signature, dataset.rows
    signature, targets = _read_targets(source, task)
    rows = split_sizes(
        len(targets["train"]),
        _fraction(source.validation),
        _fraction(source.test),
        len(np.unique(targets["train"])) if signature.classes else 1,
    )
    return signature, Rows(
        rows.train,
        len(targets["validation"]) if "validation" in targets else rows.validation,
        len(targets["test"]) if "test" in targets else rows.test,
    )


def load(source: ArraySource, task: Task, seed: int) -> Dataset:
    """Read and check everything, and split by the seed. Raises DataError."""
    signature, targets = _read_targets(source, task)
    parts = {
        name: Part(read_features(labelled.features, signature), targets[name])
        for name, labelled in _own_parts(source).items()
    }
    validation, test = _fraction(source.validation), _fraction(source.test)
    if validation or test:
        whole = parts["train"]
        rows = split_rows(whole.targets, validation, test, seed)
        parts["train"] = whole.take(rows.train)
        if validation:
            parts["validation"] = whole.take(rows.validation)
        if test:
            parts["test"] = whole.take(rows.test)
    _warn_of_constants(source.train, parts["train"])
    return Dataset.of(signature, parts["train"], parts.get("validation"), parts.get("test"))


def read_part(labelled: Labelled, signature: Signature) -> Part:
    """Read examples like those that the signature was made from. Raises DataError."""
    _check_shapes(labelled)
    targets = TargetReader.of(signature).read(labelled.targets.read(), labelled.targets.place)
    return Part(read_features(labelled.features, signature), targets)


def read_features(array: Array, signature: Signature) -> np.ndarray:
    """Return the examples of an array in the signature's shape and type. Raises DataError."""
    check_input(array, signature)
    return as_features(array.read(), array, signature)


def as_features(values: np.ndarray, array: Array, signature: Signature, first: int = 0) -> np.ndarray:
    """Return ``values``, the rows of ``array`` from ``first`` on, in the signature's shape and type."""
    if signature.input_dtype == "float32":
        values = finite_numbers(values, lambda row, *rest: array.place(first + row, *rest))
    return values.reshape(len(values), *signature.input_shape)


def check_input(array: Array, signature: Signature) -> None:
    """Raise DataError unless the array holds examples that fit the signature."""
    shape, dtype = _input_of(array)
    if shape != signature.input_shape:
        raise DataError(f"{array.name}: examples of shape {shape}; expected {signature.input_shape} as in training")
    if signature.input_dtype == "uint8" and dtype != "uint8":
        raise DataError(f"{array.name}: values of type {array.dtype}; expected uint8 as in training")


def image_reading(input_shape: tuple[int, ...], dtype: str) -> dict[str, str]:
    """Return how an image file becomes such an input; empty if no image does."""
    modes = {1: "grayscale", 3: "rgb"}
    if dtype != "uint8" or len(input_shape) != 3 or input_shape[2] not in modes:
        return {}
    return {"color_mode": modes[input_shape[2]], "interpolation": "bilinear"}


def _input_of(array: Array) -> tuple[tuple[int, ...], str]:
    """Return the shape and type that an array's examples take as the model's input.

    Images (uint8 of three axes and more) stay uint8 and get a channel axis if they have none; everything
    else becomes float32. Single numbers become rows of one.
    """
    if array.dtype.kind not in "biuf":
        raise DataError(f"{array.name}: values of type {array.dtype}; expected numbers")
    if not array.shape or 0 in array.shape:
        raise DataError(f"{array.name}: shape {array.shape} holds no examples")
    shape = array.shape[1:]
    if array.dtype == np.uint8 and len(shape) >= 2:
        return (*shape, 1) if len(shape) == 2 else shape, "uint8"
    return shape or (1,), "float32"


def _read_targets(source: ArraySource, task: Task) -> tuple[Signature, dict[str, np.ndarray]]:
    """Return the signature and the targets of every part that is not a fraction."""
    parts = _own_parts(source)
    for labelled in parts.values():
        _check_shapes(labelled)
    input_shape, input_dtype = _input_of(source.train.features)
    raw = source.train.targets.read()
    reader = TargetReader.fit(raw, task, source.train.targets.place, source.classes)
    signature = Signature(
        task=task,
        input_shape=input_shape,
        input_dtype=input_dtype,
        outputs=reader.outputs,
        classes=reader.classes,
        targets=() if reader.classes or source.classes is None else tuple(source.classes),
        image=source.image or image_reading(input_shape, input_dtype),
    )
    for labelled in parts.values():
        check_input(labelled.features, signature)
    targets = {
        name: reader.read(raw if name == "train" else labelled.targets.read(), labelled.targets.place)
        for name, labelled in parts.items()
    }
    if reader.classes:
        _check_trained(parts, targets, reader.classes)
    return signature, targets


def _check_trained(parts: dict[str, Labelled], targets: dict[str, np.ndarray], classes: tuple[str, ...]) -> None:
    """Refuse labels that training never sees, and say which classes it does not see."""
    rows = np.bincount(targets["train"], minlength=len(classes))
    for name, labels in targets.items():
        unseen = rows[labels] == 0
        if unseen.any():
            row = int(unseen.argmax())
            raise DataError(
                f"{parts[name].targets.place(row)}: label {classes[labels[row]]!r}; no training row is of that class"
            )
    if not rows.all():
        missing = [classes[index] for index in np.flatnonzero(rows == 0)]
        warn(f"{parts['train'].targets.name}: no training row is of {listed(missing, 'class')}")


def _warn_of_constants(labelled: Labelled, train: Part) -> None:
    """Say which numbers are the same in every training row; pixels at a border often are."""
    for array, values in ((labelled.features, train.features), (labelled.targets, train.targets)):
        if len(values) > 1 and values.ndim == 2:
            alike = np.flatnonzero((values[:100] == values[0]).all(axis=0))  # a few rows tell the others apart
            constant = alike[(values[:, alike] == values[0, alike]).all(axis=0)]
            warn_of_constants(array.name, list(map(str, constant)))


def _own_parts(source: ArraySource) -> dict[str, Labelled]:
    named = {"train": source.train, "validation": source.validation, "test": source.test}
    return {name: part for name, part in named.items() if isinstance(part, Labelled)}


def _fraction(part: Labelled | float | None) -> float | None:
    return None if isinstance(part, Labelled) else part


def _check_shapes(labelled: Labelled) -> None:
    features, targets = labelled.features, labelled.targets
    _input_of(features)
    if not targets.shape or 0 in targets.shape:
        raise DataError(f"{targets.name}: shape {targets.shape} holds no targets")
    if len(targets.shape) > 2:
        raise DataError(
            f"{targets.name}: shape {targets.shape}; expected one target, or one row of targets, an example"
        )
    if features.shape[0] != targets.shape[0]:
        raise DataError(
            f"{features.name} has {features.shape[0]} rows, {targets.name} has {targets.shape[0]}; expected as many"
        )
