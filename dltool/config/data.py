"""The data sources: where examples come from, and which of them validate and test."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, WithJsonSchema, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from dltool.config.field_types import FilePath, Fraction, PositiveInteger, Spec, by_shape, one_of
from dltool.config.source import ClassNames, FractionOrPath, Scaling, Source
from dltool.config.tables import Csv, Excel, Parquet

_Index = tuple[int, ...]


def _shape_of(value: Any, index: _Index, problems: list[InitErrorDetails]) -> tuple[int, ...]:
    """Return the shape of nested lists of numbers, noting everything in them that is no such thing."""

    def note(message: str, at: _Index) -> None:
        kind = PydanticCustomError("numbers", "{message}", {"message": message})
        problems.append(InitErrorDetails(type=kind, loc=at, input=value))

    if isinstance(value, list):
        shapes = [_shape_of(item, (*index, i), problems) for i, item in enumerate(value)]
        for i, shape in enumerate(shapes):
            if shape != shapes[0] and not problems:
                note(f"expected {_words(shapes[0])} as in the first item, got {_words(shape)}", (*index, i))
        return (len(value), *shapes[0]) if value else (0,)
    if isinstance(value, bool) or not isinstance(value, int | float):
        note(f"expected a number, got {value!r}", index)
    elif not math.isfinite(value):
        note("expected a finite number", index)
    return ()


def _words(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return f"a list of {shape[0]}"
    return f"lists of shape {shape}" if shape else "a number"


def _check_numbers(values: list[Any]) -> list[Any]:
    problems: list[InitErrorDetails] = []
    shape = _shape_of(values, (), problems)
    if problems:
        raise ValidationError.from_exception_data("numbers", problems)
    if 0 in shape:
        raise PydanticCustomError("no_numbers", "expected at least one number in every list")
    return values


def _check_targets(values: list[Any]) -> list[Any]:
    return values if values and all(isinstance(value, str) for value in values) else _check_numbers(values)


Numbers = Annotated[
    list[Any],
    AfterValidator(_check_numbers),
    WithJsonSchema({"type": "array", "items": {"type": ["number", "array"]}, "minItems": 1}),
]
Targets = Annotated[
    list[Any],
    AfterValidator(_check_targets),
    WithJsonSchema({"type": "array", "items": {"type": ["number", "string", "array"]}, "minItems": 1}),
]


class Examples(Spec):
    """Examples written out."""

    features: Numbers
    """One item an example: a number or a list of numbers, nested as deep as the model's input."""
    targets: Targets | None = None
    """One item an example: a class index, a class name, a number, or a list of numbers. An autoencoder needs none."""

    @model_validator(mode="after")
    def _equal_lengths(self) -> Self:
        if self.targets is not None and len(self.features) != len(self.targets):
            raise PydanticCustomError(
                "lengths_differ",
                "features has {features} rows, targets has {targets}; expected one target an example",
                {"features": len(self.features), "targets": len(self.targets)},
            )
        return self


FractionOrExamples = Annotated[float | Examples, by_shape(number=Fraction, mapping=Examples)]


class Inline(Examples, Source):
    """Examples written in the config itself."""

    source: Literal["inline"]
    validation: FractionOrExamples | None = None
    """A fraction of the examples, or ``features`` and ``targets`` of its own."""
    test: FractionOrExamples | None = None
    """A fraction of the examples, or ``features`` and ``targets`` of its own."""
    classes: ClassNames | None = None
    """The names of the classes by index, or of the labels where an example has several."""


class Npz(Source):
    """Arrays in a NumPy ``.npz`` file."""

    files = ("path", "validation", "test")
    source: Literal["npz"]
    path: FilePath
    """The file. In Python arrays in memory may take its place (``dltool.train(config, data=arrays)``)."""
    features: str = "x_train"
    """The array of examples; 8-bit images stay 8-bit, everything else becomes float32."""
    targets: str = "y_train"
    """The array of class indices, numbers, or rows of numbers."""
    test_features: str = "x_test"
    """The array of test examples, used when the file holds it and ``test`` says nothing else."""
    test_targets: str = "y_test"
    """The targets of the test examples."""
    validation: FractionOrPath | None = None
    """A fraction of the training examples, or another NPZ file with arrays of the same names."""
    test: FractionOrPath | None = None
    """A fraction of the training examples, or another NPZ file; by default the file's own test arrays."""
    classes: ClassNames | None = None
    """The names of the classes by index, or of the labels where an example has several."""


class Idx(Source):
    """Arrays in IDX files, the format of MNIST, compressed by gzip or not."""

    files = ("features", "targets", "test_features", "test_targets")
    source: Literal["idx"]
    features: FilePath
    """The file of examples."""
    targets: FilePath
    """The file of class indices or numbers."""
    test_features: FilePath | None = None
    """The file of test examples."""
    test_targets: FilePath | None = None
    """The file of the test examples' targets."""
    validation: Fraction | None = None
    """A fraction of the training examples."""
    test: Fraction | None = None
    """A fraction of the training examples, where there are no test files."""
    classes: ClassNames | None = None
    """The names of the classes by index, or of the labels where an example has several."""
    scaling: Scaling = "rescaling"

    @model_validator(mode="after")
    def _one_test_part(self) -> Self:
        if (self.test_features is None) != (self.test_targets is None):
            raise PydanticCustomError("half_a_test_part", "test_features and test_targets go together")
        if self.test_features is not None and self.test is not None:
            raise PydanticCustomError(
                "two_test_parts", "test is a fraction, yet test_features names a file; expected one of them"
            )
        return self


class ImageFolder(Source):
    """Image files (JPEG, PNG, BMP, GIF, WebP), one folder a class, read as they are shown."""

    files = ("path", "validation", "test")
    source: Literal["image_folder"]
    path: FilePath
    """The folder that holds the class folders."""
    image_size: Annotated[list[PositiveInteger], Field(min_length=2, max_length=2)] | None = None
    """Height and width that every image is resized to; by default all images must be of one size."""
    color_mode: Literal["rgb", "grayscale"] = "rgb"
    """Three channels or one."""
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"] = "bilinear"
    """How images are resized."""
    errors: Literal["refuse", "skip"] = "refuse"
    """What to do in training about images that cannot be read: ``refuse`` them all, or ``skip`` those with a warning.
    All are read once more to find them. In a folder to predict they are refused."""
    validation: FractionOrPath | None = None
    """A fraction of the images, or another folder with the same class folders."""
    test: FractionOrPath | None = None
    """A fraction of the images, or another folder with the same class folders."""
    scaling: Scaling = "rescaling"


class NamedSet(Source):
    """A well-known set of images. It has a test part of its own. MNIST comes with dltool."""

    source: Literal["mnist", "fashion_mnist", "cifar10", "cifar100"]
    validation: Fraction | None = None
    """A fraction of the training images."""
    scaling: Scaling = "rescaling"


SOURCES: tuple[type[Source], ...] = (Inline, Csv, Parquet, Excel, Npz, Idx, ImageFolder, NamedSet)
Data = Annotated[Inline | Csv | Parquet | Excel | Npz | Idx | ImageFolder | NamedSet, one_of(*SOURCES, key="source")]
