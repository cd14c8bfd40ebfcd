"""Arrays in memory, against the files that hold the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dltool.config.needs import Needs, TaskName
from dltool.data import held_for, load
from dltool.errors import DataError

NEEDS = Needs(TaskName.BINARY, None)
NPZ = {"source": "npz", "path": "a.npz", "validation": 0.25}


def test_arrays_in_memory_train_as_those_of_a_file(make_spec: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    arrays = {
        "x_train": rng.integers(0, 255, (40, 6, 6, 1)).astype(np.uint8),
        "y_train": np.arange(40) % 2,
        "x_test": np.asfortranarray(rng.integers(0, 255, (10, 6, 6, 1)).astype(np.uint8)),
        "y_test": [0, 1] * 5,
        "file": np.arange(3.0),
    }
    spec = make_spec(**NPZ | {"path": str(tmp_path / "a.npz")})
    np.savez(tmp_path / "a.npz", **{name: value for name, value in arrays.items() if name != "file"})
    file, held = load(spec, NEEDS, 1), held_for(spec, arrays)
    assert load(spec, NEEDS, 1, held).fingerprint == file.fingerprint
    kept = tmp_path / "kept.npz"
    held.write(kept)
    with np.load(kept) as written:
        for name, values in arrays.items():
            np.testing.assert_array_equal(written[name], values)
    assert load(make_spec(**NPZ | {"path": str(kept)}), NEEDS, 1).fingerprint == file.fingerprint


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"x_train": np.zeros((4, 2))}, "the mapping: holds no array 'y_train'; did you mean 'x_train'?"),
        ({"x_train": np.zeros((4, 2)), "y_train": np.array([0, None, 1, 1])}, "y_train: holds Python objects"),
        (
            {"x_train": np.zeros((4, 2)), "y_train": np.arange(4), "names": np.array(["a", None])},
            "the mapping, names: holds Python objects; expected an array of numbers or of NumPy's texts, or leave",
        ),
        ({1: np.zeros((4, 2))}, "the mapping: an array is called 1; expected a text as its name"),
        ({"\ud800": np.zeros((4, 2))}, "expected a text as its name"),
        ({"x_train": [[1, 2], [3]], "y_train": [0, 1]}, "the mapping, x_train: no array"),
        (pa.table({"a": [1]}), "takes a mapping of the names in it to arrays, such as"),
    ],
)
def test_what_are_no_such_arrays(make_spec: Any, source: Any, words: str) -> None:
    spec = make_spec(**NPZ)
    with pytest.raises(DataError) as error:
        load(spec, NEEDS, 1, held_for(spec, source))
    assert words in str(error.value)
