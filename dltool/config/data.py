"""The data sources: where examples come from, and which of them validate and test."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, WithJsonSchema, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from dltool.config.columns import AnyColumn, IgnoredColumn, Missing, NumberColumn
from dltool.config.field_types import Boolean, FilePath, Fraction, PositiveInteger, Spec, by_shape, one_of
from dltool.config.parts import PARTS, FoldCount, FoldPart, Folds, GroupPart, TimePart
from dltool.config.table_format import (
    MISSING_VALUES,
    Comment,
    Decimal,
    Delimiter,
    Encoding,
    Quote,
    Sheet,
    SkipRows,
    TableFormat,
    Thousands,
)

Scaling = Literal["rescaling", "normalization", "none"]
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


def _check_distinct(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise PydanticCustomError("names_repeated", "expected every name once")
    return names


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
ClassNames = Annotated[list[str], Field(min_length=2), AfterValidator(_check_distinct)]
ColumnNames = Annotated[list[str], Field(min_length=1), AfterValidator(_check_distinct)]


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


def _no_fraction(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\s*[\d.]+\s*%?\s*", value):
        raise PydanticCustomError("fraction_as_text", "expected a fraction, or a path (./ before one of digits)")
    return value


_Path = Annotated[FilePath, BeforeValidator(_no_fraction)]
FractionOrPath = Annotated[float | str, by_shape(number=Fraction, text=_Path)]
_Validation = Annotated[GroupPart | TimePart | FoldPart, one_of(*PARTS, key="by")]
_Test = Annotated[GroupPart | TimePart, one_of(GroupPart, TimePart, key="by")]
TableValidation = Annotated[
    float | str | GroupPart | TimePart | FoldPart, by_shape(number=Fraction, text=_Path, mapping=_Validation)
]
TableTest = Annotated[float | str | GroupPart | TimePart, by_shape(number=Fraction, text=_Path, mapping=_Test)]
FractionOrExamples = Annotated[float | Examples, by_shape(number=Fraction, mapping=Examples)]
OneOrMorePaths = Annotated[
    str | list[str],
    by_shape(text=FilePath, list=Annotated[list[FilePath], Field(min_length=1), AfterValidator(_check_distinct)]),
]
OneOrMoreNames = Annotated[str | list[str], by_shape(text=Annotated[str, Field(min_length=1)], list=ColumnNames)]


class Source(Spec):
    """What all data sources share."""

    files: ClassVar[tuple[str, ...]] = ()
    """The fields that may say where a file or a folder lies."""
    scaling: Scaling = "none"
    """What is done to the input first: ``rescaling`` multiplies by 1/255, ``normalization`` takes the mean and
    variance of the training rows out of each feature, ``none`` leaves the input as it is."""
    target_scaling: Literal["standardization", "none"] | None = None
    """How numbers to predict are learnt: ``standardization`` takes the mean and variance of the training rows out of
    each target, so that the loss is measured in its standard deviations; predictions and metrics stay in the target's
    own unit. By default so for mean_squared_error, mean_absolute_error, huber and log_cosh with a linear output; for
    everything else ``none``."""
    target_transform: Literal["none", "log"] = "none"
    """``log`` learns the logarithm of targets that are positive and skewed, such as prices: errors then count as parts
    of the target, and the answer is its median rather than its mean. For the same losses as ``target_scaling``."""

    def moved(self, to: Source) -> Self:
        """Return the source with its files where another one has them; as it is, if that is of another kind."""
        if type(self) is not type(to):
            return self
        pairs = {name: (getattr(self, name), getattr(to, name)) for name in self.files}
        places = {name: pair[1] for name, pair in pairs.items() if all(isinstance(each, str | list) for each in pair)}
        return self.model_copy(update=places)

    @model_validator(mode="after")
    def _leave_rows_to_train(self) -> Self:
        parts = [getattr(self, name, None) for name in ("validation", "test")]
        total = sum(part if isinstance(part, float) else getattr(part, "fraction", 0) for part in parts)
        if total >= 1:
            raise PydanticCustomError(
                "nothing_to_train",
                "validation and test take {total} of the rows together; expected less than 1",
                {"total": f"{total:g}"},
            )
        return self


class Inline(Examples, Source):
    """Examples written in the config itself."""

    source: Literal["inline"]
    validation: FractionOrExamples | None = None
    """A fraction of the examples, or ``features`` and ``targets`` of its own."""
    test: FractionOrExamples | None = None
    """A fraction of the examples, or ``features`` and ``targets`` of its own."""
    classes: ClassNames | None = None
    """The names of the classes by index, or of the labels where an example has several."""


def _at(place: tuple[str, str], message: str, name: str) -> ValidationError:
    """Return the error of what is said of a column, at its place."""
    kind = PydanticCustomError("column", message, {"name": name})
    detail = InitErrorDetails(type=kind, loc=place, input=name)
    return ValidationError.from_exception_data("columns", [detail])


class TableSource(Source):
    """What all tables share, whatever they are written as."""

    files = ("path", "validation", "test")
    source: str
    path: str | list[str]
    """The file."""
    targets: OneOrMoreNames | None = None
    """The column to predict, or several: numbers for regression, 0 and 1 for several labels. An autoencoder needs
    none, and leaves out those that are named."""
    classes: ClassNames | None = None
    """The classes of the one target in their order: of two, the second is the one that thresholds and probabilities are
    of. By default in the order of the alphabet, or of numbers."""
    features: ColumnNames | None = None
    """The columns to predict from; by default every other column that is not hardly a feature, such as an id."""
    columns: dict[str, AnyColumn] = {}
    """What columns are, by name, where their cells do not tell: ``number``, ``category``, ``boolean``, ``date``,
    ``time`` or ``ignore``."""
    weights: Annotated[str, Field(min_length=1)] | None = None
    """A column of numbers of 0 or more that says how much each row counts, in the loss and in the metrics; no feature.
    They are taken as they are: with a mean far from 1 the steps of an optimizer such as sgd are larger or smaller."""
    missing: Missing = "refuse"
    """What to do about missing cells: ``refuse`` the file, ``drop`` the row, take the ``mean``, the ``median`` or the
    ``most_frequent`` number of the column's training rows ("unknown" in a column of texts)."""
    missing_targets: Literal["refuse", "drop"] = "refuse"
    """What to do about a row without a target: ``refuse`` the file, or ``drop`` the row, as ``missing: drop`` does."""
    missing_values: Annotated[list[str], Field(max_length=1000), AfterValidator(_check_distinct)] = list(MISSING_VALUES)
    """The texts that count as missing, unless they stand in quotes in a CSV. Empty cells always do."""
    validation: TableValidation | None = None
    """A fraction of the rows, or another file with the same columns; ``by`` what a column holds, whole groups or the
    latest rows."""
    test: TableTest | None = None
    """A fraction of the rows, or another file with the same columns; ``by`` what a column holds, whole groups or the
    latest rows."""
    folds: Annotated[int | Folds, by_shape(number=FoldCount, mapping=Folds)] | None = None
    """Into how many parts to divide a small table, in place of a validation part: as many networks are trained, each
    tested on one part and trained on the others. Their mean score is the run's, and its model is one more, trained on
    all of these rows for as many epochs as did best, the median over the folds."""
    scaling: Scaling = "normalization"

    @model_validator(mode="after")
    def _targets_are_no_features(self) -> Self:
        both = sorted(set(self.target_names) & set(self.features or ()))
        if both:
            raise PydanticCustomError(
                "target_among_features", "column '{name}' is both a feature and a target", {"name": both[0]}
            )
        if self.classes is not None and len(self.target_names) > 1:
            raise PydanticCustomError("classes_of_labels", "classes are of one target, and several are given")
        if self.folds is not None and self.validation is not None:
            raise PydanticCustomError("folds_and_validation", "folds validate on their own parts; leave validation out")
        for key, part in self._divided:
            if part.column in self.target_names:
                raise _at((key, "column"), "column '{name}' is a target; rows are divided by another one", part.column)
        if self.weights in {*self.target_names, *(self.features or ()), *self.columns}:
            message = "column '{name}' weighs the rows; expected it in none of targets, features and columns"
            raise PydanticCustomError("weights_elsewhere", message, {"name": self.weights})
        for name, spec in self.columns.items():
            if name in self.target_names:
                raise _at(("columns", name), "column '{name}' is a target; the loss says what it is", name)
            listed = self.features and name in self.features
            if self.features and listed == (name in self.ignored) and (listed or name not in self.dividing):
                word = (
                    "ignored here and listed by features" if name in self.ignored else "no feature: features lacks it"
                )
                raise _at(("columns", name), f"column '{{name}}' is {word}", name)
            if getattr(spec, "indicator", False) and (way := self.missing_in(name)) in ("refuse", "drop"):
                message = f"column '{{name}}' has an indicator of missing cells, and missing is {way}; expected a way "
                raise _at(("columns", name), message + "of filling them, such as mean or median", name)
        return self

    @property
    def target_names(self) -> list[str]:
        """The target columns, however many."""
        return [self.targets] if isinstance(self.targets, str) else self.targets or []

    @property
    def ignored(self) -> list[str]:
        """The columns that are left out because ``columns`` says so."""
        return [name for name, spec in self.columns.items() if isinstance(spec, IgnoredColumn)]

    @property
    def _divided(self) -> list[tuple[str, Any]]:
        """The parts that name a column, by their keys."""
        parts = {key: getattr(self, key) for key in ("validation", "test", "folds")}
        return [(key, part) for key, part in parts.items() if getattr(part, "column", None) is not None]

    @property
    def dividing(self) -> dict[str, bool]:
        """The columns by which rows are divided, and whether in time rather than by groups."""
        return {part.column: isinstance(part, TimePart) for _, part in self._divided}

    @property
    def group_columns(self) -> list[str]:
        """The columns that are no features, since rows are divided by the groups that they name."""
        named = {*(self.features or ()), *self.columns}
        return [name for name, in_time in self.dividing.items() if not in_time and name not in named]

    def missing_in(self, name: str) -> str | float:
        """Return what to do about missing cells of a column: a word of ``missing``, or the number to take for them.

        A row without its target or its weight is refused or dropped.
        """
        if name == self.weights:
            return "drop" if self.missing == "drop" else "refuse"
        if name in self.target_names:
            return "drop" if "drop" in (self.missing, self.missing_targets) else "refuse"
        spec = self.columns.get(name)
        own = spec.missing if isinstance(spec, NumberColumn) else None
        return self.missing if own is None else own

    @property
    def table_format(self) -> TableFormat:
        """How the file is written."""
        return TableFormat(missing_values=tuple(self.missing_values))


