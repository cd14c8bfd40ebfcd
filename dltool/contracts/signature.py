"""What the rest of the program needs to know of the data without holding it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from dltool.config.needs import TaskName
from dltool.config.table_format import CLOSED

if TYPE_CHECKING:
    import numpy as np

Size = Annotated[int, Field(ge=1, lt=2**31)]


def _image(reading: dict[str, str]) -> dict[str, str]:
    words = {
        "color_mode": ("rgb", "grayscale"),
        "interpolation": ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"),
    }
    if reading and (set(reading) != set(words) or any(reading[key] not in words[key] for key in words)):
        raise PydanticCustomError("image", "expected a color_mode and an interpolation")
    return reading


PERIODS = {"date": (365.2425, 7.0), "time": (365.2425, 7.0, 1.0)}
"""The cycles, in days, in which a date or a time is placed: year, week, day."""


@dataclass(frozen=True)
class Column:
    """A feature column of a table.

    ``vocabulary`` holds the distinct texts of the training rows in sorted order; it is None for
    a numeric column. A text column has ``1 + len(vocabulary)`` categories: the first says
    "unknown", the others are the texts. It becomes a number for each, or a vector that is learnt.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    name: str
    vocabulary: tuple[str, ...] | None = None
    holes: Annotated[int, Field(ge=0)] = 0
    """Training rows in which the value is missing."""
    fill: str = ""
    """What a missing value is taken for, in words, such as ``the mean of the training rows``; nothing where it is
    refused."""
    boolean: bool = False
    """Whether the two texts of the vocabulary are said in other words too, such as 1 and TRUE."""
    moment: Annotated[str, Field(pattern="^(|date|time)$")] = ""
    """``date`` or ``time`` where cells are such."""
    format: str | None = None
    """How dates and times are written, as ``strftime`` has it; None for ISO 8601."""
    zoned: bool = False
    """Whether times name a zone."""
    transform: Annotated[str, Field(pattern="^(none|log)$")] = "none"
    """What is done to a number first."""
    indicator: bool = False
    """Whether the last of the features says that the value is missing: 1 where it is, else 0."""

    embedding: Annotated[int, Field(ge=0, le=1000)] = 0
    """The length of the vector that is learnt for each category; 0 where a category is a 1 at a place of its own."""
    rare: Annotated[int, Field(ge=0)] | None = None
    """Training rows whose text is none of the vocabulary, since others are more frequent: they share the first category
    with the holes. None where that is not known: of numbers, and of models written before it was."""

    @property
    def measured_width(self) -> int:
        """The number of features that are scaled, where the column is no text: all but an indicator."""
        return 1 + 2 * len(PERIODS[self.moment]) if self.moment else 1

    @property
    def embedding_shape(self) -> tuple[int, int]:
        """The shape of all vectors of its categories; (…, 0) where they have none."""
        return 1 + len(self.vocabulary or ()), self.embedding

    @property
    def width(self) -> int:
        """The number of features that the column becomes."""
        if self.vocabulary is not None:
            return self.embedding or 1 + len(self.vocabulary)
        return self.measured_width + self.indicator

    def raw(self, values: np.ndarray) -> np.ndarray:
        """Return numbers as the table has them, of any shape: what the transform made of them is undone.

        Args:
            values: as ``InputNumbers.raw`` returns them, float64.
        """
        import numpy as np

        with np.errstate(over="ignore"):
            return np.exp(values) if self.transform == "log" else values


@dataclass(frozen=True)
class TableColumn:
    """A column of a training table, and what it was taken for."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    name: str
    type: Annotated[str, Field(pattern="^(number|category|boolean|date|time|ignore|target|weights)$")]
    why: str
    """Why that, in words."""
    values: str
    """What the rows hold, in words: a range, or how many categories."""
    holes: Annotated[int, Field(ge=0)] = 0
    """Rows in which the value is missing."""
    becomes: str = ""
    """What the network sees of it, in words."""


def number_features(columns: Sequence[Column]) -> list[int]:
    """Return where the numbers of a table stand among its features, in the order of the columns."""
    starts = itertools.accumulate((column.width for column in columns), initial=0)
    places = zip(starts, columns, strict=False)
    return [i for start, column in places if column.vocabulary is None for i in range(start, start + column.width)]


Statistics = tuple[float, ...]


def _fit(size: int, scale: Statistics, *others: Statistics) -> bool:
    return all(len(each) == size for each in (scale, *others)) and min(scale) > 0


@dataclass(frozen=True)
class InputNumbers:
    """What is done to the numbers of an input before the network sees them: (number - offset) * scale.

    Each tuple has an entry for each index of the input's last axis: a feature of a table, a channel of an array. The
    0/1 features of a text column, and of an indicator, are left as they are: offset 0, scale 1.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    dtype: Annotated[str, Field(pattern="^(float32|float64)$")]
    """How the raw numbers are held: ``float64`` where float32 could not tell the training rows apart."""
    offset: Statistics
    scale: Statistics
    low: Statistics
    """The smallest number of the training rows."""
    high: Statistics
    """The largest number of the training rows."""
    fill: Statistics = ()
    """What stands in for a missing number; empty where a missing value is refused."""

    def take(self, entries: Sequence[int]) -> InputNumbers:
        """Return what is done to some of the entries."""
        kept = {name: tuple(getattr(self, name)[i] for i in entries) for name in ("offset", "scale", "low", "high")}
        return InputNumbers(self.dtype, **kept, fill=tuple(self.fill[i] for i in entries) if self.fill else ())

    def spread(self, entries: Sequence[int], size: int, *, filled: bool) -> InputNumbers:
        """Return this for ``size`` entries, of which it says what is done to some; the others are 0 or 1, and stay."""
        spread = {}
        for name, other in (("offset", 0.0), ("scale", 1.0), ("low", 0.0), ("high", 1.0), ("fill", 0.0)):
            values = dict(zip(entries, getattr(self, name), strict=False))
            spread[name] = tuple(values.get(i, other) for i in range(size)) if filled or name != "fill" else ()
        return InputNumbers(self.dtype, **spread)

    def fits(self, size: int) -> bool:
        """Whether there is an entry for each of ``size`` numbers, and none that would make them infinite or nothing."""
        return _fit(size, self.scale, self.offset, self.low, self.high, *([self.fill] if self.fill else []))

    def raw(self, values: np.ndarray) -> np.ndarray:
        """Return what numbers were before they were shifted and scaled, float64 of the same shape.

        Args:
            values: as the network takes them, shape (…, entries), or of any shape where there is one entry.
        """
        import numpy as np

        raw: np.ndarray = values.astype(np.float64) / np.array(self.scale) + np.array(self.offset)
        return raw

    @property
    def is_identity(self) -> bool:
        """Whether complete numbers reach the network as they are."""
        return not any(self.offset) and all(scale == 1 for scale in self.scale)


