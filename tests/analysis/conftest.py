"""Sweeps on paper."""

from tests.support.sweeps import directory, sweep, write  # noqa: F401
