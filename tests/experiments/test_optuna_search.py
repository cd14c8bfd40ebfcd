"""Optuna's searches: repeatable, and the same after a restart as without one."""

import pytest

optuna = pytest.importorskip("optuna")

from dltool import api  # noqa: E402
from dltool.console.sweep_results import print_points  # noqa: E402
from dltool.errors import DataWarning  # noqa: E402
from dltool.experiments.search import search_for  # noqa: E402

AXES = """
axes:
  training.optimizer.learning_rate: {low: 0.001, high: 0.1, log: true}
  training.epochs: {low: 10, high: 30, step: 5}
  model.hidden_units: [[4], [8], [16]]
  size:
    small: {training.batch_size: 1}
    large: {training.batch_size: 4}
"""


def searching(write, kind, more=""):
    return f"name: s\nbase: base.yaml\nsearch: {{type: {kind}, trials: 20{more}}}{AXES}"


def badness(values):
    return abs(values["training.optimizer.learning_rate"] - 0.03) + values["training.epochs"] / 100


def follow(definition, journal, count=99):
    """Ask and tell up to ``count`` points, as one driver after another would; returns their values."""
    search, asked = search_for(definition, journal), []
    while len(asked) < count and (point := search.ask()) is not None:
        asked.append(point.values)
        assert point.number == len(asked)
        search.tell(point.number, badness(point.values))
    return asked


@pytest.mark.parametrize("kind", ["random", "tpe"])
def test_a_search_is_repeatable_and_goes_on_as_if_it_had_never_stopped(write, tmp_path, kind):
    definition = api.read_sweep(write(searching(write, kind)))
    whole = follow(definition, tmp_path / "a")
    assert len(whole) == 20
    assert follow(definition, tmp_path / "b") == whole
    for stop in (1, 13, 17):
        assert follow(definition, tmp_path / "c", stop) == whole[:stop]
    assert follow(definition, tmp_path / "c") == whole
    for values in whole:
        assert 0.001 <= values["training.optimizer.learning_rate"] <= 0.1
        assert values["training.epochs"] in (10, 15, 20, 25, 30)
        assert values["model.hidden_units"] in ([4], [8], [16])
        assert values["size"] in ("small", "large")


FEW = """name: s
base: base.yaml
search: {type: KIND, trials: TRIALS}
axes:
  training.epochs: {low: 10, high: 12}
  training.optimizer.learning_rate: {low: 0.1, high: 0.3, step: 0.1}
  model.hidden_units: [[4], [8]]
"""


@pytest.mark.parametrize("kind", ["random", "tpe"])
def test_no_point_is_drawn_twice_and_all_of_them_where_enough_are_asked_for(write, tmp_path, kind):
    text = FEW.replace("KIND", kind)
    definition = api.read_sweep(write(text.replace("TRIALS", "18")))
    whole = follow(definition, tmp_path / "a")
    assert {repr(values) for values in whole} == {
        repr({"training.epochs": e, "training.optimizer.learning_rate": r, "model.hidden_units": u})
        for e in (10, 11, 12) for r in (0.1, 0.2, 0.3) for u in ([4], [8])
    }  # fmt: skip
    assert len(whole) == definition.total == 18
    assert follow(definition, tmp_path / "b") == whole
    for stop in (1, 7, 15):
        follow(definition, tmp_path / "c", stop)
    assert follow(definition, tmp_path / "c") == whole
    fewer = follow(api.read_sweep(write(text.replace("TRIALS", "9"))), tmp_path / "d")
    assert fewer == whole[:9]


@pytest.mark.parametrize("kind", ["random", "tpe"])
def test_a_space_that_is_exhausted_is_told_of_beforehand_and_ends_the_search(write, tmp_path, kind, capsys):
    path = write(FEW.replace("KIND", kind).replace("TRIALS", "1000"))
    with pytest.warns(DataWarning) as told:
        definition = api.read_sweep(path)
    assert [str(warning.message) for warning in told] == [
        f"{path}: 1,000 points are asked for, and the axes have 18 combinations; each of those is tried once"
    ]
    assert definition.total == 18
    assert len(follow(definition, tmp_path / "a", 2000)) == 18
    print_points(definition)
    assert "18 points, 1 run each: 18 trials" in capsys.readouterr().out


