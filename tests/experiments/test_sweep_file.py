"""A sweep file becomes points, all of them checked before anything runs."""

import shutil
from pathlib import Path

import pytest
import yaml

from dltool import api
from dltool.config.value_text import values_text
from dltool.errors import ConfigError, InputMissingError
from tests.support.places import REPOSITORY
from tests.support.sweeps import problems_of, sweep_of


def test_points_are_every_combination_and_the_last_axis_changes_fastest(write):
    definition = api.read_sweep(write())
    made = [(p.config.training.optimizer.learning_rate, p.config.model.hidden_units) for p in definition.points]
    assert made == [(0.1, [4]), (0.1, [8]), (0.01, [4]), (0.01, [8])]
    assert [p.number for p in definition.points] == [1, 2, 3, 4]
    assert all(p.config.training.epochs == 20 and p.config.seed == 7 for p in definition.points)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "axes: {training.optimizer.learning_rat: [0.1]}",
            [
                "sweep.yaml:3:8: error: unknown key 'learning_rat' (training.optimizer.learning_rat)",
                "did you mean 'learning_rate'?",
            ],
        ),
        (
            "axes:\n  training.epochs: [5, 0, 1.5]",
            [
                "sweep.yaml:4:24: error: expected a value greater than 0, got 0 (training.epochs)",
                "sweep.yaml:4:27: error: expected a whole number, got 1.5 (training.epochs)",
                "2 problems in sweep.yaml",
            ],
        ),
        (
            "axes:\n  n:\n    a: {training.epochs: 5}\n    b: {training.epoch: 5}",
            ["sweep.yaml:6:9: error: unknown key 'epoch' (training.epoch)"],
        ),
        (
            "axes:\n  training.optimizer:\n    - {type: sgd, momentun: 0.9}",
            ["sweep.yaml:5:19: error: unknown key 'momentun'"],
        ),
        ("axes: {training.epochs: 3}", ["sweep.yaml:3:25: error: expected a list, got 3 (axes.training.epochs)"]),
        (
            "axes: {training.epochs: {low: 1, hihg: 3}}",
            ["sweep.yaml:3:34: error: unknown key 'hihg'", "did you mean 'high'?"],
        ),
        (
            "axes: {training.epochs: {low: 1, high: 3}}",
            ["sweep.yaml:3:25: error: a grid needs the values of a range", "add a step"],
        ),
        ("axes: {training.epochs: [1, 2, 1]}", ["sweep.yaml:3:25: error: 1 is listed twice"]),
        ("axes: {'..': [1]}", ["'..' is no path"]),
        (
            "axes: {training.epochs: [1], training: [{epochs: 3}]}",
            ["sweep.yaml:3:30: error: training is set by two axes, training.epochs and training"],
        ),
        ("axes:\n  data.features[9]: [1]", ["sweep.yaml:4:3: error: there is no data.features[9] to set"]),
        ("axes: {seed: [1]}\nrepeats: 0", ["sweep.yaml:4:10: error: expected a value greater than 0, got 0 (repeats)"]),
        (
            "axes: {seed: [2147483646]}\nrepeats: 5",
            ["sweep.yaml:4:10: error: seed 2147483646 leaves no seeds for 5 repeats"],
        ),
        (
            "axes: {seed: [1]}\nsearch: {type: gird}",
            ["sweep.yaml:4:16: error: unknown search 'gird'", "did you mean 'grid'?"],
        ),
        ("axes: {seed: [1]}\nsearch: tpe", ["missing key 'trials'"]),
        (
            "axes: {seed: [1]}\nobjective: {metric: accuraci}",
            ["sweep.yaml:4:21: error: no metric is called 'accuraci'", "did you mean 'accuracy'?"],
        ),
        (
            "axes: {seed: [1]}\nobjective: {metric: validation_loss}",
            ["no metric is called 'validation_loss'", "set data.validation, e.g. 0.1"],
        ),
        (
            "axes: {data.validation: [null, 0.5]}",
            ["sweep.yaml:3:1: error: some points have a validation part and others have none"],
        ),
        (
            "axes:\n  seed: {low: 0, high: 999, step: 1}\n  training.epochs: {low: 1, high: 99, step: 1}",
            ["sweep.yaml:3:1: error: the grid has 99,000 points"],
        ),
    ],
)
def test_problems_are_named_at_their_place_in_the_sweep_file(write, text, said):
    message = problems_of(write(f"name: s\nbase: base.yaml\n{text}\n"))
    for part in said:
        assert part in message


