"""A model file loads in plain Keras and answers as the tool does."""

import csv
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.saving import saving_lib

import dltool
from dltool.errors import DataError, InputMissingError
from dltool.inference.model_file import read_model
from dltool.model.build import build


def load_model(path):
    with path.open("rb") as stream:
        return read_model(stream, str(path), build)


def tables(run, source, **options):
    parts = list(dltool.predict(run, source, **options))
    return {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}


def test_a_table_with_texts_goes_into_plain_keras_as_it_is(fruit):
    folder = fruit.path.parent
    rows = list(csv.DictReader((folder / "fruit.csv").read_text().splitlines()))
    model = keras.saving.load_model(fruit.model_path)
    inputs = {
        "size": tf.constant([[float(row["size"])] for row in rows]),
        "colour": tf.constant([[row["colour"]] for row in rows]),
        "weight": tf.constant([[float(row["weight"])] for row in rows]),
    }
    outputs = np.asarray(model(inputs))
    ours = tables(fruit, folder / "fruit.csv")
    np.testing.assert_allclose(outputs.max(axis=1), ours["probability"], rtol=1e-5)
    classes = np.array(["apple", "berry", "melon"])
    assert classes[outputs.argmax(axis=1)].tolist() == ours["label"].tolist() == [row["kind"] for row in rows]


def test_raw_pixels_go_into_plain_keras_as_they_are(pictures):
    with np.load(pictures.path.parent / "images.npz") as arrays:
        images, labels = arrays["x_test"], arrays["y_test"]
    model = keras.saving.load_model(pictures.model_path)
    logits = np.asarray(model(images[..., None]))
    ours = tables(pictures, pictures.path.parent / "images.npz", top=3)
    softmax = np.exp(logits - logits.max(1, keepdims=True))
    softmax /= softmax.sum(1, keepdims=True)
    np.testing.assert_allclose(softmax.max(axis=1), ours["probability"], rtol=1e-4)
    np.testing.assert_allclose(sum(ours[f"probability{s}"] for s in ("", "_2", "_3")), 1, rtol=1e-5)
    accuracy = (logits.argmax(axis=1) == labels).mean()
    assert dltool.evaluate(pictures).metrics["accuracy"] == pytest.approx(accuracy)


def test_numbers_are_standardised_inside_the_model(two_numbers):
    table = np.loadtxt(two_numbers.path.parent / "numbers.csv", delimiter=",", skiprows=1, dtype="float32")
    model = keras.saving.load_model(two_numbers.model_path)
    outputs = np.asarray(model(table[:, :3]))
    ours = tables(two_numbers, two_numbers.path.parent / "numbers.csv")
    np.testing.assert_allclose(outputs[:, 0], ours["prediction_difference"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(outputs[:, 1], ours["prediction_double"], rtol=1e-4, atol=1e-5)


def test_the_file_holds_no_optimizer_and_carries_its_labels(fruit):
    model, description = load_model(fruit.model_path)
    signature = description.signature
    assert signature.classes == ("apple", "berry", "melon")
    assert [column.name for column in signature.columns] == ["size", "colour", "weight"]
    assert signature.columns[1].vocabulary == ("black", "green", "red", "yellow")
    assert {name: tensor.shape for name, tensor in model.input.items()} == {
        "categories": (None, 1),
        "numbers": (None, 2),
    }
    assert getattr(keras.saving.load_model(fruit.model_path), "optimizer", None) is None


def test_an_unknown_text_is_no_error(fruit, tmp_path):
    (tmp_path / "new.csv").write_text("size,colour,weight\n3.2,striped,21\n")
    assert tables(fruit, tmp_path / "new.csv")["label"].tolist() == ["melon"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"no zip at all"])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"model\.keras"):
        load_model(path)


def test_a_foreign_file_and_a_missing_one_are_named(tmp_path):
    (tmp_path / "run.json").write_text('{"status": "completed"}')
    with pytest.raises(InputMissingError, match=r"no model .*model\.keras"):
        dltool.predict(tmp_path, "-")
    path = tmp_path / "foreign.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path)
    with pytest.raises(DataError, match="not written by dltool"):
        load_model(path)


def test_a_cut_file_is_named(fruit, tmp_path):
    path = tmp_path / "cut.keras"
    with zipfile.ZipFile(fruit.model_path) as whole, zipfile.ZipFile(path, "w") as cut:
        for name in ("dltool.json", "config.json", "metadata.json"):
            cut.writestr(name, whole.read(name))
    with pytest.raises(DataError, match=r"cut\.keras"):
        load_model(path)


def test_columns_and_classes_may_be_called_anything(tmp_path):
    lines = ["model,km/h,concatenate,08"] + [
        f"{c},{i},{i % 3},{'1e3' if i % 2 else '08'}" for i, c in enumerate("abab" * 4)
    ]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "c.yaml").write_text(
        "name: t\ndata: {source: csv, path: t.csv, targets: '08', features: [model, km/h, concatenate]}\n"
        "model: {type: mlp, hidden_units: [4]}\ntraining: {loss: binary_crossentropy, epochs: 2}\n"
    )
    run = dltool.train(dltool.load_config(tmp_path / "c.yaml"), tmp_path / "run", device="cpu")
    assert dltool.load_config(run.config_path).data.targets == "08"
    assert len(tables(run, tmp_path / "t.csv")["label"]) == 16
    model = keras.saving.load_model(run.model_path)
    inputs = {"model": tf.constant([["a"]]), "km_h": tf.constant([[1.0]]), "concatenate": tf.constant([[1.0]])}
    assert model(inputs).shape == (1, 1)


def test_data_that_changed_since_training_are_not_evaluated_as_if_they_had_not(two_numbers):
    table = two_numbers.path.parent / "numbers.csv"
    text = table.read_text()
    table.write_text(text + text.splitlines()[-1] + "\n")
    try:
        with pytest.raises(DataError, match="the test part of the data has changed"):
            dltool.evaluate(two_numbers)
    finally:
        table.write_text(text)


def test_keras_forgets_which_attributes_it_skips():
    anew = saving_lib.get_attr_skipset.__wrapped__
    assert anew("Layer") is not anew("Layer"), "if it does not any more, model_file need not remember them"
    assert saving_lib.get_attr_skipset("Layer") == anew("Layer")
