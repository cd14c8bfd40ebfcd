"""The program on bad input, and no patience with it."""

import pytest


@pytest.fixture(scope="session")
def program(program):
    """What hangs is ended, and says so by the code -14."""
    return program.within(10)
