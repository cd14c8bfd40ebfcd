import io
import re
import warnings
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from dltool.contracts.surface import Surface
from dltool.report.surface_picture import surface_picture

X = np.linspace(0, 10, 101)
Y = np.linspace(100, 200, 101)
PLANE = np.meshgrid(X, Y)
"""Each number at each point of the grid."""
POINTS = {"train": np.array([[1.0, 110.0], [9.0, 190.0]]), "test": np.array([[4.0, 150.0]])}
BLUE, ORANGE, WHITE = (47, 111, 222), (224, 123, 31), (255, 255, 255)


def surface(kind, answers, classes=(), targets=None, answer="x", **others):
    targets = targets or {"train": np.array([0, 1]), "test": np.array([1])}
    said = {"names": ("width", "height"), "logarithmic": (False, False), "threshold": 0.5, "points": POINTS}
    said |= {"rows": {"train": 1200, "test": 1}, **others}
    return Surface(x=X, y=Y, kind=kind, answers=answers, answer=answer, classes=classes, targets=targets, **said)


def probability(**others):
    """Sure of yes on the right, of no on the left."""
    return surface("probability", PLANE[0] / 10, ("no", "yes"), answer="yes", **others)


def texts(picture):
    return [node.text for node in ElementTree.fromstring(picture.svg).iter() if node.tag.endswith("}text")]


def colours(picture):
    """The colours of more than a hundredth of a picture, from left to right."""
    pixels = np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))
    found, places, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    columns = np.tile(np.arange(pixels.shape[1]), len(pixels))
    middle = {
        tuple(map(int, found[i])): columns[places == i].mean() for i in np.flatnonzero(counts > pixels.size / 300)
    }
    return sorted(middle, key=middle.get)


def test_the_colours_go_from_the_first_class_to_the_second():
    seen = [colour for colour in colours(surface_picture(probability())) if colour != WHITE]
    warmth = [red - blue for red, _, blue in seen]
    assert len(seen) == 10
    assert warmth == sorted(warmth)
    assert warmth[0] < 0 < warmth[-1]


def test_a_class_whose_name_begins_with_an_underscore_is_in_the_legend():
    made = surface(
        "probability", PLANE[0] / 10, ("_no", "yes"), answer="yes",
        points={"train": POINTS["train"], "_new.csv": POINTS["test"]},
        targets={"train": np.array([0, 1]), "_new.csv": np.array([1])}, rows={"train": 1200, "_new.csv": 1},
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = "".join(texts(surface_picture(made)))
    assert "_no" in said
    assert "_new.csv rows" in said


def test_it_says_its_axes_classes_and_parts():
    assert {"width", "height", "no", "yes", "train rows", "test rows", "probability of yes"} <= set(
        texts(surface_picture(probability()))
    )
    alone = probability(points={"train": POINTS["train"]}, targets={"train": np.array([0, 1])}, rows={"train": 2})
    assert "train rows" not in texts(surface_picture(alone))


def test_it_is_described_in_words():
    made = surface_picture(probability())
    assert made.title == "probability of yes by width and height"
    assert "above 0.5 in 50% of the plane" in made.description
    assert "2 of 1,200 train rows and 1 of 1 test row" in made.description
    halves = np.stack([-PLANE[0], PLANE[0] - 12.1, PLANE[0] * 0 - 99], axis=-1)
    described = surface_picture(surface("classes", halves, ("a", "b", "c"))).description
    assert "a in 60%, b in 40%, c in 0% of the plane" in described
    targets = {"train": np.array([150.0, 120.0]), "test": np.array([180.0])}
    number = surface_picture(surface("number", PLANE[1], targets=targets, answer="predicted price")).description
    assert "from 100 to 200" in number


def test_each_class_has_a_shape_of_its_own():
    classes = tuple("abcdefghij")
    scores = np.random.default_rng(0).normal(size=(101, 101, 10))
    points = {"train": np.stack([np.linspace(1, 9, 200), np.linspace(110, 190, 200)], axis=1)}
    made = surface_picture(
        surface("classes", scores, classes, {"train": np.arange(200) % 10}, points=points, rows={"train": 200})
    )
    root = ElementTree.fromstring(made.svg)
    paths = {node.get("id"): node.get("d") for node in root.iter() if node.tag.endswith("}path")}
    uses = [node for node in root.iter() if node.tag.endswith("}use") and "fill" in node.get("style")]
    shapes = [(paths[use.get("{http://www.w3.org/1999/xlink}href")[1:]], use.get("style")) for use in uses]
    assert len(shapes) >= 200
    assert len({shape for shape in shapes if "stroke-width: 0.7" in shape[1]}) == 10


@pytest.mark.parametrize(
    "odd",
    [
        surface("number", np.full((101, 101), 7.0), targets={"train": np.array([7.0, 7.0]), "test": np.array([7.0])}),
        surface("number", np.where(PLANE[0] > 5, np.inf, 1e30), targets={"train": np.zeros(0), "test": np.zeros(0)}),
        surface(
            "number", np.where(PLANE[0] > 5, np.nan, PLANE[1]), targets={"train": np.zeros(0), "test": np.zeros(0)}
        ),
        surface("classes", np.zeros((101, 101, 3)), ("a", "b", "c")),
        probability(threshold=0.0, points={}, targets={}, rows={}),
        probability(logarithmic=(False, True), names=("$x^2$", "n" * 300)),
        surface("probability", np.full((101, 101), 1.0), ("<a>", "b" * 500), answer="b" * 500),
    ],
    ids=["constant", "infinite", "missing", "undecided", "no_points", "odd_names", "sure"],
)
def test_odd_answers_are_drawn_without_a_warning(odd):
    with warnings.catch_warnings(action="error"):
        made = surface_picture(odd)
    assert max(map(len, texts(made))) <= 60
    ElementTree.fromstring(made.inline)


def test_inline_it_is_small_and_in_the_pages_colours():
    made = surface_picture(probability())
    assert len(made.inline) < 150_000
    assert not re.search("#[0-9a-f]{6}\\b(?!')", made.inline.replace("xlink:href", ""))
