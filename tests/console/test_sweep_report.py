"""The report of a sweep, as a browser shows it."""

import json
import re
import shutil
import subprocess

import pytest

from dltool.console.sweep_report import sweep_report_html
from dltool.experiments.records import SweepRecord

CHROMIUM = shutil.which("chromium")
EVIL = "<img src=x onerror=alert(1)>"


def trial(number, point, rate, loss, status="completed"):
    return {
        "trial": number, "point": point, "repeat": 2 - number % 2, "seed": 7 + (number + 1) % 2, "attempts": 1,
        "values": {"training.optimizer.learning_rate": rate, "size": EVIL}, "status": status, "seconds": 1.5,
        "path": f"{number:03d}", "metrics": {"loss": loss} if loss else {}, "objective": loss,
        "reason": "it broke <b>" if status == "failed" else "",
    }  # fmt: skip


def place_of(points, html):
    """Return where the lines of some points are drawn in the first picture: at which position, and how high."""
    curves = html[: html.index("<figcaption>")]
    lines = re.findall(r'class="(line[^"]*)" data-point="(\d+)".*?points="[\d.]+,(-?[\d.]+)', curves)
    return [(i, kind, float(y)) for i, (kind, point, y) in enumerate(lines) if int(point) in points]


@pytest.fixture
def record(tmp_path):
    trials = [
        trial(1, 1, 0.1, 0.5),
        trial(2, 1, 0.1, 0.7),
        trial(3, 2, 0.01, 0.1),
        trial(4, 2, 0.01, 0.2),
        trial(5, 3, 0.001, 0.05),
        trial(6, 3, 0.001, None, "failed"),
    ]
    facts = {
        "name": EVIL, "status": "failed", "created": "2026-01-02T03:04:05+00:00", "ranks": True,
        "objective": {"metric": "loss", "direction": "minimize"},
        "axes": {"training.optimizer.learning_rate": {"values": [0.1, 0.01, 0.001]}, "size": {"choices": {EVIL: {}}}},
        "trials": trials,
    }  # fmt: skip
    (tmp_path / "sweep.json").write_text(json.dumps(facts))
    for each in trials[:5]:
        run = tmp_path / each["path"]
        run.mkdir()
        rows = [{"epoch": i + 1, "loss": each["objective"] * (3 - i), "seconds": 0.1} for i in range(3)]
        (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (run / "config.yaml").write_text(f"name: trial_{each['trial']}\n")
    return SweepRecord.read(tmp_path)


def test_it_stands_alone_and_escapes_what_users_wrote(record):
    html = sweep_report_html(record)
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?\s*(?:https?:|//)", html)
    assert EVIL not in html
    assert "it broke <b>" not in html
    assert "it broke &lt;b&gt;" in html


def test_the_winner_is_the_best_of_the_points_whose_runs_all_ended_soundly(record):
    html = sweep_report_html(record)
    assert record.best.point == 2
    assert "Best: loss 0.1500 ± 0.0500" in html  # of 0.1 and 0.2: the point with 0.05 has a failed run
    assert "selected on the training part, by loss: the config has no validation part" in html
    assert "name: trial_3\n" in html  # the config to copy
    assert html.count('class="line') >= 5


def test_the_winners_curves_are_drawn_on_top(record):
    drawn = place_of({1, 2, 3}, sweep_report_html(record))
    assert [kind for _, kind, _ in drawn] == ["line"] * 3 + ["line best"] * 2


@pytest.mark.parametrize(("direction", "best", "worst"), [("minimize", 1.0, 1e6), ("maximize", 100.0, -1e6)])
def test_of_forty_curves_the_winner_is_in_the_picture_and_one_that_went_astray_is_not(tmp_path, direction, best, worst):
    values = [10.0 + i for i in range(38)] + [best, worst]
    trials = [trial(i, i, 0.1, value) for i, value in enumerate(values, 1)]
    facts = {
        "name": "s", "status": "completed", "created": "", "ranks": True, "trials": trials,
        "objective": {"metric": "loss", "direction": direction}, "axes": {"size": {"choices": {EVIL: {}}}},
    }  # fmt: skip
    (tmp_path / "sweep.json").write_text(json.dumps(facts))
    for each in trials:
        (tmp_path / each["path"]).mkdir()
        rows = "".join(json.dumps({"epoch": i, "loss": each["objective"]}) + "\n" for i in (1, 2))
        (tmp_path / each["path"] / "metrics.jsonl").write_text(rows)
    record = SweepRecord.read(tmp_path)
    assert record.best.point == 39
    html = sweep_report_html(record)
    height = float(re.search(r'viewBox="-2 -2 \d+ (\d+)"', html)[1]) - 4
    ((last, kind, y),) = place_of({39}, html)
    assert (last, kind) == (39, "line best")
    assert 0 <= y <= height
    # The others fill most of the picture.
    heights = [y for _, _, y in place_of(range(1, 39), html)]
    assert max(heights) - min(heights) > height / 4
    ((_, _, astray),) = place_of({40}, html)
    assert not 0 <= astray <= height


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed, in which the page would be opened")
def test_a_browser_sorts_the_table(record, tmp_path):
    click = "<script>document.querySelectorAll('.points th button')[1].click()</script>"  # by learning rate
    page = tmp_path / "page.html"
    for clicks, expected in ((0, ["2", "1", "3"]), (1, ["3", "2", "1"]), (2, ["1", "2", "3"])):
        page.write_text(sweep_report_html(record).replace("</body>", click * clicks + "</body>"))
        words = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page.as_uri()]
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
        body = done.stdout[done.stdout.index('<div class="points">') :]
        assert re.findall(r'<tr[^>]*data-point="(\d)"', body) == expected
