"""From arrays, wherever they lie, to a data set. An array is read only when its values are needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from dltool.config.needs import Needs, TaskName
from dltool.contracts.dataset import Dataset, Digest, Inputs, Part
from dltool.contracts.signature import InputNumbers, Rows, Signature
from dltool.data.blocks import RawBlock, in_blocks, read_scaled
from dltool.data.constants import listed, warn_of_constants
from dltool.data.novelties import Novelties, sample_rows, with_enough_precision
from dltool.data.split import split_rows
from dltool.data.suspicions import warn_of_twins
from dltool.errors import DataError, warn
from dltool.preprocessing.finite_numbers import finite_numbers
from dltool.preprocessing.input_scaler import InputScaler, input_scaler_of
from dltool.tasks.reading import TargetReader, fit_targets, target_reader


@dataclass(frozen=True)
class Array:
    """An array that need not be in memory yet."""

    name: str
    """File and member, for messages."""
    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[], np.ndarray]
    files: Sequence[Path] = ()
    """Where each example is read from, if it has a file of its own."""

    @classmethod
    def held(cls, name: str, values: np.ndarray) -> Array:
        """Wrap values that are in memory."""
        return cls(name, values.shape, values.dtype, lambda: values)

    def place(self, *index: int) -> str:
        """Say where a value stands."""
        if self.files and index:
            return str(self.files[index[0]])
        return self.name + (f"[{', '.join(map(str, index))}]" if index else "")


def array_of(values: Any, name: str) -> np.ndarray:
    """Return values as an array.

    Raises:
        DataError: they make none, or some are masked; ``name`` says what they are.
    """
    if np.ma.is_masked(values):
        raise DataError(f"{name}: some values are masked; fill them, or put NaN in their place")
    try:
        return np.asarray(values)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: no array: {error}") from None


@dataclass(frozen=True)
class Labelled:
    """Examples and their targets."""

    features: Array
    targets: Array
    """Of shape (rows,) or (rows, outputs); (rows, 0) where the input itself is learnt."""

    @classmethod
    def without_targets(cls, features: Array) -> Labelled:
        """Return examples that have no targets."""
        shape, dtype = (*features.shape[:1], 0), np.dtype(np.float32)
        return cls(features, Array(features.name, shape, dtype, lambda: np.zeros(shape, dtype)))


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
    scaling: str = "none"
    """What is done to numbers first: ``normalization``, ``rescaling`` or ``none``; images are scaled by the network."""
    target_transform: str = "none"
    """``log`` or ``none``."""

    def for_task(self, task: TaskName) -> ArraySource:
        """Return the source without its targets, where the input is what is learnt."""
        if task.has_targets:
            return self
        if self.classes is not None:
            raise DataError("data.classes: an autoencoder knows no classes; leave them out")
        own = _own_parts(self)
        parts: dict[str, Any] = {name: Labelled.without_targets(part.features) for name, part in own.items()}
        return replace(self, **parts)


def describe(source: ArraySource, needs: Needs, seed: int) -> tuple[Signature, Rows]:
    """Return what ``load`` would find. Raises DataError.

    Images, in which no value can be wrong, are not read.
    """
    source = source.for_task(needs.task)
    if _input_of(source.train.features, needs.tokens)[1] != "uint8":
        dataset = load(source, needs, seed)
        return dataset.signature, dataset.rows
    signature, reader, targets = _read_targets(source, needs)
    split = split_rows(targets["train"], _fraction(source.validation), _fraction(source.test), seed)
    signature = replace(signature, **reader.describe(targets["train"][split.train]))
    return signature, Rows(
        len(split.train),
        len(targets.get("validation", split.validation)),
        len(targets.get("test", split.test)),
    )


def load(source: ArraySource, needs: Needs, seed: int) -> Dataset:
    """Read and check everything, and split by the seed. Raises DataError."""
    source = source.for_task(needs.task)
    signature, reader, targets = _read_targets(source, needs)
    own = _own_parts(source)
    array, whole = own["train"].features, own["train"].features.read()
    fractions = {"validation": _fraction(source.validation), "test": _fraction(source.test)}
    split = split_rows(targets["train"], fractions["validation"], fractions["test"], seed)
    fitted = reader.describe(targets["train"][split.train])
    if signature.input_dtype == "float32":
        fitted["input_numbers"] = _fit(source, whole, split.train, signature)
    signature = replace(signature, **fitted)
    _warn_of_constants(source.train, signature, targets["train"][split.train])
    parts = {"train": _part(whole, split.train, array, targets["train"][split.train], signature)}
    for name, fraction in fractions.items():
        if fraction:
            rows = getattr(split, name)
            novelties = Novelties(f"{array.name}, {name} rows", signature, same_table=True)
            parts[name] = _part(whole, rows, array, targets["train"][rows], signature, novelties)
            novelties.warn()
    del whole  # before more is read
    for name in own.keys() - {"train"}:
        parts[name] = _read(own[name].features, targets[name], signature)
    if signature.task.has_targets:

        def place(name: str, row: int) -> str:
            is_own = name in own and name != "train"
            return own[name].features.place(row) if is_own else array.place(int(getattr(split, name)[row]))

        warn_of_twins(array.name, parts, place)
    return Dataset.of(signature, parts["train"], parts.get("validation"), parts.get("test"))


def read_part(labelled: Labelled, signature: Signature) -> Part:
    """Read examples like those that the signature was made from. Raises DataError."""
    if signature.task.has_targets:
        _check_shapes(labelled)
    else:
        labelled = Labelled.without_targets(labelled.features)
    check_input(labelled.features, signature)
    targets = target_reader(signature).read(labelled.targets.read(), labelled.targets.place)
    return _read(labelled.features, targets, signature)


def features_of(
    values: np.ndarray,
    rows: np.ndarray,
    array: Array,
    signature: Signature,
    novelties: Novelties | None = None,
    *,
    first: int = 0,
    digest: Digest | None = None,
) -> Inputs:
    """Return some rows of an array as the network takes them. Raises DataError, naming what is not finite.

    Args:
        values: the rows of ``array`` from ``first`` on.
        rows: which of them to take.
        array: says where they stand.
        signature: says how they are scaled.
        novelties: counts what the training rows did not hold.
        first: the number of the first row.
        digest: takes the numbers as they are before they are scaled.
    """
    if signature.input_dtype == "uint8":
        return {"images": values[rows].reshape(len(rows), *signature.input_shape)}
    if signature.tokens is not None:
        return {"tokens": _tokens(values[rows], rows + first, array, signature.tokens)}

    def raw(some: np.ndarray) -> RawBlock:
        numbers = _raw(values[some], some + first, array, signature)
        if novelties:
            novelties.add_numbers(numbers, lambda row: array.place(int(some[row]) + first))
        return RawBlock(numbers)

    def look(block: RawBlock) -> None:
        if digest:
            digest.update(block.numbers)

    return read_scaled(rows, raw, input_scaler_of(signature), signature, look)


def _tokens(values: np.ndarray, rows: np.ndarray, array: Array, count: int) -> np.ndarray:
    """Return tokens as int32, shape (rows, steps).

    Raises:
        DataError: One is no whole number from 0 to ``count`` - 1; the first is named.
    """
    values = values.reshape(len(values), -1)
    fits = (values >= 0) & (values < count) & (values == np.floor(values))
    if not fits.all():
        row, step = map(int, np.argwhere(~fits)[0])
        raise DataError(
            f"{array.place(int(rows[row]), step)}: {values[row, step]} is no token; with input_dim {count:,} of the "
            f"embedding, tokens are whole numbers from 0 to {count - 1:,}"
        )
    return values.astype(np.int32)


def _part(
    values: np.ndarray,
    rows: np.ndarray,
    array: Array,
    targets: np.ndarray,
    signature: Signature,
    novelties: Novelties | None = None,
) -> Part:
    digest = Digest()
    features = features_of(values, rows, array, signature, novelties, digest=digest)
    return Part(features, targets, raw=digest.text)


def _read(array: Array, targets: np.ndarray, signature: Signature) -> Part:
    values, novelties = array.read(), Novelties(array.name, signature)
    part = _part(values, np.arange(len(values)), array, targets, signature, novelties)
    novelties.warn()
    return part


def _fit(source: ArraySource, whole: np.ndarray, rows: np.ndarray, signature: Signature) -> InputNumbers:
    """Measure the training rows, and say where float32 cannot tell them apart."""
    array, entries = source.train.features, signature.input_shape[-1]
    # Float32 holds 8 and 16 bits as they are.
    held_as = "float32" if np.result_type(array.dtype, np.float32) == np.float32 else "float64"
    blocks = (_raw(whole[some], some, array, signature) for some in in_blocks(rows, signature.input_shape))
    scaler = InputScaler.fit(blocks, entries, source.scaling, held_as=held_as)
    sample = sample_rows(rows, math.prod(signature.input_shape))
    originals = whole[sample].reshape(-1, entries)
    raw = _raw(whole[sample], sample, array, signature).reshape(-1, entries)
    names = [f"index {entry} of the last axis" for entry in range(entries)]
    return with_enough_precision(scaler, array.name, names, list(originals.T), raw, source.scaling).numbers


def _raw(values: np.ndarray, rows: np.ndarray, array: Array, signature: Signature) -> np.ndarray:
    numbers = finite_numbers(values, lambda row, *rest: array.place(int(rows[row]), *rest))
    return numbers.reshape(len(values), *signature.input_shape)


def check_input(array: Array, signature: Signature) -> None:
    """Raise DataError unless the array holds examples that fit the signature."""
    shape, dtype = _input_of(array, signature.tokens)
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


def _input_of(array: Array, tokens: int | None) -> tuple[tuple[int, ...], str]:
    """Return the shape and type that an array's examples take as the model's input.

    Images (uint8 of three axes and more) stay uint8 and get a channel axis if they have none; everything
    else becomes float32. Single numbers become rows of one.
    """
    _check_examples(array)
    shape = array.shape[1:]
    if tokens is not None:
        if len(shape) > 1:
            raise DataError(
                f"{array.name}: examples of shape {shape}; expected a row of tokens each, for the embedding"
            )
        return shape or (1,), "int32"
    if array.dtype == np.uint8 and len(shape) >= 2:
        return (*shape, 1) if len(shape) == 2 else shape, "uint8"
    return shape or (1,), "float32"


def _check_examples(array: Array) -> None:
    if array.dtype.kind not in "biuf":
        raise DataError(f"{array.name}: values of type {array.dtype}; expected numbers")
    if not array.shape or 0 in array.shape:
        raise DataError(f"{array.name}: shape {array.shape} holds no examples")


def _read_targets(source: ArraySource, needs: Needs) -> tuple[Signature, TargetReader, dict[str, np.ndarray]]:
    """Return the signature, and the targets of every part that is not a fraction with what they were read by."""
    parts = _own_parts(source)
    if needs.task.has_targets:
        for labelled in parts.values():
            _check_shapes(labelled)
    input_shape, input_dtype = _input_of(source.train.features, needs.tokens)
    raw = source.train.targets.read()
    reader = fit_targets(needs, raw, source.train.targets.place, source.classes, source.target_transform)
    signature = Signature(
        task=needs.task,
        tokens=needs.tokens,
        input_shape=input_shape,
        input_dtype=input_dtype,
        outputs=reader.outputs or math.prod(input_shape),
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
    return signature, reader, targets


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


def _warn_of_constants(labelled: Labelled, signature: Signature, targets: np.ndarray) -> None:
    """Say which numbers are the same in every training row; pixels at a border often are."""
    numbers = signature.input_numbers
    if len(targets) > 1 and numbers and len(signature.input_shape) == 1:
        pairs = enumerate(zip(numbers.low, numbers.high, strict=True))
        warn_of_constants(labelled.features.name, [str(index) for index, (low, high) in pairs if low == high])
    if len(targets) > 1 and targets.ndim == 2:
        constant = np.flatnonzero((targets == targets[0]).all(axis=0))
        warn_of_constants(labelled.targets.name, list(map(str, constant)))


def _own_parts(source: ArraySource) -> dict[str, Labelled]:
    named = {"train": source.train, "validation": source.validation, "test": source.test}
    return {name: part for name, part in named.items() if isinstance(part, Labelled)}


def _fraction(part: Labelled | float | None) -> float | None:
    return None if isinstance(part, Labelled) else part


def _check_shapes(labelled: Labelled) -> None:
    features, targets = labelled.features, labelled.targets
    _check_examples(features)
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
