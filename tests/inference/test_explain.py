"""Explanations of whole models, of every kind."""

import numpy as np
import pytest

from dltool.contracts.dataset import Batch, Part
from dltool.errors import DataError
from dltool.inference.explain import explain
from dltool.inference.explained_rows import ExplainedRow
from dltool.report.explanation import explanation_page
from tests.support.networks import network_of

RNG = np.random.default_rng(9)


def explained(made, examples=None, part=True):
    train = made.dataset.train
    batch = examples or Batch(np.arange(len(train)), train.features)
    return explain(made.model, made.description, made.task, batch, "here", train if part else None, "train", 3)


def table(folder, model="{type: mlp, hidden_units: [4]}", targets="y", loss="mean_squared_error"):
    lines = [
        f"{a:.3f},{c},{d},{y},{z}"
        for a, c, d, y, z in zip(
            RNG.normal(size=60), RNG.choice(["x", "y", "z"], 60), RNG.choice(["2020-01-01", "2021-06-30"], 60),
            RNG.permutation(60) % 2, RNG.permutation(60) % 2, strict=True,
        )
    ]  # fmt: skip
    (folder / "t.csv").write_text("\n".join(["a,c,d,y,z", *lines]) + "\n")
    wanted = f", targets: {targets}" if targets else ""
    return network_of(
        folder,
        f"name: t\ndata: {{source: csv, path: t.csv{wanted}}}\nmodel: {model}\ntraining: {{loss: {loss}, epochs: 1}}\n",
    )


def test_of_a_table_everything_is_there_and_adds_up(tmp_path):
    made = table(tmp_path)
    found = explained(made)
    assert set(found.columns) == {each.column for each in found.importances} == {"a", "c", "d", "z"}
    assert [each.column for each in found.dependences] == [each.column for each in found.importances]
    rises = [each.changes["loss"].mean for each in found.importances]
    assert rises == sorted(rises, reverse=True)
    assert (len(found.examples), found.measured_rows, found.left_out) == (12, 60, ())
    answers = made.task.decode(made.model(made.dataset.train.features, training=False).numpy())[:, 0]
    chosen = np.unique(np.linspace(0, 59, 32).round().astype(int))
    for example, answer in zip(found.examples, answers, strict=False):
        (attribution,) = example.attributions
        assert attribution.values.shape == (4,)
        assert attribution.values.sum() == pytest.approx(answer - answers[chosen].mean(), abs=1e-3)


def test_each_of_several_answers_is_explained(tmp_path):
    found = explained(table(tmp_path, targets="[y, z]", loss="binary_crossentropy"))
    names = ["probability of y", "probability of z"]
    assert [each.output for each in found.examples[0].attributions] == names
    assert list(found.dependences[0].outputs) == names


@pytest.mark.parametrize("kind", ["labels", "numbers"])
def test_of_eight_answers_five_are_explained_the_wrong_ones_first(tmp_path, kind):
    targets = [f"y{i}" for i in range(8)]
    rows = [f"{i * 0.37},{','.join(str((i >> j) % 2) for j in range(8))}\n" for i in range(40)]
    (tmp_path / "t.csv").write_text(f"a,{','.join(targets)}\n" + "".join(rows))
    loss = "binary_crossentropy" if kind == "labels" else "mean_squared_error"
    made = network_of(
        tmp_path,
        f"name: t\ndata: {{source: csv, path: t.csv, targets: [{', '.join(targets)}]}}\n"
        f"model: {{type: mlp, hidden_units: [4]}}\ntraining: {{loss: {loss}, epochs: 1}}\n",
    )
    features = {name: values[:2] for name, values in made.dataset.train.features.items()}
    chosen = [ExplainedRow(0, "", "", (7, 2)), ExplainedRow(1, "", "", ())]
    found = explain(
        made.model, made.description, made.task, Batch([1, 2], features), "here", made.dataset.train, "train", 3,
        chosen=chosen,
    )  # fmt: skip
    explained = [{int(each.output[-1]) for each in example.attributions} for example in found.examples]
    answers = made.task.decode(made.model(features, training=False).numpy())
    likeliest = [np.argsort(-row).tolist() if kind == "labels" else list(range(8)) for row in answers]
    rest = [label for label in likeliest[0] if label not in (7, 2)]
    assert explained == [{7, 2, *rest[:3]}, set(likeliest[1][:5])]


