"""What the rest of the program needs to know of the data without holding it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

# What is read back from a model file, which anybody may have made, is held to these bounds.
_CLOSED = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
Size = Annotated[int, Field(ge=1, lt=2**31)]


def _image(reading: dict[str, str]) -> dict[str, str]:
    words = {
        "color_mode": ("rgb", "grayscale"),
        "interpolation": ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"),
    }
    if reading and (set(reading) != set(words) or any(reading[key] not in words[key] for key in words)):
        raise PydanticCustomError("image", "expected a color_mode and an interpolation")
    return reading


class Task(StrEnum):
    """What is learnt; it follows from the loss."""

    BINARY = "binary"
    """One of two classes, one output; or several yes/no targets at once (multi-label)."""
    CATEGORICAL = "categorical"
    """One of several classes, an output each."""
    REGRESSION = "regression"
    """One or more numbers."""


@dataclass(frozen=True)
class Column:
    """A feature column of a table.

    ``vocabulary`` holds the distinct texts of the training rows in sorted order; it is None for
    a numeric column. A text column becomes ``1 + len(vocabulary)`` numbers: the first says
    "unknown", the others are the texts.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED

    name: str
    vocabulary: tuple[str, ...] | None = None
    fill: float | None = None
    """What stands in for a missing number (unused in a text column, where missing is "unknown");
    None where a missing value is refused."""

    @property
    def width(self) -> int:
        """The number of features that the column becomes."""
        return 1 if self.vocabulary is None else 1 + len(self.vocabulary)


@dataclass(frozen=True)
class Signature:
    """The shapes, types and names on both sides of the model.

    It travels inside ``model.keras``, so that a model can be used without its training data.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED

    task: Task
    input_shape: Annotated[tuple[Size, ...], Field(min_length=1, max_length=8)]
    """Shape of one example, without the batch: (features,), (height, width, channels), …"""
    input_dtype: Annotated[str, Field(pattern="^(uint8|float32)$")]
    """``uint8`` for images, ``float32`` for everything else."""
    outputs: Size
    """The number of classes, or of target columns."""
    classes: tuple[str, ...] = ()
    """The class names by index; empty for regression and for several target columns."""
    targets: tuple[str, ...] = ()
    """The names of the target columns; empty where the source has none."""
    columns: tuple[Column, ...] = ()
    """The feature columns of a table; empty for images and arrays."""
    image: Annotated[dict[str, str], AfterValidator(_image)] = field(default_factory=dict)
    """How an image file is read: ``color_mode`` and ``interpolation``; empty where data are not images."""

    @property
    def multi_label(self) -> bool:
        """Whether each example carries several yes/no labels."""
        return self.task is Task.BINARY and not self.classes


@dataclass(frozen=True)
class Rows:
    """The number of examples in each part; 0 where the config asks for no such part."""

    train: int
    validation: int = 0
    test: int = 0

    @property
    def most(self) -> int:
        """The number of examples in the largest part."""
        return max(self.train, self.validation, self.test)
