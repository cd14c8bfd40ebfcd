"""Every problem of a config is named at its place, all at once."""

import copy
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Strict

from dltool.config.data import SOURCES, Npz
from dltool.config.field_types import NUMBERS_ONLY, Spec
from dltool.config.tables import Csv, Parquet
from dltool.config.validation import load_config, validate
from dltool.config.yaml_reader import read_text
from dltool.errors import ConfigError
from tests.support.examples import GOOD


def problems(text):
    with pytest.raises(ConfigError) as caught:
        validate(read_text(text, "c.yaml", Path()))
    assert caught.value.exit_code == 78
    return str(caught.value)


def test_the_good_one_is_good():
    config = validate(read_text(GOOD, "c.yaml", "."))
    assert config.training.optimizer.learning_rate == 0.01
    assert config.training.batch_size == 32


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed: 7", "sead: 7", "c.yaml:2:1: error: unknown key 'sead' (sead)"),
        ("seed: 7", "<mlp>: 7", "c.yaml:2:1: error: unknown key '<mlp>' (<mlp>)"),
        ("seed: 7", "7: 7", "c.yaml:2:1: error: unknown key '7' (7)"),
        ("seed: 7", "seed: 2147483648", "c.yaml:2:7: error: expected a value less than 2147483648"),
        ("seed: 7", "seed: true", "c.yaml:2:7: error: expected a number, not true or false"),
        ("seed: 7", "seed: 1.5", "c.yaml:2:7: error: expected a whole number, got 1.5 (seed)"),
        ("seed: 7", "seed: -1", "c.yaml:2:7: error: expected a value greater than or equal to 0, got -1"),
        ("name: test", "name: a/b", "c.yaml:1:7: error: expected letters, digits"),
        ("name: test\n", "", "error: missing key 'name'"),
        ("type: adam", "type: adma", "c.yaml:13:21: error: unknown optimizer 'adma' (training.optimizer.type)"),
        ("type: adam", "type: <adam>", "c.yaml:13:21: error: unknown optimizer '<adam>' (training.optimizer.type)"),
        ("type: adam", "type: adma", "^^^^ did you mean 'adam'? one of: adam, adadelta"),
        ("{type: adam, learning_rate: 0.01}", "adma", "c.yaml:13:14: error: unknown optimizer 'adma'"),
        ("{type: adam, learning_rate: 0.01}", "{learning_rate: 1}", "c.yaml:13:3: error: missing key 'type'"),
        (
            "{type: adam, learning_rate: 0.01}",
            "3",
            "c.yaml:13:14: error: expected a mapping with a 'type', or the name",
        ),
        ("learning_rate: 0.01", "learning_rat: 1", "c.yaml:13:27: error: unknown key 'learning_rat'"),
        ("learning_rate: 0.01", "learning_rate: 0", "c.yaml:13:42: error: expected a value greater than 0, got 0"),
        ("learning_rate: 0.01", "learning_rate: .nan", "c.yaml:13:42: error: expected a finite number, got nan"),
        (
            "learning_rate: 0.01",
            "learning_rate: fast",
            "c.yaml:13:42: error: expected a number or a mapping, got 'fast'",
        ),
        ("learning_rate: 0.01", "learning_rate: {type: cosin_decay}", "did you mean 'cosine_decay'?"),
        ("learning_rate: 0.01", "learning_rate: null", "c.yaml:13:42: error: expected a number, got nothing"),
        ("learning_rate: 0.01", "learning_rate: true", "c.yaml:13:42: error: expected a number, not true or false"),
        ("learning_rate: 0.01", "learning_rate: 0.0_1", "c.yaml:13:42: error: 0.0_1 may be read in several ways"),
        (
            "learning_rate: 0.01",
            "learning_rate: [1]",
            "c.yaml:13:42: error: expected a number or a mapping (training.optimizer",
        ),
        ("learning_rate: 0.01", "learning_rate: {}", "c.yaml:13:27: error: missing key 'type'"),
        (
            "learning_rate: 0.01",
            "learning_rate: '0.1'",
            "c.yaml:13:42: error: expected a number or a mapping, got '0.1'",
        ),
        ("learning_rate: 0.01", "learning_rate: '0.1'", "write learning_rate: 0.1"),
        ("epochs: 10", "epochs: '5'", "c.yaml:16:11: error: expected a number, got '5' (training.epochs)"),
        ("units: 4", "units: ' 4 '", "write the number without quotes"),
        ("seed: 7", "seed: '1_0'", "c.yaml:2:7: error: expected a number, got '1_0'"),
        ("epochs: 10", "epochs: 10\n  shuffle: yes", "c.yaml:17:12: error: expected true or false, got 'yes'"),
        ("epochs: 10", "epochs: 10\n  shuffle: yes", "write true"),
        ("epochs: 10", "epochs: 10\n  shuffle: 0", "expected true or false, got 0"),
        ("epochs: 10", "epochs: 10\n  shuffle: Off", "write false"),
        ("epochs: 10", "epochs: 10\n  shuffle: 'true'", "expected true or false, got 'true'"),
        ("name: test", "name: 5", "c.yaml:1:7: error: expected a text, got 5"),
        ("name: test", "name: 5", "in quotes it is a text: '5'"),
        ("  type: sequential\n", "", "c.yaml:7:1: error: missing key 'type' (model)"),
        ("type: sequential", "type: recurrent", "c.yaml:8:9: error: unknown model 'recurrent' (model.type)"),
        ("units: 4", "units: 0", "c.yaml:10:28: error: expected a value greater than 0, got 0 (model.layers[0].units)"),
        ("units: 4, ", "", "c.yaml:10:7: error: missing key 'units' (model.layers[0])"),
        ("activation: relu", "activation: rellu", "c.yaml:10:43: error: unknown value 'rellu'"),
        ("activation: relu", "activation: rellu", "did you mean 'relu'?"),
        ("type: dense, units: 4", "type: dens, units: 4", "unknown layer 'dens' (model.layers[0].type)"),
        ("[accuracy]", "[acuracy]", "c.yaml:15:13: error: unknown metric 'acuracy'"),
        ("[accuracy]", "accuracy", "c.yaml:15:12: error: expected a list, got 'accuracy' (training.metrics)"),
        ("[accuracy]", "[accuracy, accuracy]", "metric accuracy is listed twice"),
        ("epochs: 10", "epochs: true", "c.yaml:16:11: error: expected a number, not true or false"),
        ("epochs: 10", "epochs: 010", "c.yaml:16:11: error: 010 may be read in several ways"),
        ("source: inline", "source: inlin", "unknown data source 'inlin' (data.source)"),
        ("[0, 1, 1, 0]", "[0, 1, 1]", "features has 4 rows, targets has 3"),
        ("[0, 1, 1, 0]", "[0, 1, 1, .inf]", "expected a finite number"),
        ("[[0, 0], ", "[[0, x], ", "c.yaml:5:18: error: expected a number, got 'x'"),
        ("binary_crossentropy", "{type: huber, delta: -1}", "training.loss.delta"),
        (
            "  epochs: 10",
            "  epochs: 10\n  early_stopping: {patience: two}",
            "c.yaml:17:30: error: expected a whole number",
        ),
        ("type: adam,", "type: adam, ema_momentum: 0.5,", "ema_momentum does nothing without use_ema: true"),
        (
            "learning_rate: 0.01",
            "learning_rate: {type: cosine_decay, initial_learning_rate: 1, decay_steps: 9, warmup_steps: 3}",
            "a warm-up needs both warmup_target and warmup_steps",
        ),
        (
            "{type: dense, units: 4, activation: relu}",
            "{type: random_zoom, height_factor: 3}",
            "expected a value less than or equal to 1, got 3",
        ),
        ("type: adam,", "type: adam, clipnorm: 1, clipvalue: 1,", "only one kind of clipping may be given"),
    ],
)
def test_a_problem_is_named_at_its_place(old, new, said):
    assert old in GOOD
    assert said in problems(GOOD.replace(old, new))


