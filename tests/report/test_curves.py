import json
import math
import os
import re
import subprocess
import sys
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from dltool.report.curves import Figure, curves

SVG = "{http://www.w3.org/2000/svg}"


def elements(figure: Figure, tag: str) -> list[ElementTree.Element]:
    """Return the elements of a picture that have a tag."""
    return list(ElementTree.fromstring(figure.picture).iter(f"{SVG}{tag}"))


def texts(figure: Figure) -> list[str]:
    """Return the texts of a figure, those of its caption included."""
    return [figure.title, *figure.parts, figure.note, *ElementTree.fromstring(figure.picture).itertext()]


def lines(figure: Figure) -> list[list[tuple[float, float]]]:
    """Return the points of each curve, in the picture's own coordinates."""
    paths = [element.get("points") for element in elements(figure, "polyline")]
    return [[(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)] for path in paths]


def history(count: int, **metrics) -> list[dict]:
    rest = {"learning_rate": 0.01, "seconds": 1.0, "examples_per_second": 8.0}
    return [{"epoch": i + 1, **{name: of(i) for name, of in metrics.items()}, **rest} for i in range(count)]


def test_training_and_validation_share_a_picture(rows):
    loss, accuracy = curves(rows)
    assert {"loss", "epoch", "training", "validation"} <= set(texts(loss))
    assert {"accuracy", "epoch"} <= set(texts(accuracy))
    assert "validation" not in texts(accuracy)
    assert [len(line) for line in lines(loss)] == [4, 4]


def test_the_curve_goes_through_the_values(rows):
    (line, _) = lines(curves(rows)[0])
    heights = [y for _, y in line]
    # 0.9, 0.5, 0.25, 0.75; a picture's y axis points down.
    assert (heights[1] - heights[0]) / (heights[2] - heights[0]) == pytest.approx(0.4 / 0.65, abs=0.01)
    assert (heights[3] - heights[0]) / (heights[2] - heights[0]) == pytest.approx(0.15 / 0.65, abs=0.01)
    # From the first of four epochs to the last are 1000.
    assert [x for x, _ in line] == pytest.approx([0, 1000 / 3, 2000 / 3, 1000], abs=0.01)


def test_the_learning_rate_is_drawn_where_it_varies(rows):
    assert all("learning rate" not in texts(figure) for figure in curves(rows))
    rows[2]["learning_rate"] = 0.001
    assert "learning rate" in texts(curves(rows)[-1])


def test_many_epochs_are_thinned_and_the_last_one_is_there():
    (figure,) = curves(history(10_000, loss=lambda i: 1 / (i + 1)))
    (line,) = lines(figure)
    assert len(line) <= 250
    assert "10000" in texts(figure)
    assert len(figure.picture) < 60_000


def test_what_is_not_finite_is_left_out():
    values = [1.0, math.nan, 0.5, math.inf, 0.25]
    (figure,) = curves(history(5, loss=values.__getitem__, nothing=lambda i: math.nan))
    assert [len(line) for line in lines(figure)] == [3]
    assert "nan" not in figure.picture
    assert "inf" not in figure.picture


def test_a_metric_that_is_seldom_finite_is_drawn_where_it_is():
    (figure,) = curves(history(1000, loss=lambda i: 0.5 if i == 7 else math.nan))
    (dot,) = elements(figure, "circle")
    assert dot.get("cx") == "0.701%"  # 7 / 999


def test_long_titles_are_whole():
    assert "mean absolute error" in texts(curves(history(2, mean_absolute_error=float))[0])


def test_the_best_epoch_and_the_one_whose_weights_the_model_holds_are_marked_in_words(rows):
    rows[2]["learning_rate"] = 0.001
    figures = curves(rows, best_epoch=3, weights_epoch=4)
    assert len(figures) == 3
    for figure in figures:
        assert {"best: epoch 3", "kept: epoch 4"} <= set(texts(figure))
    for figure in curves(rows, best_epoch=3, weights_epoch=3):
        assert "best and kept: epoch 3" in texts(figure)
    assert not [text for text in texts(curves(rows)[0]) if "best" in text]


def test_marks_stand_where_their_epoch_is(rows):
    figure = curves(rows, best_epoch=3, weights_epoch=3)[0]
    # 320 pixels, of which 33 above the axes and 52 below them are for texts; the losses are from 0.25 to 1.025.
    dots = [(dot.get("class"), dot.get("cx"), dot.get("cy")) for dot in elements(figure, "circle")]
    assert dots == [("line training", "66.667%", "268.0"), ("line validation", "66.667%", "230.1")]
    (mark,) = [line for line in elements(figure, "line") if line.get("class") == "mark"]
    assert (mark.get("x1"), mark.get("x2")) == ("66.667%", "66.667%")


