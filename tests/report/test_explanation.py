import base64
import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dltool.report.explanation import explanation_page
from tests.support.explained import of_images, of_table

ORANGE, BLUE = (224, 123, 31), (47, 111, 222)


@pytest.fixture(scope="module")
def table():
    return explanation_page(of_table(), "<run>")


@pytest.fixture(scope="module")
def image():
    made = of_images()
    return made, *explanation_page(made, "photos")


def test_what_a_user_wrote_is_text(table):
    html, _ = table
    assert "<size>" not in html
    assert "<run>" not in html
    assert "&lt;size&gt;" in html
    assert "$x$" in html


def test_nothing_is_loaded_or_run(table, image):
    for html in (table[0], image[1]):
        assert "<script" not in html
        assert not [link for link in re.findall(r'(?:href|src)="([^"]*)"', html) if not link.startswith(("data:", "#"))]


def test_the_pictures_lie_beside_the_page(table, image):
    _, files = table
    names = ["importance", "dependence_1", "dependence_2", "dependence_3", "example_01"]
    assert {f"{name}.{ending}" for name in names for ending in ("svg", "png")} < set(files)
    assert set(image[2]) == {"example_01.png"}


def test_every_picture_says_what_it_shows(table, image):
    html, _ = table
    described = re.findall(r'role="img" aria-label="([^"]*)"', html)
    assert len(described) == html.count("<svg") == 5
    assert "Rise of the loss where a column is shuffled" in described[0]
    assert "&lt;size&gt; = 1.5 +0.5; noise = -3 -0.125" in described[-1]
    assert len(re.findall(r'<img [^>]*alt="[^"]+"', image[1])) == 3


def test_the_tables_hold_the_figures(table):
    _, files = table
    rows = list(csv.DictReader(io.StringIO(files["attributions.csv"].decode())))
    assert [(row["id"], row["column"], row["value"], float(row["attribution"])) for row in rows] == [
        ("7", "<size>", "1.5", 0.5), ("7", "noise", "-3", -0.125),
    ]  # fmt: skip
    assert {(row["why"], row["true"]) for row in rows} == {("surest mistake", "dog")}
    rows = list(csv.DictReader(io.StringIO(files["importances.csv"].decode())))
    assert [float(row["change"]) for row in rows] == [0.5, -0.25, -0.001, 0.0]


def panels(html):
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))).astype(int)
        for data in re.findall(r'src="data:image/\w+;base64,([^"]+)"', html)
    ]


def test_what_speaks_for_the_answer_is_orange_and_what_speaks_against_it_is_blue(image):
    made, html, _ = image
    (example,) = made.examples
    first, gradients, cam = panels(html)
    np.testing.assert_array_equal(first, np.repeat(example.image, 3, axis=2))
    values = example.attributions[0].values
    redder = gradients[..., 0] > gradients[..., 2]
    np.testing.assert_array_equal(redder[abs(values) > 0.1], values[abs(values) > 0.1] > 0)
    strongest = abs(values).argmax()
    colour = ORANGE if values.flat[strongest] > 0 else BLUE
    assert gradients.reshape(-1, 3)[strongest] == pytest.approx(colour, abs=2)
    where = example.attributions[0].grad_cam.argmax()
    assert cam.reshape(-1, 3)[where] == pytest.approx(ORANGE, abs=45)


def test_the_page_of_large_photographs_stays_small():
    made = of_images(size=300, channels=3)
    many = replace(made, examples=made.examples * 12)
    html, _ = explanation_page(many, "photos")
    assert len(html) < 1_000_000
    assert max(max(each.shape) for each in panels(html)) == 160


@pytest.mark.parametrize(("size", "exact"), [(64, 3), (65, 0)])
def test_only_pixels_that_are_all_kept_are_seen_as_squares(size, exact):
    assert explanation_page(of_images(size=size, channels=3), "photos")[0].count('<img class="pixels"') == exact


@pytest.mark.parametrize("kind", ["columns", "steps", "pixels"])
def test_what_is_no_finite_number_is_drawn_as_nothing(kind):
    made = of_images() if kind == "pixels" else of_table(kind=kind)
    (example,) = made.examples
    attribution = example.attributions[0]
    values = np.full_like(attribution.values, np.nan)
    values.flat[0] = np.inf
    example = replace(example, attributions=(replace(attribution, values=values, answer=np.inf, error=np.nan),))
    html, _ = explanation_page(replace(made, examples=(example,)), "run")
    assert "too much to rely on" in html


