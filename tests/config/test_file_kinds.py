"""Files by their names, and commands that are as the command line takes them."""

import shlex
from pathlib import Path

import pytest
import typer
import yaml

from dltool.cli import app
from dltool.config.file_kinds import draft_command, source_of, unlike_config
from tests.support.users import without_privileges


@pytest.mark.parametrize(
    ("name", "source"),
    [("a.csv", "csv"), ("a.TSV", "csv"), ("a.b.csv.gz", "csv"), ("a.xlsx", "excel"), ("a.npz", "npz"), ("a.gz", None)],
)
def test_a_source_reads_files_of_its_endings(name, source):
    assert source_of(name) == source


def make_picture(folder):
    folder.mkdir(parents=True)
    (folder / "1.PNG").touch()


@pytest.mark.parametrize("name", ["homes.csv", "my homes.parquet", "homes.csv.gz", "homes.xlsx", "pictures"])
def test_the_command_that_drafts_a_config_is_one(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    if name == "pictures":
        make_picture(path / "cat")
    else:
        path.touch()
    words = shlex.split(draft_command(path))
    assert words[:2] == ["dltool", "init"]
    assert str(path) in words
    assert words[-2:] == [">", f"{name.partition('.')[0]}.yaml"]
    typer.main.get_command(app).commands["init"].make_context("init", words[2:-2])


def test_no_config_is_written_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "homes.yaml").touch()
    assert draft_command(tmp_path / "homes.csv").endswith(" --target COLUMN")


def test_a_folder_is_answered_with_what_is_in_it(tmp_path):
    make_picture(tmp_path / "cat")
    assert "dltool init images" in unlike_config(tmp_path)[1]
    for name in "abcd":
        (tmp_path / f"{name}.yaml").touch()
    configs = ", ".join(f"{tmp_path}/{name}.yaml" for name in "abc")
    assert unlike_config(tmp_path) == ("a folder", f"there is {configs}, …")
    (tmp_path / "empty").mkdir()
    assert unlike_config(tmp_path / "empty") == ("a folder", "")


def test_a_folder_within_that_may_not_be_entered_hides_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no folder above is to be entered
    tmp_path.chmod(0o755)
    (tmp_path / "closed").mkdir(0o000)
    with without_privileges():
        assert unlike_config(Path()) == ("a folder", "")
        assert draft_command(Path()) == ""
    make_picture(tmp_path / "cat")
    with without_privileges():
        assert "dltool init images ." in unlike_config(Path())[1]


def test_the_value_that_a_config_is_to_have_is_yaml(tmp_path):
    path = tmp_path / "a, b: {c}.npz"
    path.touch()
    what, hint = unlike_config(path)
    assert what == "a file of arrays"
    written = yaml.safe_load(hint.removeprefix("a config names it: "))
    assert written == {"data": {"source": "npz", "path": str(path)}}


@pytest.mark.parametrize(("name", "beside"), [("run.json", "config.yaml"), ("sweep.json", "sweep.yaml")])
def test_the_record_of_a_run_is_known_by_what_lies_beside_it(tmp_path, name, beside):
    (tmp_path / name).touch()
    assert unlike_config(tmp_path / name) == ("", "")
    (tmp_path / beside).touch()
    what, hint = unlike_config(tmp_path / name)
    assert what == f"the record of a {name.removesuffix('.json')}"
    assert hint == f"there is {tmp_path / beside}; `dltool evaluate {tmp_path}` takes the folder"


@pytest.mark.parametrize("name", ["config", "c.yaml", "c.json", "c.txt"])
def test_a_file_that_may_be_a_config_is_not_judged_by_its_name(tmp_path, name):
    (tmp_path / name).touch()
    assert unlike_config(tmp_path / name) == ("", "")
