"""Tables as data sources, and which of their rows validate and test."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from dltool.config.columns import AnyColumn, IgnoredColumn, Missing, NumberColumn
from dltool.config.field_types import Boolean, FilePath, Fraction, by_shape, one_of
from dltool.config.parts import PARTS, FoldCount, FoldPart, Folds, GroupPart, TimePart
from dltool.config.source import ClassNames, ColumnNames, PartPath, Scaling, Source, check_distinct
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

_Validation = Annotated[GroupPart | TimePart | FoldPart, one_of(*PARTS, key="by")]
_Test = Annotated[GroupPart | TimePart, one_of(GroupPart, TimePart, key="by")]
TableValidation = Annotated[
    float | str | GroupPart | TimePart | FoldPart, by_shape(number=Fraction, text=PartPath, mapping=_Validation)
]
TableTest = Annotated[float | str | GroupPart | TimePart, by_shape(number=Fraction, text=PartPath, mapping=_Test)]
OneOrMorePaths = Annotated[
    str | list[str],
    by_shape(text=FilePath, list=Annotated[list[FilePath], Field(min_length=1), AfterValidator(check_distinct)]),
]
OneOrMoreNames = Annotated[str | list[str], by_shape(text=Annotated[str, Field(min_length=1)], list=ColumnNames)]


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
    missing_values: Annotated[list[str], Field(max_length=1000), AfterValidator(check_distinct)] = list(MISSING_VALUES)
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
    """What to do in training about a row of more or fewer cells than the header, or with a cell that is no number among
    numbers, no date among dates, or not what ``columns`` says: ``refuse`` the file, or ``skip`` the row with a warning.
    In a file to predict or to evaluate on it is refused."""

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
    """A file, a list of files, or a pattern such as ``data/part-*.parquet``; several files are one table. In Python a
    table in memory may take its place (``dltool.train(config, data=frame)``)."""


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
