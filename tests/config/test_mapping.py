"""A config from Python is what a file with the same values is."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from dltool.config.validation import load_config
from dltool.errors import ConfigError
from tests.support.examples import GOOD


def problems(mapping, overrides=()):
    with pytest.raises(ConfigError) as caught:
        load_config(mapping, overrides)
    assert caught.value.exit_code == 78
    return str(caught.value)


def test_a_mapping_is_what_a_file_with_the_same_values_is(tmp_path):
    (tmp_path / "c.yaml").write_text(GOOD)
    from_file = load_config(tmp_path / "c.yaml", ["seed=8"])
    assert load_config(yaml.safe_load(GOOD), ["seed=8"]).plain() == from_file.plain()
    assert from_file.seed == 8


def test_arrays_tuples_and_numbers_of_numpy_are_plain_data():
    plain = yaml.safe_load(GOOD)
    expected = load_config(plain).plain()
    plain["data"]["features"] = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.uint8)
    plain["data"]["targets"] = (0, 1, np.int32(1), 0)
    plain["training"]["epochs"] = np.int64(10)
    plain["training"]["optimizer"]["learning_rate"] = np.float64(0.01)
    assert load_config(plain).plain() == expected


def test_the_mapping_is_left_as_it_was():
    plain = yaml.safe_load(GOOD)
    load_config(plain, ["training.epochs=3", "model.layers[0].units=9"])
    assert plain == yaml.safe_load(GOOD)


def test_every_problem_is_named_by_its_path_and_none_by_a_file():
    plain = yaml.safe_load(GOOD)
    plain["sead"] = plain.pop("seed")
    plain["model"]["layers"][1] = {"type": "dens", "units": 1}
    plain["training"]["epochs"] = "ten"
    said = problems(plain)
    assert "error: unknown key 'sead' (sead)\n  hint: did you mean 'seed'?" in said
    assert "error: unknown layer 'dens' (model.layers[1].type)" in said
    assert "error: expected a whole number, got 'ten' (training.epochs)" in said
    assert said.endswith("3 problems in the mapping")
    assert ":1:" not in said


def test_what_no_file_could_hold_is_named():
    plain = yaml.safe_load(GOOD)
    plain["model"]["layers"][0]["units"] = {4}
    plain[3] = "three"
    said = problems(plain)
    assert "a key must be a text, got 3" in said
    assert "got set (model.layers[0].units)" in said
    plain = yaml.safe_load(GOOD)
    plain["seed"] = 10**5000
    assert "expected a finite number, got inf (seed)" in problems(plain)


def test_a_mapping_without_an_end_is_refused():
    endless = {"name": "a"}
    endless["data"] = endless["model"] = endless
    assert "nested deeper than 64 levels" in problems(endless)


def test_a_mapping_may_lie_over_a_file_and_paths_start_at_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "base.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    config = load_config({"extends": "base.yaml", "training": {"epochs": 3}})
    assert (config.name, config.training.epochs) == ("test", 3)
    table = load_config(
        {"extends": Path("base.yaml"), "data": {"source": "csv", "path": Path("t.csv"), "targets": "y"}}
    )
    assert table.data.path == str(tmp_path / "t.csv")
    assert "cannot extend 'no.yaml': there is no file no.yaml (extends)" in problems({"extends": "no.yaml"})
