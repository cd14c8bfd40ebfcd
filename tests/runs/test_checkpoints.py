import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from safetensors.numpy import load_file

from dltool.contracts.events import Checkpoint
from dltool.errors import DataError, DataWarning
from dltool.runs.checkpoints import Checkpoints

ARRAYS = st.dictionaries(
    st.text("abc.0", min_size=1, max_size=5),
    arrays_of.arrays(
        st.sampled_from([np.float32, np.float16, np.int64, np.uint32]),
        arrays_of.array_shapes(min_dims=0, max_dims=3, max_side=4),
    ),
    min_size=1,
    max_size=4,
)


def checkpoint(epoch, step=0, value=1.0):
    return Checkpoint(epoch, step, {"model.0": np.full((2, 3), value, np.float32)}, {"best": 0.1})


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path)


@given(arrays=ARRAYS, value=st.floats(allow_nan=False), epoch=st.integers(0, 10**7), step=st.integers(0, 10**7))
def test_what_is_saved_comes_back_to_the_bit(tmp_path_factory, arrays, value, epoch, step):
    checkpoints = Checkpoints(tmp_path_factory.mktemp("checkpoint"))
    checkpoints.save(Checkpoint(epoch, step, arrays, {"value": value, "none": None}))
    read, path = checkpoints.newest()
    assert (read.epoch, read.step) == (epoch, step)
    assert read.state == {"value": value, "none": None}
    assert read.arrays.keys() == arrays.keys() == load_file(path).keys()
    for name, array in arrays.items():
        assert (read.arrays[name].dtype, read.arrays[name].shape) == (array.dtype, array.shape)
        assert read.arrays[name].tobytes() == array.tobytes()


def test_the_newest_two_are_kept_whatever_the_clock_says(checkpoints):
    for epoch, step in [(1, 0), (2, 0), (2, 7), (10, 3)]:
        checkpoints.save(checkpoint(epoch, step))
        for path in checkpoints.folder.iterdir():
            os.utime(path, (0, 0) if epoch == 10 else (4e9, 4e9))
    names = sorted(path.name[:13] for path in checkpoints.folder.iterdir())
    assert names == ["000002-000007", "000010-000003"]
    newest, path = checkpoints.newest()
    assert (newest.epoch, newest.step) == (10, 3)
    assert path.name.startswith("000010-000003-")


def test_the_same_moment_is_kept_once(checkpoints):
    checkpoints.save(checkpoint(1))
    checkpoints.save(checkpoint(2, value=1.0))
    checkpoints.save(checkpoint(2, value=2.0))
    assert sorted(path.name[:13] for path in checkpoints.folder.iterdir()) == ["000001-000000", "000002-000000"]
    assert checkpoints.newest()[0].arrays["model.0"][0, 0] == 2.0


@pytest.mark.parametrize("part", [*(i / 16 for i in range(16)), "longer"])
def test_a_cut_checkpoint_falls_back_by_name(checkpoints, part):
    checkpoints.save(checkpoint(1))
    checkpoints.save(checkpoint(2))
    _, newest = checkpoints.newest()
    content = newest.read_bytes()
    newest.write_bytes(content + b" " if part == "longer" else content[: int(len(content) * part)])
    with pytest.warns(DataWarning, match=f"the checkpoint {newest} is damaged; going on from an older one"):
        read, path = checkpoints.newest()
    assert read.epoch == 1
    assert path.name.startswith("000001-")


def test_every_flipped_bit_is_found(checkpoints):
    checkpoints.save(checkpoint(1))
    _, path = checkpoints.newest()
    content = path.read_bytes()
    for bit in range(0, 8 * len(content), 5):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with pytest.raises(DataError, match=rf"no checkpoint in .* can be used; damaged: {path.name}"):
            checkpoints.newest()


def test_other_files_are_none(checkpoints):
    assert checkpoints.newest() is None
    for name in ("x.safetensors", ".1-000001-000000-0123456789abcdef.safetensors", "000001-000000.safetensors"):
        (checkpoints.folder / name).write_text("")
    assert checkpoints.newest() is None
    checkpoints.save(checkpoint(1))
    assert len(list(checkpoints.folder.iterdir())) == 4
