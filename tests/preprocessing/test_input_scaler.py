"""What the network takes is NumPy's (x - mean) / deviation, in float64 where float32 could not tell numbers apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dltool.contracts.signature import Column
from dltool.preprocessing.input_scaler import InputScaler

RNG = np.random.default_rng(5)


def fitted(raw, scaling="normalization", **options):
    return InputScaler.fit([raw[:30], raw[30:]], raw.shape[-1], scaling, **options)


def standard(raw):
    return (raw - np.nanmean(raw, axis=0)) / np.nanstd(raw, axis=0)


def test_numbers_near_zero_stay_float32():
    raw = RNG.normal(3, 2, size=(100, 2))
    scaler = fitted(raw)
    assert scaler.numbers.dtype == "float32"
    np.testing.assert_allclose(scaler.apply(raw), standard(raw), atol=1e-6)
    assert scaler.apply(raw).dtype == np.float32


@pytest.mark.parametrize("origin", [1.7e9, 2.0**40, 4.5e6])
def test_numbers_that_float32_cannot_tell_apart_are_centred_first(origin):
    raw = origin + np.arange(100.0).reshape(-1, 1) / 8
    scaler = fitted(raw)
    assert scaler.numbers.dtype == "float64"
    np.testing.assert_allclose(scaler.apply(raw), standard(raw), rtol=1e-6, atol=1e-7)
    assert len(np.unique(scaler.apply(raw))) == 100


def test_what_held_no_more_than_float32_is_taken_as_float32():
    raw = 1e6 + RNG.normal(size=(100, 1)).astype("float32")
    assert fitted(raw, held_as="float32").numbers.dtype == "float32"


def test_holes_become_the_mean():
    raw = RNG.normal(50, 9, size=(100, 2))
    raw[::3, 0] = np.nan
    scaler = fitted(raw, filled=True)
    scaled = scaler.apply(raw)
    np.testing.assert_allclose(scaler.numbers.fill, np.nanmean(raw, axis=0), rtol=1e-12)
    assert (scaled[::3, 0] == 0).all()
    np.testing.assert_allclose(scaled[1::3], standard(raw)[1::3], atol=2e-6)


def test_constants_are_not_stretched():
    scaler = fitted(np.full((100, 1), 0.1))
    assert scaler.apply(np.array([[0.2]])) == pytest.approx(0.1)  # and not 21,000


def test_numbers_among_categories_are_taken_and_spread():
    scaler = fitted(np.column_stack([np.full(100, 3.0), RNG.normal(5, 2, 100)]), filled=True)
    spread = scaler.numbers.spread([1, 4], 5, filled=True)
    assert spread.offset == (0, scaler.numbers.offset[0], 0, 0, scaler.numbers.offset[1])
    assert (spread.scale[0], spread.low[2:4], spread.high[2:4]) == (1, (0, 0), (1, 1))
    assert spread.take([1, 4]) == scaler.numbers
    assert fitted(np.ones((4, 1))).numbers.spread([0], 2, filled=False).fill == ()


@pytest.mark.parametrize(("scaling", "made"), [("rescaling", 2.0), ("none", 510.0)])
def test_other_scalings(scaling, made):
    raw = np.full((40, 1), 510.0)
    np.testing.assert_allclose(fitted(raw, scaling).apply(raw), made)


def test_channels_of_arrays_have_statistics_over_all_other_axes():
    raw = RNG.normal([10, -300], [2, 50], size=(60, 4, 5, 2))
    scaled = fitted(raw).apply(raw)
    np.testing.assert_allclose(scaled.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=(0, 1, 2)), 1, rtol=1e-5)


@given(
    raw=arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 3)), elements=st.floats(-1e9, 1e9)),
    scaling=st.sampled_from(["normalization", "rescaling", "none"]),
)
def test_what_was_scaled_is_told_in_its_own_unit(raw, scaling):
    numbers = InputScaler.fit([raw], raw.shape[1], scaling).numbers
    scaled = InputScaler(numbers).apply(raw)
    assert scaled.dtype == np.float32
    told = numbers.raw(scaled)
    assert told.dtype == np.float64
    # Of a float32, 24 binary digits are known.
    offset, scale = np.array(numbers.offset), np.array(numbers.scale)
    assert (abs(told - raw) <= 1e-6 * (abs(raw) + abs(offset)) + 1e-30 / scale).all()
    np.testing.assert_array_equal(numbers.take([0]).raw(scaled[:, 0]), told[:, 0])


def test_a_hole_stays_one():
    numbers = fitted(RNG.normal(3, 2, size=(100, 2))).numbers
    assert np.isnan(numbers.raw(np.array([[np.nan, 1.0]], np.float32))).tolist() == [[True, False]]


@given(arrays(np.float64, st.integers(0, 9), elements=st.floats(1e-300, 1e300)))
def test_a_logarithm_is_undone(values):
    np.testing.assert_allclose(Column("x", transform="log").raw(np.log(values)), values, rtol=1e-12)
    np.testing.assert_array_equal(Column("x").raw(values), values)


def test_what_no_number_is_large_enough_for_is_infinite():
    assert Column("x", transform="log").raw(np.array([1000.0])).tolist() == [np.inf]
