"""``explain`` as scripts see it."""

import json
import shutil


def test_explain_writes_a_page_and_says_where(trainer, iris, tmp_path):
    shutil.copytree(iris, tmp_path / "run")
    done = trainer.run(["explain", "run"], tmp_path)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == "run/explanation/report.html"
    assert "probability of setosa" in done.out
    assert (tmp_path / "run" / "explanation" / "report.html").stat().st_size < 1_000_000
    assert "petal_width" in (tmp_path / "run" / "explanation" / "importances.csv").read_text()


def test_json_holds_everything_and_writes_nothing(trainer, iris, tmp_path):
    run = shutil.copytree(iris, tmp_path / "run")
    before = sorted(run.rglob("*"))
    done = trainer.run(["explain", run, run / "none.csv", "--json"], tmp_path)
    assert (done.code, done.out) == (66, "")
    done = trainer.run(["explain", run, "--json"], tmp_path)
    assert done.code == 0, done.err
    facts = json.loads(done.out)
    assert set(facts["importances"]) == set(facts["dependences"]) == set(facts["columns"])
    assert len(facts["examples"]) == 12
    assert sorted(run.rglob("*")) == before
