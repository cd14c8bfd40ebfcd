"""A config is read from a file or from Python, and on top of the files that it extends."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from dltool.config.reading import read_file
from dltool.config.validation import load_config
from dltool.errors import ConfigError, InputMissingError
from tests.support.examples import GOOD


def test_files_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes("name: ä".encode("utf-16"))
    with pytest.raises(ConfigError, match="save it as UTF-8"):
        read_file(path)
    path.write_bytes(b"\xef\xbb\xbfname: x\r\nseed: 1\r\n")
    assert read_file(path).value == {"name": "x", "seed": 1}
    with pytest.raises(InputMissingError, match=r"did you mean .*c\.yaml"):
        read_file(tmp_path / "cc.yaml")
    with pytest.raises(InputMissingError, match=r"is a folder; .*\nhint: there is .*c\.yaml"):
        read_file(tmp_path)
    path.write_text("- 1\n")
    with pytest.raises(ConfigError, match="a config is a mapping of keys"):
        read_file(path)


class TestExtends:
    """Another file merged beneath."""

    def write(self, folder, **files):
        for name, text in files.items():
            path = folder / f"{name}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return folder / f"{next(iter(files))}.yaml"

    def test_the_place_of_a_name_beneath_is_its_own(self, tmp_path):
        files = {"top": "extends: base.yaml\no: {rate: 1}\n", "base": "\no: adma\n"}
        place = read_file(self.write(tmp_path, **files)).value_positions[("o", "type")]
        assert (Path(place.origin).name, place.line, place.column) == ("base.yaml", 2, 4)

    def test_places_lead_to_the_file_that_was_written_in(self, tmp_path):
        top = self.write(tmp_path, top="extends: base.yaml\nb: 2\n", base="\n\na: {deep: 1}\n")
        place = read_file(top).value_positions[("a", "deep")]
        assert (Path(place.origin).name, place.line, place.column) == ("base.yaml", 3, 11)

    def test_texts_remember_the_folder_of_their_file(self, tmp_path):
        (tmp_path / "below").mkdir()
        (tmp_path / "below" / "base.yaml").write_text("path: data.csv\n")
        (tmp_path / "top.yaml").write_text("extends: below/base.yaml\nother: x.csv\n")
        value = read_file(tmp_path / "top.yaml").value
        assert (value["path"].folder, value["other"].folder) == (tmp_path / "below", tmp_path)

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            ({"top": "extends: top.yaml\n"}, "leads back to this file"),
            ({"top": "extends: b.yaml\n", "b": "extends: top.yaml\n"}, "leads back to this file"),
            ({"top": "extends: nowhere.yaml\n"}, "there is no file"),
            ({"top": "extends: [1]\n"}, "expected the path of another config"),
        ],
    )
    def test_what_cannot_be_extended_is_named(self, tmp_path, files, said):
        with pytest.raises(ConfigError, match=said):
            read_file(self.write(tmp_path, **files))


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
