"""The report of a sweep, as a browser shows it."""

import json
import re
import shutil
import subprocess

import pytest

from dltool.analysis.records import SweepRecord
from dltool.report.sweep import sweep_report_html

CHROMIUM = shutil.which("chromium")
EVIL = "<img src=x onerror=alert(1)>"


def trial(number, point, rate, loss, status="completed"):
    return {
        "trial": number, "point": point, "repeat": 2 - number % 2, "seed": 7 + (number + 1) % 2, "attempts": 1,
        "values": {"training.optimizer.learning_rate": rate, "size": EVIL}, "status": status, "seconds": 1.5,
        "path": f"{number:03d}", "metrics": {"loss": loss} if loss else {}, "objective": loss,
        "reason": "it broke <b>" if status == "failed" else "",
    }  # fmt: skip


def write_run(path, losses):
    rest = {"learning_rate": 0.1, "seconds": 0.1, "examples_per_second": 1.0}
    rows = [json.dumps({"epoch": i, "loss": loss, **rest}) + "\n" for i, loss in enumerate(losses, 1)]
    (path / "metrics.jsonl").write_text("".join(rows))
    (path / "config.yaml").write_text(f"name: trial_{int(path.name)}\n")
    (path / "run.json").write_text('{"status": "completed"}')


def sweep(path, points, axes, direction="minimize", **facts):
    """Write a sweep: its points' values on the axes, and for each point the loss of each epoch of each of its runs."""
    trials = []
    for number, (values, runs) in enumerate(points, 1):
        for repeat, losses in enumerate(runs, 1):
            each = trial(len(trials) + 1, number, 0.1, losses[-1])
            trials.append(each | {"repeat": repeat, "values": values})
            (path / each["path"]).mkdir(parents=True)
            write_run(path / each["path"], losses)
    objective = {"metric": "loss", "direction": direction}
    facts = {"name": "s", "status": "completed", "created": "", "ranks": True, "objective": objective} | facts
    (path / "sweep.json").write_text(json.dumps(facts | {"axes": axes, "trials": trials}))
    return SweepRecord.read(path)


def first_picture(html):
    return html[html.index("<figure>") : html.index("<figcaption>")]


def points_of(element, html):
    """Return the points of the lines or polygons whose tag begins with some text."""
    found = re.findall(rf'<{element}[^>]*points="([^"]*)"', html)
    return [[tuple(map(float, point.split(","))) for point in points.split()] for points in found]


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
        write_run(run, [each["objective"] * (3 - i) for i in range(3)])
    return SweepRecord.read(tmp_path)


