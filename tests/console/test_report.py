import copy
import json
import math
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from dltool.console.report import report_html

EVIL = "<script>alert('x')</script>&\"'"


class Page(HTMLParser):
    """The tags, attributes and texts of a page; refuses tags that are not closed in order."""

    EMPTY = ("meta", "br", "img")

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.cells: list[list[str]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in self.EMPTY:
            self._open.append(tag)
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self._open and self._open[-1] in ("td", "th"):
            self.cells[-1][-1] += data


@pytest.fixture
def page(facts, rows, plan, evaluation) -> Page:
    return Page(report_html(facts, rows, plan, "name: pets\nseed: 7\n", "pets", evaluation))


def test_the_page_stands_alone(page):
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    for name, value in page.attributes:
        assert name not in ("href", "src", "xlink:href")
        assert not name.startswith("on")
        assert "http" not in value or value == "http://www.w3.org/2000/svg"
    assert "@import" not in page.text
    assert "url(" not in page.text
    assert "prefers-color-scheme: dark" in page.text


def test_what_a_reader_wants_to_know(page):
    for text in (
        "stopped early",
        "validation_loss has not improved for 1 epoch",
        "10.0 s",
        "1,000 train, 100 validation",
    ):
        assert text in page.text
    for text in ("65,219", "cpu", "keras 3.15.1", "dltool train pets.yaml", "abc123", "name: pets\nseed: 7\n"):
        assert text in page.text
    assert page.tags.count("figure") == 2


def test_the_tables(page):
    assert ["metric", "epoch 3", "best", "in epoch", "trivial"] in page.cells
    assert ["accuracy", "0.5000", "0.8750", "4", "0.5000"] in page.cells
    assert ["loss", "0.5000", "1.2500"] in page.cells  # as measured
    assert "trivial: always answering the frequencies of the classes in the training rows" in page.text
    assert ["conv2d", "26 x 26 x 32", "320", "1.2 KiB"] in page.cells
    assert ["total", "", "65,219", "254.8 KiB"] in page.cells
    assert ["4", "0.7500", "0.8750", "0.8750", "0.01", "2.50 s", "18,600"] in page.cells
    assert ["cat", "0.8889", "0.8000", "0.8421", "10"] in page.cells
    assert ["macro average", "0.7741", "0.8000", "0.7837", "20"] in page.cells
    assert ["true \\ predicted", "cat", "dog", "<b>"] in page.cells
    assert ["dog", "1", "3", "1"] in page.cells


def test_everything_of_the_user_is_escaped(facts, rows, plan, evaluation):
    evaluation.classes = (EVIL, "dog", "emu")
    evaluation.split = EVIL
    for name in ("reason", "command", "device"):
        facts[name] = EVIL + name
    facts["data_fingerprint"] = {EVIL + "data_fingerprint": "abc"}
    html = report_html(facts, rows, plan, EVIL + "config", EVIL, evaluation)
    assert "<script" not in html
    page = Page(html)
    for name in ("reason", "command", "device", "data_fingerprint", "config"):
        assert EVIL + name in page.text
    assert [EVIL, "8", "2", "0"] in page.cells


def test_many_epochs_are_thinned(facts, rows, plan):
    many = [{**rows[0], "epoch": epoch} for epoch in range(1, 1001)]
    page = Page(report_html(facts, many, plan, "", "pets"))
    numbers = [row[0] for row in page.cells if len(row) == 7][1:]
    assert len(numbers) == 200
    assert (numbers[0], numbers[-1]) == ("1", "1,000")
    assert "1,000 epochs, 200 of them shown" in page.text


def test_many_classes_become_the_pairs_confused_most(facts, rows, plan, evaluation):
    evaluation.classes = tuple(f"class {i}" for i in range(21))
    counts = [[10 * (i == j) for j in range(21)] for i in range(21)]
    counts[3][20] = 5
    evaluation.confusion = counts
    page = Page(report_html(facts, rows, plan, "", "pets", evaluation))
    assert ["class 3", "class 20", "5", "33.3%"] in page.cells
    assert not any(row and row[0].startswith("true") for row in page.cells)


def test_regression_has_no_classes(facts, rows, plan, evaluation):
    evaluation.classes, evaluation.confusion = (), ()
    page = Page(report_html(facts, rows, plan, "", "pets", evaluation))
    assert "Measured on validation (20 rows)" in page.text
    assert "Confusion" not in page.text


def test_a_run_that_diverged_at_once(facts, plan):
    facts |= {"status": "diverged", "epochs": 0, "best_epoch": 0, "best": None, "weights_epoch": 0}
    page = Page(report_html(facts, [], plan, "", "pets"))
    assert "No epoch was completed." in page.text
    assert "The model holds its initial weights." in page.text
    assert "Measured" not in page.text


def test_metrics_that_are_not_finite(facts, rows, plan):
    broken = copy.deepcopy(rows)
    for row in broken:
        row["loss"] = math.nan
        row["validation_auc"] = math.nan
    facts["trivial"]["validation_auc"] = None
    page = Page(report_html(facts, broken, plan, "", "pets"))
    assert ["loss", "nan", "nan", "1", "0.6931"] in page.cells
    assert ["validation_auc", "-", "-", "1", "-"] in page.cells, "it does not exist"
    assert page.tags.count("figure") == 2


def test_nothing_heavy_is_loaded():
    program = (
        "import json, sys, dltool.console.report\n"
        "print(json.dumps([name for name in ('tensorflow', 'numpy', 'rich') if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
