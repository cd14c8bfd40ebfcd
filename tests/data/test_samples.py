import csv

import numpy as np
import pytest

from dltool import data
from dltool.data.samples import samples
from dltool.errors import DataWarning
from tests.support.examples import config_of
from tests.support.images import save

TABLE = "id,size,joined,colour,kind,price\n" + "".join(
    f"{i},{'?' if i % 4 == 0 else f' {i / 7:.3f}'},2020-01-{1 + i % 28:02d},{'rgb'[i % 3]},{'abcdef'[i % 6]},{i * i}\n"
    for i in range(60)
)
CONFIG = """
name: t
data: {{{data}}}
model: {model}
training: {{loss: {loss}, epochs: 1}}
"""


def sampled(folder, of, loss, model="{type: mlp, hidden_units: [2]}"):
    config = config_of(folder, CONFIG.format(data=of, loss=loss, model=model))
    dataset = data.load(config.data, config.needs, config.seed)
    return samples(config.data, dataset.train, dataset.signature), dataset


@pytest.fixture
def table(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    return 'source: csv, path: t.csv, missing: mean, missing_values: ["?"], columns: {id: ignore}, validation: 0.3'


def test_rows_of_a_table_are_as_they_stand_there_a_class_each(tmp_path, table):
    found, dataset = sampled(tmp_path, f"{table}, targets: kind", "categorical_crossentropy")
    rows = list(csv.DictReader(TABLE.splitlines()))
    assert [sample.label for sample in found] == ["a", "b", "c", "d"]
    trained = set(dataset.train.rows + 1)
    for sample in found:
        number = int(sample.name.removeprefix("row "))
        row = rows[number - 1]
        assert number in trained
        assert sample.label == row["kind"]
        expected = {name: row[name] for name in ("size", "joined", "colour", "price")}
        assert sample.cells == expected | ({"size": None} if row["size"] == "?" else {})
        numbers = dataset.signature.input_numbers
        price = (float(row["price"]) - numbers.offset[-1]) * numbers.scale[-1]
        assert sample.features["numbers"][-1] == pytest.approx(price, abs=1e-6)
        assert sample.features["categories"][0] == 1 + "bgr".index(row["colour"])


def test_numbers_to_predict_go_from_the_least_to_the_largest(tmp_path, table):
    found, dataset = sampled(tmp_path, f"{table}, targets: price", "mean_squared_error")
    prices = np.sort(dataset.train.targets[:, 0])
    assert [sample.label for sample in found] == [f"price {price:.6g}" for price in prices[[0, 13, 27, 41]]]


def test_where_the_input_is_learnt_there_are_no_labels(tmp_path, table):
    model = "{type: autoencoder, latent_dim: 1}"
    found, _ = sampled(tmp_path, table, "mean_squared_error", model)
    assert [sample.label for sample in found] == [""] * 4


def test_images_are_of_the_class_that_they_are_said_to_be(tmp_path):
    for i in range(12):
        for j in range(8):
            save(tmp_path / "photos" / f"{i:02d}" / f"{j}.png", np.full((5, 6, 3), 20 * i + j, np.uint8))
    found, _ = sampled(tmp_path, "source: image_folder, path: photos, test: 0.2", "categorical_crossentropy")
    assert [sample.label for sample in found] == [f"{i:02d}" for i in range(10) for _ in range(5)]
    shades = [int(sample.features["images"].max()) for sample in found]
    assert [shade // 20 for shade in shades] == [int(sample.label) for sample in found]
    assert len(set(shades)) == 50


def test_a_class_without_training_rows_has_no_sample(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=np.eye(4), y_train=[0, 2, 3, 0])
    found, _ = sampled(tmp_path, "source: npz, path: a.npz", "sparse_categorical_crossentropy")
    assert [sample.label for sample in found] == ["0", "2", "3"]


def test_labels_and_targets_without_names_are_numbered(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=np.eye(4), y_train=[[0, 1, 0], [1, 0, 1], [0, 0, 0], [1, 1, 0]])
    found, _ = sampled(tmp_path, "source: npz, path: a.npz", "binary_crossentropy")
    assert {sample.label for sample in found} == {"label 2", "label 1, label 3", "no label", "label 1, label 2"}
    np.savez(tmp_path / "a.npz", x_train=np.eye(4), y_train=np.arange(16.0).reshape(4, 4))
    found, _ = sampled(tmp_path, "source: npz, path: a.npz", "mean_squared_error")
    assert found[0].label == "target 1 0, target 2 1, target 3 2, …"


def test_of_two_classes_four_rows_are_shown(tmp_path):
    of = "source: inline, features: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0]"
    found, _ = sampled(tmp_path, of, "binary_crossentropy")
    rows = [(sample.label, sample.features["numbers"].tolist()) for sample in found]
    assert rows == [("0", [0, 0]), ("0", [1, 1]), ("1", [0, 1]), ("1", [1, 0])]


def test_skipped_rows_do_not_shift_those_that_are_shown(tmp_path):
    rows = (f"{i / 8},{i / 8}\n" + ("1,2,3\n" if i % 3 == 0 else "") for i in range(30))
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(rows))
    with pytest.warns(DataWarning, match="skipped") as said:
        found, _ = sampled(tmp_path, "source: csv, path: t.csv, targets: y, errors: skip", "mean_squared_error")
    assert len(said) == 1
    assert [f"y {sample.cells['a'].removesuffix('.0')}" for sample in found] == [sample.label for sample in found]
