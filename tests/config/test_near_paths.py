"""What is looked for is found where it is near, and only what is of the kind that is wanted."""

from pathlib import Path

import pytest

from dltool.config.file_kinds import is_yaml
from dltool.config.near_paths import near_path


@pytest.fixture
def folder(tmp_path):
    for name in ("configs/xor.yaml", "configs/xor.csv", "configs/iris.yml", "data/iris.csv", "data/deep/er/x.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


@pytest.mark.parametrize(
    ("meant", "fits", "found"),
    [
        ("configs/xro.yaml", is_yaml, "configs/xor.yaml"),
        ("configs/xro", is_yaml, "configs/xor.yaml"),
        ("configs/xor", is_yaml, "configs/xor.yaml"),
        ("config/xro.yaml", is_yaml, "configs/xor.yaml"),
        ("xor.yaml", is_yaml, "configs/xor.yaml"),
        ("irsi.yml", is_yaml, None),
        ("configs/mnist.yaml", is_yaml, None),
        ("configs/xor.csv.yaml", Path.is_dir, None),
        ("dta/iris.csv", Path.is_file, "data/iris.csv"),
        ("data/deap/er/x.csv", Path.is_file, "data/deep/er/x.csv"),
        ("daat", Path.is_dir, "data"),
        ("x" * 300, Path.is_file, None),
        ("a\0b", Path.is_file, None),
        ("no/such/thing", Path.is_file, None),
    ],
)
def test_a_slip_a_missing_ending_and_a_missing_folder_are_found(folder, meant, fits, found):
    assert near_path(folder / meant, fits) == (found and folder / found)


def test_one_of_very_many_is_found(tmp_path):
    for number in range(12_000):
        (tmp_path / f"x{number}.txt").touch()
    (tmp_path / "xor-11999.yaml").touch()
    assert near_path(tmp_path / "xr-11999.yaml", is_yaml) == tmp_path / "xor-11999.yaml"


def test_the_likeliest_may_be_of_another_kind(tmp_path):
    for name in ("xor.csv", "xor.npz", "xorr.yaml"):
        (tmp_path / name).touch()
    assert near_path(tmp_path / "xor", is_yaml) == tmp_path / "xorr.yaml"


def test_a_name_of_a_pattern_is_none(folder):
    assert near_path(folder / "*.yaml", is_yaml) is None
