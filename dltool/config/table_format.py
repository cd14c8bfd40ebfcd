"""How a table is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from dltool.config.field_types import NonNegativeInteger, PositiveInteger, by_shape

# A model file may come from anywhere: what it says is read within these bounds.
CLOSED = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def _check_delimiter(character: str) -> str:
    if not character.isascii() or character in '"\r\n\0':
        raise PydanticCustomError("delimiter", "expected an ASCII character other than a quote or a line break")
    return character


Delimiter = Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_check_delimiter)]


def _check_quote(character: str) -> str:
    if not character.isascii() or character.isalnum() or character in "\r\n\0":
        raise PydanticCustomError("quote", "expected an ASCII character other than a letter, a digit or a line break")
    return character


def _check_comment(mark: str) -> str:
    if not mark.isprintable() or mark[0].isspace():
        raise PydanticCustomError("comment", "expected a mark such as # or //")
    return mark


Quote = Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_check_quote)]
Comment = Annotated[str, Field(min_length=1, max_length=8), AfterValidator(_check_comment)]
SkipRows = Annotated[NonNegativeInteger, Field(le=1_000_000)]
Encoding = Literal["utf-8", "utf-16", "latin-1", "windows-1252"]
Decimal = Literal[".", ","]
Thousands = Literal[",", ".", " ", "'"]
Sheet = Annotated[str | int, by_shape(text=Annotated[str, Field(min_length=1)], number=PositiveInteger)]
MISSING_VALUES = ("NA", "N/A", "NaN", "nan", "null", "NULL")


@dataclass(frozen=True)
class TableFormat:
    """How a table is written."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    delimiter: Delimiter = ","
    """The character between two cells."""
    header: bool = True
    """Whether the first row names the columns; otherwise they are ``column_1``, ``column_2``, …"""
    missing_values: Annotated[tuple[str, ...], Field(max_length=1000)] = MISSING_VALUES
    """The unquoted cells that count as missing beside empty ones."""
    encoding: Encoding = "utf-8"
    """How its text is written."""
    decimal: Decimal = "."
    """What stands before the decimals of a number."""
    thousands: Thousands | None = None
    """What groups the digits of a number, if anything does."""
    quote: Quote = '"'
    """What a cell stands in that holds a delimiter or a line break."""
    comment: Comment | None = None
    """What a row begins with that is none."""
    skip_rows: SkipRows = 0
    """How many lines stand before the first row."""
    sheet: Sheet = 1
    """The sheet of an Excel workbook, by its name or its number, counted from 1."""

    def __post_init__(self) -> None:
        for one, other in (("thousands", "decimal"), ("quote", "delimiter")):
            if getattr(self, one) == getattr(self, other):
                raise PydanticCustomError("one_mark", f"{one} and {other} are one mark; expected two")
        if self.comment and self.comment[0] in (self.quote, self.delimiter):
            raise PydanticCustomError("one_mark", "comment begins as a row may: with the quote or the delimiter")
