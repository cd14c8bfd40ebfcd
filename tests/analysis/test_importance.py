"""How much each axis of a sweep matters: by simulations in which the truth is known, and of sweeps on paper."""

import itertools
import json
from types import SimpleNamespace

import numpy as np
import pytest

from dltool.analysis.importance import importance_of, shares_of
from dltool.runs.sweep_facts import Conclusions
from dltool.runs.trials import PointResult

RATE, UNITS = "training.optimizer.learning_rate", "model.hidden_units"
RNG = np.random.default_rng(9)


def points_of(values, objectives, status="completed"):
    """Return points, from a mapping of the values of each axis and the objectives of each point."""
    found = []
    for number, (each, own) in enumerate(zip(zip(*values.values(), strict=True), objectives, strict=True), 1):
        trials = tuple(SimpleNamespace(objective=one, status=status) for one in np.atleast_1d(np.asarray(own, object)))
        found.append(PointResult(number, dict(zip(values, each, strict=True)), trials))
    return found


def told(values, objectives, direction="minimize"):
    """Return the share, low and high end of each axis, by its name, and the rest."""
    found = importance_of(points_of(values, objectives), direction)
    return {each.axis: (each.share, each.low, each.high) for each in found.axes} | {"rest": found.rest}


def grid_of(*sizes):
    points = itertools.product(*map(range, sizes))
    return {f"axis{i}": list(levels) for i, levels in enumerate(zip(*points, strict=True))}


def dummies(levels):
    return (np.array(levels)[:, None] == np.unique(levels)[1:]).astype(float)


def effect(levels, size):
    """Return a main effect of some standard deviation over a grid."""
    values = np.linspace(-1, 1, len(set(levels)))[np.array(levels)]
    return size * values / values.std()


def simulate_grid(rng, sizes, sizes_of_effects, noise, repeats):
    """Yield objectives, columns and the true shares of a grid whose repeats share the luck of their seeds."""
    axes = list(grid_of(*sizes).values())
    truth = sum(effect(levels, size) for levels, size in zip(axes, sizes_of_effects, strict=True))
    shares = np.square(sizes_of_effects) / (np.square(sizes_of_effects).sum() + noise**2 / repeats)
    while True:
        seeds = rng.normal(0, 2, (1, repeats))
        yield (
            truth[:, None] + rng.normal(0, noise, (len(truth), repeats)) + seeds,
            list(map(dummies, axes)),
            True,
            shares,
        )


def simulate_search(rng, points, sizes_of_effects, noise):
    """Yield the same of points that were drawn: the first axis has its best value inside, the others at an end."""
    while True:
        drawn = rng.uniform(-1, 1, (points, len(sizes_of_effects)))
        effects = np.sqrt(3) * drawn
        effects[:, 0] = np.sqrt(45 / 4) * drawn[:, 0] ** 2
        effects *= sizes_of_effects
        columns = [np.stack([each, each**2], axis=1) for each in drawn.T]
        objectives = effects.sum(axis=1, keepdims=True) + rng.normal(0, noise, (points, 1))
        yield objectives, columns, False, effects.var(axis=0) / (effects.var(axis=0).sum() + noise**2)


@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (simulate_grid, ((3, 2), (1.0, 0.5), 1.0, 5)),
        (simulate_grid, ((3, 2), (1.0, 0.0), 0.5, 5)),
        (simulate_grid, ((3, 2, 2), (1.0, 0.5, 0.0), 0.5, 1)),
        (simulate_grid, ((3, 3), (0.0, 0.0), 1.0, 1)),
        (simulate_search, (20, (1.0, 0.5, 0.0), 0.5)),
        (simulate_search, (100, (1.0, 0.5, 0.0), 0.5)),
    ],
    ids=["repeats", "irrelevant", "once", "nothing", "few_drawn", "many_drawn"],
)
def test_the_share_is_the_true_one_and_the_interval_holds_it(make, arguments):
    simulations = itertools.islice(make(np.random.default_rng(5), *arguments), 200)
    found = [(shares_of(objectives, columns, full=full), truth) for objectives, columns, full, truth in simulations]
    shares, truths = (np.array(each) for each in zip(*found, strict=True))
    share, low, high = np.moveaxis(shares, 2, 0)
    # Not the mean: no share is below 0.
    assert np.median(share, axis=0) == pytest.approx(truths.mean(axis=0), abs=0.05)
    # Of 200 intervals that hold the truth with a probability of 95 %, fewer than 90 % would be rare; those of
    # irrelevant axes begin at 0 in 97.5 %.
    assert (((low <= truths) & (truths <= high)).mean(axis=0) >= 0.9).all()
    assert (low[truths == 0] == 0).mean() > 0.94 if (truths == 0).any() else True
    assert ((low <= share) & (share <= high)).all()


def test_in_a_full_grid_without_chance_it_is_the_decomposition_of_the_variance():
    axes = grid_of(4, 3)
    first, second = np.array([5.0, 1.0, 2.0, 4.0]), np.array([0.0, 1.0, 0.5])
    objectives = [first[i] + second[j] for i, j in zip(*axes.values(), strict=True)]
    found = told(axes, objectives)
    total = first.var() + second.var()
    for name, effects in (("axis0", first), ("axis1", second)):
        assert found[name] == pytest.approx([effects.var() / total] * 3, abs=1e-4)
    assert found["rest"] == pytest.approx(0, abs=1e-6)


