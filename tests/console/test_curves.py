import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from dltool.console.curves import curves

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text") if element.text]


def lines(svg: str) -> list[list[tuple[float, float]]]:
    """Return the points of each curve, in the picture's own coordinates."""
    paths = [element.get("points") for element in ElementTree.fromstring(svg).iter(f"{SVG}polyline")]
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
    steps = [b[0] - a[0] for a, b in pairwise(line)]
    assert steps == pytest.approx([steps[0]] * 3, abs=0.01)


def test_the_learning_rate_is_drawn_where_it_varies(rows):
    assert all("learning rate" not in texts(svg) for svg in curves(rows))
    rows[2]["learning_rate"] = 0.001
    assert "learning rate" in texts(curves(rows)[-1])


def test_many_epochs_are_thinned_and_the_last_one_is_there():
    (svg,) = curves(history(10_000, loss=lambda i: 1 / (i + 1)))
    (line,) = lines(svg)
    assert len(line) <= 250
    assert "10000" in texts(svg)
    assert len(svg) < 60_000


def test_what_is_not_finite_is_left_out():
    values = [1.0, math.nan, 0.5, math.inf, 0.25]
    (svg,) = curves(history(5, loss=values.__getitem__, nothing=lambda i: math.nan))
    assert [len(line) for line in lines(svg)] == [3]
    assert "nan" not in svg
    assert "inf" not in svg


def test_a_metric_that_is_seldom_finite_is_drawn_where_it_is():
    (svg,) = curves(history(1000, loss=lambda i: 0.5 if i == 7 else math.nan))
    (dot,) = ElementTree.fromstring(svg).iter(f"{SVG}circle")
    assert float(dot.get("cx")) == pytest.approx(552 * 7 / 999, abs=0.1)


def test_long_titles_are_whole():
    assert "mean absolute error" in texts(curves(history(2, mean_absolute_error=float))[0])


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 1e-12, 1e38])
@pytest.mark.parametrize("count", [1, 2])
def test_flat_and_extreme_curves_can_be_drawn(value, count):
    (svg,) = curves(history(count, loss=lambda i: value * (1 + i)))
    dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in ElementTree.fromstring(svg).iter(f"{SVG}circle")]
    drawn = [*dots, *(point for line in lines(svg) for point in line)]
    assert len(drawn) == count
    assert all(0 <= x <= 560 and 0 <= y <= 276 for x, y in drawn)


def test_losses_that_fall_by_orders_of_magnitude_are_drawn_by_them():
    (svg,) = curves(history(4, loss=lambda i: 10.0**-i))
    heights = [y for _, y in lines(svg)[0]]
    assert [b - a for a, b in pairwise(heights)] == pytest.approx([92, 92, 92])
    assert {"1", "0.1", "0.01", "0.001"} <= set(texts(svg))


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
    (svg,) = curves(history(count, loss=lambda i: 0.5 + i))
    named = [text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text") if text.get("class") == "tick"]
    assert named == expected


def test_no_epochs_no_pictures():
    assert curves([]) == []


def test_pictures_load_nothing_run_nothing_and_are_the_same_each_time(rows):
    for svg, again in zip(curves(rows), curves(rows), strict=True):
        assert svg == again
        root = ElementTree.fromstring(svg)
        assert not [element for element in root.iter() if element.tag.endswith(("script", "image", "foreignObject"))]
        assert not [
            name for element in root.iter() for name in element.attrib if "href" in name or name.startswith("on")
        ]
        assert svg.replace("http://www.w3.org/2000/svg", "").count("http") == 0
        assert "url(" not in svg
        assert "@import" not in svg
