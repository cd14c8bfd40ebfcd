"""Counts in a sentence: one row is, two rows are."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Write a count with its noun: 1 epoch, 1,000 epochs."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def are(count: int) -> str:
    """Return the verb that goes with a count."""
    return "is" if count == 1 else "are"