@dataclass(frozen=True)
class TargetNumbers:
    """What the training rows say of targets that are numbers; each tuple has an entry for each of them."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    transform: Annotated[str, Field(pattern="^(none|log)$")]
    """What is done to a target first."""
    offset: Statistics
    """The mean of the transformed targets."""
    scale: Statistics
    """Their standard deviation; 1 where they do not vary."""
    mean: Statistics
    """The mean of the targets, in their own unit."""
    median: Statistics
    """The median of the targets, in their own unit."""
    non_negative: bool = field(default=False, kw_only=True)
    """Whether the loss has no meaning for targets below 0."""

    def fits(self, size: int) -> bool:
        """Whether there is an entry for each of ``size`` targets, and none that would make them nothing."""
        return _fit(size, self.scale, self.offset, self.mean, self.median)


@dataclass(frozen=True)
class Input:
    """What one input of the network takes, without the batch."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Signature:
    """The shapes, types and names on both sides of the model.

    It travels inside ``model.keras``, so that a model can be used without its training data.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    task: TaskName
    input_shape: Annotated[tuple[Size, ...], Field(min_length=1, max_length=8)]
    """Shape of one example as the first layer sees it, without the batch: (features,), (height, width, channels), …"""
    input_dtype: Annotated[str, Field(pattern="^(uint8|int32|float32)$")]
    """``uint8`` for images, ``int32`` for tokens, ``float32`` for everything else."""
    outputs: Size
    """The number of classes, of target columns, or of numbers that are reconstructed."""
    classes: tuple[str, ...] = ()
    """The class names by index; empty for regression and for several target columns."""
    targets: tuple[str, ...] = ()
    """The names of the target columns; empty where the source has none."""
    columns: tuple[Column, ...] = ()
    """The feature columns of a table; empty for images and arrays."""
    table: tuple[TableColumn, ...] = ()
    """All columns of the training table and what they were taken for, those that are left out included."""
    table_width: Size | None = None
    """The number of columns of a training table without a header; None where columns have names of their own."""
    image: Annotated[dict[str, str], AfterValidator(_image)] = field(default_factory=dict)
    """How an image file is read: ``color_mode`` and ``interpolation``; empty where data are not images."""
    input_numbers: InputNumbers | None = None
    """How float32 inputs come of raw numbers; None for images, which the network itself scales."""
    target_numbers: TargetNumbers | None = None
    """What is known of targets that are numbers; None for classes and labels."""
    frequencies: tuple[float, ...] = ()
    """The part of the training rows that is of each class, or has each label; empty for numbers."""
    tokens: Size | None = None
    """How many tokens there are, where examples are sequences of such: whole numbers from 0 to one less."""
    typical: tuple[float, ...] = ()
    """The mean of the scaled training rows, entry by entry, where the input is reconstructed; empty elsewhere."""
    weights: str | None = None
    """The column of a table that says how much each row counts; None where all count alike."""

    @property
    def fills_holes(self) -> bool:
        """Whether missing values are filled rather than refused."""
        return self.input_numbers is not None and bool(self.input_numbers.fill)

    @property
    def network_fills_holes(self) -> bool:
        """Whether missing values reach the network, which is to tell them from what it reconstructs."""
        return self.fills_holes and not self.task.has_targets

    @property
    def inputs(self) -> dict[str, Input]:
        """The inputs of the network by name.

        A table has ``numbers``, float32, and ``categories``, int32: 0 for an unknown text, then the vocabulary. What is
        no table has one alone: ``images``, ``tokens`` or ``numbers``.
        """
        if not self.columns:
            name = {"uint8": "images", "int32": "tokens"}.get(self.input_dtype, "numbers")
            return {name: Input(self.input_shape, self.input_dtype)}
        categories = sum(column.vocabulary is not None for column in self.columns)
        numbers = len(number_features(self.columns))
        found = {"numbers": Input((numbers,), "float32"), "categories": Input((categories,), "int32")}
        return {name: each for name, each in found.items() if each.shape != (0,)}


@dataclass(frozen=True)
class Rows:
    """The number of examples in each part; 0 where the config asks for no such part."""

    train: int
    validation: int = 0
    test: int = 0
    folds: int = 0
    """Into how many parts the training rows are divided, each of which validates once; 0 where they are not."""

    @property
    def validates(self) -> bool:
        """Whether metrics are known of rows that were not trained on."""
        return bool(self.validation or self.folds)

    @property
    def most(self) -> int:
        """The number of examples in the largest part."""
        return max(self.train, self.validation, self.test)
