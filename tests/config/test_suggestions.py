"""Other people's words lead to ours, Keras's above all; none of ours leads astray."""

import re
from functools import cache
from typing import get_args

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltool.backend.start import start
from dltool.config import layer, layers, losses, optimizers
from dltool.config.field_types import Spec, kind_of, kinds_of
from dltool.config.suggestions import advice_on, closest, did_you_mean, did_you_mean_name, listed, synonym
from dltool.config.tables import Csv

start("cpu", 0, threads=(1, 2))

CHOICES = {
    "layers": layers.LAYERS, "losses": losses.LOSSES, "metrics": losses.METRICS, "optimizers": optimizers.OPTIMIZERS,
    "schedules": optimizers.SCHEDULES, "regularizers": layer.REGULARIZERS,
}  # fmt: skip
KINDS = {name: [kind_of(spec) for spec in specs] for name, specs in CHOICES.items()}


@pytest.mark.parametrize(("name", "spec"), [(name, spec) for name, specs in CHOICES.items() for spec in specs], ids=str)
def test_the_name_of_a_keras_class_is_the_kind_that_stands_for_it(name, spec):
    assert synonym(spec.keras_name, KINDS[name]) == kind_of(spec)
    assert synonym(f"tf.keras.{spec.keras_name}(0.1)", KINDS[name]) == kind_of(spec)


@pytest.mark.parametrize("alias", ["mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "bce", "BCE", "kld", "KLD"])
def test_what_keras_calls_a_loss_is_that_loss(alias):
    meant = keras.losses.get(alias)
    names = {spec.keras_name: kind_of(spec) for spec in losses.LOSSES}
    assert synonym(alias, KINDS["losses"]) == names.get(type(meant).__name__, getattr(meant, "__name__", None))


@pytest.mark.parametrize("alias", ["mse", "mae", "mape"])
def test_what_keras_calls_a_metric_is_that_metric(alias):
    assert (
        synonym(alias, KINDS["metrics"])
        == {spec.keras_name: kind_of(spec) for spec in losses.METRICS}[type(keras.metrics.get(alias)).__name__]
    )


@pytest.mark.parametrize("alias", ["swish", "hard_swish", "ReLU", "LeakyReLU", "Softmax", "ELU"])
def test_what_keras_calls_an_activation_is_that_activation(alias):
    known = get_args(layer.ActivationName)
    ours = {"ReLU": "relu", "LeakyReLU": "leaky_relu", "Softmax": "softmax", "ELU": "elu"}
    assert synonym(alias, known) == (ours.get(alias) or keras.activations.get(alias).__name__)


def all_specs(base):
    for spec in base.__subclasses__():
        yield spec
        yield from all_specs(spec)


@pytest.mark.parametrize("spec", [spec for spec in all_specs(Spec) if spec.__module__.startswith("dltool.config")])
def test_a_key_of_ours_means_itself(spec):
    known = list(spec.model_fields)
    assert [synonym(name, known) for name in known] == known
    for key in ("type", "source"):
        if key in known and spec.model_fields[key].annotation is not str:
            assert [synonym(name, kinds_of(spec, key)) for name in kinds_of(spec, key)] == list(kinds_of(spec, key))


def test_a_word_that_nobody_knows_becomes_none():
    assert advice_on("wibble") == ""
    assert synonym("wibble", ["wobble"]) is None


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("Relu", ["elu", "relu"], "did you mean 'relu'? one of: relu, elu"),
        ("qqq", list("cab"), "expected one of: a, b, c"),
        ("qqq", [], ""),
        ("val_acc", ["accuracy", "validation_accuracy"], "did you mean 'validation_accuracy'? one of: "
         "validation_accuracy, accuracy"),
        ("val_loss", ["auc", "validation_loss"], "did you mean 'validation_loss'? one of: validation_loss, auc"),
    ],
)  # fmt: skip
def test_the_likely_word_comes_first(word, known, expected):
    assert did_you_mean(word, known) == expected


@pytest.mark.parametrize("count", range(1, 14))
def test_a_list_shows_eight_and_counts_the_others(count):
    known = [f"word_{i:02}" for i in range(count)]
    shown = listed(known, known[-1])
    assert shown.startswith(known[-1])
    counted = re.search(r" and (\d+) more", shown)
    assert len(re.findall("word", shown)) + int(counted[1] if counted else 0) == count
    assert counted is None or int(counted[1]) > 1


@pytest.mark.parametrize(("word", "nearest"), [("adma", "adam"), ("relo", "relu"), ("epoch", "epochs")])
def test_the_nearest_word_is_suggested(word, nearest):
    assert f"did you mean '{nearest}'?" in did_you_mean(word, ["adam", "adamax", "relu", "elu", "epochs"])


