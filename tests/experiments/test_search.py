"""How points are chosen, whoever chooses them."""

import pytest

from dltool import api
from dltool.experiments.search import report_interval, search_for


def test_a_grid_gives_the_checked_points_in_order_and_prunes_none(write, tmp_path):
    definition = api.read_sweep(write())
    search = search_for(definition, tmp_path / "journal")
    assert search.count_known() == 4
    assert [search.ask() for _ in range(5)] == [*definition.points, None]
    assert not search.should_prune(1, 1, 1e9)
    assert not (tmp_path / "journal").exists()


@pytest.mark.parametrize(("epochs", "interval"), [(1, 1), (20, 1), (21, 2), (40, 2), (1000, 50)])
def test_trials_are_judged_about_twenty_times(epochs, interval):
    assert report_interval(epochs) == interval