def test_in_a_grid_with_repeats_interactions_are_no_chance():
    axes = grid_of(2, 2)
    corners = zip(*axes.values(), strict=True)
    objectives = [[i + j + 2 * (i ^ j) + 0.001 * (k * (i + 2 * j) % 3) for k in range(5)] for i, j in corners]
    # The means are 0, 3, 3, 2: the axes have effects of 1, their interaction one of 2, and 1 + 1 + 4 are 6.
    found = told(axes, objectives)
    for name in axes:
        assert found[name] == pytest.approx([1 / 6] * 3, abs=2e-3)
    assert found["rest"] == pytest.approx(4 / 6, abs=2e-3)


def test_it_is_epsilon_squared_of_a_grid_without_repeats():
    rng = np.random.default_rng(6)
    axes = grid_of(5, 4)
    objectives = rng.normal(size=(5, 4)) + np.arange(5)[:, None]
    squares = 4 * ((objectives.mean(axis=1) - objectives.mean()) ** 2).sum()
    rows, columns = objectives.mean(axis=1, keepdims=True), objectives.mean(axis=0)
    residual = ((objectives - rows - columns + objectives.mean()) ** 2).sum() / 12
    share, low, high = told(axes, objectives.ravel())["axis0"]
    columns_squares = 5 * ((columns - objectives.mean()) ** 2).sum()
    total = squares - 4 * residual + max(0.0, columns_squares - 3 * residual) + 19 * residual
    assert share == pytest.approx((squares - 4 * residual) / total)
    assert low < share < high


@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300])
@pytest.mark.parametrize("shift", [0, -3])
def test_neither_the_size_of_objectives_nor_their_direction_matters(size, shift):
    axes = grid_of(3, 3)
    objectives = np.random.default_rng(7).uniform(size=9) + shift
    expected = told(axes, objectives)
    assert told(axes, -size * objectives, "maximize") == {k: pytest.approx(v, abs=1e-6) for k, v in expected.items()}


def test_a_point_far_worse_than_the_rest_does_not_hide_what_matters():
    rng = np.random.default_rng(8)
    axes = {"rate": rng.uniform(0.001, 0.01, 30).tolist(), "units": rng.integers(4, 64, 30).tolist()}
    objectives = 100 * np.array(axes["rate"]) + rng.normal(0, 0.02, 30)
    before = told(axes, objectives)["rate"][0]
    objectives[11] = 1e6
    assert before > 0.95
    assert told(axes, objectives)["rate"][0] > 0.5
    better = np.append(objectives[:11], objectives[12:])
    assert told({k: v[:11] + v[12:] for k, v in axes.items()}, better)["rate"][0] > 0.95


def test_numbers_that_span_orders_of_magnitude_are_compared_by_them():
    rates = np.geomspace(1e-5, 1e-1, 20)
    objectives = (np.log10(rates) + 3) ** 2
    assert told({"rate": rates.tolist()}, objectives)["rate"][0] == pytest.approx(1)


def test_an_axis_of_one_value_is_left_out_and_values_of_any_kind_are_told_apart():
    axes = {**grid_of(3, 2), "same": [[4]] * 6}
    axes["axis0"] = [[{"type": "sgd", "momentum": 0.9}, True, 1][i] for i in axes["axis0"]]
    objectives = [[i // 2 + 0.01 * j, i // 2 - 0.01 * j] for j, i in enumerate(range(6))]
    found = told(axes, objectives)
    assert list(found) == ["axis0", "axis1", "rest"]
    assert found["axis0"][0] > 0.99


@pytest.mark.parametrize(
    ("axes", "objectives", "status"),
    [
        (grid_of(3, 2), range(6), "completed"),  # two residuals alone
        (grid_of(3, 3), [1.0] * 9, "completed"),
        (grid_of(3, 3), [None] * 9, "completed"),
        (grid_of(3, 3), range(9), "pruned"),
        (grid_of(1, 1), [1.0], "completed"),
        ({"a": [0, 1] * 6, "b": ["x", "y"] * 6}, range(12), "completed"),  # which of the two it is, nobody knows
        (
            {f"axis{i}": RNG.integers(0, 2, 300).tolist() for i in range(101)},
            range(300),
            "completed",
        ),
    ],
    ids=["few", "equal", "none", "pruned", "one", "together", "many_axes"],
)
def test_where_it_cannot_be_told_nothing_is_said(axes, objectives, status):
    assert importance_of(points_of(axes, objectives, status), "minimize") is None


def test_points_that_are_not_complete_take_no_part():
    axes = grid_of(3, 4)
    objectives = [[float(i), float(i) + 0.1] for i in range(12)]
    objectives[5] = [5.0, None]
    assert importance_of(points_of(axes, objectives), "minimize").points == 11


def test_it_is_told_at_the_end_and_kept(sweep, directory):
    text = f"name: s\nbase: base.yaml\naxes: {{{RATE}: [0.1, 0.01, 0.001], {UNITS}: [[4], [8]]}}\nrepeats: 2\n"
    result, _ = sweep(text, conclude=lambda path, *found: Conclusions(None, importance_of(*found)))
    assert [(each.axis, each.share) for each in result.importance.axes] == [(RATE, pytest.approx(1)), (UNITS, 0)]
    assert json.loads(directory.facts_path.read_text())["importance"] == result.importance.model_dump()
