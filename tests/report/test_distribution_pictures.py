import warnings
from xml.etree import ElementTree

import numpy as np
import pytest

from dltool.contracts.data_view import Distribution
from dltool.report.distribution_pictures import distribution_picture

ODD_NAMES = ["<b>" * 99, "$x$", "", *map(str, range(10))]
DAY = float(np.datetime64("2021-05-03").astype(int))


def numbers(counts, edges, **others):
    counts = {name: np.array(of) for name, of in counts.items()}
    return Distribution("size", counts, {name: int(of.sum()) for name, of in counts.items()}, np.array(edges), **others)


def labels(counts, names):
    counts = {name: np.array(of) for name, of in counts.items()}
    return Distribution("kind", counts, {name: int(of.sum()) for name, of in counts.items()}, labels=tuple(names))


def texts(picture):
    return [node.text for node in ElementTree.fromstring(picture.svg).iter() if node.tag.endswith("}text")]


def bars(picture):
    """The widths of a picture's bars, from the top, the training rows' first."""
    widths = []
    for node in ElementTree.fromstring(picture.svg).iter():
        if node.get("id", "").startswith("patch_"):
            path = next(child for child in node if child.tag.endswith("}path"))
            if "#2f6fde" in path.get("style") and "clip-path" in path.attrib:
                across = [float(word) for word in path.get("d").replace("\n", " ").split()[1::3]]
                widths.append(max(across) - min(across))
    return np.array(widths)


def test_bars_are_as_long_as_the_shares():
    made = distribution_picture(labels({"train": [30, 60, 10], "test": [1, 0, 1]}, "abc"), "x")
    np.testing.assert_allclose(bars(made) / bars(made).sum(), [0.3, 0.6, 0.1], atol=1e-4)
    assert {"a", "b", "c", "share", "train", "test"} <= set(texts(made))


def test_it_is_described_in_words():
    made = distribution_picture(labels({"train": [30, 60, 10], "test": [1, 0, 2]}, "abc"), "x")
    assert made.title == "kind"
    assert made.description == ("kind: most frequent are b in 60% of 100 train values, c in 67% of 3 test values")
    made = distribution_picture(numbers({"train": [1, 3]}, [0, 2.5, 5]), "x")
    assert made.description == "size: most frequent are 2.5 to 5 in 75% of 4 train values"
    assert "train" not in texts(made)


def test_dates_are_written_as_such():
    made = distribution_picture(numbers({"train": [1, 3]}, [DAY, DAY + 1, DAY + 2], is_date=True), "x")
    assert "2021-05-04 to 2021-05-05 in 75%" in made.description
    assert any(text.startswith("2021-05-0") for text in texts(made))


@pytest.mark.parametrize(
    "odd",
    [
        numbers({"train": [0]}, [-0.5, 0.5]),
        numbers({"train": [9], "test": [0]}, [-1.01e25, -0.99e25]),
        numbers({"train": [1, 1]}, [0, 1e-30, 2e-30]),
        labels(
            {"train": [1] * 13, "validation": [0] * 13, "test": [2] * 13}, ["<b>" * 99, "$x$", "", *map(str, range(10))]
        ),
    ],
    ids=["nothing", "huge", "tiny", "names"],
)
def test_odd_values_are_drawn_without_a_warning(odd):
    with warnings.catch_warnings(action="error"):
        made = distribution_picture(odd, "x")
    ElementTree.fromstring(made.inline)
    assert len(made.inline) < 25_000
