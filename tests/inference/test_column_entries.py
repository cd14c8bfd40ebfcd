"""Columns are found where the network has them, and say what the table said."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from dltool.config.needs import TaskName
from dltool.contracts.signature import Column, Signature
from dltool.data import load
from dltool.inference.column_entries import column_entries, plain_number
from tests.support.examples import config_of

ROWS = [
    ("2021-03-01", "red", 10.0, "", 1),
    ("2021-05-20", "blue", 1000.0, "2.5", 2),
    ("2020-01-31", "red", 0.25, "7", 3),
    ("2022-12-24", "green", 31.4, "-1", 4),
]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    lines = ["sold,colour,area,depth,y", *(",".join(map(str, row)) for row in ROWS)]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    config = config_of(
        folder,
        "name: t\ndata: {source: csv, path: t.csv, targets: y, missing: mean, columns: {sold: date, "
        "colour: category, area: {type: number, transform: log}, depth: {type: number, indicator: true}}}\n"
        "model: {type: mlp, hidden_units: [4]}\ntraining: {loss: mean_squared_error, epochs: 1}\n",
    )
    dataset = load(config.data, config.needs, 0)
    return dataset.signature, dataset.train.features


def test_each_column_says_what_stood_in_the_table(table):
    signature, inputs = table
    found = {each.name: each.texts(inputs, signature) for each in column_entries(signature)}
    assert found["sold"] == [row[0] for row in ROWS]
    assert found["colour"] == [row[1] for row in ROWS]
    assert [float(text) for text in found["area"]] == [row[2] for row in ROWS]
    assert found["depth"] == ["missing", "2.5", "7", "-1"]


def test_all_entries_of_a_column_go_together_and_no_others(table):
    signature, inputs = table
    for each in column_entries(signature):
        moved = each.of_rows(inputs, np.array([3, 2, 1, 0]))
        other, kept = ("numbers", "categories") if each.category is None else ("categories", "numbers")
        np.testing.assert_array_equal(moved[kept], inputs[kept])
        changed = {i for i in range(inputs[other].shape[1]) if (moved[other][:, i] != inputs[other][:, i]).any()}
        places = {each.category} if each.category is not None else set(range(each.numbers.start, each.numbers.stop))
        assert changed == places
        np.testing.assert_array_equal(moved[other][::-1][:, sorted(places)], inputs[other][:, sorted(places)])
        assert each.texts(moved, signature) == each.texts(inputs, signature)[::-1]
        everywhere = each.of_rows(inputs, 1)
        assert set(each.texts(everywhere, signature)) == {each.texts(inputs, signature)[1]}


def test_features_stand_in_the_order_of_the_columns(table):
    signature, _ = table
    # A date is a day and two cycles, a category 1 for unknown and each text, an indicator stands behind its number.
    widths = [each.features.stop - each.features.start for each in column_entries(signature)]
    assert widths == [5, 4, 1, 2]
    assert sum(widths) == signature.input_shape[0]


HOLES = [("2021-03-01", "red", "", "1"), ("", "", "4", ""), ("2022-12-24", "blue", "7", "3"), ("", "red", "2", "8")]


def with_holes(folder, model, targets=""):
    lines = ["sold,colour,depth,weight,y", *(f"{','.join(row)},{i}" for i, row in enumerate(HOLES))]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    config = config_of(
        folder,
        f"name: t\ndata: {{source: csv, path: t.csv, missing: mean, {targets}columns: {{"
        "sold: {type: date, indicator: true}, depth: {type: number, indicator: true}}}\n"
        f"model: {model}\ntraining: {{loss: mean_squared_error, epochs: 1}}\n",
    )
    dataset = load(config.data, config.needs, 0)
    return dataset.signature, dataset.train.features, {each.name: each for each in column_entries(dataset.signature)}


MLP = "{type: mlp, hidden_units: [4]}"


def test_a_column_that_is_missing_everywhere_is_as_it_is_in_a_row_without_it(tmp_path):
    signature, inputs, entries = with_holes(tmp_path, MLP, "targets: y, ")
    for name, row in (("sold", 1), ("colour", 1), ("depth", 0)):
        made = entries[name].missing(inputs, signature)
        assert set(entries[name].texts(made, signature)) <= {"missing", "unknown"}
        for key, values in entries[name].of_rows(inputs, row).items():
            np.testing.assert_array_equal(made[key], values)


def test_what_a_model_cannot_tell_from_a_number_is_missing_nowhere(tmp_path):
    signature, inputs, entries = with_holes(tmp_path, MLP, "targets: y, ")
    weight = entries["weight"]
    assert weight.missing(inputs, signature) is None
    # The mean of 1, 3 and 8 stands in for it.
    assert weight.texts(inputs, signature) == ["1", "4", "3", "8"]
    assert weight.texts(inputs, signature, ["1", "", "3", "8"]) == ["1", "missing (4)", "3", "8"]
    assert entries["colour"].texts(inputs, signature, ["red", None, "blue", "red"]) == ["red", "missing", "blue", "red"]
    assert entries["colour"].texts(inputs, signature, ["red", "pink", "blue", "red"])[1] == "unknown"


@pytest.mark.parametrize(
    ("holes", "rare", "name", "text"),
    [(1, 0, "missing", "unknown"), (1, 9, "missing or other", "other"), (0, 9, "other", "other"),
     (0, 0, None, "unknown"), (1, None, "missing or other", "other"), (0, None, None, "other")],
)  # fmt: skip
def test_rare_categories_are_told_from_no_holes(holes, rare, name, text):
    column = Column("city", ("a", "b"), holes=holes, rare=rare)
    signature = Signature(TaskName.REGRESSION, (3,), "float32", 1, columns=(column,))
    (entry,) = column_entries(signature)
    inputs = {"categories": np.array([[0], [1], [0]], "int32")}
    made = entry.missing(inputs, signature)
    assert (made and entry.missing_name) == name
    if made:
        assert made["categories"].tolist() == [[0], [0], [0]]
    assert entry.texts(inputs, signature, ["c", "a", None]) == [text, "a", "missing"]


def test_a_column_of_a_file_that_knows_of_no_rare_texts_is_read():
    old = TypeAdapter(Column).validate_json('{"name": "city", "vocabulary": ["a"], "holes": 1, "fill": "unknown"}')
    assert old.rare is None


def test_an_autoencoder_sees_the_hole_itself(tmp_path):
    signature, inputs, entries = with_holes(tmp_path, "{type: autoencoder, latent_dim: 2}")
    made = entries["weight"].missing(inputs, signature)
    assert np.isnan(made["numbers"][:, entries["weight"].numbers]).all()
    assert entries["weight"].texts(made, signature) == ["missing"] * 4


@pytest.mark.parametrize(
    ("number", "written"),
    [(1234567.8, "1234570"), (2e7, "20000000"), (-999999.7, "-1000000"), (1.5, "1.5"), (0.0, "0"), (-0.0, "0"),
     (1e-7, "1e-07"), (1e20, "1e+20"), (123456, "123456")],
)  # fmt: skip
def test_large_numbers_are_written_as_tables_have_them(number, written):
    assert plain_number(number, 6) == written