def test_it_stands_alone_and_escapes_what_users_wrote(record):
    html = sweep_report_html(record)
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?\s*(?:https?:|//)", html)
    assert EVIL not in html
    assert "it broke <b>" not in html
    assert "it broke &lt;b&gt;" in html


def test_the_winner_is_the_best_of_the_points_whose_runs_all_succeeded(record):
    html = sweep_report_html(record)
    assert record.best.point == 2
    assert "Best: loss 0.1500 ± 0.0500" in html  # of 0.1 and 0.2: the point with 0.05 has a failed run
    assert "selected on the training part, by loss: the config has no validation part" in html
    assert "name: trial_3\n" in html  # the config to copy
    assert first_picture(html).count('class="line') == 3


def test_how_much_of_the_lead_is_luck_stands_below_the_winner(record):
    assert "luck:" not in sweep_report_html(record)
    facts = json.loads((record.path / "sweep.json").read_text())
    facts["luck"] = {"probability": 0.995, "optimism": 0.01, "expected": 0.16, "over": "rows", "points": 2}
    (record.path / "sweep.json").write_text(json.dumps(facts))
    said = "truly the best of 2 points with a probability of over 99 %; expect 0.1600 with other validation rows"
    assert said in sweep_report_html(SweepRecord.read(record.path))


def test_axes_have_bars_as_long_as_their_importance_and_lines_over_their_intervals(tmp_path):
    points = [({"a.rate": i, "b.size": i}, [[float(i)]]) for i in range(2)]
    axes = {"a.rate": {"values": [0, 1]}, "b.size": {"values": [0, 1]}}
    shares = [("b.size", 0.7, 0.5, 0.8), ("a.rate", 0.1, 0.0, 0.25)]
    told = [dict(zip(("axis", "share", "low", "high"), each, strict=True)) for each in shares]
    importance = {"axes": told, "rest": 0.2, "points": 1200}
    html = sweep_report_html(sweep(tmp_path / "told", points, axes, importance=importance))
    picture = html[html.index("<h2>Axes</h2>") :]
    picture = picture[: picture.index("</figure>")]
    bars = re.findall(r'<rect class="([^"]*)"[^>]* width="([^"]*)"', picture)
    assert bars == [("bar", "70.000%"), ("bar", "10.000%"), ("bar rest", "20.000%")]
    intervals = re.findall(r'class="interval" x1="([^"]*)" x2="([^"]*)"', picture)
    assert intervals[::3] == [("50.000%", "80.000%"), ("0.000%", "25.000%")]
    texts = re.findall(r'class="halo">([^<]*)<', picture)
    assert texts == [
        "size  70 % (50 to 80)",
        "rate  10 % (0 to 25, not told apart from chance)",
        "interactions and chance  20 %",
    ]
    assert "of the variance of loss over 1,200 points" in picture
    assert "variance" not in sweep_report_html(sweep(tmp_path / "silent", points, axes))


def test_the_winners_curve_is_drawn_on_top(record):
    drawn = place_of({1, 2, 3}, sweep_report_html(record))
    assert [kind for _, kind, _ in drawn] == ["line place-3", "line place-2", "line place-1"]


def test_a_point_is_the_mean_of_its_runs_in_a_band_of_one_standard_error(tmp_path):
    # The mean is 3, then 2; the standard error of 1, 2, 6 is the root of 7/3, of 2, 2, 2 it is 0. Only one run goes on.
    runs = [[1.0, 2.0], [2.0, 2.0], [6.0, 2.0, 0.0]]
    html = sweep_report_html(sweep(tmp_path, [({"size": 1}, runs)], {"size": {"values": [1]}}))
    # From epoch 1 to 3 are 1000; from 3 to 0 are 320 - 16 - 52 = 252, of which a standard error of 1.5275 makes 128.31.
    assert points_of("polyline", first_picture(html)) == [[(0, 0), (500, 84), (1000, 252)]]
    assert points_of("polygon", first_picture(html)) == [[(0, -128.31), (500, 84), (500, 84), (0, 128.31)]]
    assert "the mean of those of its runs that came that far; the bands are ± its standard error" in html


def test_two_hundred_runs_of_twenty_points_are_twenty_lines(tmp_path):
    points = [({"size": i}, [[1.0, i / 20 + j / 1000] for j in range(10)]) for i in range(20)]
    html = sweep_report_html(sweep(tmp_path, points, {"size": {"values": list(range(20))}}))
    picture = first_picture(html)
    kinds = re.findall(r'class="(line [^"]*)"', picture)
    assert kinds == ["line other"] * 15 + [f"line place-{i}" for i in (5, 4, 3, 2, 1)]
    assert re.findall(r'class="(band [^"]*)"', picture) == [f"band place-{i}" for i in (5, 4, 3, 2, 1)]
    assert "the best 5 points are in colour, the other 15 thin and grey" in html
    keys = re.findall(r"<li>.*?class=\"line (place-\d)\".*?(point [^<]*)</li>", html)
    assert keys[:2] == [("place-1", "point 1, the best: size 0"), ("place-2", "point 2: size 1")]
    assert len(keys) == 5


def test_an_axis_of_one_value_is_not_drawn(tmp_path):
    points = [({"size": size, "depth": 2}, [[1.0, float(size)]]) for size in (1, 2)]
    axes = {"size": {"values": [1, 2]}, "depth": {"values": [2]}}
    html = sweep_report_html(sweep(tmp_path / "two", points, axes))
    picture = html[html.rindex("<figure>") : html.rindex("</figure>")]
    assert re.findall(r'class="name"[^>]*>([^<]*)<', picture) == ["size", "loss"]
    assert "<h2>Axes</h2>" not in sweep_report_html(sweep(tmp_path / "one", points[:1], axes))


def test_no_axis_is_called_as_another_column(tmp_path):
    axes = {"training.loss": {"values": ["huber", "log_cosh"]}}
    points = [({"training.loss": name}, [[1.0, float(i)]]) for i, name in enumerate(["huber", "log_cosh"])]
    html = sweep_report_html(sweep(tmp_path, points, axes))
    heads = re.findall(r"<th[^>]*>(?:<button[^>]*>)?([^<]*)<", html)
    assert {"training.loss", "loss"} <= {*heads}
    assert len({*heads}) == len(heads)


def test_where_no_point_is_repeated_nothing_is_said_of_means(tmp_path):
    points = [({"size": i}, [[1.0, float(i)]]) for i in (1, 2)]
    html = sweep_report_html(sweep(tmp_path, points, {"size": {"values": [1, 2]}}))
    assert "<polygon" not in html
    assert "loss, a line a point; the worst twentieth of the values may lie outside</figcaption>" in html


def test_points_that_are_too_many_to_draw_are_counted(tmp_path):
    points = [({"size": i}, [[1.0, float(i)]]) for i in range(203)]
    html = sweep_report_html(sweep(tmp_path, points, {"size": {"low": 0, "high": 202}}))
    assert first_picture(html).count('class="line') == 200
    assert "; 3 points not drawn" in html


def test_so_many_runs_that_reading_them_would_take_long_are_not_drawn(tmp_path):
    points = [({"size": i}, [[1.0, float(i)]] * 400) for i in range(3)]
    html = sweep_report_html(sweep(tmp_path, points, {"size": {"values": [0, 1, 2]}}))
    assert first_picture(html).count('class="line') == 2
    assert "; 1 point not drawn" in html


def test_long_lists_are_folded_and_the_best_is_seen(tmp_path):
    points = [({"size": i}, [[float(100 - i)]] * 8) for i in range(21)]
    html = sweep_report_html(sweep(tmp_path, points, {"size": {"low": 0, "high": 20}}))
    seen = re.sub(r"<details>.*?</details>", "", html, flags=re.DOTALL)
    assert "<summary>and 3 more runs</summary>" in html
    assert [len(re.findall(r'href="\d+/report.html"', part)) for part in (seen, html)] == [5, 8]
    assert "<summary>all 21 points</summary>" in html
    rows = [re.findall(r'<tr[^>]* data-point="(\d+)"', part) for part in (seen, html)]
    best_first = [str(21 - i) for i in range(21)]
    assert rows == [best_first[:10], best_first[:10] + best_first]
    assert "The best 10 of 21 points:" in seen


def test_short_lists_are_not_folded(tmp_path):
    points = [({"size": i}, [[float(i)]] * 5) for i in range(20)]
    html = sweep_report_html(sweep(tmp_path, points, {"size": {"low": 0, "high": 20}}))
    assert "<details>" not in html
    assert len(re.findall(r'<tr[^>]* data-point="(\d+)"', html)) == 20


@pytest.mark.parametrize(("failed", "seen", "more"), [(5, 5, None), (6, 5, "1 more trial"), (30, 5, "25 more trials")])
def test_many_failures_are_folded(record, failed, seen, more):
    facts = json.loads((record.path / "sweep.json").read_text())
    facts["trials"] = facts["trials"][:5] + [trial(i, i, 0.1, None, "failed") for i in range(6, 6 + failed)]
    (record.path / "sweep.json").write_text(json.dumps(facts))
    html = sweep_report_html(SweepRecord.read(record.path))
    unfolded = re.sub(r"<details>.*?</details>", "", html, flags=re.DOTALL)
    assert unfolded.count("it broke &lt;b&gt;") == seen
    assert html.count("it broke &lt;b&gt;") == min(failed, 20)
    assert ("and 10 more; sweep.json has their reasons" in html) == (failed == 30)
    assert more is None or f"<summary>and {more}</summary>" in html


def test_nothing_sticks_out_of_the_page_and_no_name_is_cut(tmp_path, in_browser, outside):
    names = ["W" * 60, "a choice that somebody named by a whole sentence", "c"]
    axis = "model." + "a_rather_long_name_of_an_axis_" * 3
    points = [({axis: name, "size": i / 7}, [[1.0, 0.1 * i + j] for j in range(12)]) for i, name in enumerate(names)]
    axes = {axis: {"choices": dict.fromkeys(names)}, "size": {"low": 0.0, "high": 1.0}}
    html = sweep_report_html(sweep(tmp_path, points, axes, name="N" * 200))
    assert in_browser([html], [500, 1200], outside) == [[], []]
    second = html[html.rindex("<figure>") : html.rindex("</figure>")]
    assert all(f">{name}</text>" in second for name in (*names, axis.removeprefix("model.")))
    # Names in the picture, which scrolls, neither overlap nor begin to the left of it.
    overlaps = """w => {
      const texts = [...[...w.document.querySelectorAll("figure")].at(-1).querySelectorAll("svg text")];
      const places = texts.map(e => e.getBoundingClientRect()), left = w.document.querySelector("figure");
      const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      return [
        places.every((a, i) => places.every((b, j) => i === j || apart(a, b))),
        places.every(a => a.left >= left.getBoundingClientRect().left),
      ];
    }"""
    assert in_browser([html], [500, 1200], overlaps) == [[True, True]] * 2


@pytest.mark.parametrize(("direction", "best", "worst"), [("minimize", 1.0, 1e6), ("maximize", 100.0, -1e6)])
def test_of_forty_curves_the_winner_is_in_the_picture_and_one_that_went_astray_is_not(tmp_path, direction, best, worst):
    values = [10.0 + i for i in range(38)] + [best, worst]
    points = [({"size": EVIL}, [[value, value]]) for value in values]
    record = sweep(tmp_path, points, {"size": {"choices": {EVIL: {}}}}, direction)
    assert record.best.point == 39
    html = sweep_report_html(record)
    height = float(re.search(r'viewBox="0 -2 1000 (\d+)"', html)[1]) - 4
    ((last, kind, y),) = place_of({39}, html)
    assert (last, kind) == (39, "line place-1")
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