def test_the_class_that_is_predicted_is_explained(tmp_path):
    made = table(tmp_path, loss="binary_crossentropy")
    outputs = made.task.decode(made.model(made.dataset.train.features, training=False).numpy())
    found = explained(made)
    for example, output in zip(found.examples, outputs, strict=False):
        (attribution,) = example.attributions
        assert attribution.output == f"probability of {output.argmax()}"
        assert attribution.answer == pytest.approx(output.max(), abs=1e-5)
    assert found.dependences[0].outputs == ("probability of 1",)


def test_an_autoencoders_error_is_shared_out(tmp_path):
    made = table(tmp_path, "{type: autoencoder, latent_dim: 2}", "")
    found = explained(made)
    errors = made.model.row_errors(made.dataset.train.features).numpy()[:, 0]
    for example, error in zip(found.examples, errors, strict=False):
        (attribution,) = example.attributions
        assert (attribution.values.sum(), attribution.answer) == pytest.approx((error, error), rel=1e-5)
    assert len(found.importances) == 5


def arrays(folder, x, layers):
    np.savez(folder / "t.npz", x_train=x, y_train=np.arange(len(x)) % 3)
    return network_of(
        folder,
        f"name: t\ndata: {{source: npz, path: t.npz}}\nmodel: {{type: sequential, layers: [{layers}"
        "{type: dense, units: 3, activation: softmax}]}\ntraining: {loss: categorical_crossentropy, epochs: 1}\n",
    )


TOKENS = RNG.integers(0, 9, (30, 5)).astype("int32")
IMAGES = RNG.integers(0, 256, (30, 6, 6, 3)).astype("uint8")
FILMS = RNG.integers(0, 256, (30, 4, 3, 3, 2)).astype("uint8")


@pytest.mark.parametrize(
    ("x", "layers", "shape", "kind", "columns", "left_out"),
    [
        (
            TOKENS,
            "{type: embedding, input_dim: 9, output_dim: 3}, {type: gru, units: 2}, ",
            (5,),
            "steps",
            5,
            ["permutation"],
        ),
        (RNG.normal(size=(30, 5, 2)), "{type: flatten}, ", (5,), "steps", 5, ["permutation"]),
        (RNG.normal(size=(30, 4)), "", (4,), "columns", 4, []),
        (IMAGES, "{type: conv2d, filters: 2, kernel_size: 3}, {type: flatten}, ", (6, 6), "pixels", 0, ["permutation"]),
        (IMAGES, "{type: flatten}, ", (6, 6), "pixels", 0, ["permutation", "Grad-CAM"]),
        (RNG.normal(size=(30, 6, 6, 2)), "{type: flatten}, ", (6, 6), "pixels", 0, ["permutation"]),
        (RNG.normal(size=(30, 4, 3, 3, 2)), "{type: flatten}, ", (4,), "steps", 4, ["permutation"]),
        (FILMS, "{type: flatten}, ", (4,), "steps", 4, ["permutation", "Grad-CAM"]),
    ],
    ids=[
        "tokens",
        "series",
        "vectors",
        "images",
        "images without convolution",
        "images of numbers",
        "films of numbers",
        "films",
    ],
)
def test_what_is_unsuited_says_why(tmp_path, x, layers, shape, kind, columns, left_out):
    made = arrays(tmp_path, x, layers)
    found = explained(made)
    assert [reason.split()[0].rstrip(":") for reason in found.left_out] == left_out
    assert (found.kind, len(found.columns)) == (kind, columns)
    for example in found.examples:
        (attribution,) = example.attributions
        assert attribution.values.shape == shape
        assert (attribution.grad_cam is not None) == ("conv2d" in layers)
        assert attribution.error <= 1e-3
        assert (example.image is not None) == (len(shape) == 2)
    assert len(explanation_page(found, "t")[0].split('class="example"')) == 13
    if x is TOKENS:
        assert found.examples[0].values == tuple(map(str, made.dataset.train.features["tokens"][0]))


