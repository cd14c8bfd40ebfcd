"""``explain`` as scripts see it."""

import json
import shutil

import numpy as np

from tests.support.places import REPOSITORY
from tests.support.program import run_anew


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


def test_a_network_of_several_dense_layers_is_explained_in_a_process_of_its_own(tmp_path):
    """There Keras gives a further layer the name that the first of its kind has."""
    random = np.random.default_rng(3)
    np.savez(tmp_path / "t.npz", x_train=random.integers(0, 256, (30, 6, 6, 1)).astype("uint8"), y_train=[0, 1, 2] * 10)
    layers = (
        "[{type: conv2d, filters: 2, kernel_size: 3}, flatten, {type: dense, units: 4}, "
        "{type: dense, units: 3, activation: softmax}]"
    )
    (tmp_path / "c.yaml").write_text(
        f"name: two\ndata: {{source: npz, path: t.npz}}\nmodel: {{type: sequential, layers: {layers}}}\n"
        "training: {loss: categorical_crossentropy, epochs: 1}\n"
    )
    for words in (["train", "c.yaml", "-q"], ["explain", "runs/two-001"]):
        done = run_anew(words, tmp_path)
        assert done.code == 0, done.err
    assert "Grad-CAM" in done.out
