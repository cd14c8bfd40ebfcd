"""Arrays become a data set: what fits is taken as it is, what does not is refused where it stands."""

import numpy as np
import pytest

from dltool.config.needs import Needs, TaskName
from dltool.data.arrays import Array, ArraySource, Labelled, describe, image_reading, load, read_part
from dltool.errors import DataError, DataWarning

X, Y = np.arange(24.0).reshape(8, 3), np.array([0, 1] * 4)


def labelled(features=X, targets=Y, names=("x", "y")):
    return Labelled(Array.held(names[0], np.asarray(features)), Array.held(names[1], np.asarray(targets)))


def source(features=X, targets=Y, validation=None, test=None, **more):
    return ArraySource(labelled(features, targets), validation, test, **more)


def loaded(*arrays, task=TaskName.CATEGORICAL, **more):
    return load(source(*arrays, **more), Needs(task), 0)


def test_describing_images_reads_none():
    def read():
        raise AssertionError("it was read")

    images = Array("x", (8, 5, 4), np.dtype("uint8"), read)
    own = ArraySource(Labelled(images, Array.held("y", Y)), 0.25, None)
    signature, rows = describe(own, Needs(TaskName.CATEGORICAL), 0)
    assert (signature.input_shape, signature.input_dtype) == ((5, 4, 1), "uint8")
    assert (rows.train, rows.validation, rows.test) == (6, 2, 0)


@pytest.mark.parametrize(
    ("features", "shape", "dtype"),
    [
        (np.arange(8), (1,), "float32"),
        (X, (3,), "float32"),
        (X.astype("int16"), (3,), "float32"),
        (X.astype("uint8"), (3,), "float32"),  # a row of small numbers is no image
        (np.zeros((8, 2, 2), "uint8"), (2, 2, 1), "uint8"),
        (np.zeros((8, 2, 2, 3), "uint8"), (2, 2, 3), "uint8"),
        (np.zeros((8, 2, 2)), (2, 2), "float32"),
    ],
)
@pytest.mark.filterwarnings("ignore::dltool.errors.DataWarning")
def test_what_shape_and_type_an_example_takes(features, shape, dtype):
    signature, _ = describe(source(features), Needs(TaskName.CATEGORICAL), 0)
    assert (signature.input_shape, signature.input_dtype) == (shape, dtype)


@pytest.mark.parametrize(
    ("features", "targets", "said"),
    [
        (np.array(list("abababab")), Y, "x: values of type <U1; expected numbers"),
        (np.zeros((0, 3)), Y, r"x: shape \(0, 3\) holds no examples"),
        (np.float64(3), Y, r"x: shape \(\) holds no examples"),
        (X, np.zeros((8, 0)), r"y: shape \(8, 0\) holds no targets"),
        (X, np.zeros((8, 1, 1)), r"y: shape \(8, 1, 1\); expected one target, or one row of targets, an example"),
        (X, Y[:7], "x has 8 rows, y has 7; expected as many"),
        (np.where(X == 7, np.nan, X), Y, r"x\[2, 1\]"),
        (np.where(X == 7, np.inf, X), Y, r"x\[2, 1\]"),
    ],
)
def test_what_cannot_be_used_is_refused_where_it_stands(features, targets, said):
    for act in (describe, load):
        with pytest.raises(DataError, match=said):
            act(source(features, targets), Needs(TaskName.CATEGORICAL), 0)


def test_each_part_has_its_rows_and_no_two_share_one():
    rows = np.arange(40.0)[:, None]
    dataset = loaded(rows, np.arange(40) % 2, validation=0.25, test=labelled([[100.0]], [1], ("x_test", "y_test")))
    assert (dataset.rows.train, dataset.rows.validation, dataset.rows.test) == (30, 10, 1)
    assert (
        describe(source(rows, np.arange(40) % 2, validation=0.25), Needs(TaskName.CATEGORICAL), 0)[1].validation == 10
    )
    assert dataset.fingerprint["train"] != dataset.fingerprint["validation"]
    again = loaded(rows, np.arange(40) % 2, validation=0.25)
    assert (again.train.targets == dataset.train.targets).all()
    assert again.fingerprint["train"] == dataset.fingerprint["train"]
    other = load(source(rows, np.arange(40) % 2, validation=0.25), Needs(TaskName.CATEGORICAL), 1)
    assert other.fingerprint["train"] != dataset.fingerprint["train"]


def test_a_label_that_training_never_sees_is_refused():
    with pytest.raises(DataError, match=r"y_test\[1\]: label '2'; no training row is of that class"):
        loaded(classes=["0", "1", "2"], test=labelled(X[:2], [0, 2], ("x_test", "y_test")))


def test_a_class_without_a_training_row_is_warned_of():
    with pytest.warns(DataWarning, match="y: no training row is of class 'c'"):
        loaded(classes=["a", "b", "c"])


def test_a_column_that_never_varies_is_warned_of():
    with pytest.warns(DataWarning, match="x: .*1"):
        loaded(np.where(np.arange(3) == 1, 5, X))


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (np.zeros((2, 4, 4), "uint8"), r"new: examples of shape \(4, 4, 1\); expected \(5, 5, 1\) as in training"),
        (np.zeros((2, 5, 5, 1)), "new: values of type float64; expected uint8 as in training"),
    ],
)
def test_another_part_must_be_like_the_training_rows(features, said):
    trained, _ = describe(source(np.zeros((8, 5, 5), "uint8")), Needs(TaskName.CATEGORICAL), 0)
    with pytest.raises(DataError, match=said):
        read_part(labelled(features, [0, 1], ("new", "y")), trained)


@pytest.mark.parametrize(
    ("shape", "dtype", "mode"),
    [
        ((8, 8, 1), "uint8", "grayscale"),
        ((8, 8, 3), "uint8", "rgb"),
        ((8, 8, 2), "uint8", None),
        ((8, 8, 3), "float32", None),
        ((8, 8), "uint8", None),
    ],
)
def test_which_inputs_an_image_file_can_become(shape, dtype, mode):
    assert image_reading(shape, dtype).get("color_mode") == mode
