import re

import numpy as np
import pytest

from dltool.assessment.assess import Assessment
from dltool.assessment.mistakes import Mistake
from dltool.report.evaluation import Background, ShownMistake, evaluation_html
from dltool.report.examples import image_example, row_example
from dltool.report.pictures import FIRST, picture
from tests.support.page import EVIL, Page


@pytest.fixture
def made(facts, rows, plan, evaluation):
    drawn = picture("roc", EVIL, EVIL, lambda axes: axes.plot([0, 1], [0, 1], color=FIRST, label=EVIL))
    mistake = Mistake(3, 4, EVIL, "dog (probability 0.9)", 0.9)
    shown = [
        ShownMistake(
            mistake, "row 4", row_example({"name": EVIL, "age": None}), row_example({"name": "b", "age": "2"}), "row 9"
        ),
        ShownMistake(mistake, "example 5", image_example(np.zeros((4, 4, 1), "uint8")), None),
    ]
    assessment = Assessment({"loss": (0.25, 0.75)})

    def make(background=Background(facts, rows, f"name: {EVIL}\n")):  # noqa: B008
        from dataclasses import replace

        measured = replace(evaluation, assessment=assessment, weighted_rows=True)
        return evaluation_html(measured, assessment, plan, EVIL, [drawn], shown, background, ["nothing " + EVIL])

    return make


def test_the_page_says_how_good_how_sure_and_where_wrong(made):
    page = Page(made())
    assert "95 % interval 0.2500 to 0.7500" in page.text
    assert ["name", EVIL, "b"] in page.cells
    assert ["age", "", "2"] in page.cells
    assert "count rows by their weights, all else counts them alike" in page.text
    assert "nothing " in page.text
    assert any(value.startswith("data:image/png") for name, value in page.attributes if name == "src")


def test_nothing_that_a_user_wrote_is_code_and_nothing_is_loaded(made):
    html = made()
    page = Page(html)
    assert "script" not in page.tags
    assert EVIL in page.text
    addresses = [value for name, value in page.attributes if name in ("src", "href", "xlink:href")]
    assert all(value.startswith(("data:image/png;base64,", "#")) for value in addresses)
    assert not re.search(r"url\((?!#)", html)


def test_a_model_alone_has_a_page_without_its_training(made):
    text = Page(made(None)).text
    assert "Training" not in text
    assert "Config" not in text


def test_nothing_sticks_out_of_the_page_on_a_screen_or_a_phone(made, in_browser, outside):
    assert in_browser([made(), made(None)], [1200, 400], outside) == [[], [], [], []]
