import copy
import json
import math
import re
import subprocess
import sys
from itertools import pairwise

import pytest

from dltool.contracts.events import NOT_METRICS
from dltool.report.run import report_html
from tests.support.finished_run import evaluation_of
from tests.support.page import EVIL, Page


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
        "1,000\xa0train, 100\xa0validation",
    ):
        assert text in page.text
    for text in ("65,219", "cpu", "keras 3.15.1", "dltool train pets.yaml", "abc123", "name: pets\nseed: 7\n"):
        assert text in page.text
    assert page.tags.count("figure") == 2


def headline(html: str) -> str:
    """Return the text of the headline, which is the first thing below the name and the status."""
    assert html.count('class="headline"') == 1
    assert html.index('class="headline"') < html.index("<dl>") < html.index("<h2>")
    found = re.search(r'<div class="headline">(.*?)</div>', html, re.DOTALL)[1]
    return " ".join(Page(found).text.split())


def test_the_headline_is_the_metric_of_the_epoch_whose_weights_the_model_holds(facts, rows, plan):
    for row, accuracy in zip(rows, (0.25, 0.5, 0.75, 1.0), strict=True):
        row["validation_accuracy"] = accuracy
    facts["trivial"]["validation_accuracy"] = 0.5
    assert headline(report_html(facts, rows, plan, "", "pets")) == (
        "0.7500 validation accuracy in epoch 3 trivial answer 0.5000 · validation loss 0.3750 (trivial answer 0.7000)"
    )


def test_the_headline_says_that_it_is_of_the_training_part(facts, rows, plan):
    for row in rows:
        del row["validation_loss"]
    assert headline(report_html(facts, rows, plan, "", "pets")) == (
        "0.5000 training accuracy in epoch 3; there is no validation part "
        "trivial answer 0.5000 · loss 0.2500 (trivial answer 0.6931)"
    )


def test_where_there_is_only_a_loss_it_is_the_headline(facts, rows, plan):
    assert headline(report_html(facts, rows, plan, "", "pets")) == (
        "0.3750 validation loss in epoch 3 trivial answer 0.7000"
    )


def test_what_is_worse_than_the_trivial_answer_is_said_beside_the_headline_and_once(facts, rows, plan):
    facts["worse_than_trivial"] = ["validation_loss"]
    facts["trivial"]["validation_loss"] = 0.125
    html = report_html(facts, rows, plan, "", "pets")
    verdict = "Warning: the network is worse than the trivial answer: validation_loss 0.3750 against 0.1250"
    assert html.count(verdict) == 1
    assert html.index('class="headline"') < html.index(verdict) < html.index("<dl>")


def test_every_picture_marks_the_best_epoch_and_the_kept_one(facts, rows, plan):
    facts |= {"best_epoch": 3, "weights_epoch": 4, "monitor": "validation_loss"}
    html = report_html(facts, rows, plan, "", "pets")
    assert html.count("<figure>") == html.count(">best: epoch 3<") == html.count(">kept: epoch 4<") == 2
    assert "best: the best epoch, by validation_loss; kept: the epoch whose weights the model holds" in html


@pytest.fixture
def unwieldy(facts, rows, plan, evaluation) -> str:
    """A page whose names are long and many."""
    facts |= {"best_epoch": 2, "weights_epoch": 3, "monitor": "validation_loss", "reason": "r" * 300}
    facts["command"] = "dltool train " + "c" * 300
    metrics = ["top_k_categorical_accuracy", "mean_absolute_percentage_error", *(f"metric_{i}" for i in range(12))]
    for i, row in enumerate(rows):
        for j, metric in enumerate(metrics):
            row |= {metric: -1e9 * 10.0 ** (-j) * i, f"validation_{metric}": 1.0 + i / 1e6}
        row["learning_rate"] = 0.1 / (i + 1)
    names = [f"{part}{metric}" for metric in metrics for part in ("", "validation_")]
    facts["trivial"] |= dict.fromkeys(names, 0.123456)
    names = ("W" * 120, "a class that somebody named by a whole sentence, and then by another one", "<b>")
    evaluation = evaluation_of(names, evaluation.confusion)
    return report_html(facts, rows, plan, "name: " + "n" * 500 + "\n", "N" * 200, evaluation)


def test_nothing_sticks_out_of_the_page_or_of_its_picture(unwieldy, in_browser, outside):
    assert in_browser([unwieldy], [320, 500, 800, 1200], outside) == [[]] * 4


def test_the_headline_is_the_largest_text_and_seen_at_once(unwieldy, in_browser):
    sizes = """w => {
      const size = e => parseFloat(w.getComputedStyle(e).fontSize), value = w.document.querySelector(".value");
      const others = [...w.document.body.querySelectorAll("*")].filter(e => e !== value).map(size);
      return [size(value), Math.max(...others), value.getBoundingClientRect().bottom];
    }"""
    for value, largest, bottom in in_browser([unwieldy], [500, 1200], sizes):
        assert value > 1.5 * largest
        assert bottom < 800


def test_the_pictures_leave_no_hole(facts, rows, plan, in_browser):
    pages = []
    for count in range(1, 6):
        metrics = {f"metric_{i}": 0.5 for i in range(count - 1)}
        some = [{"epoch": 1, "loss": 0.5, **metrics, **dict.fromkeys(NOT_METRICS[1:], 1.0)}]
        facts["trivial"] = dict.fromkeys(("loss", *metrics))
        pages.append(report_html(facts | {"best_epoch": 1, "weights_epoch": 1}, some, plan, "", "pets"))
    places = """w => [w.document.querySelector(".curves"), ...w.document.querySelectorAll("figure")].map(e => {
      const place = e.getBoundingClientRect();
      return [place.left, place.right, place.top, place.bottom];
    })"""
    found = in_browser(pages, [500, 700, 900, 1200, 1900], places)
    assert [len(each) - 1 for each in found] == [count for count in range(1, 6) for _ in range(5)]
    for (left, right, top, bottom), *figures in found:
        lines = sorted({place[2] for place in figures})
        for line in lines:
            row = sorted(place for place in figures if place[2] == line)
            assert (row[0][0], row[-1][1]) == pytest.approx((left, right), abs=1)
            assert all(b[0] - a[1] == pytest.approx(16, abs=1) for a, b in pairwise(row))
            assert len({place[3] for place in row}) == 1
        assert (lines[0], max(place[3] for place in figures)) == pytest.approx((top, bottom), abs=1)


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
    evaluation = evaluation_of((EVIL, "dog", "emu"), evaluation.confusion, split=EVIL)
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


def test_many_classes_become_the_pairs_confused_most(facts, rows, plan):
    counts = [[10 * (i == j) for j in range(21)] for i in range(21)]
    counts[3][20] = 5
    evaluation = evaluation_of([f"class {i}" for i in range(21)], counts)
    page = Page(report_html(facts, rows, plan, "", "pets", evaluation))
    assert ["class 3", "class 20", "5", "33.3%"] in page.cells
    assert not any(row and row[0].startswith("true") for row in page.cells)


def test_regression_has_no_classes(facts, rows, plan):
    page = Page(report_html(facts, rows, plan, "", "pets", evaluation_of()))
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
        "import json, sys, dltool.report.run\n"
        "print(json.dumps([name for name in ('tensorflow', 'numpy', 'rich') if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
