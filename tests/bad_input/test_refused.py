"""Bad input gets a sentence with a place and an exit code of its own, and leaves nothing behind."""

import os

import pytest

from tests.bad_input.refused import CASES
from tests.support.files import GOOD, csv, images
from tests.support.folders import tree, write
from tests.support.program import run_anew

ROWS = [(f"{kind}: {case.name}", case) for kind, cases in CASES.items() for case in cases]


@pytest.mark.parametrize("case", [case for _, case in ROWS], ids=[name for name, _ in ROWS])
def test_bad_input_is_refused(program, tmp_path, case):
    write(tmp_path, case.files)
    before = tree(tmp_path)
    code, out, err = program.run(case.words, tmp_path, case.stdin)
    assert code == case.code, err
    assert not [words for words in case.said if words not in err], err
    assert out == ""
    assert "Traceback" not in err
    assert tree(tmp_path) == before


def test_every_row_has_a_name_of_its_own():
    names = [name for name, _ in ROWS]
    assert len(set(names)) == len(names) >= 100


def test_a_pipe_is_refused_rather_than_waited_for(program, tmp_path):
    write(tmp_path, csv())
    (tmp_path / "t.csv").unlink()
    os.mkfifo(tmp_path / "t.csv")
    code, _, err = program.run(["check", "c.yaml"], tmp_path)
    assert (code, "t.csv: neither a file nor a folder" in err) == (77, True), err


@pytest.mark.parametrize(
    ("make", "expected", "words"),
    [
        (os.mkfifo, 77, "cat/3.png: neither a file nor a folder"),
        (lambda path: path.symlink_to("nowhere"), 65, "cat/3.png: a broken link"),
    ],
    ids=["pipe", "broken link"],
)
def test_pictures_that_are_no_files_are_refused(program, tmp_path, make, expected, words):
    write(tmp_path, images())
    make(tmp_path / "pictures" / "cat" / "3.png")
    code, _, err = program.run(["train", "c.yaml"], tmp_path)
    assert (code, words in err) == (expected, True), err


def test_a_link_to_itself_is_refused(program, tmp_path):
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    write(tmp_path, {"c.yaml": GOOD.replace("seed: 1", "extends: loop.yaml")})
    assert program.run(["check", "loop.yaml"], tmp_path)[0] == 66
    code, _, err = program.run(["check", "c.yaml"], tmp_path)
    assert (code, "there is no file loop.yaml" in err) == (78, True), err


@pytest.mark.parametrize("name", ["value: several mistakes at once", "csv: UTF-16", "npz: Python objects"])
def test_the_whole_program_does_the_same(tmp_path, name):
    case = dict(ROWS)[name]
    write(tmp_path, case.files)
    before = tree(tmp_path)
    done = run_anew(case.words, tmp_path)
    assert (done.code, done.out) == (case.code, "")
    assert all(words in done.err for words in case.said)
    assert tree(tmp_path) == before


def test_train_says_what_is_hardly_meant_once_and_trains(trainer, tmp_path):
    write(tmp_path, csv("a,b,y\n1,2,no\n3,2,yes\n"))
    done = trainer.run(["train", "c.yaml", "-q"], tmp_path)
    assert (done.code, done.out) == (0, "runs/c-001\n")
    path = tmp_path / "t.csv"
    assert done.err == f"warning: {path}: every training row has the same value in column 'b'\n"