def test_a_base_that_is_not_there_is_named_at_its_place(write):
    path = write("name: s\nbase: bass.yaml\naxes: {seed: [1]}\n")
    assert "sweep.yaml:2:7: error: there is no config bass.yaml (base)" in problems_of(path)


def test_a_base_that_is_wrong_is_reported_where_it_is_written_and_once(write):
    path = write(base="nam: x\ndata: {source: mnist}\n")
    message = problems_of(path)
    assert "base.yaml:1:1: error: unknown key 'nam'" in message
    assert message.count("unknown key 'nam'") == 1


def test_data_that_cannot_be_used_are_read_once(write, monkeypatch):
    from dltool import data

    described = []
    describe = data.describe
    monkeypatch.setattr(data, "describe", lambda *arguments: described.append(1) or describe(*arguments))
    base = (REPOSITORY / "configs" / "iris.yaml").read_text().replace("../data/iris.csv", "nowhere.csv")
    with pytest.raises(InputMissingError):
        api.read_sweep(write(sweep_of({"training.epochs": [1, 2, 3]}), base=base))
    assert len(described) == 1


def test_a_base_extends_another_file_as_a_config_does_written_in_the_sweep_file_too(write, tmp_path):
    path = write()
    below = tmp_path / "below"
    below.mkdir()
    (below / "middle.yaml").write_text("extends: ../base.yaml\nseed: 9\ntraining: {epochs: 3}\n")
    written_out = {"extends": "below/middle.yaml", "training": {"batch_size": 2}}
    for base in ("below/middle.yaml", written_out):
        path.write_text(
            sweep_of({"model.hidden_units": [[3], [5]]}).replace("base: base.yaml", yaml.safe_dump({"base": base}))
        )
        made = [p.config for p in api.read_sweep(path).points]
        assert [(c.seed, c.training.epochs, c.model.hidden_units) for c in made] == [(9, 3, [3]), (9, 3, [5])]
        assert made[0].name == "xor"
        assert made[0].training.batch_size == (4 if base == "below/middle.yaml" else 2)


def test_a_base_written_in_the_sweep_file_extends_from_its_folder_or_says_where_not(write):
    path = write("name: s\nbase:\n  extends: bass.yaml\naxes: {seed: [1]}\n")
    message = problems_of(path)
    assert "sweep.yaml:3:12: error: cannot extend 'bass.yaml': there is no file" in message


