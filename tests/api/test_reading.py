"""Runs are listed, compared and repeated from Python."""

import json
import shutil

import pytest

import dltool
from dltool.errors import DataError, DltoolError, InputMissingError


def changed(run, **facts):
    """Change facts of a run; None takes one away."""
    path = run / "run.json"
    merged = json.loads(path.read_text()) | facts
    path.write_text(json.dumps({name: value for name, value in merged.items() if name not in facts or value}))
    return run


def test_runs_are_listed_the_oldest_first_and_what_is_wrong_beside_them(iris, tmp_path):
    for name, year in (("late", 2030), ("early", 2020)):
        changed(shutil.copytree(iris, tmp_path / name), created=f"{year}-01-01T00:00:00+00:00")
    (shutil.copytree(iris, tmp_path / "broken") / "run.json").write_text("{")
    entries, problems = dltool.list_runs(tmp_path)
    assert [entry.path.name for entry in entries] == ["early", "late"]
    assert len(problems) == 1
    assert "broken" in problems[0]
    with pytest.raises(InputMissingError, match="there is no folder"):
        dltool.list_runs(tmp_path / "nowhere")


def test_a_run_compared_with_itself_differs_by_nothing(iris, tmp_path):
    paths = [iris, shutil.copytree(iris, tmp_path / "copy")]
    comparison = dltool.compare(paths)
    best = min(json.loads(line)["validation_loss"] for line in (iris / "metrics.jsonl").read_text().splitlines())
    assert [standing.mean for standing in comparison.standings] == [pytest.approx(best)] * 2
    assert all(standing.mean > 0.9 for standing in dltool.compare(paths, "accuracy").standings)
    with pytest.raises(DltoolError, match="two"):
        dltool.compare(paths[:1])


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"status": "interrupted"}, r"has not come to its end \(interrupted\), so there is nothing to reproduce"),
        ({"device": None}, "does not say on which device the run was trained"),
    ],
)
def test_what_cannot_be_repeated_is_refused(iris, tmp_path, facts, said):
    with pytest.raises(DataError, match=said):
        dltool.reproduce(changed(shutil.copytree(iris, tmp_path / "run"), **facts))
