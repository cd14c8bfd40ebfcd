"""How much each axis of a sweep matters to its objective."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dltool.config.status import Status
from dltool.runs.sweep_facts import AxisImportance, Importance
from dltool.runs.trials import PointResult

_DRAWS = 1000
_SEED = 0
_MOST_LEVELS = 5
_ORDERS = 100  # numbers that span more are compared by their logarithms, as pictures draw them
# What keeps the work within a second or so.
_MOST_COLUMNS = 100
# With fewer residuals an interval reaches from nothing to everything.
_LEAST_FREEDOM = 3
# Tukey's fence, in interquartile ranges (1977).
_FENCE = 1.5
_BISECTIONS = 40
_NOTHING = 1e-12


def importance_of(points: Sequence[PointResult], direction: str) -> Importance | None:
    """Say which share of the variance of the points' objectives each axis explains; None where that cannot be told.

    That is so of few points for their axes, of axes that always change together, and of a sweep with pruned points:
    those that came to a result are the good ones. An axis on which all points are alike is left out.

    Args:
        points: All points of the sweep; those that are complete take part.
        direction: ``minimize`` or ``maximize``.
    """
    if any(trial.status == Status.PRUNED for point in points for trial in point.trials):
        return None
    found = [point for point in points if point.complete]
    values = {name: [point.values[name] for point in found] for name in (found[0].values if found else ())}
    levels = {name: [json.dumps(value, sort_keys=True) for value in each] for name, each in values.items()}
    axes = [name for name, each in levels.items() if len(set(each)) > 1]
    columns = [_columns(values[name], levels[name]) for name in axes]
    if not axes or sum(each.shape[1] for each in columns) > _MOST_COLUMNS:
        return None
    combinations = set(zip(*(levels[name] for name in axes), strict=True))
    sizes = math.prod(len(set(levels[name])) for name in axes)
    objectives = np.array([point.objectives for point in found])
    shares = shares_of(_without_outliers(objectives, direction), columns, full=len(combinations) == len(found) == sizes)
    if shares is None:
        return None
    told = [
        AxisImportance(axis=name, share=share, low=low, high=high)
        for name, (share, low, high) in zip(axes, shares.tolist(), strict=True)
    ]
    told.sort(key=lambda each: -each.share)
    return Importance(axes=told, rest=max(0.0, 1 - sum(each.share for each in told)), points=len(found))


def shares_of(objectives: np.ndarray, columns: Sequence[np.ndarray], *, full: bool) -> np.ndarray | None:
    """Return the share of the variance of the points' means that each axis explains by itself, and its 95 % interval.

    It is the share of a main effect in a functional analysis of variance (Hutter, Hoos and Leyton-Brown, 2014), of the
    points that were tried: a linear model of all axes together is fitted to the means, and from the sum of squares of
    each axis the part is taken that chance alone adds, as in epsilon squared (Kelley, 1935). What chance is the
    points tell: of a full grid with repeats the differences between repeats, less those that all points share, since
    they have the same seeds; otherwise what the model leaves, interactions included. The interval is that of a
    generalized pivotal quantity (Weerahandi, 1993): the variance of chance and the noncentrality of each axis are drawn
    from what their chi-squared distributions say of them, all axes with the same variance. It begins above 0 just where
    the F test has a p value below 2.5 %.

    Args:
        objectives: Shape (points, repeats).
        columns: Of each axis, what its values are to a linear model; shape (points, columns).
        full: Whether the points are every combination of the axes' values, once each.

    Returns:
        Share, low end and high end of each axis, shape (axes, 3); None where the points do not tell.
    """
    points, repeats = objectives.shape
    size = np.abs(objectives).max() or 1.0  # squares of the largest numbers are none
    deviations = objectives / size - (objectives / size).mean()
    means = deviations.mean(axis=1)
    centred = [each - each.mean(axis=0) for each in columns]
    design = np.concatenate(centred, axis=1)
    width = design.shape[1]
    if points - 1 < width or np.linalg.matrix_rank(design) < width:
        return None
    covariance = np.linalg.inv(design.T @ design)
    weights = covariance @ (design.T @ means)
    effects, end = [], 0
    for each in centred:
        own = slice(end, end := end + each.shape[1])
        # What the fit would lose without the axis; where axes are not orthogonal, the effect is that much larger.
        lost = weights[own] @ np.linalg.solve(covariance[own, own], weights[own])
        factor = np.trace(each.T @ each @ covariance[own, own]) / each.shape[1]
        effects.append((max(lost, 0.0), each.shape[1], factor))
    left, freedom = ((means - design @ weights) ** 2).sum(), points - 1 - width
    if full and repeats > 1:
        if freedom:
            effects.append((left, freedom, 1.0))  # interactions
        wavering = deviations - means[:, None] - deviations.mean(axis=0)
        left, freedom = (wavering**2).sum() / repeats, (points - 1) * (repeats - 1)
    total = (means**2).sum()
    if freedom < _LEAST_FREEDOM or total < _NOTHING**2:
        return None
    noise = max(left, _NOTHING * total)  # a fit that leaves nothing is as sure as can be
    squares, freedoms, factors = map(np.array, zip(*effects, strict=True))
    rng = np.random.default_rng(_SEED)
    variances = noise / rng.chisquare(freedom, size=(_DRAWS, 1))
    drawn = _noncentralities(squares / variances, freedoms, rng.standard_normal((_DRAWS, len(effects))))
    unbiased = (squares * freedom / noise - freedoms).clip(0)
    ends = np.quantile(_shares(drawn, factors, points), [0.025, 0.975], axis=0)
    return np.array([_shares(unbiased, factors, points), *ends]).T[: len(columns)]


def _shares(noncentralities: np.ndarray, factors: np.ndarray, points: int) -> np.ndarray:
    effects = noncentralities * factors
    shares: np.ndarray = effects / (effects.sum(axis=-1, keepdims=True) + points - 1)
    return shares


def _noncentralities(squares: np.ndarray, freedoms: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the noncentralities of which squares are the quantiles that normal scores name; 0 where none is so small.

    By bisection of Sankaran's approximation to the noncentral chi-squared distribution (1959).
    """
    low, high = np.zeros_like(squares), 4 * (squares + freedoms) + 50
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        is_larger = _score(squares, freedoms, middle) > scores
        low, high = np.where(is_larger, middle, low), np.where(is_larger, high, middle)
    return np.where(_score(squares, freedoms, np.zeros_like(squares)) > scores, low, 0.0)


