import re
from xml.etree import ElementTree

import numpy as np
import pytest

from dltool.config.needs import TaskName
from dltool.contracts.data_view import Distribution, Sample
from dltool.contracts.plan import Plan
from dltool.contracts.signature import Column, InputNumbers, Rows, Signature
from dltool.report.data_page import data_page

KIND = Distribution("kind", {"train": np.array([3, 4])}, {"train": 7}, labels=("a", "b"))
SIZE = Distribution("size", {"train": np.array([3, 4])}, {"train": 7}, edges=np.array([0.0, 1.0, 2.0]), note="<note>")
NUMBERS = InputNumbers("float32", (10.0, 0.0), (2.0, 1.0), (0.0, 0.0), (30.0, 1.0))


def signature(shape, dtype="float32", **others):
    said = {"task": TaskName.CATEGORICAL, "outputs": 3, "classes": ("a", "<b>", "c")}
    return Signature(input_shape=shape, input_dtype=dtype, **{**said, **others})


def page(of, samples, augmented=(), columns=(SIZE,), count=1):
    return data_page("name", Plan((), of, Rows(7), 1), samples, augmented, [KIND], list(columns), count)


def cells(html):
    """The texts of the table of samples."""
    (rows,) = re.findall('<div class="(?:cells|texts)">(.*?)</div>', html, re.DOTALL)[:1]
    return [re.findall("<t[hd]>(.*?)</t[hd]>", row) for row in re.findall("<tr>(.*?)</tr>", rows, re.DOTALL)]


def test_each_cell_stands_beside_what_the_network_gets():
    columns = (
        Column("size"), Column("city", ("x", "y")), Column("day", moment="date"), Column("code", ("u",), embedding=3),
    )  # fmt: skip
    numbers = NUMBERS.spread([0, 1], 12, filled=False)
    of = signature((12,), columns=columns, input_numbers=numbers)
    features = {"numbers": np.array([-1.25, 0, 0.5, 1, 2, np.nan]), "categories": np.array([2, 0])}
    sample = Sample("<b>", features, "row 7", {"size": "9.4", "city": "y", "day": None, "code": "&?"})
    assert cells(page(of, [sample])) == [
        ["column", "row 7: &lt;b&gt;", "the network gets"],
        ["size", "9.4", "-1.25"],
        ["city", "y", "category 3 of 3"],
        ["day", "missing", "0 0.5 1 2 missing"],
        ["code", "&amp;?", "vector 1 of 2, unknown"],
    ]


def test_numbers_of_an_array_are_told_in_their_own_unit():
    of = signature((2,), input_numbers=NUMBERS)
    html = page(of, [Sample("a", {"numbers": np.array([-1.0, 0.25])})], columns=[SIZE] * 2, count=40)
    assert cells(html) == [
        ["column", "class: a", "the network gets"],
        ["input 1", "9.5", "-1"],  # -1 / 2 + 10
        ["input 2", "0.25", "0.25"],
    ]
    assert "and 38 more columns" in html
    assert "1 of 3 classes" in html
    assert "&lt;note&gt;" in html


def test_tokens_are_told_as_they_are():
    of = signature((50,), "int32", tokens=9)
    html = page(of, [Sample("c", {"tokens": np.arange(50) % 9})])
    ((head), (label, tokens)) = cells(html)
    assert (head, label) == (["target", "tokens"], "c")
    assert tokens.startswith("0 1 2 3 4 5 6 7 8 0 1")
    assert tokens.endswith("… (50 in all)")


def test_images_are_drawn_by_class_and_beside_what_is_made_of_them():
    of = signature((4, 4, 1), "uint8")
    samples = [Sample(label, {"images": np.full((4, 4, 1), 9, np.uint8)}) for label in ("a", "a", "<b>")]
    html = page(of, samples, [(samples[2], np.full((2, 4, 4, 1), 300.0))])
    found = re.findall('<img class="pixels" src="(data:image/png;base64,[^"]*)" alt="([^"]*)">', html)
    said = ["a", "a", "&lt;b&gt;", "original of &lt;b&gt;", *["augmented version of &lt;b&gt;"] * 2]
    assert [alt for _, alt in found] == said
    assert len({source for source, _ in found}) == 2


@pytest.mark.parametrize(
    "of",
    [
        signature((12, 3), input_numbers=NUMBERS.spread([0, 1], 3, filled=False)),
        signature((9, 12), input_numbers=NUMBERS.spread([0, 1], 12, filled=False)),
        signature((9, 9, 5), input_numbers=NUMBERS.spread([0, 1], 5, filled=False)),
        signature((3, 3, 3, 3), "uint8"),
        signature((3, 3, 3, 2), input_numbers=NUMBERS),
    ],
    ids=["sequence", "plane", "channels", "bytes", "volume"],
)
@pytest.mark.parametrize("value", [0, np.nan], ids=["numbers", "holes"])
def test_examples_of_any_shape_have_a_page(of, value, in_browser, outside):
    ((name, _),) = of.inputs.items()
    values = np.full(of.input_shape, 0 if name == "images" else value, of.input_dtype)
    html = page(of, [Sample("a", {name: values}), Sample("", {name: values})])
    for drawing in re.findall("<svg.*?</svg>", html, re.DOTALL):
        ElementTree.fromstring(drawing)
    assert in_browser([html], [1200, 400], outside) == [[], []]
    assert not re.search("https?://(?!www.w3.org)", html)
    assert "<script" not in html