def test_all_problems_come_at_once_in_the_order_of_the_file():
    text = GOOD.replace("type: adam", "type: adma").replace("seed: 7", "sead: 7").replace("units: 4", "units: x")
    lines = [line for line in problems(text).splitlines() if "error:" in line]
    assert [line.split(":")[1] for line in lines] == ["2", "10", "13"]
    assert problems(text).endswith("3 problems in c.yaml")


def test_the_example_of_the_design():
    text = (
        "name: mnist\nseed: 7\ndata:\n  source: mnist\n  validation: 0.1\nmodel:\n  type: cnn\n  filters: [32]\n"
        "training:\n  loss: categorical_crossentropy\n  epochs: true\n  batch_size: 32\n  optimizer:\n    type: adma\n"
    )
    assert problems(text).splitlines() == [
        "c.yaml:11:11: error: expected a number, not true or false, got true (training.epochs)",
        "   11 |   epochs: true",
        "      |           ^^^^",
        "c.yaml:14:11: error: unknown optimizer 'adma' (training.optimizer.type)",
        "   14 |     type: adma",
        "      |           ^^^^ did you mean 'adam'? "
        "one of: adam, adadelta, adafactor, adagrad, adamax, adamw, ftrl, lamb and 6 more",
        "2 problems in c.yaml",
    ]