def test_answers_that_are_no_finite_numbers_are_told_as_such(tmp_path):
    made = table(tmp_path)
    made.model.set_weights([np.full_like(w, 1e30) for w in made.model.get_weights()])
    found = explained(made)
    assert found.dependences == ()
    assert len(found.importances) == 4
    assert found.examples[0].attributions[0].baseline == np.inf


def first_rows(made, count):
    train = made.dataset.train
    return Part({key: values[:count] for key, values in train.features.items()}, train.targets[:count])


@pytest.mark.parametrize(("rows", "measured"), [(9, 0), (10, 10)])
def test_columns_are_shuffled_in_ten_rows_and_more(tmp_path, rows, measured):
    made = table(tmp_path)
    part = first_rows(made, rows)
    found = explain(made.model, made.description, made.task, Batch(range(rows), part.features), "", part, "test", 3)
    assert (found.measured_rows, len(found.importances), len(found.dependences)) == (measured, *[4 * (rows > 9)] * 2)
    assert [reason.partition(": ")[2] for reason in found.left_out] == [
        "test has fewer than 10 rows, too few to shuffle"
    ] * (rows < 10)
    assert len(found.examples) == min(rows, 12)
    assert all(each.attributions[0].values.any() for each in found.examples)


def test_a_row_is_not_compared_with_itself(tmp_path):
    made = table(tmp_path)
    part, two = first_rows(made, 1), first_rows(made, 2)
    given = made.model, made.description, made.task
    with pytest.raises(DataError, match=r"^test: one row alone has no others to be compared with"):
        explain(*given, Batch([0], part.features), "", part, "test", 3)
    other = {key: values[1:] for key, values in two.features.items()}
    assert explain(*given, Batch([1], other), "", part, "test", 3).examples[0].attributions[0].values.any()


def test_the_same_seed_gives_the_same(tmp_path):
    made = table(tmp_path)
    first, second = explained(made), explained(made)
    assert (first.importances, first.dependences) == (second.importances, second.dependences)


def test_of_examples_that_were_chosen_it_is_said_why(tmp_path):
    made = table(tmp_path)
    part = first_rows(made, 20)
    batch = Batch([7, 9], first_rows(made, 2).features)
    chosen = [ExplainedRow(6, "closest", "0.5", ()), ExplainedRow(8, "furthest above", "1", ())]
    found = explain(made.model, made.description, made.task, batch, "here", part, "test", 3, chosen=chosen)
    assert [(each.id, each.why, each.true) for each in found.examples] == [
        ("7", "closest", "0.5"), ("9", "furthest above", "1"),
    ]  # fmt: skip
    assert {(each.why, each.true) for each in explained(made).examples} == {("", "")}


def test_an_empty_cell_is_called_missing_and_never_by_what_stands_in_for_it_alone(tmp_path):
    cells = {"a": ["2", "", "4", "9"] * 5, "b": ["", "1", "2", "4"] * 5, "c": ["", "x", "x", "y"] * 5}
    rows = zip(*cells.values(), range(20), strict=True)
    (tmp_path / "t.csv").write_text("a,b,c,y\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    made = network_of(
        tmp_path,
        "name: t\ndata: {source: csv, path: t.csv, targets: y, missing: mean, "
        "columns: {b: {type: number, indicator: true}}}\n"
        "model: {type: mlp, hidden_units: [4]}\ntraining: {loss: mean_squared_error, epochs: 1}\n",
    )
    train = made.dataset.train
    found = explained(made, Batch(train.rows + 1, train.features, {name: cells[name] for name in ("a", "c")}))
    # The mean of 2, 4 and 9 is 5.
    first, second = found.examples[:2]
    assert first.values == ("2", "missing", "missing")
    assert second.values == ("missing (5)", "1", "x")
    labels = {each.column: each.labels for each in found.dependences}
    assert labels == {"a": ("2", "4", "5", "9"), "b": ("1", "2", "4", "missing"), "c": ("x", "y", "missing")}