def test_a_marked_epoch_is_drawn_however_many_there_are():
    values = [0.0 if i == 777 else 1.0 for i in range(10_000)]
    (line,) = lines(curves(history(10_000, loss=values.__getitem__), best_epoch=778, weights_epoch=10_000)[0])
    assert line.count((77.71, 218.0)) == 1  # 777 / 9999, at the bottom: 320 - 52 - 50


def test_the_learning_rate_goes_in_steps():
    rows = history(5, loss=lambda i: 1.0)
    for row, rate in zip(rows, (0.4, 0.4, 0.2, 0.2, 0.1), strict=True):
        row["learning_rate"] = rate
    # From 1 to 5 are 1000, from 0.4 down to 0.1 are 320 - 16 - 52; it turns at 2.5 and 4.5.
    expected = [(0, 0), (375, 0), (375, 168), (875, 168), (875, 252), (1000, 252)]
    assert lines(curves(rows)[-1]) == [expected]


def test_where_the_learning_rate_turns_is_not_thinned_away():
    rows = history(10_001, loss=lambda i: 1.0)
    for row in rows[7001:]:
        row["learning_rate"] = 0.001
    assert lines(curves(rows)[-1]) == [[(0, 0), (700.05, 0), (700.05, 252), (1000, 252)]]


def test_a_learning_rate_that_varies_in_each_of_many_epochs_is_thinned():
    rows = history(10_000, loss=lambda i: 1.0)
    for i, row in enumerate(rows):
        row["learning_rate"] = 1 / (i + 1)
    (line,) = lines(curves(rows)[-1])
    assert len(line) <= 500
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(line))


def test_values_on_the_axis_can_be_told_from_one_another():
    (figure,) = curves(history(11, loss=lambda i: 1234.5 + i / 10_000))
    named = [text for text in texts(figure) if text.startswith("1234")]
    assert named == ["1234.5000", "1234.5002", "1234.5004", "1234.5006", "1234.5008", "1234.5010"]


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 1e-12, 1e38])
@pytest.mark.parametrize("count", [1, 2])
def test_flat_and_extreme_curves_can_be_drawn(value, count):
    (figure,) = curves(history(count, loss=lambda i: value * (1 + i)))
    dots = [
        (10 * float(dot.get("cx").removesuffix("%")), float(dot.get("cy")) - 16) for dot in elements(figure, "circle")
    ]
    drawn = [*dots, *(point for line in lines(figure) for point in line)]
    assert len(drawn) == count
    assert all(0 <= x <= 1000 and 0 <= y <= 252 for x, y in drawn)


def test_losses_that_fall_by_orders_of_magnitude_are_drawn_by_them():
    (figure,) = curves(history(4, loss=lambda i: 10.0**-i))
    heights = [y for _, y in lines(figure)[0]]
    assert [b - a for a, b in pairwise(heights)] == pytest.approx([84, 84, 84])
    assert {"1", "0.1", "0.01", "0.001"} <= set(texts(figure))


@pytest.mark.parametrize(
    "count, expected",
    [
        (1, ["1"]),
        (3, ["1", "2", "3"]),
        (11, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]),
        (12, ["2", "4", "6", "8", "10", "12"]),
        (1000, [str(100 * i) for i in range(1, 11)]),
        (1234, ["200", "400", "600", "800", "1000", "1200"]),
    ],
)
def test_epochs_on_the_axis_are_whole_and_round(count, expected):
    (figure,) = curves(history(count, loss=lambda i: 0.5 + i))
    named = [text.text for text in elements(figure, "text") if text.get("class") == "tick"]
    assert named == expected


def test_no_epochs_no_pictures():
    assert curves([]) == []


def test_pictures_load_nothing_and_run_nothing(rows):
    for figure in curves(rows):
        svg = figure.picture
        root = ElementTree.fromstring(svg)
        assert not [element for element in root.iter() if element.tag.endswith(("script", "image", "foreignObject"))]
        assert not [
            name for element in root.iter() for name in element.attrib if "href" in name or name.startswith("on")
        ]
        assert svg.replace("http://www.w3.org/2000/svg", "").count("http") == 0
        assert "url(" not in svg
        assert "@import" not in svg


def test_pictures_are_the_same_in_each_process(rows):
    """Sets of texts come in another order where texts have other hashes."""
    program = (
        "import json, sys; from dltool.report.curves import curves; "
        "print(json.dumps([vars(figure) for figure in curves(json.loads(sys.argv[1]), best_epoch=3, weights_epoch=4)]))"
    )
    expected = json.loads(json.dumps([vars(figure) for figure in curves(rows, best_epoch=3, weights_epoch=4)]))
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        words = [sys.executable, "-c", program, json.dumps(rows)]
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
        assert json.loads(done.stdout) == expected
