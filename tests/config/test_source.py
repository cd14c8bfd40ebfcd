"""YAML is read with places, by the rules of version 1.2, and nothing is evaluated."""

import json
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dltool.config.source import apply_override, read_file, read_text
from dltool.config.words import did_you_mean
from dltool.errors import ConfigError, InputMissingError


def read(text):
    return read_text(text, "test.yaml", Path())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("-1.5E+3", -1500.0), (".5", 0.5), ("7", 7), ("-0", 0), ("true", True), ("False", False),
        ("yes", "yes"), ("on", "on"), ("~", None), ("null", None), ("''", ""), ("'010'", "010"), ("1:30", "1:30"),
        ("2026-11-23", "2026-11-23"), ("0.0.1", "0.0.1"), ("+1", 1), ("1.", 1.0), (".inf", math.inf),
        ("-.Inf", -math.inf), ("n", "n"), ("<<", "<<"), ("=", "="), ("1_a", "1_a"), ("'1_000'", "1_000"),
    ],
)  # fmt: skip
def test_scalars_are_read_as_yaml_1_2_has_them(text, value):
    found = read(f"key: {text}\n")
    assert found.value == {"key": value}
    assert isinstance(found.value["key"], type(value))
    assert isinstance(found.value["key"], bool) == isinstance(value, bool)
    assert found.problems == []


def test_nan_is_read_for_validation_to_refuse():
    assert math.isnan(read("key: .nan").value["key"])


@pytest.mark.parametrize(
    "text", ["010", "-07", "0x1F", "-0X1f", "0o17", "0b11", "1_000", "-1__0", "0.1_0", "1_0.5", "1_0e3"]
)
def test_numbers_of_two_meanings_are_refused_at_their_place(text):
    (problem,) = read(f"a: 1\nkey: {text}\n").problems
    assert "may be read in several ways" in problem.message
    assert (problem.place.line, problem.place.column) == (2, 6)


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text("abc xyz", max_size=8) | st.floats(-10, 10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text("abcdef_", min_size=1), plain_values, min_size=1))
def test_what_pyyaml_writes_is_read_back(value):
    assert read(yaml.safe_dump(value)).value == value


# JSON is YAML 1.2. Line breaks other than \n are YAML 1.1's, and what cannot be printed is refused by both.
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cn", "Co"]), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(words, json_values), st.sampled_from([None, 2]), st.booleans())
def test_what_json_writes_is_read_back(value, indent, ascii_only):
    if any(ord(letter) > 0xFFFF for letter in json.dumps(value, ensure_ascii=False)):
        ascii_only = False  # JSON escapes these as pairs of surrogates, YAML does not
    assert read(json.dumps(value, indent=indent, ensure_ascii=ascii_only)).value == value


@settings(max_examples=300, deadline=None)
@given(st.text() | st.text("{}[]:,&*!|>'\"#%@`- \n\tab01.", max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        read(text)
    except ConfigError as error:
        assert str(error).endswith("in test.yaml")


def test_every_value_has_its_place():
    document = read("a: 1\nb:\n  c: [10, 20]\n  d: {e: text}\n")
    places = {keys: (place.line, place.column) for keys, place in document.values.items()}
    assert places[("a",)] == (1, 4)
    assert places[("b", "c", 1)] == (3, 11)
    assert places[("b", "d", "e")] == (4, 10)
    assert {k: (p.line, p.column) for k, p in document.keys.items()}[("b", "d", "e")] == (4, 7)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "test.yaml:2:1: error: key 'a' was given before, on line 1"),
        ("a: !!python/object:os.system {}\n", "tag 'tag:yaml.org,2002:python/object:os.system' is not allowed"),
        ("a: !!python/name:os.system x\n", "is not allowed"),
        ("a: !mine x\n", "tag '!mine' is not allowed"),
        ("a: 1\nb: !!str 5\n", "test.yaml:2:4: error: tag 'tag:yaml.org,2002:str' is not allowed"),
        ("a: !!binary aGk=\n", "tag 'tag:yaml.org,2002:binary' is not allowed"),
        ("a: {<<: {b: 1}}\n", "use 'extends'"),
        ("? [1, 2]\n: x\n", "a key must be a word"),
    ],
)
def test_what_plain_data_does_not_need_is_a_problem(text, said):
    document = read(text)
    assert document.problems
    assert said in str(document.error(document.problems))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\n---\nb: 2\n", "another document"),
        ("a: [1, 2\n", "test.yaml:2:1"),
        ("a:\tb: 1\n", "not valid YAML"),
        ("a: \x00\n", "not valid YAML"),
        ("a: *nowhere\n", "undefined alias"),
        ("a: " + "[" * 3000, "nested deeper than 64 levels"),
        ("{a: " * 100 + "1" + "}" * 100, "nested deeper than 64 levels"),
    ],
)
def test_what_is_no_yaml_is_named_with_its_place(text, said):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert said in str(caught.value)


