"""Rows on the device come back as they were, however the device holds them."""

import numpy as np
import pytest
import tensorflow as tf

from dltool.backend.device_rows import HELD_ON_GPU, DeviceRows

RNG = np.random.default_rng(3)
INPUTS = {
    "pixels": RNG.integers(0, 256, (6, 2, 2, 1)).astype(np.uint8),
    "ids": RNG.integers(-(2**31), 2**31, (6, 3)).astype(np.int32),
    "numbers": RNG.normal(size=(6, 2)).astype(np.float32),
}
TARGETS, WEIGHTS = np.arange(6, dtype=np.int32)[:, None], RNG.random(6).astype(np.float32)


def assert_rows(batch, chosen):
    inputs, targets, weights = batch
    for found, whole in [*((inputs[name], INPUTS[name]) for name in INPUTS), (targets, TARGETS), (weights, WEIGHTS)]:
        assert found.dtype == whole.dtype
        np.testing.assert_array_equal(found, whole[chosen])


def held(array):
    return tf.constant(array.astype(HELD_ON_GPU.get(array.dtype.name, array.dtype)))


@pytest.mark.parametrize(
    "rows",
    [
        DeviceRows.of(INPUTS, TARGETS, WEIGHTS),
        DeviceRows(  # as a GPU holds them
            tf.nest.map_structure(held, (INPUTS, TARGETS, WEIGHTS)),
            tf.nest.map_structure(lambda array: array.dtype.name, (INPUTS, TARGETS, WEIGHTS)),
        ),
    ],
)
def test_a_batch_has_the_numbers_and_types_of_the_arrays(rows):
    assert rows.rows == 6
    assert_rows(tf.function(DeviceRows.gather)(rows, tf.constant([4, 0, 4])), [4, 0, 4])
    assert_rows(tf.function(lambda rows, first: rows.slice(first, 2))(rows, tf.constant(3)), [3, 4])


@pytest.mark.parametrize("offset", range(0, 64, 4))
def test_rows_are_a_copy_wherever_the_array_begins(offset):
    array = np.frombuffer(bytearray(offset + 4 * 6), np.float32, offset=offset).reshape(6, 1)
    array[:, 0] = range(6)
    rows = DeviceRows.of({"numbers": array}, array[::-1])
    array[:] = -1
    # A sum takes many numbers at a time, where these must lie as it expects.
    assert [float(tf.reduce_sum(tensor)) for tensor in tf.nest.flatten(rows.tensors)] == [15, 15]
    np.testing.assert_array_equal(rows.tensors[1][:, 0], range(5, -1, -1))


@pytest.mark.parametrize("dtype", HELD_ON_GPU)
def test_what_a_gpu_holds_loses_nothing(dtype):
    limits = np.iinfo(dtype)
    every = np.unique(np.linspace(limits.min, limits.max, 100_000).astype(dtype))
    np.testing.assert_array_equal(every.astype(HELD_ON_GPU[dtype]).astype(dtype), every)


@pytest.mark.skipif(not tf.config.list_physical_devices("GPU"), reason="this machine has no GPU")
def test_all_of_them_lie_on_the_gpu():
    tensors = tf.nest.flatten(DeviceRows.of(INPUTS, TARGETS, WEIGHTS).tensors)
    assert all("GPU" in tensor.backing_device for tensor in tensors)
