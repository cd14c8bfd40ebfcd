"""Optuna's searches: repeatable, and the same after a restart as without one."""

import pytest

optuna = pytest.importorskip("optuna")

from dltool import api  # noqa: E402
from dltool.experiments.search import report_interval, search_for  # noqa: E402

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
    while len(asked) < count and (values := search.ask()) is not None:
        asked.append(values)
        search.tell(len(asked), badness(values))
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
        assert not search.hopeless(point, 1, float(point))
        search.tell(point, float(point))
    search.ask()
    assert not search.hopeless(6, 1, 2.5)
    search.tell(6, 2.5)
    search.ask()
    assert search.hopeless(7, 1, 3.5)


def test_a_point_that_failed_and_is_tried_again_runs_to_its_end(write, tmp_path):
    definition = api.read_sweep(write(searching(write, "tpe", ", pruning: median")))
    search = search_for(definition, tmp_path / "a")
    search.ask()
    assert not search.hopeless(1, 1, 0.5)
    search.tell(1, None)
    assert not search.hopeless(1, 1, 0.5)
    assert not search.hopeless(1, 2, 0.4)


def test_what_a_finished_point_came_to_is_not_changed(write, tmp_path):
    definition = api.read_sweep(write(searching(write, "tpe")))
    follow(definition, tmp_path / "a", 1)
    search = search_for(definition, tmp_path / "a")
    search.ask()
    search.tell(1, -5.0)
    assert b"-5.0" not in (tmp_path / "a").read_bytes()


@pytest.mark.parametrize(("epochs", "interval"), [(1, 1), (20, 1), (21, 2), (40, 2), (1000, 50)])
def test_trials_are_judged_about_twenty_times(epochs, interval):
    assert report_interval(epochs) == interval
