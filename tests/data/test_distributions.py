import numpy as np
import pytest

from dltool import data
from dltool.data.distributions import column_distributions, target_distributions
from tests.support.examples import config_of

RANDOM = np.random.default_rng(5)
CONFIG = """
name: t
data: {{{data}}}
model: {model}
training: {{loss: {loss}, epochs: 1}}
"""
MLP = "{type: mlp, hidden_units: [2]}"


def loaded(folder, of, loss="mean_squared_error", model=MLP):
    config = config_of(folder, CONFIG.format(data=of, loss=loss, model=model))
    return data.load(config.data, config.needs, config.seed)


def test_numbers_are_counted_as_numpy_counts_them_in_their_own_unit(tmp_path):
    size, income = RANDOM.normal(50, 9, 500), RANDOM.lognormal(10, 1, 500)
    lines = [f"{a},{b},{a * 2}" for a, b in zip(size, income, strict=True)]
    (tmp_path / "t.csv").write_text("size,income,price\n" + "\n".join(lines))
    columns = "columns: {income: {type: number, transform: log}}"
    dataset = loaded(tmp_path, f"source: csv, path: t.csv, targets: price, validation: 0.2, test: 0.1, {columns}")
    found, count = column_distributions(dataset)
    assert ([each.name for each in found], count) == (["size", "income"], 2)
    (price,) = target_distributions(dataset)
    for distribution, values in ((found[0], size), (found[1], income), (price, size * 2)):
        assert len(distribution.edges) == 16  # 2 * ∛350 is 14.1
        assert distribution.rows == {"train": 350, "validation": 100, "test": 50}
        np.testing.assert_allclose(distribution.edges[[0, -1]], [values.min(), values.max()], rtol=1e-5)
        inner = distribution.edges[1:-1]
        assert np.abs(values[:, None] - inner).min() > 1e-4  # no value that float32 could move into the next bin
        for name, part in (("train", dataset.train), ("validation", dataset.validation), ("test", dataset.test)):
            expected, _ = np.histogram(values[part.rows], [-np.inf, *inner, np.inf])
            assert distribution.counts[name].tolist() == expected.tolist()


def test_categories_dates_and_whole_numbers_have_bins_of_their_own(tmp_path):
    rows = [(i % 3, f"2021-05-{1 + i % 9:02d}", "yes" if i % 4 else "no", "pqr"[i % 3]) for i in range(120)]
    (tmp_path / "t.csv").write_text("rooms,day,member,kind\n" + "\n".join(",".join(map(str, row)) for row in rows))
    dataset = loaded(tmp_path, "source: csv, path: t.csv, targets: kind, test: 0.25", "categorical_crossentropy")
    rooms, day, member = column_distributions(dataset)[0]
    (kind,) = target_distributions(dataset)
    for name, part in (("train", dataset.train), ("test", dataset.test)):
        own = [rows[i] for i in part.rows]
        assert rooms.counts[name].tolist() == [sum(row[0] == value for row in own) for value in range(3)]
        assert day.counts[name].tolist() == [sum(row[1] == f"2021-05-{d:02d}" for row in own) for d in range(1, 10)]
        assert member.counts[name].tolist() == [sum(row[2] == value for row in own) for value in ("no", "yes")]
        assert kind.counts[name].tolist() == [sum(row[3] == value for row in own) for value in "pqr"]
    assert rooms.edges.tolist() == [-0.5, 0.5, 1.5, 2.5]
    assert day.is_date
    assert day.edges[0] + 0.5 == np.datetime64("2021-05-01").astype(int)
    assert (member.labels, kind.name, kind.labels) == (("no", "yes"), "kind", ("p", "q", "r"))


def test_of_many_categories_the_others_are_one_and_unknown_ones_are_told(tmp_path):
    names = [f"c{i:02d}" for i in range(20) for _ in range(30 - i)]
    (tmp_path / "t.csv").write_text("city,y\n" + "".join(f"{name},{i % 7}\n" for i, name in enumerate(names)))
    (tmp_path / "test.csv").write_text("city,y\nc00,1\nelsewhere,2\n")
    dataset = loaded(tmp_path, "source: csv, path: t.csv, targets: y, test: test.csv, columns: {city: category}")
    ((city,), _) = column_distributions(dataset)
    assert city.labels == (*(f"c{i:02d}" for i in range(12)), "9 others")  # "unknown" is one of them
    assert city.counts["train"].tolist() == [*range(30, 18, -1), sum(range(11, 19))]
    assert city.counts["test"].tolist() == [1, *[0] * 11, 1]