NAMES = sorted({name for names in KINDS.values() for name in names} | {*Csv.model_fields})
letters = st.sampled_from("abcdefghijklmnopqrstuvwxyz_")
slips = st.lists(
    st.tuples(st.sampled_from(["change", "leave", "put", "swap"]), st.integers(0, 99), letters), max_size=5
)


def slipped(word, slips):
    for kind, where, letter in slips:
        at = where % max(1, len(word))
        if kind == "swap":
            word = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
        else:
            word = word[:at] + letter * (kind != "leave") + word[at + (kind != "put") :]
    return word


@given(st.sampled_from(NAMES), slips)
def test_a_slip_in_every_fourth_letter_finds_the_word_or_one_as_near(name, slips):
    word = slipped(name, slips[: len(name) // 4])
    found = closest(word, NAMES)
    assert found is not None
    assert found == name or len(word) < 4 or edits(word, found) <= len(slips[: len(name) // 4])


@given(st.text("abcdefghijklmnopqrstuvwxyz_", max_size=14), st.sampled_from(NAMES))
def test_a_word_that_has_nothing_to_do_with_another_is_not_taken_for_it(word, name):
    if closest(word, [name]) and not (name.startswith(word) or word.startswith(name)):
        few = edits(word, name) <= (max(len(word), len(name)) + 1) / 4
        assert few or {*word.split("_")} <= {*name.split("_")} or {*name.split("_")} <= {*word.split("_")}


def edits(word, other):
    """How many letters to leave out, put in, change or swap, counted from the definition."""

    @cache
    def between(i, j):
        if not i or not j:
            return i + j
        ways = [between(i - 1, j) + 1, between(i, j - 1) + 1, between(i - 1, j - 1) + (word[i - 1] != other[j - 1])]
        if i > 1 and j > 1 and word[i - 2 : i] == other[j - 2 : j][::-1]:
            ways.append(between(i - 2, j - 2) + 1)
        return min(ways)

    return between(len(word), len(other))


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("income", ["comment", "decimal"], None),
        ("embeding", ["encoding", "embedding"], "embedding"),
        ("batch", ["path"], None),
        ("miss", ["missing", "mass_index"], "missing"),
        ("sepal", ["petal_length", "sepal_length"], "sepal_length"),
        ("country_of_birth", ["country", "birth_year"], "country"),
        ("listen", ["silent"], None),
        ("ab", ["ba", "abc"], "abc"),
        ("x", ["y"], None),
        ("iris", ["irises.csv", "iris.csv"], "iris.csv"),
    ],
)
def test_examples_of_slips_and_of_none(word, known, meant):
    assert closest(word, known) == meant


def test_without_a_near_word_all_are_listed():
    assert did_you_mean("qqq", ["b", "a"]) == "expected one of: a, b"


@pytest.mark.parametrize(
    ("word", "names", "expected"),
    [
        ("Petal_Width", ["species", "petal width"], "; did you mean 'petal width'?"),
        ("spceies", ["petal width", "species"], "; did you mean 'species'?"),
        ("target", ["label", "x"], "; there is: label, x"),  # a synonym is no spelling of the user's own name
        ("q", [f"{i}" for i in range(14)], "; there is: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"),
        ("q", [], ""),
    ],
)
def test_of_the_users_own_names_the_likeliest_is_named(word, names, expected):
    assert did_you_mean_name(word, names) == expected


def slips_by_definition(word, other):
    """The whole table of letters changed, left out, put in or swapped with the next."""
    rows = [[i + j if not (i and j) else 0 for j in range(len(other) + 1)] for i in range(len(word) + 1)]
    for i, letter in enumerate(word, 1):
        for j, against in enumerate(other, 1):
            ways = [rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (letter != against)]
            if i > 1 and j > 1 and (letter, word[i - 2]) == (other[j - 2], against):
                ways.append(rows[i - 2][j - 2] + 1)
            rows[i][j] = min(ways)
    return rows[-1][-1]


def test_the_first_of_those_with_the_fewest_slips_is_the_closest():
    """Words that are alike in their beginning and end, among which all but few are passed over early."""
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(300):
        names = ["sensor_" + "".join(rng.choice([*"ab1"], rng.integers(2, 7))) + "_x" for _ in range(20)]
        word = "sensor_" + "".join(rng.choice([*"ab1"], rng.integers(2, 7))) + "_x"
        slips = [slips_by_definition(word, name) for name in names]
        most = [(max(len(word), len(name)) + 1) // 4 for name in names]
        fitting = [(own, i) for i, own in enumerate(slips) if own <= most[i]]
        expected = names[min(fitting)[1]] if fitting else None
        assert closest(word, names) == expected, (word, names)
        found += expected is not None
    assert found > 0
