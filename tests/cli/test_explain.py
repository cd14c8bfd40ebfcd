"""``explain`` as scripts see it."""

import json
import shutil

from tests.support.places import REPOSITORY


def test_explain_writes_a_page_and_says_where(trainer, iris, tmp_path):
    shutil.copytree(iris, tmp_path / "run")
    done = trainer.run(["explain", "run"], tmp_path)
    assert done.code == 0, done.err
    assert done.err.splitlines()[-1] == "page: run/explanation/report.html"
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
    done = trainer.run(["explain", run, "--json", "--report", tmp_path / "here"], tmp_path)
    assert json.loads(done.out) == facts
    assert (tmp_path / "here" / "report.html").exists()
    assert sorted(run.rglob("*")) == before


def test_what_comes_by_standard_input_is_called_so(trainer, iris, tmp_path):
    run = shutil.copytree(iris, tmp_path / "run")
    table = "".join((REPOSITORY / "data" / "iris.csv").read_text().splitlines(keepends=True)[:2])
    done = trainer.run(["explain", "run", "-"], tmp_path, stdin=table)
    assert done.code == 0, done.err
    assert done.err.splitlines()[-1] == "page: run/explanation-standard-input/report.html"
    assert "what made the answers, standard input" in done.out
    assert (run / "explanation-standard-input" / "report.html").exists()


def test_a_folder_that_holds_other_files_is_refused_where_it_was_named(trainer, iris, tmp_path):
    run = shutil.copytree(iris, tmp_path / "run")
    (run / "explanation").mkdir()
    (run / "explanation" / "mine.txt").write_text("mine")
    done = trainer.run(["explain", "run"], tmp_path)
    assert done.code == 0
    assert "no page was made: name a folder for it with --report" in done.err
    done = trainer.run(["explain", "run", "--report", "run/explanation"], tmp_path)
    assert done.code == 73
    assert "holds other files" in done.err