def test_holes_are_told_and_where_the_network_fills_them_left_out(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{'' if i % 5 == 0 else i / 7},{i / 3}\n" for i in range(50)))
    filled = loaded(tmp_path, "source: csv, path: t.csv, targets: b, missing: mean")
    ((a,), _) = column_distributions(filled)
    assert a.note == "10 missing, taken for the mean of the training rows"
    assert a.rows == {"train": 50}
    model = "{type: autoencoder, latent_dim: 1}"
    a, b = column_distributions(loaded(tmp_path, "source: csv, path: t.csv, missing: mean", model=model))[0]
    assert (a.rows, b.rows) == ({"train": 40}, {"train": 50})
    assert target_distributions(loaded(tmp_path, "source: csv, path: t.csv, missing: mean", model=model)) == []


def test_pixels_are_counted_a_channel(tmp_path):
    images = RANDOM.integers(0, 256, (40, 5, 6, 3), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", x_train=images, y_train=np.arange(40) % 2)
    dataset = loaded(tmp_path, "source: npz, path: a.npz, scaling: rescaling", "binary_crossentropy")
    found, count = column_distributions(dataset)
    assert ([each.name for each in found], count) == (["red", "green", "blue"], 3)
    for i, each in enumerate(found):
        assert each.counts["train"].tolist() == np.histogram(images[..., i], each.edges)[0].tolist()
        assert each.rows == {"train": 40 * 30}


def test_of_many_examples_some_are_looked_at(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=np.ones((2500, 3, 3), np.uint8), y_train=np.arange(2500) % 2)
    dataset = loaded(tmp_path, "source: npz, path: a.npz, scaling: rescaling", "binary_crossentropy")
    ((pixels,), _) = column_distributions(dataset)
    assert (pixels.name, pixels.note, pixels.rows) == ("pixels", "of 2,000 examples", {"train": 2000 * 9})


def test_tokens_sequences_and_arrays(tmp_path):
    tokens = RANDOM.integers(0, 5, (30, 7))
    np.savez(tmp_path / "a.npz", x_train=tokens, y_train=RANDOM.integers(0, 2, (30, 2)))
    layers = "{type: embedding, input_dim: 5, output_dim: 2}, flatten, {type: dense, units: 2, activation: sigmoid}"
    model = f"{{type: sequential, layers: [{layers}]}}"
    dataset = loaded(tmp_path, "source: npz, path: a.npz", "binary_crossentropy", model)
    ((found,), _) = column_distributions(dataset)
    assert (found.labels, found.counts["train"].tolist()) == (tuple("01234"), np.bincount(tokens.ravel()).tolist())
    (labels,) = target_distributions(dataset)
    assert labels.counts["train"].tolist() == dataset.train.targets.sum(axis=0).tolist()
    assert labels.rows == {"train": 30}
    np.savez(tmp_path / "a.npz", x_train=RANDOM.normal(7, 3, (30, 4, 2)), y_train=np.arange(30.0))
    model = "{type: sequential, layers: [flatten, {type: dense, units: 1}]}"
    ((found,), _) = column_distributions(loaded(tmp_path, "source: npz, path: a.npz", model=model))
    assert (found.name, found.rows) == ("all values", {"train": 240})
    np.savez(tmp_path / "a.npz", x_train=RANDOM.normal(7, 3, (30, 40)), y_train=np.arange(30.0))
    found, count = column_distributions(loaded(tmp_path, "source: npz, path: a.npz"))
    assert (len(found), count, found[23].name) == (24, 40, "input 24")


def test_small_numbers_are_no_whole_ones(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=np.linspace(0, 1e-5, 50)[:, None], y_train=np.arange(50.0))
    ((found,), _) = column_distributions(loaded(tmp_path, "source: npz, path: a.npz, scaling: normalization"))
    assert (len(found.counts["train"]), found.counts["train"].sum()) == (8, 50)


@pytest.mark.parametrize("value", [0.0, 2.5, -1e25, 1e-25])
def test_a_column_of_one_value_has_a_bin_for_it(tmp_path, value):
    np.savez(tmp_path / "a.npz", x_train=np.full((9, 1), value), y_train=np.arange(9.0))
    with pytest.warns():
        dataset = loaded(tmp_path, "source: npz, path: a.npz, scaling: normalization")
    ((found,), _) = column_distributions(dataset)
    assert found.counts["train"].sum() == 9
    assert (np.diff(found.edges) > 0).all()