class Csv(TableSource):
    """A table in a CSV file, compressed or not (gzip, bzip2, Zstandard); its cells tell what columns are."""

    source: Literal["csv"]
    path: FilePath
    delimiter: Delimiter = ","
    """The character between two cells."""
    encoding: Encoding = "utf-8"
    """How the text of the file is written; with ``windows-1252`` the way of older programs of Windows."""
    decimal: Decimal = "."
    """What stands before the decimals of a number."""
    thousands: Thousands | None = None
    """What groups the digits of a number, as in 1,000,000; by default nothing does."""
    header: Boolean = True
    """Whether the first row names the columns; with ``false`` they are ``column_1``, ``column_2``, … in order."""

    quote: Quote = '"'
    """What a cell stands in that holds a delimiter or a line break; doubled, it stands for itself."""
    comment: Comment | None = None
    """What a row begins with that is left out, such as #; by default none is."""
    skip_rows: SkipRows = 0
    """How many lines to leave out at the beginning, before the header."""
    errors: Literal["refuse", "skip"] = "refuse"
    """What to do in training about a row of more or fewer cells than the header: ``refuse`` the file, or ``skip`` the
    row with a warning. In a file to predict it is refused."""

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        self.table_format  # noqa: B018 - it says which are one
        return self

    @property
    def table_format(self) -> TableFormat:
        """How the file is written."""
        return TableFormat(
            missing_values=tuple(self.missing_values),
            **{name: getattr(self, name) for name in _OF_A_CSV},
        )


_OF_A_CSV = ("delimiter", "header", "encoding", "decimal", "thousands", "quote", "comment", "skip_rows")


class Parquet(TableSource):
    """A table in Parquet files: cells as a CSV would hold them. Columns of lists, records or bytes are no features."""

    source: Literal["parquet"]
    path: OneOrMorePaths
    """A file, a list of files, or a pattern such as ``data/part-*.parquet``; several files are one table."""


class Excel(TableSource):
    """A sheet of an Excel workbook (.xlsx, .xlsm), whose first row names the columns.

    Needs what ``pip install 'dltool[excel]'`` installs.
    """

    source: Literal["excel"]
    path: FilePath
    sheet: Sheet = 1
    """The sheet, by its name or its number, counted from 1."""
    skip_rows: SkipRows = 0
    """How many rows of the sheet to leave out at the beginning, before the header."""

    @property
    def table_format(self) -> TableFormat:
        """How the file is written."""
        return replace(super().table_format, sheet=self.sheet, skip_rows=self.skip_rows)


class Npz(Source):
    """Arrays in a NumPy ``.npz`` file."""

    files = ("path", "validation", "test")
    source: Literal["npz"]
    path: FilePath
    """The file."""
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