def test_a_point_that_a_crash_left_half_drawn_is_drawn_to_its_end(write, tmp_path):
    definition = api.read_sweep(write(FEW.replace("KIND", "random").replace("TRIALS", "18")))
    whole = follow(definition, tmp_path / "a")
    lines = (tmp_path / "a").read_bytes().splitlines(keepends=True)
    for kept in range(2, len(lines), 5):
        (tmp_path / "b").write_bytes(b"".join(lines[:kept]))
        assert follow(definition, tmp_path / "b") == whole


def test_a_range_with_hardly_a_number_in_it_does_not_hang(write, tmp_path):
    axes = "axes:\n  training.optimizer.learning_rate: {low: 0.1, high: 0.10000000000000002}\n"
    text = "name: s\nbase: base.yaml\nsearch: {type: random, trials: 5}\n" + axes
    search = search_for(api.read_sweep(write(text)), tmp_path / "a")
    assert [search.ask() is None for _ in range(6)] == [False] * 5 + [True]


def test_the_points_of_a_random_search_are_known_beforehand(write, tmp_path):
    definition = api.read_sweep(write(searching(write, "random")))
    assert [point.values for point in definition.points] == follow(definition, tmp_path / "a")


def test_another_seed_draws_other_points(write, tmp_path):
    text = searching(write, "random")
    base = (write(text).parent / "base.yaml").read_text()
    first = api.read_sweep(write(text)).points
    other = api.read_sweep(write(text, base=base.replace("seed: 7", "seed: 70"))).points
    assert [p.values for p in first] != [p.values for p in other]


def test_neighbouring_seeds_share_no_points(write):
    text = searching(write, "random")
    base = (write(text).parent / "base.yaml").read_text()
    rates = [
        {p.values["training.optimizer.learning_rate"] for p in api.read_sweep(write(text, base=other)).points}
        for other in (base, base.replace("seed: 7", "seed: 8"))
    ]
    assert len(rates[0]) == len(rates[1]) == 20
    assert not rates[0] & rates[1]


def test_tpe_learns_from_what_it_is_told(write, tmp_path):
    definition = api.read_sweep(write(searching(write, "tpe")))
    found = [badness(values) for values in follow(definition, tmp_path / "a")]
    assert sum(found[10:]) < sum(found[:10])


def test_a_journal_that_a_crash_cut_short_goes_on(write, tmp_path):
    definition = api.read_sweep(write(searching(write, "tpe")))
    whole = follow(definition, tmp_path / "a", 12)
    journal = (tmp_path / "a").read_bytes()
    for lost in (1, 40, 400, 2000):
        (tmp_path / "b").write_bytes(journal[:-lost])
        again = follow(definition, tmp_path / "b")
        assert len(again) == 20
        assert again[:9] == whole[:9]
        assert optuna.load_study(
            study_name="sweep",
            storage=optuna.storages.JournalStorage(
                optuna.storages.journal.JournalFileBackend(str(tmp_path / "b")),
            ),
        ).best_value == min(map(badness, again))  # fmt: skip


def test_median_pruning_stops_what_is_worse_than_most(write, tmp_path):
    definition = api.read_sweep(write(searching(write, "random", ", pruning: median")))
    search = search_for(definition, tmp_path / "a")
    for point in range(1, 6):
        search.ask()
        assert not search.should_prune(point, 1, float(point))
        search.tell(point, float(point))
    search.ask()
    assert not search.should_prune(6, 1, 2.5)
    search.tell(6, 2.5)
    search.ask()
    assert search.should_prune(7, 1, 3.5)


def test_a_point_that_failed_and_is_tried_again_runs_to_its_end(write, tmp_path):
    definition = api.read_sweep(write(searching(write, "tpe", ", pruning: median")))
    search = search_for(definition, tmp_path / "a")
    search.ask()
    assert not search.should_prune(1, 1, 0.5)
    search.tell(1, None)
    assert not search.should_prune(1, 1, 0.5)
    assert not search.should_prune(1, 2, 0.4)


def test_what_a_finished_point_came_to_is_not_changed(write, tmp_path):
    definition = api.read_sweep(write(searching(write, "tpe")))
    follow(definition, tmp_path / "a", 1)
    search = search_for(definition, tmp_path / "a")
    search.ask()
    search.tell(1, -5.0)
    assert b"-5.0" not in (tmp_path / "a").read_bytes()
