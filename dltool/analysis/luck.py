"""How much of the lead of a sweep's best point is luck."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from dltool.config.losses import Loss
from dltool.config.needs import TaskName
from dltool.config.status import Status
from dltool.errors import DltoolError
from dltool.runs.predictions import Predictions
from dltool.runs.run import Run
from dltool.runs.sweep_directory import SweepDirectory
from dltool.runs.sweep_facts import Luck
from dltool.runs.trials import PointResult, ranked
from dltool.tasks import row_scores
from dltool.tasks.calibration import at_temperature
from dltool.tasks.row_losses import row_losses

_DRAWS = 1000
_SEED = 0
# What keeps the work within a second or so.
_MOST_POINTS = 200
_MOST_GROUPS = 1000
_MOST_BYTES = 1 << 28
# How well the mean over the rows must agree with the objective: Keras sums in float32.
_TOLERANCE = 1e-3


def luck_of(sweep: Path, points: Sequence[PointResult], direction: str) -> Luck | None:
    """Say how much of the best point's lead is luck; None where that cannot be told.

    Of points with several runs the seeds are drawn anew. Of points of one run each the validation rows are, by the
    predictions that the runs keep, where the objective is a mean over those rows; what other seeds would give is then
    not in it. A sweep with pruned points tells nothing: those never came to a result. Nor do two seeds.

    Args:
        sweep: The sweep's directory.
        points: All of its points.
        direction: ``minimize`` or ``maximize``.
    """
    found = [point for point in ranked(points, direction) if point.complete]
    best = found[0].mean if len(found) > 1 else None
    if best is None or any(trial.status == Status.PRUNED for point in points for trial in point.trials):
        return None
    if len(found[0].trials) == 2:  # to draw one of two leaves one: a lead in both would be no luck at all
        return None
    over: Literal["seeds", "rows"] = "seeds" if len(found[0].trials) > 1 else "rows"
    objectives = np.array([point.objectives for point in found[:_MOST_POINTS]])
    try:
        runs = [SweepDirectory(sweep).run(point.trials[0]) for point in found[:_MOST_POINTS]]
        scores = objectives if over == "seeds" else _scores_by_row(runs, objectives[:, 0])
    except (DltoolError, ValueError):
        return None
    if scores is None:
        return None
    sign = -1 if direction == "minimize" else 1
    size = float(abs(scores).max()) or 1.0  # sums of the largest numbers are none
    probability, optimism = bootstrap(sign * _in_groups(scores / size).T)
    expected = best - sign * optimism * size
    if not math.isfinite(expected):
        return None
    return Luck(probability=probability, optimism=optimism * size, expected=expected, over=over, points=len(scores))


def bootstrap(scores: np.ndarray) -> tuple[float, float]:
    """Return the probability that the first point is truly the best, and by how much its score flatters it.

    Rows are drawn with replacement, all points together (Efron, 1979). In each draw the points are ranked by the rows
    that were drawn, and measured on those that were not. The mean of the winners there, which had no part in choosing
    them, is what a chosen point is worth: the bootstrap bias correction of Tsamardinos, Greasidou and Borboudakis
    (2018). So are the second, the third and so on: the lead of the first over each, as it was seen and as it held up,
    are multiplied, and the root is taken. To that come the deviations of the draws, made as wide as those of so few
    rows are (Hesterberg, 2015). The root is what an empirical Bayes estimate amounts to where scores and their errors
    are normal: it shrinks a lead by a factor, and its variance by the same.

    Args:
        scores: Higher is better; shape (rows or seeds, points), the points best first.
    """
    rows = len(scores)
    counts = np.random.default_rng(_SEED).multinomial(rows, np.full(rows, 1 / rows), size=_DRAWS).astype(float)
    drawn, means = counts @ scores / rows, scores.mean(axis=0)
    left_out = (counts == 0).astype(float)
    some = left_out.any(axis=1)  # of few rows, some draws have each of them once
    measured = left_out[some] @ scores / left_out[some].sum(axis=1, keepdims=True)
    measured -= measured[:, :1] - means[0]  # the first one's mean over the draws is known: how rows differ falls out
    order = np.argsort(-drawn[some], axis=1, kind="stable")
    worth = np.take_along_axis(measured, order, axis=1).mean(axis=0)
    lead = np.sqrt((means[0] - means).clip(0) * (worth[0] - worth).clip(0))
    noise = (drawn - means) * math.sqrt(rows / (rows - 1))
    margin = lead + noise[:, :1] - noise
    # Equal points share the first place.
    wins = (margin >= 0).all(axis=1) / (margin == 0).sum(axis=1).clip(1)
    return float(wins.mean()), float(max(0.0, means[0] - worth[0]))


def _scores_by_row(runs: Sequence[Run], objectives: np.ndarray) -> np.ndarray | None:
    """Return the objective of each run row by row, shape (runs, rows); of many large ones the first.

    Returns:
        None where it is no mean over the rows, or the runs were not measured on the same ones.

    Raises:
        DltoolError: A file of a run is damaged.
        ValueError: Predictions do not fit the loss.
    """
    first, fingerprint = runs[0].predictions(), runs[0].read_facts().data_fingerprint
    if first is None:
        return None
    most = _MOST_BYTES // (first.targets.nbytes + first.outputs.nbytes)
    kept: list[tuple[Predictions, float | None]] = []
    for run in runs[:most]:
        facts, predictions = run.read_facts(), run.predictions()
        if predictions is None or facts.data_fingerprint != fingerprint or not _have_same_rows(predictions, first):
            return None
        kept.append((predictions, facts.threshold))
    if len(kept) < 2 or len(first.targets) < 2:
        return None
    loss = runs[0].config().training.loss
    for scores in _measures(loss, kept):
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = objectives[: len(kept)] / scores.mean(axis=1)
        # Networks may learn targets in other units, the same ones in all points.
        expected = scale[0] if loss.task is TaskName.REGRESSION else 1.0
        if np.isfinite(scale).all() and scale.all() and np.allclose(scale, expected, rtol=_TOLERANCE, atol=0):
            return expected * scores
    return None


def _measures(loss: Loss, kept: Sequence[tuple[Predictions, float | None]]) -> Iterator[np.ndarray]:
    """Yield what an objective may be the mean of, shape (runs, rows) each."""
    yield np.array([row_scores(loss, each.targets, each.outputs, threshold)[0] for each, threshold in kept])
    yield np.array([row_losses(loss, each.targets, _uncalibrated(each)) for each, _ in kept])


def _uncalibrated(predictions: Predictions) -> np.ndarray:
    """Return outputs as the epoch had them whose loss is the objective: a temperature came when training was over."""
    if predictions.temperature == 1:
        return predictions.outputs
    return at_temperature(predictions.outputs, predictions.targets, 1 / predictions.temperature)


def _have_same_rows(one: Predictions, other: Predictions) -> bool:
    in_same_places = one.rows is None or other.rows is None or np.array_equal(one.rows, other.rows)
    return in_same_places and np.array_equal(one.targets, other.targets)


def _in_groups(scores: np.ndarray) -> np.ndarray:
    """Return the means of groups of rows drawn at random, which deviate as the rows do; a few rows may be left over."""
    points, rows = scores.shape
    size = -(-rows // _MOST_GROUPS)
    order = np.random.default_rng(_SEED).permutation(rows)[: rows // size * size]
    means: np.ndarray = scores[:, order].reshape(points, -1, size).mean(axis=2)
    return means
