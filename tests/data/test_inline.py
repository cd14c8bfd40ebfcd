from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dltool.config.needs import TaskName
from dltool.contracts.signature import Rows
from dltool.errors import DataError
from tests.support.inputs import seen

Loader = Callable[..., Any]

XOR: dict[str, Any] = {
    "source": "inline",
    "features": [[0, 0], [0, 1], [1, 0], [1, 1]],
    "targets": [0, 1, 1, 0],
}


def test_xor(load_data: Loader) -> None:
    data = load_data(TaskName.BINARY, **XOR)
    assert seen(data.train.features, data.signature).dtype == np.float32
    assert seen(data.train.features, data.signature).tolist() == XOR["features"]
    assert data.train.targets.tolist() == [0, 1, 1, 0]
    assert data.signature.classes == ("0", "1")
    assert (data.validation, data.test) == (None, None)


def test_texts_are_class_names(load_data: Loader) -> None:
    data = load_data(TaskName.BINARY, **(XOR | {"targets": ["no", "yes", "yes", "no"]}))
    assert data.signature.classes == ("no", "yes")
    assert data.train.targets.tolist() == [0, 1, 1, 0]


def test_own_parts(load_data: Loader) -> None:
    own = {"features": [[5, 6]], "targets": [1]}
    data = load_data(TaskName.BINARY, **XOR, validation=own, test=own)
    assert data.rows == Rows(4, 1, 1)
    assert data.test is not None
    assert seen(data.test.features, data.signature).tolist() == [[5, 6]]


def test_names_of_several_labels(load_data: Loader) -> None:
    data = load_data(
        TaskName.BINARY, **(XOR | {"targets": [[0, 1], [1, 1], [0, 0], [1, 0]], "classes": ["wet", "cold"]})
    )
    assert data.signature.classes == ()
    assert data.signature.targets == ("wet", "cold")


def test_single_numbers_are_rows_of_one(load_data: Loader) -> None:
    data = load_data(TaskName.REGRESSION, source="inline", features=[1, 2, 3], targets=[2, 4, 6])
    assert data.signature.input_shape == (1,)
    assert seen(data.train.features, data.signature).tolist() == [[1], [2], [3]]


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(4, 30), st.integers(1, 4)), elements=st.floats(-9, 9, width=32)),
    st.floats(0.2, 0.4),
    st.integers(0, 99),
)
def test_a_split_keeps_rows_and_targets_together(
    load_data: Loader, features: np.ndarray, validation: float, seed: int
) -> None:
    targets = features.sum(axis=1, dtype=np.float64)
    source = {"source": "inline", "features": features.tolist(), "targets": targets.tolist()}
    data = load_data(TaskName.REGRESSION, seed, **source, validation=validation)
    assert data.validation is not None
    parts = [(part, seen(part.features)) for part in (data.train, data.validation)]
    for part, found in parts:
        np.testing.assert_allclose(part.targets[:, 0], found.sum(axis=1), rtol=1e-4, atol=1e-4)
    together = np.concatenate([found for _, found in parts])
    assert sorted(map(tuple, together)) == sorted(map(tuple, features))


def test_the_fingerprint_covers_every_byte(load_data: Loader) -> None:
    first = load_data(TaskName.BINARY, **XOR).fingerprint
    assert first == load_data(TaskName.BINARY, **XOR).fingerprint
    changed = [[0, 0], [0, 1], [1, 0], [1, 1.0001]]
    assert first != load_data(TaskName.BINARY, **(XOR | {"features": changed})).fingerprint

    def expected(features: Any, targets: Any) -> str:
        raw = hashlib.sha256(b"<f8(2,)" + np.array(features, "<f8").tobytes()).hexdigest().encode()
        return hashlib.sha256(raw + f"<i4({len(targets)},)".encode() + np.array(targets, "<i4").tobytes()).hexdigest()

    assert first == {"train": expected(XOR["features"], XOR["targets"])}
    both = load_data(TaskName.BINARY, **XOR, test=own_part()).fingerprint
    assert both == first | {"test": expected([[0, 0]], [0])}


def test_scaling_by_other_training_rows_changes_no_other_part(load_data: Loader) -> None:
    values = XOR | {"scaling": "normalization", "test": own_part()}
    before = load_data(TaskName.BINARY, **values)
    after = load_data(TaskName.BINARY, **(values | {"features": [[0, 0], [0, 1], [1, 0], [1, 5]]}))
    assert (seen(before.test.features, before.signature) != seen(after.test.features, after.signature)).any()
    assert before.fingerprint["test"] == after.fingerprint["test"]
    assert before.fingerprint["train"] != after.fingerprint["train"]


def own_part() -> dict[str, Any]:
    return {"features": [[0, 0]], "targets": [0]}


@pytest.mark.parametrize(
    ("change", "task", "words"),
    [
        ({"targets": [0, 1, 1, 1.5]}, TaskName.BINARY, ["data.targets[3]", "1.5"]),
        ({"targets": ["a", "b", "c", "d"]}, TaskName.REGRESSION, ["data.targets", "'a'"]),
        ({"test": {"features": [[1, 2, 3]], "targets": [0]}}, TaskName.BINARY, ["data.test", "(3,)", "(2,)"]),
        ({"test": {"features": [[1, 2]], "targets": [7]}}, TaskName.BINARY, ["data.test.targets[0]", "label 7"]),
        ({"features": [[0, 0], [0, 1], [1, 1e300], [1, 1]]}, TaskName.BINARY, ["data.features[2, 1]", "float32"]),
        ({"targets": [[[0]], [[1]], [[1]], [[0]]]}, TaskName.REGRESSION, ["data.targets", "(4, 1, 1)"]),
    ],
)
def test_bad_values(load_data: Loader, change: dict[str, Any], task: TaskName, words: list[str]) -> None:
    with pytest.raises(DataError) as error:
        load_data(task, **(XOR | change))
    assert all(word in str(error.value) for word in words), error.value
