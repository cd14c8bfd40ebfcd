"""Named inputs become the features that a table's columns ask for, and the targets of an autoencoder."""

import numpy as np
import pytest

from dltool.config.needs import TaskName
from dltool.contracts.signature import Column, InputNumbers, Signature
from dltool.model.features import ColumnFeatures, features_of, fill_holes, target_of
from tests.support.inputs import seen

RNG = np.random.default_rng(6)
COLUMNS = (
    Column("colour", ("black", "red")), Column("size"), Column("kind", ("a", "b", "c")), Column("weight"),
)  # fmt: skip
WIDTH = 3 + 1 + 4 + 1


def signature_of(columns, task=TaskName.CATEGORICAL, fill=()):
    width = sum(column.width for column in columns)
    numbers = InputNumbers("float32", (0.0,) * width, (1.0,) * width, (0.0,) * width, (1.0,) * width, fill)
    return Signature(task, (width,), "float32", 2, columns=columns, input_numbers=numbers)


def inputs_of(columns, rows=7):
    texts = [column for column in columns if column.vocabulary is not None]
    categories = [RNG.integers(0, column.width, rows) for column in texts]
    numbers = RNG.normal(size=(rows, len(columns) - len(texts))).astype("float32")
    named = {"numbers": numbers, "categories": np.array(categories, np.int32).T.reshape(rows, -1)}
    return {name: array for name, array in named.items() if array.shape[1]}


@pytest.mark.parametrize("columns", [COLUMNS, COLUMNS[::-1], COLUMNS[::2], COLUMNS[1::2]], ids=["a", "b", "c", "d"])
def test_features_stand_in_the_order_of_the_columns(columns):
    signature, inputs = signature_of(columns), inputs_of(columns)
    assert {name: each.shape for name, each in signature.inputs.items()} == {
        name: array.shape[1:] for name, array in inputs.items()
    }
    np.testing.assert_array_equal(np.asarray(features_of(inputs, signature)), seen(inputs, signature))


def test_holes_and_unknown_categories_are_no_targets_and_holes_are_filled_before_the_network():
    fill = (0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0, -2.0)
    signature = signature_of(COLUMNS, TaskName.RECONSTRUCTION, fill)
    inputs = {
        "numbers": np.array([[1, np.nan], [np.nan, 4]], "float32"), "categories": np.array([[0, 2], [1, 0]], "int32"),
    }  # fmt: skip
    features, nan = features_of(inputs, signature), np.nan
    np.testing.assert_array_equal(
        np.asarray(fill_holes(features, signature)), [[1, 0, 0, 1, 0, 0, 1, 0, -2], [0, 1, 0, 5, 1, 0, 0, 0, 4]]
    )
    np.testing.assert_array_equal(
        np.asarray(target_of(inputs, features, signature)),
        [[nan, nan, nan, 1, 0, 0, 1, 0, nan], [0, 1, 0, nan, nan, nan, nan, nan, 4]],
    )


def test_categories_with_vectors_stand_among_the_others():
    embedded = Column("city", tuple("abcdefg"), embedding=3), Column("street", tuple("xyz"), embedding=2)
    columns = (COLUMNS[0], embedded[0], *COLUMNS[1:3], embedded[1], COLUMNS[3])
    numbers = RNG.normal(size=(5, 2)).astype("float32")
    inputs = {"numbers": numbers, "categories": np.array([[2, 7, 0, 3]] * 4 + [[0, 0, 3, 1]], "int32")}
    layer = ColumnFeatures(columns, name="features", dtype="float32")
    found = np.asarray(layer(inputs))
    city, street = (np.asarray(layer.embeddings[column.name].embeddings) for column in embedded)
    assert (city.shape, street.shape) == ((8, 3), (4, 2))
    one_hot = np.eye(4)
    for row, (colour, a, kind, b) in enumerate(inputs["categories"]):
        expected = [one_hot[colour][:3], city[a], numbers[row, :1], one_hot[kind], street[b], numbers[row, 1:]]
        np.testing.assert_array_equal(found[row], np.concatenate(expected).astype("float32"))
    alone = ColumnFeatures(embedded, name="alone", dtype="float32")
    assert alone({"categories": inputs["categories"][:, [1, 3]]}).shape == (5, 5)