def _score(squares: np.ndarray, freedoms: np.ndarray, noncentralities: np.ndarray) -> np.ndarray:
    """Return the normal score of noncentral chi-squared numbers."""
    first, second = freedoms + noncentralities, freedoms + 2 * noncentralities
    h = 1 - 2 * first * (freedoms + 3 * noncentralities) / (3 * second**2)
    p = second / first**2
    m = (h - 1) * (1 - 3 * h)
    mean, deviation = 1 + h * p * (h - 1 - 0.5 * (2 - h) * m * p), h * np.sqrt(2 * p) * (1 + 0.5 * m * p)
    scores: np.ndarray = ((squares / first) ** h - mean) / deviation
    return scores


def _columns(values: Sequence[Any], levels: Sequence[str]) -> np.ndarray:
    """Return what the values of an axis are to a linear model: a column a level or, of many numbers, a parabola."""
    distinct = sorted(set(levels))
    if len(distinct) > _MOST_LEVELS and all(isinstance(each, int | float) for each in values):
        numbers = np.array(values, float)
        if numbers.min() > 0 and numbers.max() / numbers.min() > _ORDERS:
            numbers = np.log(numbers)
        position = (numbers - numbers.mean()) / np.ptp(numbers)
        return np.stack([position, position**2], axis=1)
    return np.array([[level == other for other in distinct[1:]] for level in levels], float)


def _without_outliers(objectives: np.ndarray, direction: str) -> np.ndarray:
    """Return objectives of which those that are far worse than the rest are just outside of it."""
    sign = -1 if direction == "minimize" else 1
    low, high = np.quantile(sign * objectives, [0.25, 0.75])
    fence = low - _FENCE * (high - low)
    return sign * (sign * objectives).clip(fence if high > low else -np.inf)
