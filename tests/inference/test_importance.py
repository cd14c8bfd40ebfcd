"""Permutation importance of columns of which it is known what they are worth."""

import numpy as np
import pytest

from dltool.inference.column_entries import column_entries
from dltool.inference.importance import permutation_importance
from tests.support.networks import network_of


def network(folder, x, y, kernel, loss="mean_squared_error"):
    np.savez(folder / "t.npz", x_train=x, y_train=y)
    made = network_of(
        folder,
        "name: t\ndata: {source: npz, path: t.npz, scaling: none, target_scaling: none}\n"
        "model: {type: sequential, layers: [{type: dense, units: 1}]}\n"
        f"training: {{loss: {loss}, metrics: [mean_absolute_error], epochs: 1}}\n",
    )
    made.model.set_weights([np.array(kernel)[:, None], np.zeros(1)])
    return made


def importances(made, seed=0):
    columns = column_entries(made.description.signature)
    found = permutation_importance(made.model, made.task, made.dataset.train, columns, np.random.default_rng(seed))
    return {each.column: each.changes for each in found}


def test_a_copy_of_the_target_has_all_of_it_and_what_is_not_used_none(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 3)).astype("float32")
    found = importances(network(tmp_path, x, x[:, 1], [0.0, 1.0, 0.0]))
    assert next(iter(found)) == "input_2"
    # The loss was 0; of two independent rows, the mean of (y' - y)² is twice the variance, of |y' - y| 2 / √π.
    change = found["input_2"]["loss"]
    assert change.mean == pytest.approx(2 * x[:, 1].var(), rel=0.05)
    assert 0 < change.half_width < 0.2 * change.mean
    assert found["input_2"]["mean_absolute_error"].mean == pytest.approx(2 / np.pi**0.5 * x[:, 1].std(), rel=0.05)
    for name in ("input_1", "input_3"):
        assert all((each.mean, each.half_width) == (0, 0) for each in found[name].values())


def test_the_interval_of_a_column_that_tells_nothing_holds_0_as_often_as_it_says(tmp_path):
    """The network has weights for 80 columns of noise; an interval of the mean of the shuffles would hold 0 less."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, 80)).astype("float32")
    made = network(tmp_path, x, rng.normal(size=60), np.full(80, 0.1))
    changes = [each["loss"] for each in importances(made).values()]
    held = np.mean([abs(each.mean) <= each.half_width for each in changes])
    assert 0.88 <= held <= 1
    assert np.mean([abs(each.mean) <= each.half_width / 11**0.5 for each in changes]) < 0.75


def test_all_that_a_category_became_is_shuffled_together(tmp_path):
    rng = np.random.default_rng(1)
    colours, noise = rng.choice(["red", "green", "blue"], 300), rng.normal(size=300).round(3)
    lines = [f"{c},{n},{(c == 'red') * 3.0}" for c, n in zip(colours, noise, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["colour,noise,y", *lines]) + "\n")
    made = network_of(
        tmp_path,
        "name: t\ndata: {source: csv, path: t.csv, targets: y, target_scaling: none}\n"
        "model: {type: sequential, layers: [{type: dense, units: 1}]}\n"
        "training: {loss: mean_squared_error, epochs: 1}\n",
    )
    # unknown, blue, green, red; noise
    made.model.set_weights([np.array([[0.0], [0.0], [0.0], [3.0], [0.0]]), np.zeros(1)])
    found = importances(made)
    part = (colours == "red").mean()
    # Red in another row where it was not, or not where it was: 9 twice in p (1 - p) of the rows.
    assert found["colour"]["loss"].mean == pytest.approx(9 * 2 * part * (1 - part), rel=0.1)
    assert found["noise"]["loss"].mean == 0


def test_a_hole_moves_with_its_indicator(tmp_path):
    """The network answers a + 5 at a hole, which is filled with 2, so that all answers are 2 or 7 and right."""
    holes = np.random.default_rng(2).random(300) < 0.3
    lines = [f"{'' if hole else 2},{i % 7},{7 if hole else 2}" for i, hole in enumerate(holes)]
    (tmp_path / "t.csv").write_text("\n".join(["a,noise,y", *lines]) + "\n")
    made = network_of(
        tmp_path,
        "name: t\ndata: {source: csv, path: t.csv, targets: y, scaling: none, target_scaling: none, missing: mean, "
        "columns: {a: {type: number, indicator: true}}}\n"
        "model: {type: sequential, layers: [{type: dense, units: 1}]}\n"
        "training: {loss: mean_squared_error, epochs: 1}\n",
    )
    made.model.set_weights([np.array([[1.0], [5.0], [0.0]]), np.zeros(1)])
    found = importances(made)
    part = holes.mean()
    assert found["a"]["loss"].mean == pytest.approx(25 * 2 * part * (1 - part), rel=0.1)
    assert found["noise"]["loss"].mean == 0
