"""How many rows each part gets, and what is too much. Arithmetic: ``check`` asks without loading anything."""

from __future__ import annotations

from dltool.contracts.signature import Rows
from dltool.environment import machine_memory
from dltool.errors import DataError, SystemLimitError


def refuse_beyond_memory(size: int, name: str) -> None:
    """Raise SystemLimitError if so many bytes are more than the machine has: a small file may ask for a great deal."""
    if size > machine_memory():
        raise SystemLimitError(
            f"{name}: takes {size / 2**30:,.1f} GiB of memory, this machine has {machine_memory() / 2**30:,.1f} GiB"
        )


def split_sizes(rows: int, validation: float | None, test: float | None, classes: int = 1) -> Rows:
    """Divide ``rows`` by the two fractions, each of all rows and rounded.

    Args:
        rows: How many there are.
        validation: A fraction of them; None for no such part.
        test: A fraction of them; None for no such part.
        classes: The number of classes that occur: each must keep a row to train on.

    Raises:
        DataError: A part that was asked for, or a class in training, would have no row.
    """
    sizes = {"validation": round(rows * (validation or 0)), "test": round(rows * (test or 0))}
    for part, fraction in (("validation", validation), ("test", test)):
        if fraction is not None and sizes[part] == 0:
            raise DataError(f"data.{part}: {fraction:g} of {rows} rows is no row at all; take a larger fraction")
    train = rows - sum(sizes.values())
    if train < classes:
        taken = " and ".join(f"{size} to {part}" for part, size in sizes.items() if size)
        given = f" after {taken}" if taken else ""
        needed = f"expected at least one for each of {classes} classes" if classes > 1 else "expected at least one"
        hint = " (for numbers to predict, choose a regression loss)" if classes > rows / 2 else ""
        raise DataError(f"data: {train} of {rows} rows are left to train on{given}; {needed}{hint}")
    return Rows(train, **sizes)