def test_aliases_cannot_make_a_small_file_describe_a_huge_value():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(ConfigError, match="aliases make this file describe too many values"):
        read("\n".join(lines))


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a [*a, *a]", "a: &a {b: *a, c: *a}"])
def test_a_value_that_holds_itself_is_refused(text):
    with pytest.raises(ConfigError, match="aliases make this file describe too many values"):
        read(text)


def test_an_alias_stands_for_what_it_names():
    assert read("a: &x [1, {b: 2}]\nc: *x\n").value == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}


def test_many_values_are_no_bomb():
    rows = 25_000
    document = read("rows:\n" + "  - [1, 2, 3, 4]\n" * rows)
    assert document.problems == []
    assert document.value == {"rows": [[1, 2, 3, 4]] * rows}


def test_columns_count_letters():
    place = read("ä: {日本: [é, x]}\n").values[("ä", "日本", 1)]
    assert (place.line, place.column, place.width) == (1, 13, 1)


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
        place = read_file(self.write(tmp_path, **files)).values[("o", "type")]
        assert (Path(place.origin).name, place.line, place.column) == ("base.yaml", 2, 4)

    def test_places_lead_to_the_file_that_was_written_in(self, tmp_path):
        top = self.write(tmp_path, top="extends: base.yaml\nb: 2\n", base="\n\na: {deep: 1}\n")
        place = read_file(top).values[("a", "deep")]
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


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("a.b=2", {"a": {"b": 2, "c": [1, 2]}, "o": "adam"}),
        ("a.c.1=7", {"a": {"b": 1, "c": [1, 7]}, "o": "adam"}),
        ("a.c[0]=x", {"a": {"b": 1, "c": ["x", 2]}, "o": "adam"}),
        ("a={b: 5}", {"a": {"b": 5, "c": [1, 2]}, "o": "adam"}),
        ("o.rate=1e-3", {"a": {"b": 1, "c": [1, 2]}, "o": {"type": "adam", "rate": 0.001}}),
        ("new.key=[1, 2]", {"a": {"b": 1, "c": [1, 2]}, "o": "adam", "new": {"key": [1, 2]}}),
        ("a.b=", {"a": {"b": None, "c": [1, 2]}, "o": "adam"}),
    ],
)
def test_overrides_are_set_on_top(override, value):
    document = read("a: {b: 1, c: [1, 2]}\no: adam\n")
    assert apply_override(document, override) is None
    assert document.value == value


@pytest.mark.parametrize(
    ("text", "override", "value"),
    [
        ("data: mnist", "data.validation=0.1", {"data": {"source": "mnist", "validation": 0.1}}),
        ("data: mnist", "data={validation: 0.1}", {"data": {"source": "mnist", "validation": 0.1}}),
        ("data: {source: csv, path: x}", "data=mnist", {"data": {"source": "mnist"}}),
        ("o: {type: adam, rate: 1}", "o=adam", {"o": {"type": "adam", "rate": 1}}),
        ("o: {type: adam, rate: 1}", "o=sgd", {"o": {"type": "sgd"}}),
        ("l: [{type: a, n: 1}, b]", "l[1].n=2", {"l": [{"type": "a", "n": 1}, {"type": "b", "n": 2}]}),
    ],
)
def test_overrides_merge_with_names(text, override, value):
    document = read(text)
    assert apply_override(document, override) is None
    assert document.value == value


def test_an_override_that_is_not_utf_8_is_said_to_be_none():
    problem = apply_override(read("data: {path: a}\n"), "data.path=caf\udce9/b")
    assert (problem.message, problem.hint) == ("the value is not UTF-8", "rename the file or folder")


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text("abc.[]=019²{}: ", max_size=12) | st.just("a=\udcff"))
def test_any_override_is_set_or_a_problem(override):
    document = read("a: {b: 1, c: [1, 2]}\n")
    problem = apply_override(document, override)
    assert problem is None or "error:" in problem.render()


@pytest.mark.parametrize(
    "override",
    ["a.b", "=3", "a..b=1", "a.c.9=1", "a.c.x=1", "a.b=[1", "a[b=3", "a]=1", "a.c[0=1", "a.c[]=1", "a.c[-1]=1",
     ".a=1", "a.=1", "a b=1", "a.c[0]x=1", "[0]=1"],
)  # fmt: skip
def test_overrides_that_cannot_be_set_are_problems_with_the_words_as_place(override):
    problem = apply_override(read("a: {b: 1, c: [1, 2]}\n"), override)
    assert problem is not None
    assert f"--set {override}" in problem.render()


@pytest.mark.parametrize(("word", "nearest"), [("adma", "adam"), ("relo", "relu"), ("epoch", "epochs")])
def test_the_nearest_word_is_suggested(word, nearest):
    assert f"did you mean '{nearest}'?" in did_you_mean(word, ["adam", "adamax", "relu", "elu", "epochs"])


def test_without_a_near_word_all_are_listed():
    assert did_you_mean("qqq", ["b", "a"]) == "expected one of: a, b"
