"""A config is read from a file and on top of those that it extends."""

from pathlib import Path

import pytest

from dltool.config.reading import read_file
from dltool.errors import ConfigError, InputMissingError


def test_files_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes("name: ä".encode("utf-16"))
    with pytest.raises(ConfigError, match="save it as UTF-8"):
        read_file(path)
    path.write_bytes(b"\xef\xbb\xbfname: x\r\nseed: 1\r\n")
    assert read_file(path).value == {"name": "x", "seed": 1}
    with pytest.raises(InputMissingError, match=r"did you mean .*c\.yaml"):
        read_file(tmp_path / "cc.yaml")
    with pytest.raises(InputMissingError, match="is not a file"):
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

    def test_mappings_merge_and_lists_replace(self, tmp_path):
        top = self.write(
            tmp_path,
            top="extends: base.yaml\na: {x: 1}\nl: [9]\n",
            base="a: {x: 0, y: 2}\nl: [1, 2, 3]\nother: kept\n",
        )
        assert read_file(top).value == {"a": {"x": 1, "y": 2}, "l": [9], "other": "kept"}

    def test_another_type_drops_the_arguments_beneath(self, tmp_path):
        top = self.write(
            tmp_path,
            top="extends: base.yaml\noptimizer: {type: sgd}\n",
            base="optimizer: {type: adam, beta_1: 0.5}\n",
        )
        assert read_file(top).value == {"optimizer": {"type": "sgd"}}

    @pytest.mark.parametrize(
        ("top", "base", "merged"),
        [
            ("optimizer: {learning_rate: 1}", "optimizer: adam", {"optimizer": {"type": "adam", "learning_rate": 1}}),
            ("optimizer: adam", "optimizer: {type: adam, beta_1: 0}", {"optimizer": {"type": "adam", "beta_1": 0}}),
            ("optimizer: sgd", "optimizer: {type: adam, beta_1: 0}", {"optimizer": {"type": "sgd"}}),
            ("optimizer: {type: sgd}", "optimizer: adam", {"optimizer": {"type": "sgd"}}),
            ("optimizer: sgd", "optimizer: adam", {"optimizer": "sgd"}),
            ("data: {validation: 0.1}", "data: mnist", {"data": {"source": "mnist", "validation": 0.1}}),
            ("data: mnist", "data: {source: csv, path: x}", {"data": {"source": "mnist"}}),
            ("data: {test: t.csv}", "data: {test: {features: [1]}}", {"data": {"test": "t.csv"}}),
            ("a: {a: {a: {a: {a: {a: {a: {a: {b: 1}}}}}}}}", "a: {a: {a: {a: {a: {a: {a: {a: c}}}}}}}",
             {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"type": "c", "b": 1}}}}}}}}}),
        ],
    )  # fmt: skip
    def test_a_name_merges_as_the_mapping_that_it_stands_for(self, tmp_path, top, base, merged):
        assert read_file(self.write(tmp_path, top=f"extends: base.yaml\n{top}\n", base=f"{base}\n")).value == merged

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