def test_a_base_in_the_home_folder(write, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / "s.yaml"
    path.write_text(write().read_text().replace("base: base.yaml", "base: ~/base.yaml"))
    assert len(api.read_sweep(path).points) == 4


def test_a_seed_that_cannot_be_is_a_problem_of_the_base(write):
    pytest.importorskip("optuna")
    path = write(sweep_of({"training.epochs": [1, 2]}, search={"type": "random", "trials": 2}))
    (path.parent / "base.yaml").write_text((path.parent / "base.yaml").read_text().replace("seed: 7", "seed: -7"))
    assert "base.yaml:2:7: error: expected a value greater than or equal to 0, got -7 (seed)" in problems_of(path)


@pytest.mark.parametrize(
    ("validation", "asked", "metric", "direction", "selected_on"),
    [
        ("", {}, "loss", "minimize", "training"),
        ("validation: 0.5", {}, "validation_loss", "minimize", "validation"),
        ("validation: 0.5", {"metric": "accuracy"}, "validation_accuracy", "maximize", "validation"),
        ("validation: 0.5", {"metric": "validation_accuracy"}, "validation_accuracy", "maximize", "validation"),
        ("test: 0.5", {"metric": "accuracy", "direction": "minimize"}, "accuracy", "minimize", "training"),
    ],
)
def test_the_objective_is_taken_on_the_validation_part_where_there_is_one(
    write, validation, asked, metric, direction, selected_on
):
    base = (Path(write()).parent / "base.yaml").read_text().replace("source: inline", f"source: inline\n  {validation}")
    definition = api.read_sweep(write(sweep_of({"training.epochs": [1]}, objective=asked), base=base))
    assert (definition.metric, definition.direction, definition.selected_on) == (metric, direction, selected_on)


@pytest.mark.parametrize(
    "axes",
    [
        {"training.loss": ["binary_crossentropy", "hinge"], "set": {"x": {"training.metrics": ["accuracy"]}}},
        {"training.loss": ["binary_crossentropy", {"type": "binary_crossentropy", "label_smoothing": 0.1}]},
    ],
)
def test_losses_of_several_kinds_rank_nothing(write, axes):
    with pytest.raises(ConfigError, match="the points' losses are of different kinds or in different units"):
        api.read_sweep(write(sweep_of(axes)))
    assert api.read_sweep(write(sweep_of(axes, objective={"metric": "accuracy"}))).metric == "accuracy"


def test_the_filled_in_file_says_the_same_from_any_folder(write, tmp_path):
    shutil.copy(REPOSITORY / "data" / "iris.csv", tmp_path / "a.csv")
    shutil.copy(REPOSITORY / "data" / "iris.csv", tmp_path / "b.csv")
    base = (REPOSITORY / "configs" / "iris.yaml").read_text().replace("../data/iris.csv", "a.csv")
    axes = {"data.path": ["a.csv", "b.csv"], "set": {"x": {"data.test": "a.csv"}, "y": {"data.test": 0.25}}}
    definition = api.read_sweep(write(sweep_of(axes), base=base))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "again.yaml").write_text(yaml.safe_dump(definition.plain, sort_keys=False))
    again = api.read_sweep(elsewhere / "again.yaml")
    assert [p.config.plain() for p in again.points] == [p.config.plain() for p in definition.points]
    assert again.plain == definition.plain
    assert definition.points[0].config.data.test == str(tmp_path / "a.csv")


@pytest.mark.parametrize("path", sorted((REPOSITORY / "configs" / "sweeps").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_can_be_run(path):
    pytest.importorskip("optuna")
    definition = api.read_sweep(path)
    assert definition.name == path.stem


def test_hundreds_of_points_read_their_data_once(write, tmp_path, monkeypatch):
    from dltool import data

    described = []
    describe = data.describe
    monkeypatch.setattr(data, "describe", lambda *arguments: described.append(1) or describe(*arguments))
    axes = {"training.epochs": {"low": 1, "high": 200, "step": 1}, "model.hidden_units": [[4], [8]]}
    assert len(api.read_sweep(write(sweep_of(axes))).points) == 400
    assert len(described) == 1


def test_values_of_every_kind_are_shown_as_a_person_writes_them(write):
    axes = (
        "training.optimizer: [adam, {type: sgd, momentum: 0.9, learning_rate: {type: cosine_decay, "
        "initial_learning_rate: 0.1, decay_steps: 5}}], training.class_weight: [null, balanced], "
        "training.shuffle: [true, false], model.hidden_units: [[4], [8, 8]]"
    )
    definition = api.read_sweep(write(f"name: kinds\nbase: base.yaml\naxes: {{{axes}}}\n"))
    first, *_, last = definition.points
    assert values_text(first.values) == "optimizer adam, class_weight null, shuffle true, hidden_units [4]"
    assert values_text(last.values) == (
        "optimizer {type: sgd, momentum: 0.9, learning_rate: {type: cosine_decay, initial_learning_rate: 0.1, "
        "decay_steps: 5}}, class_weight balanced, shuffle false, hidden_units [8, 8]"
    )
