"""What the trials of a point come to, and which point is the best."""

import itertools
import math

import pytest

from dltool.runs.run_facts import RunFacts
from dltool.runs.trials import PointResult, Trial, best_of, mean_of, point_results, ranked, standard_error_of


def trial(point, objective, repeat=1):
    return Trial(
        trial=1, point=point, repeat=repeat, seed=7, values={}, attempts=1, path="001", objective=objective,
        status="failed" if objective is None else "completed",
    )  # fmt: skip


def point(number, *objectives):
    return PointResult(number, {}, tuple(trial(number, each, i) for i, each in enumerate(objectives, 1)))


POINTS = [
    point(1, None, None),
    point(2, 0.0, None),
    point(3, 0.5, 0.3),
    point(4, 0.2, 0.4),
    point(5, 0.4, 0.4),
    point(6, 9.0, None),
]


@pytest.mark.parametrize(("direction", "order"), [("minimize", [4, 3, 5, 2, 6, 1]), ("maximize", [3, 5, 4, 6, 2, 1])])
def test_the_best_first_then_those_that_lack_runs_and_those_that_lack_all(direction, order):
    assert [each.point for each in ranked(POINTS, direction)] == order


def test_of_equals_the_best_is_the_one_with_the_lowest_number():
    for some in itertools.permutations([point(3, 0.4), point(1, 0.4), point(2, 0.5), point(4, 0.1, None)]):
        assert best_of(some, "minimize").point == 1
    assert best_of([point(1, None), point(2, 0.1, None)], "minimize") is None


def test_the_mean_and_standard_error_of_a_point():
    (result,) = point_results([trial(1, 1.0, 1), trial(1, 2.0, 2), trial(1, 4.5, 3)])
    assert (result.mean, result.standard_error) == pytest.approx((2.5, math.sqrt(3.25 / 3)))
    assert (point(1, None).mean, point(1, 0.5).standard_error) == (None, None)


def test_what_is_kept_of_a_run():
    row = {"epoch": 3, "loss": 0.5, "validation_loss": math.nan, "learning_rate": 0.1, "seconds": 1.0}
    kept = trial(1, None)
    kept.update(RunFacts(status="completed", training_seconds=2.0), row, "validation_loss")
    assert (kept.metrics, kept.objective, kept.seconds) == ({"loss": 0.5, "validation_loss": None}, None, 2.0)
    kept.update(RunFacts(status="completed"), row, "loss")
    assert kept.objective == 0.5
    kept.update(RunFacts(status="diverged", reason="the loss"), row, "loss")
    assert (kept.objective, kept.reason) == (None, "the loss")


def test_the_mean_and_its_standard_error():
    assert (mean_of([]), standard_error_of([0.5])) == (None, None)
    slept = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]  # "Student" (1908): hours added by the second drug
    assert mean_of(slept) == pytest.approx(2.33)
    assert standard_error_of(slept) == pytest.approx(2.002 / math.sqrt(10), abs=0.0005)  # R: sd(extra) is 2.002
