"""Numbers stay what they are; what is none, or is beyond float32, is named."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.errors import DataError
from dltool.preprocessing.finite_numbers import finite_numbers


def place(*index: int) -> str:
    return f"x{list(index)}"


@pytest.mark.parametrize("raw", [[True, False], [[1, 2], [3, 2**40]], [[0.5], [-3e38]]])
def test_numbers_become_float64(raw: list[object]) -> None:
    found = finite_numbers(np.array(raw), place)
    assert (found.dtype, found.tolist()) == (np.float64, raw)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([[0.0, 1.0], [np.nan, np.inf]], "x[1, 0]: nan is"),
        ([1.0, -np.inf], "x[1]: -inf is"),
        ([1e39], "x[0]: 1e+39 is not a number that float32 can hold"),
        (["red"], "x[]: 'red' is not a number"),
    ],
)
def test_the_first_that_is_none_is_named(raw: list[object], said: str) -> None:
    with pytest.raises(DataError) as caught:
        finite_numbers(np.array(raw), place)
    assert str(caught.value).startswith(said)
