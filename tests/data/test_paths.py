"""A path that a person named is found, or refused in words that help."""

import os
from pathlib import Path

import pytest

from dltool.data.paths import find_file, find_folder, paths_of, refuse_broken_link
from dltool.errors import DataError, InputMissingError, RefusedError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "iris.csv").write_text("a,y\n")
    (tmp_path / "images").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    return tmp_path


def test_what_is_there_is_found(folder: Path) -> None:
    assert find_file(str(folder / "iris.csv")) == folder / "iris.csv"
    assert find_folder(str(folder / "images")) == folder / "images"
    refuse_broken_link(folder / "iris.csv")


def test_a_pattern_names_several(tmp_path: Path) -> None:
    for name in ("b-2.csv", "b-1.csv", "b[1].csv", "c.csv"):
        (tmp_path / name).touch()
    assert paths_of(str(tmp_path / "b-*.csv")) == [tmp_path / "b-1.csv", tmp_path / "b-2.csv"]
    assert paths_of(str(tmp_path / "b[1].csv")) == [tmp_path / "b[1].csv"]
    assert paths_of(str(tmp_path / "d-*.csv")) == []
    assert paths_of([str(tmp_path / "c.csv"), "no/*"]) == [tmp_path / "c.csv", Path("no/*")]


@pytest.mark.parametrize(
    ("find", "name", "kind", "words"),
    [
        (find_file, "irsi.csv", InputMissingError, ["no such file", "did you mean", "iris.csv"]),
        (find_file, "IRIS.CSV", InputMissingError, ["did you mean", "iris.csv"]),
        (find_file, "none/iris.csv", InputMissingError, ["none does not exist either"]),
        (find_file, "images", InputMissingError, ["expected a file, found a folder"]),
        (find_folder, "iris.csv", InputMissingError, ["expected a folder, found a file"]),
        (find_folder, "image", InputMissingError, ["no such folder", "images"]),
        (find_file, "pipe", RefusedError, ["neither a file nor a folder"]),
        (lambda path: refuse_broken_link(Path(path)), "dangling", DataError, ["broken link"]),
        (find_file, "x" * 300, InputMissingError, ["cannot be read"]),
    ],
)
def test_what_is_not_there_is_refused_with_what_may_be_meant(
    folder: Path, find: object, name: str, kind: type, words: list[str]
) -> None:
    with pytest.raises(kind) as caught:
        find(str(folder / name))
    assert all(word in str(caught.value) for word in words), caught.value