def test_a_problem_of_a_base_is_named_in_the_base(tmp_path):
    (tmp_path / "base.yaml").write_text(GOOD.replace("units: 4", "units: x"))
    (tmp_path / "top.yaml").write_text("extends: base.yaml\nseed: 8\ntraining: {epoch: 3}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "top.yaml")
    text = str(caught.value)
    assert f"{tmp_path / 'base.yaml'}:10:28: error: expected a whole number, got 'x'" in text
    assert f"{tmp_path / 'top.yaml'}:3:12: error: unknown key 'epoch'" in text
    assert text.endswith(f"2 problems in {tmp_path / 'top.yaml'}")


def places_of(value, keys=()):
    yield keys
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places_of(inner, (*keys, key))


JUNK = [None, True, -1, 1.5, 1e300, 10**30, "", "adam", "<adam>", "dense", [], [1], ["x"], {}, {"type": "adam"},
        {"type": None}, {"type": [1]}, {"source": 3}, {"<number>": 1}, {"": 1}]  # fmt: skip


@settings(max_examples=200)
@given(st.data())
def test_whatever_stands_in_a_config_is_taken_or_named(data):
    value = yaml.safe_load(GOOD)
    for keys in data.draw(st.lists(st.sampled_from(list(places_of(value))[1:]), min_size=1, max_size=3, unique=True)):
        changed = copy.deepcopy(value)
        inner = changed
        try:
            for key in keys[:-1]:
                inner = inner[key]
            inner[keys[-1]] = data.draw(st.sampled_from(JUNK))
        except (LookupError, TypeError):
            continue  # an earlier change took it away
        value = changed
    try:
        validate(read_text(yaml.safe_dump(value, sort_keys=False), "c.yaml", "."))
    except ConfigError as error:
        named = [line for line in str(error).splitlines() if "error: " in line]
        assert all(line.startswith("c.yaml:") for line in named)
        assert str(error).splitlines()[-1].startswith(f"{len(named)} problem")


def test_a_path_that_is_not_utf_8_is_refused_with_a_way_out():
    text = GOOD.replace(GOOD[GOOD.index("  source") : GOOD.index("model:")], "  {source: npz, path: data.npz}\n")
    with pytest.raises(ConfigError) as caught:
        validate(read_text(text, "f.yaml", Path(os.fsdecode(b"/caf\xe9"))))
    (problem,) = caught.value.problems
    assert problem.keys == ("data", "path")
    assert problem.message.startswith("expected a text in UTF-8, got")
    assert problem.hint == "rename the file or folder"


def test_an_override_has_the_words_of_the_command_as_its_place(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(GOOD)
    with pytest.raises(ConfigError) as caught:
        load_config(path, ["training.epoch=5", "training.optimizer.type=adma"])
    text = str(caught.value)
    assert "command line: error: unknown key 'epoch'" in text
    assert "| --set training.epoch=5\n      |       ^^^^^^^^^^^^^^ did you mean 'epochs'?" in text
    assert "command line: error: unknown optimizer 'adma'" in text
    assert (
        "| --set training.optimizer.type=adma\n      |                               ^^^^ did you mean 'adam'?" in text
    )


def test_the_later_override_wins(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(GOOD)
    assert load_config(path, ["training.epochs=5", "training.epochs=6"]).training.epochs == 6


def test_a_schedule_and_a_plateau_exclude_each_other():
    text = GOOD.replace("learning_rate: 0.01", "learning_rate: {type: inverse_time_decay, initial_learning_rate: 1, "
                        "decay_steps: 1, decay_rate: 1}") + "  reduce_lr_on_plateau: {}\n"  # fmt: skip
    assert "reduce_lr_on_plateau cannot be used with a learning-rate schedule" in problems(text)


def test_the_filled_in_config_is_a_config_again():
    config = validate(read_text(GOOD, "c.yaml", "."))
    again = validate(read_text(yaml.safe_dump(config.plain(), sort_keys=False), "again.yaml", "."))
    assert again.plain() == config.plain()


def test_a_config_cannot_be_changed():
    config = validate(read_text(GOOD, "c.yaml", "."))
    with pytest.raises(ValueError, match="frozen"):
        config.training.epochs = 3


@pytest.mark.parametrize(("override", "epochs"), [("training.epochs=5", 5), ("training.epochs=1e1", 10)])
def test_overrides_are_yaml(tmp_path, override, epochs):
    path = tmp_path / "c.yaml"
    path.write_text(GOOD)
    assert load_config(path, [override]).training.epochs == epochs


def test_no_number_and_no_boolean_takes_a_text():
    fields = [field for spec in specs_of(Spec) for field in spec.model_fields.values()]
    assert all(NUMBERS_ONLY in field.metadata for field in fields if field.annotation in (int, float))
    assert all(Strict() in field.metadata for field in fields if field.annotation is bool)


def test_a_source_knows_which_of_its_fields_name_files():
    for source in SOURCES:
        types = {name: repr((field.annotation, field.metadata)) for name, field in source.model_fields.items()}
        named = [name for name, written in types.items() if "function resolve" in written]
        assert sorted(named) == sorted(source.files)


def test_a_source_is_moved_in_its_files_alone():
    here = Csv(source="csv", path="/a/t.csv", targets="y", validation="/a/v.csv", test=0.25, delimiter=";")
    there = Csv(source="csv", path="/b/t.csv", targets="z", validation="/b/v.csv", test="/b/s.csv")
    assert here.moved(there) == here.model_copy(update={"path": "/b/t.csv", "validation": "/b/v.csv"})
    assert here.moved(Npz(source="npz", path="/b/t.npz")) == here
    parts = Parquet(source="parquet", path=["/a/1.parquet", "/a/2.parquet"], targets="y")
    whole = Parquet(source="parquet", path="/b/*.parquet", targets="z")
    assert parts.moved(whole) == parts.model_copy(update={"path": "/b/*.parquet"})


def specs_of(spec):
    yield spec
    for child in spec.__subclasses__():
        yield from specs_of(child)


def test_the_home_of_nobody_is_named(tmp_path):
    data = "data: {source: csv, path: ~nobody-here/x.csv, targets: y}\n"
    text = GOOD[: GOOD.index("data:")] + data + GOOD[GOOD.index("model:") :]
    assert "c.yaml:3:27: error: no such home folder in '~nobody-here/x.csv' (data.path)" in problems(text)
