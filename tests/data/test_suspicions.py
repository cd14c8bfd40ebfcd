"""Leaks, twins and rare classes, planted."""

import re
import warnings

import numpy as np
import pytest
from PIL import Image

from dltool.config.needs import TaskName
from dltool.errors import DataWarning
from tests.support.tables import load_table

RNG = np.random.default_rng(8)
ROWS = 200


def told(load_data, path, task, **values):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        load_table(load_data, path, task, **values)
    return [str(each.message) for each in caught]


def table(write, name="t.csv", **columns):
    rows = zip(*columns.values(), strict=True)
    return write(",".join(columns) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows), name)


X = RNG.normal(size=ROWS).round(4)
CLASSES = RNG.choice(["no", "yes"], ROWS)
NUMBERS = RNG.normal(50, 9, ROWS).round(3)


@pytest.mark.parametrize(
    ("target", "task", "copy", "leaks"),
    [
        (CLASSES, TaskName.BINARY, np.where(CLASSES == "yes", "sold", "open"), True),
        (CLASSES, TaskName.BINARY, np.where(CLASSES == "yes", 7, 3), True),
        (CLASSES, TaskName.BINARY, np.where((CLASSES == "yes") ^ (np.arange(ROWS) % 20 == 0), "sold", "open"), False),
        (CLASSES, TaskName.BINARY, RNG.permutation(ROWS) * 1.5, False),  # a number of its own tells every row
        (NUMBERS, TaskName.REGRESSION, (NUMBERS * -1.2 + 7).round(3), True),
        (NUMBERS, TaskName.REGRESSION, (NUMBERS + RNG.normal(0, 3, ROWS)).round(3), False),
    ],
)
def test_a_column_that_repeats_the_target(load_data, write, target, task, copy, leaks):
    messages = told(load_data, table(write, x=X, copy=copy, y=target), task)
    assert any("'copy' all but repeats the target" in each for each in messages) == leaks


def fresh_numbers(count):
    return RNG.normal(size=count).round(4) + 9


def test_rows_that_stand_in_two_parts(load_data, write):
    path = table(write, x=X, y=CLASSES)
    other = table(write, "v.csv", x=[*X[:20], *RNG.normal(size=30).round(4)], y=[*CLASSES[:20], *CLASSES[:30]])
    messages = told(load_data, path, TaskName.BINARY, validation=other)
    said = "20 of 50 validation rows stand in the training part too, target included, the first of them row 1 of "
    said += f"{other}, there row 1;"
    assert any(said in each for each in messages)
    fresh = table(write, "w.csv", x=fresh_numbers(50), y=CLASSES[:50])
    assert not any("stand in" in each for each in told(load_data, path, TaskName.BINARY, validation=fresh))
    few = table(write, "f.csv", x=[*X[:2], *fresh_numbers(48)], y=CLASSES[:50])
    assert not any("stand in" in each for each in told(load_data, path, TaskName.BINARY, validation=few))
    more = table(write, "m.csv", x=[*X[:3], *fresh_numbers(47)], y=CLASSES[:50])
    assert any("3 of 50 validation" in each for each in told(load_data, path, TaskName.BINARY, validation=more))
    # Where four rows are all that there can be, twins are no mistake.
    alike = table(write, "a.csv", x=np.arange(ROWS) % 2, y=CLASSES)
    assert not any("stand in" in each for each in told(load_data, alike, TaskName.BINARY, validation=0.2))


@pytest.mark.parametrize("dtype", ["float64", "uint8"])
def test_examples_that_stand_in_two_parts(tmp_path, load_data, dtype):
    """Arrays of numbers, and pictures of which no byte may be overlooked."""
    x = RNG.integers(0, 256, (ROWS, 3, 5)).astype(dtype)
    test = RNG.integers(0, 256, (40, 3, 5)).astype(dtype)
    test[7:30] = x[50:73]
    labels = RNG.integers(0, 2, ROWS)
    others = test ^ 1 if dtype == "uint8" else test + 1e-3
    for examples, answers, alike in (
        (test, labels[43:83], True),
        (test, 1 - labels[43:83], False),
        (others, labels[43:83], False),
    ):
        np.savez(tmp_path / "a.npz", x_train=x, y_train=labels, x_test=examples, y_test=answers)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", DataWarning)
            load_data(TaskName.CATEGORICAL, source="npz", path=str(tmp_path / "a.npz"), validation=0.1)
        found = {str(each.message) for each in caught if "stand in" in str(each.message)}
        assert len(found) == alike
        # One of the 23 validates, rather than trains.
        assert all("22 of 40 test rows stand in the training part too" in each for each in found)
        place = re.escape(str(tmp_path / "a.npz"))
        said = rf"the first of them {place}, x_test\[7\], there {place}, x_train\[50\];"
        assert all(re.search(said, each) for each in found)


def test_pictures_that_stand_in_two_parts_are_named_by_their_files(tmp_path, load_data):
    for number in range(ROWS):
        path = tmp_path / "photos" / "ab"[number % 2] / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Of each class, every picture has a twin.
        pixels = np.random.default_rng([number // 4, number % 2]).integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(pixels).save(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        options = {"path": str(tmp_path / "photos"), "color_mode": "rgb", "image_size": [4, 4], "validation": 0.2}
        load_data(TaskName.BINARY, source="image_folder", **options)
    (said,) = {str(each.message) for each in caught if "stand in" in str(each.message)}
    one, other = re.search(r"the first of them (\S+), there (\S+);", said).groups()
    assert one != other
    assert np.array_equal(*(np.array(Image.open(path)) for path in (one, other)))


def test_classes_of_a_few_rows(load_data, write):
    classes = ["rare", "rare", *RNG.choice(["a", "b"], ROWS - 2)]
    messages = told(load_data, table(write, x=X, y=classes), TaskName.CATEGORICAL)
    assert any("fewer than 5 training rows are of class 'rare'" in each for each in messages)
    assert not any("fewer" in each for each in told(load_data, table(write, x=X, y=CLASSES), TaskName.BINARY))


def test_nothing_is_said_of_a_few_rows(load_data, write):
    path = table(write, a=[0, 0, 1, 1], b=[0, 1, 0, 1], y=[0, 0, 1, 1])
    assert told(load_data, path, TaskName.BINARY) == []