def test_columns_that_are_called_steps_are_columns_all_the_same():
    columns = of_table(column="step_a")
    names = re.compile("step_a = 1.5|noise = -3")
    assert len(names.findall(explanation_page(columns, "run")[1]["example_01.svg"].decode())) == 2
    steps = explanation_page(replace(columns, kind="steps"), "run")[1]["example_01.svg"].decode()
    assert not names.findall(steps)


def test_answers_whose_names_begin_with_an_underscore_are_in_the_legends():
    found = of_table()
    names = ("_a", "_b")
    dependences = [
        replace(each, outputs=names, means=each.means[:1] * 2, low=each.low[:1] * 2, high=each.high[:1] * 2)
        for each in found.dependences
    ]
    files = explanation_page(replace(found, dependences=tuple(dependences)), "run")[1]
    for i in (1, 2, 3):
        assert all(f"{name}<" in files[f"dependence_{i}.svg"].decode() for name in names)


def test_it_is_said_why_an_example_is_there_and_what_is_true_of_it(table, image):
    assert '<span class="dim">surest mistake; true: dog</span>' in table[0]
    assert "true:" not in image[1]


@pytest.mark.parametrize("is_date", [False, True])
def test_what_is_answered_to_a_hole_stands_beside_the_axis(is_date):
    found = of_table()
    positions = tuple(map(float, range(18_000, 18_020)))
    curve = tuple(np.linspace(0, 1, 20))
    given = {"is_date": is_date, "labels": (*map(str, positions), "missing"), "positions": (*positions, np.nan)}
    means = (*curve, 0.75)
    one = replace(found.dependences[0], **given, means=(means,), low=(means,), high=(means,))
    two = replace(one, outputs=("a", "b"), means=(means,) * 2, low=(means,) * 2, high=(means,) * 2)
    files = explanation_page(replace(found, dependences=(one, two)), "run")[1]
    for i in (1, 2):
        drawn = files[f"dependence_{i}.svg"].decode()
        assert drawn.count(">missing<") == 1
        # Its dot is of the same height as three quarters of the curve, right of the axes.
        dots = [(float(x), float(y)) for x, y in re.findall(r'<use [^>]*x="([0-9.]+)" y="([0-9.]+)"[^>]*fill', drawn)]
        lines = re.findall(r'<path d="(M [^"]*)" clip-path="[^"]*" style="fill: none; stroke: #2f6fde', drawn)
        points = np.array(re.findall(r"([0-9.]+) ([0-9.]+)", lines[0]), float)
        y = next(y for x, y in dots if x > points[:, 0].max() + 20)
        assert y == pytest.approx(points[0, 1] + 0.75 * (points[-1, 1] - points[0, 1]), abs=0.1)


def test_large_numbers_have_separators_and_years_have_none():
    first = of_table().dependences[0]
    answers = {"means": ((2e4, 1e5, 2e5),), "low": ((0, 0, 0),), "high": ((3e5,) * 3,)}
    years = replace(first, positions=(1990.0, 2020.0, 2024.0), labels=("", "", ""), **answers)
    money = replace(years, positions=(5.0, 20_000.0, 2e6))
    first, second = (
        explanation_page(of_table(dependences=(each,)), "run")[1]["dependence_1.svg"].decode()
        for each in (years, money)
    )
    assert ">200,000<" in first
    assert ">2000<" in first
    assert ">1,000,000<" in second


@pytest.mark.parametrize(("count", "turned"), [(2, False), (3, True)])
def test_labels_that_would_touch_are_turned(count, turned):
    means = ((0.5,) * count,) * 2
    found = replace(
        of_table().dependences[1], labels=("l" * 16,) * count, positions=tuple(range(count)), means=means, low=means,
        high=means,
    )  # fmt: skip
    drawn = explanation_page(of_table(dependences=(found,)), "run")[1]["dependence_1.svg"].decode()
    assert ("rotate(-60" in drawn) == turned


def test_long_names_are_cut_short_on_axes():
    found = of_table(column="c" * 50)
    first, second, third = found.dependences
    second = replace(second, labels=("l" * 17, "m" * 16))
    files = explanation_page(replace(found, dependences=(first, second, third)), "run")[1]
    for name in ("importance", "dependence_1"):
        assert f">{'c' * 35}…<" in files[f"{name}.svg"].decode()
    labels = files["dependence_2.svg"].decode()
    assert f">{'l' * 15}…<" in labels
    assert f">{'m' * 16}<" in labels


@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_sticks_out(table, image, in_browser, outside, width):
    assert in_browser([table[0], image[1]], [width], outside) == [[], []]
