"""Files by their names, and commands that are as the command line takes them."""

import shlex

import pytest
import typer

from dltool.cli import app
from dltool.config.file_kinds import draft_command, source_of, unlike_config


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


@pytest.mark.parametrize("name", ["config", "c.yaml", "c.json", "c.txt"])
def test_a_file_that_may_be_a_config_is_not_judged_by_its_name(tmp_path, name):
    (tmp_path / name).touch()
    assert unlike_config(tmp_path / name) == ("", "")
