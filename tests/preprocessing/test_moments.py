"""Statistics equal NumPy's over the whole, in float64, however far from zero and however they are cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.preprocessing.moments import Moments


def moments_of(values, *cuts):
    moments = Moments(values.shape[-1])
    for block in np.split(values, sorted(cuts)):
        moments.add(block)
    return moments


@given(
    st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e6, -1.7e9, 2.0**40]), st.sampled_from([1e-3, 1.0, 300.0]),
    st.lists(st.integers(0, 200), max_size=5), st.booleans(),
)  # fmt: skip
def test_numpys_however_it_is_cut(seed, centre, spread, cuts, holes):
    rng = np.random.default_rng(seed)
    values = centre + spread * rng.normal(size=(200, 3))
    if holes:
        values[rng.random(values.shape) < 0.3] = np.nan
    found = moments_of(values, *cuts)
    np.testing.assert_allclose(found.mean, np.nanmean(values, axis=0), rtol=1e-14, atol=1e-14 * spread)
    near = values - np.nanmin(values, axis=0)  # exact, and so is what NumPy makes of it, which far away it is not
    np.testing.assert_allclose(found.deviation("float64"), np.nanstd(near, axis=0), rtol=1e-6)
    np.testing.assert_array_equal(found.low, np.nanmin(values, axis=0))
    np.testing.assert_array_equal(found.high, np.nanmax(values, axis=0))


def test_far_from_zero():
    # Summed in float32 these gave a mean off by 57 and five times the variance.
    values = 1e6 + np.random.default_rng(0).normal(50, np.sqrt(828), size=(20_000, 1))
    found = moments_of(values, *range(64, 20_000, 64))
    assert found.mean[0] == pytest.approx(values.mean(), rel=1e-12)
    assert found.deviation("float64")[0] ** 2 == pytest.approx(values.var(), rel=1e-6)


def test_many_colour_images_have_the_mean_of_their_pixels():
    images = np.tile(np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1), (500, 1, 1, 3))
    found = moments_of(images, 100, 300)
    np.testing.assert_allclose(found.mean, 127.5, rtol=1e-12)
    np.testing.assert_allclose(found.deviation("float32"), np.sqrt((256**2 - 1) / 12), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e6 + 0.1, 0.0])
def test_a_deviation_that_is_but_rounding_is_none(value, dtype):
    values = np.full((1000, 1), value, dtype)
    values[::2] = np.nextafter(values[::2], 2 * values[::2], dtype=dtype)
    assert moments_of(values, 7, 500).deviation(dtype)[0] == 0


def test_a_small_deviation_is_one():
    values = 1 + 1e-5 * np.random.default_rng(0).normal(size=(1000, 1)).astype("float32")
    assert moments_of(values).deviation("float32")[0] == pytest.approx(values.astype("float64").std(), rel=1e-6)
